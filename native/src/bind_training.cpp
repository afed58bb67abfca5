// The training loop. The GIL is released while it runs; Ctrl-C is looked for 20 times a second.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "gatecast/isa.hpp"
#include "gatecast/trainer.hpp"

namespace {

using namespace gatecast;

// A source of another shape would write beyond the room that is made for the network's.
template <typename Real>
void check_source(const Trainer<Real>& trainer, const Source<Real>& source) {
    const Shape& shape = trainer.network.shape;
    require(source.F == shape.F, "the source and the network differ in the number of inputs");
    require(source.H == 0 || source.H == shape.H, "the source and the network differ in the number of outputs");
}

template <typename Real>
nb::tuple run(Trainer<Real>& self, const Source<Real>& source, int64_t first_step, const ReadArray& rates) {
    check_source(self, source);
    require(first_step >= 0, "`first_step` must not be negative");
    const double* rate = read<double>(rates, "rates", {-1});
    const auto steps = static_cast<int64_t>(rates.size());
    auto records = new_array<double>({static_cast<std::size_t>(steps), 5});
    static_assert(sizeof(StepRecord) == 5 * sizeof(double));
    RunResult result{};
    {
        const nb::gil_scoped_release release;
        auto* record = reinterpret_cast<StepRecord*>(records.data());
        result = self.run(source, first_step, rate, steps, record, python_interrupted);
    }
    if (PyErr_Occurred()) throw nb::python_error();
    return nb::make_tuple(static_cast<int>(result.outcome), result.steps, records);
}

template <typename Real>
nb::tuple gradient(Trainer<Real>& self, const Source<Real>& source) {
    check_source(self, source);
    const auto B = static_cast<std::size_t>(source.batch(0)), T = static_cast<std::size_t>(source.T);
    const auto& shape = self.network.shape;
    auto predictions = new_array<Real>({B, T - source.first, static_cast<std::size_t>(shape.H)});
    auto weights = new_array<Real>({static_cast<std::size_t>(self.network.layout.flat)});
    auto inputs = new_array<Real>({B, T, static_cast<std::size_t>(shape.F)});
    const StepRecord record = self.gradient(source, predictions.data(), weights.data(), inputs.data());
    return nb::make_tuple(record.loss, predictions, weights, inputs);
}

template <typename Real>
void bind(nb::module_& module, const char* name) {
    using Self = Trainer<Real>;
    nb::class_<Self>(module, name)
        .def("__init__",
             [](Self* self, int inputs, const std::vector<int>& hidden, int outputs, int loss, double huber_delta,
                double beta1, double beta2, double epsilon, double clip_norm, int threads, const std::string& isa) {
                 const Settings settings{static_cast<Loss>(loss), huber_delta, beta1, beta2, epsilon, clip_norm};
                 new (self) Self(checked_shape(inputs, hidden, outputs), kernels_for<Real>(isa), settings,
                                 checked_threads(threads));
             })
        .def("set_weights",
             [](Self& self, const ReadArray& flat) {
                 self.network.set_weights(read<Real>(flat, "weights", {self.network.layout.flat}));
             })
        .def("weights",
             [](const Self& self) {
                 auto flat = new_array<Real>({static_cast<std::size_t>(self.network.layout.flat)});
                 self.network.layout.export_flat(self.network.weights.data(), flat.data());
                 return flat;
             })
        .def("moments",
             [](const Self& self) {
                 auto both = new_array<Real>({2, static_cast<std::size_t>(self.network.layout.flat)});
                 self.export_moments(both.data(), both.data() + self.network.layout.flat);
                 return both;
             })
        .def("set_moments",
             [](Self& self, const ReadArray& both, int64_t adam_steps) {
                 const Real* m = read<Real>(both, "moments", {2, self.network.layout.flat});
                 self.import_moments(m, m + self.network.layout.flat);
                 self.adam_steps = adam_steps;
             })
        .def_ro("adam_steps", &Self::adam_steps)
        .def("run", &run<Real>)
        .def("gradient", &gradient<Real>);
}

}  // namespace

void bind_training(nb::module_& module) {
    bind<float>(module, "Trainer_float32");
    bind<double>(module, "Trainer_float64");
}
