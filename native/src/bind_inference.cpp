// Forecasts of a trained network: along many sequences at once, and one observation at a time.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "gatecast/isa.hpp"
#include "gatecast/runner.hpp"
#include "gatecast/slopes.hpp"
#include "gatecast/stream.hpp"

namespace {

using namespace gatecast;

void check_candidates(const Shape& shape, const Lens& lens) {
    require(static_cast<int>(lens.candidates.size()) == shape.J, "the lens and the network differ in their candidates");
}

template <typename Real>
void check_panel(const Shape& shape, const PanelView<Real>& panel, const Lens& lens) {
    require(dense_inputs(panel, lens) == shape.dense && panel.code_count() == static_cast<int>(shape.embeddings.size()),
            "the panel and the network differ in the number of inputs");
    check_candidates(shape, lens);
    require(panel.numbers.ahead == shape.ahead_numbers && panel.codes.ahead == shape.ahead_codes,
            "the panel and the network differ in what is known ahead");
}

// Outputs are written to `state`, `last`, `every` and `trace`; without columns `every` and `trace` are left alone.
template <typename Real>
void run_sequences(const Shape& shape, const LossSettings& loss, const Lens& lens, const ReadArray& weights,
                   const PanelView<Real>& panel, const ReadArray& series, const ReadArray& starts,
                   const ReadArray& lengths, bool zero_state, const WriteArray& state, const WriteArray& last,
                   const WriteArray& every, const WriteArray& trace, bool trace_each, int threads,
                   const std::string& isa) {
    check_panel(shape, panel, lens);
    check_loss(shape, loss);
    Network<Real> network(shape, kernels_for<Real>(isa));
    network.set_weights(read<Real>(weights, "weights", {network.layout.flat}));
    const auto count = static_cast<int64_t>(starts.size());
    const int64_t* of = read<int64_t>(series, "series", {count});
    const int64_t* start = read<int64_t>(starts, "starts", {-1});
    const int64_t* length = read<int64_t>(lengths, "lengths", {count});
    int64_t total = 0;
    for (int64_t i = 0; i < count; ++i) {
        require(of[i] >= 0 && of[i] < panel.S, "a sequence is of no series");
        require(start[i] >= 0 && length[i] >= 0 && start[i] <= panel.length(static_cast<int>(of[i])) &&
                    length[i] <= panel.length(static_cast<int>(of[i])) - start[i],
                "a sequence leaves its series");
        total += length[i];
    }
    require(every.ndim() == 3, "array `every` has the wrong number of dimensions");
    const int width = static_cast<int>(every.shape(2));
    checked_threads(threads);
    require(width <= shape.H, "array `every` is wider than the forecast");
    require(!network.needs_windows() || (zero_state && width == 0),
            "a network that reads its window as a whole has no state and no forecast at every step");
    require(trace.ndim() == 2, "array `trace` has the wrong number of dimensions");
    Real* trace_out =
        trace.shape(1) ? write<Real>(trace, "trace", {trace_each ? total : count, network.trace_size()}) : nullptr;
    Real* every_out = width ? write<Real>(every, "every", {total, shape.P, width}) : nullptr;
    const Sequences<Real> task{&panel,
                               &lens,
                               of,
                               start,
                               length,
                               count,
                               zero_state,
                               write<Real>(state, "state", {count, network.state_size()}),
                               write<Real>(last, "last", {count, shape.P, shape.H}),
                               every_out,
                               width,
                               trace_out,
                               trace_each};
    {
        const nb::gil_scoped_release release;
        Team team(threads);
        Runner<Real>(network, loss, task).run(team, python_interrupted);
    }
    if (PyErr_Occurred()) throw nb::python_error();
}

// Outputs are written to `inputs`, `shares` and `ahead`, which are zero before.
template <typename Real>
void forecast_slopes(const Shape& shape, const LossSettings& loss, const Lens& lens, const ReadArray& weights,
                     const PanelView<Real>& panel, const ReadArray& series, const ReadArray& origins, int T, int middle,
                     const WriteArray& inputs, const WriteArray& shares, const WriteArray& ahead, int threads,
                     const std::string& isa) {
    check_panel(shape, panel, lens);
    check_loss(shape, loss);
    require(T > 0, "a sequence needs a step");
    require(middle >= 0 && middle < shape.P, "there is no such parameter of a step");
    Network<Real> network(shape, kernels_for<Real>(isa));
    network.set_weights(read<Real>(weights, "weights", {network.layout.flat}));
    const auto count = static_cast<int64_t>(origins.size());
    const int64_t* of = read<int64_t>(series, "series", {count});
    const int64_t* origin = read<int64_t>(origins, "origins", {-1});
    for (int64_t i = 0; i < count; ++i) {
        require(of[i] >= 0 && of[i] < panel.S, "a sequence is of no series");
        require(origin[i] >= T - 1 && origin[i] < panel.length(static_cast<int>(of[i])),
                "a sequence leaves its series");
    }
    checked_threads(threads);
    const SlopeTask<Real> task{&panel,
                               &lens,
                               of,
                               origin,
                               count,
                               T,
                               middle,
                               write<Real>(inputs, "inputs", {count, shape.H, T, shape.dense}),
                               write<Real>(shares, "shares", {count, shape.H, shape.J}),
                               write<Real>(ahead, "ahead", {count, shape.H, shape.ahead_numbers})};
    {
        const nb::gil_scoped_release release;
        Team team(threads);
        Slopes<Real>(network, loss, task).run(team, python_interrupted);
    }
    if (PyErr_Occurred()) throw nb::python_error();
}

template <typename Real>
void bind(nb::module_& module, const char* sequences, const char* slopes, const char* stream) {
    module.def(sequences, &run_sequences<Real>);
    module.def(slopes, &forecast_slopes<Real>);
    using Self = Stream<Real>;
    nb::class_<Self>(module, stream)
        .def("__init__",
             [](Self* self, const Shape& shape, const LossSettings& loss, const Lens& lens, const ReadArray& weights,
                int window, double center, double unit, double spread, const std::string& isa) {
                 require(window >= 0, "a window must not be negative");
                 require(lens.value_inputs() == shape.dense && shape.embeddings.empty() && !shape.future_units,
                         "a stream needs a network without covariates");
                 check_candidates(shape, lens);
                 check_loss(shape, loss);
                 const Network<Real> network(shape, kernels_for<Real>(isa));
                 require(window > 0 || !network.needs_windows(),
                         "a network that reads its window as a whole needs a window");
                 const Real* flat = read<Real>(weights, "weights", {network.layout.flat});
                 new (self) Self(shape, kernels_for<Real>(isa), flat, loss, lens, window, center, unit, spread);
             })
        .def(
            "set_state",
            [](Self& self, const ReadArray& state) { self.set_state(read<Real>(state, "state", {self.state_size()})); })
        .def("remember",
             [](Self& self, const ReadArray& values, const ReadArray& targets) {
                 const auto n = static_cast<int64_t>(values.size());
                 self.remember(read<Real>(values, "values", {n}), read<Real>(targets, "targets", {n}), n);
             })
        .def("update", [](Self& self, double value, bool observed) {
            auto out = new_array<Real>(
                {static_cast<std::size_t>(self.parameters()), static_cast<std::size_t>(self.horizon())});
            const auto& forecast = self.update(value, observed);
            std::copy(forecast.begin(), forecast.end(), out.data());
            return out;
        });
}

}  // namespace

void bind_inference(nb::module_& module) {
    bind<float>(module, "run_sequences_float32", "forecast_slopes_float32", "Stream_float32");
    bind<double>(module, "run_sequences_float64", "forecast_slopes_float64", "Stream_float64");
}
