// Forecasts of a trained network: along many sequences at once, and one observation at a time.
#include <nanobind/stl/string.h>

#include <cstring>
#include <memory>

#include "bindings.hpp"
#include "gatecast/isa.hpp"
#include "gatecast/runner.hpp"
#include "gatecast/shared.hpp"
#include "gatecast/slopes.hpp"
#include "gatecast/stream.hpp"

namespace {

using namespace gatecast;

void check_skip_forecasts(const Shape& shape, const ValueInputs& value_inputs) {
    require(value_inputs.n_candidates() == shape.J,
            "the value inputs and the network differ in their skip forecasts: ", value_inputs.n_candidates(), " and ",
            shape.J);
}

template <typename Real>
void check_panel(const Shape& shape, const PanelView<Real>& panel, const ValueInputs& value_inputs) {
    const auto same = [](int of_panel, std::size_t of_network, const char* what) {
        require(of_panel == static_cast<int>(of_network), "the panel and the network differ in ", what, ": ", of_panel,
                " and ", of_network);
    };
    same(dense_inputs(panel, value_inputs), shape.dense, "the number of inputs");
    same(panel.code_count(), shape.embeddings.size(), "the number of codes");
    check_skip_forecasts(shape, value_inputs);
    same(panel.numbers.ahead, shape.ahead_numbers, "the numbers known ahead");
    same(panel.codes.ahead, shape.ahead_codes, "the codes known ahead");
}

template <typename Real>
void check_series(const PanelView<Real>& panel, const int64_t* series, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        require(series[i] >= 0 && series[i] < panel.S, "sequence ", i, " is of no series: expected 0 to ", panel.S - 1,
                ", got ", series[i]);
    }
}

// A network with its weights. Those that were used last are kept, as packing the weights of a small network takes
// longer than a forecast. Callers hold the interpreter's lock.
template <typename Real>
std::shared_ptr<const Network<Real>> network_of(const Shape& shape, const std::string& isa, const ReadArray& weights) {
    struct Kept {
        std::vector<Real> flat;
        std::shared_ptr<const Network<Real>> network;
    };
    constexpr std::size_t kMost = 8;
    constexpr int64_t kLargest = 1'000'000;
    static std::vector<Kept> kept;
    const Kernels<Real>& kernels = kernels_for<Real>(isa);
    for (auto known = kept.begin(); known != kept.end(); ++known) {
        const Network<Real>& network = *known->network;
        if (&network.kernels != &kernels || !(network.shape == shape)) continue;
        const Real* flat = read<Real>(weights, "weights", {network.layout.flat});
        if (std::memcmp(flat, known->flat.data(), known->flat.size() * sizeof(Real)) != 0) continue;
        std::rotate(kept.begin(), known, known + 1);
        return kept.front().network;
    }
    auto network = std::make_shared<Network<Real>>(shape, kernels);
    const int64_t size = network->layout.flat;
    const Real* flat = read<Real>(weights, "weights", {size});
    network->set_weights(flat);
    if (size > kLargest) return network;
    if (kept.size() == kMost) kept.pop_back();
    kept.insert(kept.begin(), {{flat, flat + size}, network});
    return network;
}

// No more threads than pieces of work, and none but the caller's for so few multiplications: a few milliseconds of
// work.
int threads_for(int n_threads, int64_t pieces, double multiplications) {
    constexpr double kLittle = 5e7;
    if (multiplications <= kLittle) return 0;
    return static_cast<int>(std::clamp<int64_t>(pieces, 1, checked_threads(n_threads)));
}

// Multiplications of `total` steps, of which `window` at most are read as a whole.
template <typename Real>
double work_of(const Network<Real>& network, int64_t total, int64_t window) {
    double each = static_cast<double>(network.layout.flat);
    // an attention layer compares each step with every other one
    if (network.shape.needs_windows()) {
        for (const auto& layer : network.layers) each += 2.0 * static_cast<double>(window) * layer->outputs;
    }
    return each * static_cast<double>(total);
}

// Outputs are written to `state`, `last`, `every` and `trace`; without columns `every` and `trace` are left alone.
template <typename Real>
void run_sequences(const Shape& shape, const LossSettings& loss, const ValueInputs& value_inputs,
                   const ReadArray& weights, const PanelView<Real>& panel, const ReadArray& series,
                   const ReadArray& starts, const ReadArray& lengths, bool zero_state, const WriteArray& state,
                   const WriteArray& last, const WriteArray& every, const ReadArray& every_from, int64_t every_step,
                   const WriteArray& trace, bool trace_each, int n_threads, const std::string& isa) {
    check_panel(shape, panel, value_inputs);
    check_loss(shape, loss);
    checked_threads(n_threads);
    const auto known = network_of<Real>(shape, isa, weights);
    const Network<Real>& network = *known;
    const auto count = static_cast<int64_t>(starts.size());
    const int64_t* of = read<int64_t>(series, "series", {count});
    const int64_t* start = read<int64_t>(starts, "starts", {-1});
    const int64_t* length = read<int64_t>(lengths, "lengths", {count});
    const int64_t* from = read<int64_t>(every_from, "every_from", {count});
    require(every_step >= 1, "`every_step` must be at least 1, got ", every_step);
    check_series(panel, of, count);
    int64_t total = 0, longest = 0, wanted = 0;
    for (int64_t i = 0; i < count; ++i) {
        const int64_t n = panel.length(static_cast<int>(of[i]));
        require(start[i] >= 0 && length[i] >= 0 && start[i] <= n && length[i] <= n - start[i], "sequence ", i,
                " leaves its series of ", n, " points: it starts at ", start[i], " and has length ", length[i]);
        require(from[i] >= 0, "array `every_from` holds a negative number of steps: ", from[i]);
        require(length[i] <= kMaxSteps || !shape.needs_windows(), "sequence ", i, " is too long for one window");
        total += length[i];
        longest = std::max(longest, length[i]);
    }
    require(every.ndim() == 3, "array `every` has the wrong shape: expected 3 dimensions, got ", every.ndim());
    require(every.shape(2) <= static_cast<std::size_t>(shape.H), "array `every` is wider than the forecast: expected ",
            shape.H, " steps at most, got ", every.shape(2));
    const int width = static_cast<int>(every.shape(2));
    require(!shape.needs_windows() || (zero_state && width == 0),
            "a network that reads its window as a whole has no state and no forecast at every step");
    require(trace.ndim() == 2, "array `trace` has the wrong shape: expected 2 dimensions, got ", trace.ndim());
    const int64_t traced = trace_each ? total : count;
    Sequences<Real> task{
        .panel = &panel,
        .value_inputs = &value_inputs,
        .series = of,
        .starts = start,
        .lengths = length,
        .count = count,
        .zero_state = zero_state,
        .state = write<Real>(state, "state", {count, network.state_size()}),
        .last = write<Real>(last, "last", {count, shape.P, shape.H}),
        .every = nullptr,
        .width = width,
        .from = from,
        .apart = every_step,
        .trace = trace.shape(1) ? write<Real>(trace, "trace", {traced, network.trace_size()}) : nullptr,
        .trace_each = trace_each,
    };
    for (int64_t i = 0; i < count; ++i) wanted += task.wanted(i);
    if (width) task.every = write<Real>(every, "every", {wanted, shape.P, width});
    {
        const nb::gil_scoped_release release;
        Runner<Real> runner(network, loss, task);
        Team team(threads_for(n_threads, runner.groups(), work_of(network, total, longest)));
        runner.run(team, python_interrupted);
    }
    if (PyErr_Occurred()) throw nb::python_error();
}

// Outputs are written to `inputs`, `shares` and `ahead`, which are zero before.
template <typename Real>
void forecast_slopes(const Shape& shape, const LossSettings& loss, const ValueInputs& value_inputs,
                     const ReadArray& weights, const PanelView<Real>& panel, const ReadArray& series,
                     const ReadArray& origins, int n_steps, int middle, const WriteArray& inputs,
                     const WriteArray& shares, const WriteArray& ahead, int n_threads, const std::string& isa) {
    check_panel(shape, panel, value_inputs);
    check_loss(shape, loss);
    checked_threads(n_threads);
    require_between("n_steps", n_steps, 1, kMaxSteps);
    require_between("middle", middle, 0, shape.P - 1);
    const auto known = network_of<Real>(shape, isa, weights);
    const Network<Real>& network = *known;
    const auto count = static_cast<int64_t>(origins.size());
    const int64_t* of = read<int64_t>(series, "series", {count});
    const int64_t* origin = read<int64_t>(origins, "origins", {-1});
    check_series(panel, of, count);
    for (int64_t i = 0; i < count; ++i) {
        const int64_t n = panel.length(static_cast<int>(of[i]));
        require(origin[i] >= n_steps - 1 && origin[i] < n, "sequence ", i, " leaves its series of ", n,
                " points: it ends at ", origin[i], " and has length ", n_steps);
    }
    const SlopeTask<Real> task{
        .panel = &panel,
        .value_inputs = &value_inputs,
        .series = of,
        .origins = origin,
        .count = count,
        .T = n_steps,
        .middle = middle,
        .inputs = write<Real>(inputs, "inputs", {count, shape.H, n_steps, shape.dense}),
        .shares = write<Real>(shares, "shares", {count, shape.H, shape.J}),
        .ahead = write<Real>(ahead, "ahead", {count, shape.H, shape.ahead_numbers}),
    };
    if (count == 0) return;
    {
        const nb::gil_scoped_release release;
        // forward and back, for each step of the forecasts
        const double work = 3.0 * shape.H * work_of(network, count * n_steps, n_steps);
        Team team(threads_for(n_threads, count, work));
        Slopes<Real>(network, loss, task).run(team, python_interrupted);
    }
    if (PyErr_Occurred()) throw nb::python_error();
}

template <typename Real>
void init_stream(Stream<Real>* self, const Shape& shape, const LossSettings& loss, const ValueInputs& value_inputs,
                 const ReadArray& weights, int window, double center, double unit, double spread,
                 const std::string& isa) {
    require_between("window", window, 0, kMaxSteps);
    require(std::isfinite(center), "`center` must be finite, got ", center);
    require(unit > 0.0 && std::isfinite(unit), "`unit` must be positive and finite, got ", unit);
    require(spread > 0.0 && std::isfinite(spread), "`spread` must be positive and finite, got ", spread);
    require(value_inputs.n_inputs() == shape.dense && shape.embeddings.empty() && !shape.future_units,
            "a stream needs a network without covariates: expected ", value_inputs.n_inputs(), " inputs, got ",
            shape.dense, " and ", shape.embeddings.size(), " codes");
    check_skip_forecasts(shape, value_inputs);
    check_loss(shape, loss);
    require(window > 0 || !shape.needs_windows(), "a network that reads its window as a whole needs a window, got 0");
    const Real* flat = read<Real>(weights, "weights", {-1});
    auto network = shared_network<Real>(shape, kernels_for<Real>(isa), flat, static_cast<int64_t>(weights.size()),
                                        [&](int64_t size) { read<Real>(weights, "weights", {size}); });
    check_memory(2.0 * (static_cast<double>(value_inputs.history()) + window + 1), 2 * sizeof(Real));
    new (self) Stream<Real>(std::move(network), loss, value_inputs, window, center, unit, spread);
}

template <typename Real>
nb::ndarray<nb::numpy, Real> update(Stream<Real>& self, double value, bool observed) {
    auto out = new_array<Real>({static_cast<std::size_t>(self.parameters()), static_cast<std::size_t>(self.horizon())});
    const auto& forecast = self.update(value, observed);
    std::copy(forecast.begin(), forecast.end(), out.data());
    return out;
}

template <typename Real>
void bind(nb::module_& module, const char* sequences, const char* slopes, const char* stream) {
    module.def(sequences, &run_sequences<Real>, nb::kw_only(), "shape"_a, "loss"_a, "value_inputs"_a, "weights"_a,
               "panel"_a, "series"_a, "starts"_a, "lengths"_a, "zero_state"_a, "state"_a, "last"_a, "every"_a,
               "every_from"_a, "every_step"_a, "trace"_a, "trace_each"_a, "n_threads"_a, "isa"_a,
               "Runs a network along sequences.");
    module.def(slopes, &forecast_slopes<Real>, nb::kw_only(), "shape"_a, "loss"_a, "value_inputs"_a, "weights"_a,
               "panel"_a, "series"_a, "origins"_a, "n_steps"_a, "middle"_a, "inputs"_a, "shares"_a, "ahead"_a,
               "n_threads"_a, "isa"_a, "Goes back from each step of forecasts to what went in.");
    using Self = Stream<Real>;
    nb::class_<Self>(module, stream, "Forecasts of one series, renewed with each observation.")
        .def("__init__", &init_stream<Real>, nb::kw_only(), "shape"_a, "loss"_a, "value_inputs"_a, "weights"_a,
             "window"_a, "center"_a, "unit"_a, "spread"_a, "isa"_a)
        .def(
            "set_state",
            [](Self& self, const ReadArray& state) { self.set_state(read<Real>(state, "state", {self.state_size()})); },
            "state"_a)
        .def(
            "remember",
            [](Self& self, const ReadArray& values, const ReadArray& targets) {
                const auto n = static_cast<int64_t>(values.size());
                self.remember(read<Real>(values, "values", {-1}), read<Real>(targets, "targets", {n}), n);
            },
            "values"_a, "targets"_a)
        .def("update", &update<Real>, "value"_a, "observed"_a);
}

}  // namespace

void bind_inference(nb::module_& module) {
    bind<float>(module, "run_sequences_float32", "forecast_slopes_float32", "Stream_float32");
    bind<double>(module, "run_sequences_float64", "forecast_slopes_float64", "Stream_float64");
}
