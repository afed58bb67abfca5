// What a network is, which loss it learns by, and what it sees: plain records that the other topics take.
#include <nanobind/stl/array.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "gatecast/origins.hpp"

namespace {

using namespace gatecast;

// The names of a registry, in its order, and the number of one of them.
template <typename Names>
std::vector<std::string> listed(const Names& names) {
    return {std::begin(names), std::end(names)};
}

int number_of(const std::string& name, const char* what, const std::vector<std::string>& known) {
    std::string all;
    for (std::size_t k = 0; k < known.size(); ++k) {
        if (known[k] == name) return static_cast<int>(k);
        all += (k ? ", " : "") + known[k];
    }
    require(false, "there is no ", what, " of the kind '", name, "': use one of ", all);
    return -1;
}

std::vector<std::string> layer_names() {
    std::vector<std::string> names;
    for (const auto& kind : kLayerKinds<double>) names.emplace_back(kind.name);
    return names;
}

std::vector<std::string> loss_names() { return listed(kLossNames); }

LayerSpec make_layer(const std::string& kind, int units, int dilation, bool residual, bool ends_stack, double dropout) {
    require_between("units", units, 1, kMaxWidth);
    require_between("dilation", dilation, 1, kMaxWidth);
    require(dropout >= 0.0 && dropout < 1.0, "`dropout` must be at least 0 and below 1, got ", dropout);
    return {.kind = number_of(kind, "layer", layer_names()),
            .units = units,
            .dilation = dilation,
            .residual = residual,
            .ends_stack = ends_stack,
            .dropout = dropout};
}

// A layer that reaches beyond single steps needs inputs at all of them: there are none in the decoder, nor above a
// layer that has an output at the last step alone.
void check_reaches(const Shape& shape) {
    bool all_steps = true;
    for (std::size_t l = 0; l < shape.layers.size(); ++l) {
        const LayerKind<double>& kind = kLayerKinds<double>[shape.layers[l].kind];
        all_steps = all_steps && l < static_cast<std::size_t>(shape.stack);
        require(all_steps || kind.reach == Reach::step, "layer ", l, " (", kind.name,
                ") reads other steps, but a layer of the decoder or above an attention must take each step by itself");
        all_steps = all_steps && !kind.ends_at_last_step;
    }
}

// Sums and products of what was bounded one by one.
void check_sizes(const Shape& shape) {
    int64_t inputs = shape.dense, units = 0, states = 0;
    for (const auto& [categories, size] : shape.embeddings) inputs += size;
    for (const LayerSpec& layer : shape.layers) {
        units += layer.units;
        states += int64_t{layer.units} * layer.dilation;
    }
    require_between<int64_t>("inputs of a step", inputs, 1, kMaxWidth);
    require_between<int64_t>("units of all layers", units, 1, kMaxWidth);
    require_between<int64_t>("units times dilation of all layers", states, 1, kMaxStates);
    const int64_t width = int64_t{shape.J} + shape.P + shape.contexts;
    require_between<int64_t>("outputs of the head", width * shape.H, 1, kMaxOutputs);
}

Shape make_shape(int dense_inputs, const std::vector<std::array<int, 2>>& embeddings,
                 const std::vector<LayerSpec>& layers, int n_stack_layers, int horizon, int n_skip_forecasts,
                 int n_parameters_of_step, int n_contexts, int n_ahead_numbers, int n_ahead_codes, int future_units) {
    require_between("dense_inputs", dense_inputs, 1, kMaxWidth);
    require_between("horizon", horizon, 1, kMaxWidth);
    require_between("n_skip_forecasts", n_skip_forecasts, 0, kMaxSkipForecasts);
    require_between("n_parameters_of_step", n_parameters_of_step, 1, kMaxParameters);
    require_between<std::size_t>("number of layers", layers.size(), 1, kMaxLayers);
    require_between("n_stack_layers", n_stack_layers, 1, static_cast<int>(layers.size()));
    require_between<std::size_t>("number of embeddings", embeddings.size(), 0, kMaxWidth);
    require_between("n_contexts", n_contexts, 0, kMaxWidth);
    require_between("n_ahead_numbers", n_ahead_numbers, 0, dense_inputs);
    require_between("n_ahead_codes", n_ahead_codes, 0, static_cast<int>(embeddings.size()));
    require_between("future_units", future_units, 0, kMaxWidth);
    require((future_units > 0) == (n_contexts > 0), "a future decoder needs contexts and hidden units, got ",
            n_contexts, " and ", future_units);
    for (const auto& [categories, size] : embeddings) {
        least("embedding categories", categories, 1);
        require_between("embedding size", size, 1, kMaxWidth);
    }
    Shape shape{.dense = dense_inputs,
                .embeddings = embeddings,
                .layers = layers,
                .stack = n_stack_layers,
                .H = horizon,
                .J = n_skip_forecasts,
                .P = n_parameters_of_step,
                .contexts = n_contexts,
                .ahead_numbers = n_ahead_numbers,
                .ahead_codes = n_ahead_codes,
                .future_units = future_units};
    check_sizes(shape);
    check_reaches(shape);
    return shape;
}

ValueInputs make_value_inputs(const std::vector<int>& lags, const std::vector<int>& skip_forecasts,
                              const std::vector<int>& drifts, const std::vector<std::array<int, 4>>& averages,
                              bool level) {
    for (int lag : lags) require_between("lags", lag, 1, kMaxSteps);
    for (int m : skip_forecasts) require_between("skip_forecasts", m, -kMaxSteps, kMaxSteps);
    require_between<std::size_t>("number of lags", lags.size(), 0, kMaxWidth);
    for (int n : drifts) require_between("drifts", n, 1, kMaxSteps);
    std::vector<SeasonalAverage> made;
    for (const auto& [season, count, newest, follows] : averages) {
        require_between("season of averages", season, 1, kMaxSteps);
        require_between("seasons of averages", count, 1, kMaxSteps / season);
        require_between("newest seasons of averages", newest, newest < 0 ? -kMaxSteps : 1, kMaxSteps / season);
        require_between("lines of averages", follows, 0, newest < 0 ? 0 : 1);
        made.push_back({season, count, newest, follows == 1});
    }
    require_between<std::size_t>("number of skip forecasts, drifts and averages",
                                 skip_forecasts.size() + drifts.size() + made.size(), 0, kMaxSkipForecasts);
    return {.lags = lags, .skip_forecasts = skip_forecasts, .drifts = drifts, .averages = made, .level = level};
}

LossSettings make_loss(const std::string& kind, double huber_delta, const std::vector<double>& quantiles) {
    require(huber_delta > 0.0, "`huber_delta` must be positive, got ", huber_delta);
    for (double q : quantiles) require(q > 0.0 && q < 1.0, "`quantiles` must lie between 0 and 1, got ", q);
    return {.loss = static_cast<Loss>(number_of(kind, "loss", loss_names())),
            .huber_delta = huber_delta,
            .levels = quantiles};
}

template <typename Real>
Columns<Real> columns(const ReadArray& array, const char* name, int64_t rows, int ahead) {
    const bool absent = array.ndim() == 2 && array.shape(1) == 0;
    const Real* data = read<Real>(array, name, {absent ? -1 : rows, -1});
    const auto width = static_cast<int64_t>(array.shape(1));
    require_between<int64_t>("columns of covariates", width, 0, kMaxWidth);
    require(ahead >= 0 && ahead <= width, "array `", name, "` has ", width, " columns, of which ", ahead,
            " cannot be known ahead");
    return {.data = data, .width = static_cast<int>(width), .ahead = ahead};
}

template <typename Real>
PanelView<Real> panel_view(const ReadArray& values, const ReadArray& targets, const ReadArray& target_weights,
                           const ReadArray& offsets, const ReadArray& units, const ReadArray& spreads,
                           const ReadArray& numbers, const ReadArray& codes, const ReadArray& static_numbers,
                           const ReadArray& static_codes, int n_ahead_numbers, int n_ahead_codes) {
    const auto N = static_cast<int64_t>(values.size()), S = static_cast<int64_t>(units.size());
    require_between<int64_t>("number of series", S, 0, std::numeric_limits<int>::max());
    PanelView<Real> panel{
        .values = read<Real>(values, "values", {-1}),
        .targets = read<Real>(targets, "targets", {N}),
        .target_weights = read_target_weights<Real>(target_weights, {N}),
        .offsets = read<int64_t>(offsets, "offsets", {S + 1}),
        .units = read<double>(units, "units", {-1}),
        .spreads = read<Real>(spreads, "spreads", {S}),
        .S = static_cast<int>(S),
        .numbers = columns<Real>(numbers, "numbers", N, n_ahead_numbers),
        .codes = columns<int32_t>(codes, "codes", N, n_ahead_codes),
        .static_numbers = columns<Real>(static_numbers, "static_numbers", S, 0),
        .static_codes = columns<int32_t>(static_codes, "static_codes", S, 0),
    };
    require(panel.offsets[0] == 0 && panel.offsets[S] == N, "array `offsets` does not span `values`: expected 0 to ", N,
            ", got ", panel.offsets[0], " to ", panel.offsets[S]);
    for (int64_t s = 0; s < S; ++s) {
        require(panel.offsets[s] <= panel.offsets[s + 1], "array `offsets` decreases behind series ", s, ": from ",
                panel.offsets[s], " to ", panel.offsets[s + 1]);
        require_between<int64_t>("points of a series", panel.length(static_cast<int>(s)), 0, kMaxPoints);
    }
    return panel;
}

template <typename Real>
void bind_panel(nb::module_& module, const char* name) {
    nb::class_<PanelView<Real>>(module, name, "Many series, one behind the other; it keeps its arrays alive.")
        .def(
            "__init__",
            [](PanelView<Real>* self, const ReadArray& values, const ReadArray& targets,
               const ReadArray& target_weights, const ReadArray& offsets, const ReadArray& units,
               const ReadArray& spreads, const ReadArray& numbers, const ReadArray& codes,
               const ReadArray& static_numbers, const ReadArray& static_codes, int n_ahead_numbers, int n_ahead_codes) {
                new (self) PanelView<Real>(panel_view<Real>(values, targets, target_weights, offsets, units, spreads,
                                                            numbers, codes, static_numbers, static_codes,
                                                            n_ahead_numbers, n_ahead_codes));
            },
            nb::kw_only(), "values"_a, "targets"_a, "target_weights"_a, "offsets"_a, "units"_a, "spreads"_a,
            "numbers"_a, "codes"_a, "static_numbers"_a, "static_codes"_a, "n_ahead_numbers"_a, "n_ahead_codes"_a,
            nb::keep_alive<1, 2>(), nb::keep_alive<1, 3>(), nb::keep_alive<1, 4>(), nb::keep_alive<1, 5>(),
            nb::keep_alive<1, 6>(), nb::keep_alive<1, 7>(), nb::keep_alive<1, 8>(), nb::keep_alive<1, 9>(),
            nb::keep_alive<1, 10>(), nb::keep_alive<1, 11>());
}

}  // namespace

void bind_shapes(nb::module_& module) {
    module.def("layer_kinds", &layer_names, "Names of all kinds of layers.");
    module.def("loss_kinds", &loss_names, "Names of all losses.");
    nb::class_<LayerSpec>(module, "Layer", "One layer of a network.")
        .def(
            "__init__",
            [](LayerSpec* self, const std::string& kind, int units, int dilation, bool residual, bool ends_stack,
               double dropout) {
                new (self) LayerSpec(make_layer(kind, units, dilation, residual, ends_stack, dropout));
            },
            nb::kw_only(), "kind"_a, "units"_a, "dilation"_a, "residual"_a, "ends_stack"_a, "dropout"_a);
    nb::class_<Shape>(module, "Shape", "The shape of a network.")
        .def(
            "__init__",
            [](Shape* self, int dense_inputs, const std::vector<std::array<int, 2>>& embeddings,
               const std::vector<LayerSpec>& layers, int n_stack_layers, int horizon, int n_skip_forecasts,
               int n_parameters_of_step, int n_contexts, int n_ahead_numbers, int n_ahead_codes, int future_units) {
                new (self)
                    Shape(make_shape(dense_inputs, embeddings, layers, n_stack_layers, horizon, n_skip_forecasts,
                                     n_parameters_of_step, n_contexts, n_ahead_numbers, n_ahead_codes, future_units));
            },
            nb::kw_only(), "dense_inputs"_a, "embeddings"_a, "layers"_a, "n_stack_layers"_a, "horizon"_a,
            "n_skip_forecasts"_a, "n_parameters_of_step"_a, "n_contexts"_a, "n_ahead_numbers"_a, "n_ahead_codes"_a,
            "future_units"_a);
    nb::class_<ValueInputs>(module, "ValueInputs",
                            "Which numbers about the values enter, and which naive forecasts are mixed.")
        .def(
            "__init__",
            [](ValueInputs* self, const std::vector<int>& lags, const std::vector<int>& skip_forecasts,
               const std::vector<int>& drifts, const std::vector<std::array<int, 4>>& averages, bool level) {
                new (self) ValueInputs(make_value_inputs(lags, skip_forecasts, drifts, averages, level));
            },
            nb::kw_only(), "lags"_a, "skip_forecasts"_a, "drifts"_a, "averages"_a, "level"_a);
    nb::class_<LossSettings>(module, "Loss", "What is minimised.")
        .def(
            "__init__",
            [](LossSettings* self, const std::string& kind, double huber_delta, const std::vector<double>& quantiles) {
                new (self) LossSettings(make_loss(kind, huber_delta, quantiles));
            },
            nb::kw_only(), "kind"_a, "huber_delta"_a, "quantiles"_a)
        .def_prop_ro("n_parameters", &LossSettings::parameters, "Numbers that are forecast of each step.");
    bind_panel<float>(module, "Panel_float32");
    bind_panel<double>(module, "Panel_float64");
}
