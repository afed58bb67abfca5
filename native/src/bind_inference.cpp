// Forecasts of a trained network: along many sequences at once, and one observation at a time.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "gatecast/isa.hpp"
#include "gatecast/runner.hpp"
#include "gatecast/stream.hpp"

namespace {

using namespace gatecast;

// Outputs are written to `h`, `c`, `last` and `every`; a `width` of 0 leaves `every` alone.
template <typename Real>
void run_sequences(int F, const std::vector<int>& hidden, int H, const ReadArray& weights, const ReadArray& inputs,
                   const ReadArray& starts, const ReadArray& lengths, bool zero_state, const WriteArray& h,
                   const WriteArray& c, const WriteArray& last, const WriteArray& every, int threads,
                   const std::string& isa) {
    Network<Real> network(checked_shape(F, hidden, H), kernels_for<Real>(isa));
    network.set_weights(read<Real>(weights, "weights", {network.layout.flat}));
    const auto count = static_cast<int64_t>(starts.size());
    const int64_t* start = read<int64_t>(starts, "starts", {-1});
    const int64_t* length = read<int64_t>(lengths, "lengths", {count});
    const Real* x = read<Real>(inputs, "inputs", {-1, F});
    const auto N = static_cast<int64_t>(inputs.shape(0));
    int64_t total = 0;
    for (int64_t i = 0; i < count; ++i) {
        require(start[i] >= 0 && length[i] >= 0 && start[i] <= N && length[i] <= N - start[i],
                "a sequence leaves array `inputs`");
        total += length[i];
    }
    require(every.ndim() == 2, "array `every` has the wrong number of dimensions");
    const int width = static_cast<int>(every.shape(1));
    checked_threads(threads);
    require(width <= H, "array `every` is wider than the forecast");
    Real* every_out = width ? write<Real>(every, "every", {total, width}) : nullptr;
    const Sequences<Real> task{x,
                               start,
                               length,
                               count,
                               zero_state,
                               write<Real>(h, "h", {count, network.shape.state()}),
                               write<Real>(c, "c", {count, network.shape.state()}),
                               write<Real>(last, "last", {count, H}),
                               every_out,
                               width};
    {
        const nb::gil_scoped_release release;
        Team team(threads);
        Runner<Real>(network, task).run(team, python_interrupted);
    }
    if (PyErr_Occurred()) throw nb::python_error();
}

template <typename Real>
void bind(nb::module_& module, const char* sequences, const char* stream) {
    module.def(sequences, &run_sequences<Real>);
    using Self = Stream<Real>;
    nb::class_<Self>(module, stream)
        .def("__init__",
             [](Self* self, int F, const std::vector<int>& hidden, int H, const ReadArray& weights, int window,
                double center, double unit, const std::string& isa) {
                 require(F == 1 && window >= 0,
                         "a stream needs a network with one input and a window that is not negative");
                 const Shape shape = checked_shape(F, hidden, H);
                 const Real* flat = read<Real>(weights, "weights", {Layout(shape).flat});
                 new (self) Self(shape, kernels_for<Real>(isa), flat, window, center, unit);
             })
        .def("set_state",
             [](Self& self, const ReadArray& h, const ReadArray& c) {
                 self.set_state(read<Real>(h, "h", {self.state_size()}), read<Real>(c, "c", {self.state_size()}));
             })
        .def("update",
             [](Self& self, double value) {
                 auto out = new_array<double>({static_cast<std::size_t>(self.outputs())});
                 self.update(value, out.data());
                 return out;
             })
        .def("skip", [](Self& self, double value) { self.update(value, nullptr); });
}

}  // namespace

void bind_inference(nb::module_& module) {
    bind<float>(module, "run_sequences_float32", "Stream_float32");
    bind<double>(module, "run_sequences_float64", "Stream_float64");
}
