// Which kinds of layers are there? The one place where they are registered; Python takes the names from here.
#pragma once

#include <array>
#include <string_view>

#include "gatecast/layers/attention.hpp"
#include "gatecast/layers/bidirectional.hpp"
#include "gatecast/layers/dense.hpp"
#include "gatecast/layers/dropout.hpp"
#include "gatecast/layers/gru.hpp"
#include "gatecast/layers/lstm.hpp"
#include "gatecast/layers/norm.hpp"
#include "gatecast/layers/residual.hpp"

namespace gatecast {

struct LayerSpec {
    int kind = 0;             // index in kLayerKinds
    int units = 1;            // of a recurrent or dense layer or of the attention's scores; else unused
    int dilation = 1;         // of a recurrent layer
    bool residual = false;    // the input is added to the output
    bool ends_stack = false;  // no layer above reads more of it than the steps that are forecast from
    double dropout = 0.0;     // probability that an input is dropped

    bool operator==(const LayerSpec&) const = default;
};

// What a layer is made from. `index`: its number in the network; `inputs`: the width of what it reads.
template <typename Real>
struct LayerPlace {
    const LayerSpec& spec;
    int index, inputs;
    const Kernels<Real>& kernels;
    Layout& layout;
};

template <typename Real>
struct LayerKind {
    std::string_view name;
    Reach reach;
    bool ends_at_last_step;  // it has an output at the last step alone
    std::unique_ptr<Layer<Real>> (*make)(const LayerPlace<Real>&);
};

template <typename Real>
using MadeLayer = std::unique_ptr<Layer<Real>>;

template <typename Real>
inline constexpr std::array<LayerKind<Real>, 7> kLayerKinds{{
    {"lstm", Reach::past, false,
     [](const LayerPlace<Real>& at) -> MadeLayer<Real> {
         return std::make_unique<LstmLayer<Real>>(at.kernels, at.layout, at.inputs, at.spec.units, at.spec.dilation);
     }},
    {"gru", Reach::past, false,
     [](const LayerPlace<Real>& at) -> MadeLayer<Real> {
         return std::make_unique<GruLayer<Real>>(at.kernels, at.layout, at.inputs, at.spec.units, at.spec.dilation);
     }},
    {"bidirectional", Reach::all, false,
     [](const LayerPlace<Real>& at) -> MadeLayer<Real> {
         return std::make_unique<BidirectionalLayer<Real>>(at.kernels, at.layout, at.inputs, at.spec.units,
                                                           at.spec.ends_stack);
     }},
    {"dropout", Reach::step, false,
     [](const LayerPlace<Real>& at) -> MadeLayer<Real> {
         return std::make_unique<DropoutLayer<Real>>(at.inputs, at.spec.dropout, static_cast<uint64_t>(at.index));
     }},
    {"norm", Reach::step, false,
     [](const LayerPlace<Real>& at) -> MadeLayer<Real> {
         return std::make_unique<NormLayer<Real>>(at.layout, at.inputs);
     }},
    {"attention", Reach::all, true,
     [](const LayerPlace<Real>& at) -> MadeLayer<Real> {
         return std::make_unique<AttentionLayer<Real>>(at.kernels, at.layout, at.inputs, at.spec.units);
     }},
    {"dense", Reach::step, false,
     [](const LayerPlace<Real>& at) -> MadeLayer<Real> {
         return std::make_unique<DenseLayer<Real>>(at.kernels, at.layout, at.inputs, at.spec.units, Activation::tanh);
     }},
}};

}  // namespace gatecast
