// What a network is, which loss it learns by, and what it sees: plain records that the other topics take.
#include <nanobind/stl/array.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "gatecast/isa.hpp"
#include "gatecast/origins.hpp"

namespace {

using namespace gatecast;

using LayerTuple = std::tuple<int, int, int, bool, bool, double>;

// A layer that reaches beyond single steps needs inputs at all of them: there are none in the decoder, nor above an
// attention, which speaks of the last step alone.
void check_reaches(const Shape& shape) {
    bool all_steps = true;
    const Network<double> network(shape, kernels_for<double>(""));
    for (int l = 0; l < network.head(); ++l) {
        all_steps = all_steps && l < shape.stack;
        require(all_steps || network.layers[l]->reach() == Reach::step,
                "a layer of the decoder or above an attention must take each step by itself");
        all_steps = all_steps && shape.layers[l].kind != LayerKind::attention;
    }
}

Shape checked_shape(int dense, const std::vector<std::array<int, 2>>& embeddings, const std::vector<LayerTuple>& layers,
                    int stack, int H, int J, int P, int contexts, int ahead_numbers, int ahead_codes,
                    int future_units) {
    require(dense > 0 && H > 0 && P > 0, "a network needs inputs and outputs");
    require(J >= 0 && J <= kMaxCandidates && P <= kMaxParameters, "too many candidates or parameters");
    require(stack > 0 && stack <= static_cast<int>(layers.size()), "a network needs a layer");
    require(contexts >= 0 && ahead_numbers >= 0 && ahead_codes >= 0 && future_units >= 0, "a size is negative");
    require(ahead_codes <= static_cast<int>(embeddings.size()) && ahead_numbers <= dense, "more ahead than there is");
    require((future_units > 0) == (contexts > 0), "a future decoder needs contexts and hidden units");
    for (const auto& [categories, size] : embeddings) require(categories > 0 && size > 0, "an embedding needs a size");
    Shape shape{dense, embeddings, {}, stack, H, J, P, contexts, ahead_numbers, ahead_codes, future_units};
    for (const auto& [kind, units, dilation, residual, ends_stack, amount] : layers) {
        require(kind >= 0 && kind <= static_cast<int>(LayerKind::dense), "no layer of this kind");
        require(units > 0 && dilation > 0, "a layer needs hidden units and a dilation");
        require(amount >= 0.0 && amount < 1.0, "a share must be below 1");
        shape.layers.push_back({static_cast<LayerKind>(kind), units, dilation, residual, ends_stack, amount});
    }
    check_reaches(shape);
    return shape;
}

template <typename Real>
Columns<Real> columns(const ReadArray& array, const char* name, int64_t rows, int ahead) {
    if (array.size() == 0) return {};
    const Real* data = read<Real>(array, name, {rows, -1});
    const Columns<Real> all{data, static_cast<int>(array.shape(1)), ahead};
    require(ahead >= 0 && ahead <= all.width, "more columns ahead than there are");
    return all;
}

template <typename Real>
PanelView<Real> panel_view(const ReadArray& values, const ReadArray& targets, const ReadArray& offsets,
                           const ReadArray& units, const ReadArray& spreads, const ReadArray& numbers,
                           const ReadArray& codes, const ReadArray& static_numbers, const ReadArray& static_codes,
                           int ahead_numbers, int ahead_codes) {
    const auto N = static_cast<int64_t>(values.size()), S = static_cast<int64_t>(units.size());
    PanelView<Real> panel{};
    panel.values = read<Real>(values, "values", {-1});
    panel.targets = read<Real>(targets, "targets", {N});
    panel.offsets = read<int64_t>(offsets, "offsets", {S + 1});
    panel.units = read<double>(units, "units", {-1});
    panel.spreads = read<Real>(spreads, "spreads", {S});
    panel.S = static_cast<int>(S);
    panel.numbers = columns<Real>(numbers, "numbers", N, ahead_numbers);
    panel.codes = columns<int32_t>(codes, "codes", N, ahead_codes);
    panel.static_numbers = columns<Real>(static_numbers, "static_numbers", S, 0);
    panel.static_codes = columns<int32_t>(static_codes, "static_codes", S, 0);
    if (panel.offsets[0] != 0 || panel.offsets[S] != N) throw nb::value_error("array `offsets` does not span `values`");
    for (int64_t s = 0; s < S; ++s) {
        if (panel.offsets[s] > panel.offsets[s + 1]) throw nb::value_error("array `offsets` decreases");
    }
    return panel;
}

template <typename Real>
void bind_panel(nb::module_& module, const char* name) {
    auto cls = nb::class_<PanelView<Real>>(module, name);
    cls.def(
        "__init__",
        [](PanelView<Real>* self, const ReadArray& values, const ReadArray& targets, const ReadArray& offsets,
           const ReadArray& units, const ReadArray& spreads, const ReadArray& numbers, const ReadArray& codes,
           const ReadArray& static_numbers, const ReadArray& static_codes, int ahead_numbers, int ahead_codes) {
            new (self) PanelView<Real>(panel_view<Real>(values, targets, offsets, units, spreads, numbers, codes,
                                                        static_numbers, static_codes, ahead_numbers, ahead_codes));
        },
        nb::keep_alive<1, 2>(), nb::keep_alive<1, 3>(), nb::keep_alive<1, 4>(), nb::keep_alive<1, 5>(),
        nb::keep_alive<1, 6>(), nb::keep_alive<1, 7>(), nb::keep_alive<1, 8>(), nb::keep_alive<1, 9>(),
        nb::keep_alive<1, 10>());
}

}  // namespace

void bind_shapes(nb::module_& module) {
    nb::class_<Shape>(module, "Shape")
        .def("__init__",
             [](Shape* self, int dense, const std::vector<std::array<int, 2>>& embeddings,
                const std::vector<LayerTuple>& layers, int stack, int H, int J, int P, int contexts, int ahead_numbers,
                int ahead_codes, int future_units) {
                 new (self) Shape(checked_shape(dense, embeddings, layers, stack, H, J, P, contexts, ahead_numbers,
                                                ahead_codes, future_units));
             })
        .def_prop_ro("n_parameters",
                     [](const Shape& self) { return Network<double>(self, kernels_for<double>("")).layout.flat; })
        .def_prop_ro("state_size",
                     [](const Shape& self) { return Network<double>(self, kernels_for<double>("")).state_size(); });
    nb::class_<Lens>(module, "Lens")
        .def("__init__", [](Lens* self, const std::vector<int>& lags, const std::vector<int>& candidates, bool level) {
            for (int lag : lags) require(lag > 0, "a lag must be positive");
            for (int m : candidates) require(m > -(1 << 30), "a candidate reads too many values");
            require(candidates.size() <= kMaxCandidates, "too many candidates");
            new (self) Lens{lags, candidates, level};
        });
    nb::class_<LossSettings>(module, "Loss")
        .def("__init__", [](LossSettings* self, int kind, double huber_delta, const std::vector<double>& levels) {
            require(kind >= 0 && kind <= static_cast<int>(Loss::student), "no loss of this kind");
            require(huber_delta > 0.0, "`huber_delta` must be positive");
            new (self) LossSettings{static_cast<Loss>(kind), huber_delta, levels};
        });
    bind_panel<float>(module, "Panel_float32");
    bind_panel<double>(module, "Panel_float64");
}
