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
    require(source.F == shape.dense, "the source and the network differ in the number of inputs");
    require(source.C == static_cast<int>(shape.embeddings.size()), "the source and the network differ in their codes");
    require(!source.lens() || static_cast<int>(source.lens()->candidates.size()) == shape.J,
            "the source and the network differ in their candidates");
    require(source.lens() || (shape.J == 0 && shape.future_units == 0), "a network with candidates needs a panel");
    require(!source.panel() || (source.panel()->numbers.ahead == shape.ahead_numbers &&
                                source.panel()->codes.ahead == shape.ahead_codes),
            "the source and the network differ in what is known ahead");
    require(source.H == 0 || source.H == shape.H, "the source and the network differ in the number of outputs");
    require(source.first == source.T - 1 || !trainer.network.needs_windows(),
            "a network that reads its window as a whole can forecast from the last step alone");
}

// Records are written one by one, so that after Ctrl-C those of the finished steps are there too.
template <typename Real>
nb::tuple run_into(Trainer<Real>& self, const Source<Real>& source, int64_t first_step, const ReadArray& rates,
                   const WriteArray& records) {
    check_source(self, source);
    require(first_step >= 0, "`first_step` must not be negative");
    const double* rate = read<double>(rates, "rates", {-1});
    const auto steps = static_cast<int64_t>(rates.size());
    static_assert(sizeof(StepRecord) == 5 * sizeof(double));
    auto* record = reinterpret_cast<StepRecord*>(write<double>(records, "records", {steps, 5}));
    RunResult result{};
    {
        const nb::gil_scoped_release release;
        result = self.run(source, first_step, rate, steps, record, python_interrupted);
    }
    if (PyErr_Occurred()) throw nb::python_error();
    return nb::make_tuple(static_cast<int>(result.outcome), result.steps);
}

template <typename Real>
nb::tuple run(Trainer<Real>& self, const Source<Real>& source, int64_t first_step, const ReadArray& rates) {
    auto records = new_array<double>({rates.size(), 5});
    const nb::tuple done = run_into(self, source, first_step, rates, WriteArray(records));
    return nb::make_tuple(done[0], done[1], records);
}

template <typename Real>
nb::tuple gradient(Trainer<Real>& self, const Source<Real>& source, bool chance) {
    check_source(self, source);
    const auto B = static_cast<std::size_t>(source.batch(0)), T = static_cast<std::size_t>(source.T);
    const auto& shape = self.network.shape;
    auto predictions =
        new_array<Real>({B, T - source.first, static_cast<std::size_t>(shape.P), static_cast<std::size_t>(shape.H)});
    auto weights = new_array<Real>({static_cast<std::size_t>(self.network.layout.flat)});
    auto inputs = new_array<Real>({B, T, static_cast<std::size_t>(shape.dense)});
    const StepRecord record = self.gradient(source, chance, predictions.data(), weights.data(), inputs.data());
    return nb::make_tuple(record.loss, predictions, weights, inputs);
}

template <typename Real>
void bind(nb::module_& module, const char* name) {
    using Self = Trainer<Real>;
    nb::class_<Self>(module, name)
        .def("__init__",
             [](Self* self, const Shape& shape, const LossSettings& loss, double beta1, double beta2, double epsilon,
                double clip_norm, double weight_decay, double memory, int threads, const std::string& isa) {
                 check_loss(shape, loss);
                 require(beta1 >= 0.0 && beta1 < 1.0 && beta2 >= 0.0 && beta2 < 1.0,
                         "a memory must be a share below 1");
                 const Settings settings{loss, beta1, beta2, epsilon, clip_norm, weight_decay, memory};
                 new (self) Self(shape, kernels_for<Real>(isa), settings, checked_threads(threads));
             })
        .def("set_weights",
             [](Self& self, const ReadArray& flat) {
                 self.set_weights(read<Real>(flat, "weights", {self.network.layout.flat}));
             })
        .def("mean_weights",
             [](const Self& self) {
                 require(self.has_mean(), "this trainer keeps no mean of the weights");
                 auto flat = new_array<Real>({static_cast<std::size_t>(self.network.layout.flat)});
                 self.export_mean(flat.data());
                 return flat;
             })
        .def("set_mean_weights",
             [](Self& self, const ReadArray& flat) {
                 require(self.has_mean(), "this trainer keeps no mean of the weights");
                 self.import_mean(read<Real>(flat, "weights", {self.network.layout.flat}));
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
        .def("run_into", &run_into<Real>)
        .def("gradient", &gradient<Real>);
}

}  // namespace

void bind_training(nb::module_& module) {
    bind<float>(module, "Trainer_float32");
    bind<double>(module, "Trainer_float64");
}
