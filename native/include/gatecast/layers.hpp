// Which kinds of layers are there? The one place where they are registered; `LAYERS` of `network/layers` has the same
// numbers.
#pragma once

#include <stdexcept>

#include "gatecast/layers/attention.hpp"
#include "gatecast/layers/bidirectional.hpp"
#include "gatecast/layers/dense.hpp"
#include "gatecast/layers/dropout.hpp"
#include "gatecast/layers/gru.hpp"
#include "gatecast/layers/lstm.hpp"
#include "gatecast/layers/norm.hpp"
#include "gatecast/layers/residual.hpp"

namespace gatecast {

enum class LayerKind : int { lstm = 0, gru = 1, bidirectional = 2, dropout = 3, norm = 4, attention = 5, dense = 6 };

struct LayerSpec {
    LayerKind kind;
    int units;        // of a recurrent or dense layer or of the attention's scores; else unused
    int dilation;     // of a recurrent layer
    bool residual;    // the input is added to the output
    bool ends_stack;  // no layer above reads more of it than the steps that are forecast from
    double amount;    // share that is dropped
};

template <typename Real>
std::unique_ptr<Layer<Real>> make_layer(const LayerSpec& spec, int index, int inputs, const Kernels<Real>& kernels,
                                        Layout& layout) {
    switch (spec.kind) {
        case LayerKind::lstm:
            return std::make_unique<LstmLayer<Real>>(kernels, layout, inputs, spec.units, spec.dilation);
        case LayerKind::gru:
            return std::make_unique<GruLayer<Real>>(kernels, layout, inputs, spec.units, spec.dilation);
        case LayerKind::bidirectional:
            return std::make_unique<BidirectionalLayer<Real>>(kernels, layout, inputs, spec.units, spec.ends_stack);
        case LayerKind::dropout:
            return std::make_unique<DropoutLayer<Real>>(inputs, spec.amount, static_cast<uint64_t>(index));
        case LayerKind::norm:
            return std::make_unique<NormLayer<Real>>(layout, inputs);
        case LayerKind::attention:
            return std::make_unique<AttentionLayer<Real>>(kernels, layout, inputs, spec.units);
        case LayerKind::dense:
            return std::make_unique<DenseLayer<Real>>(kernels, layout, inputs, spec.units, Activation::tanh);
    }
    throw std::invalid_argument("no layer of this kind");
}

}  // namespace gatecast
