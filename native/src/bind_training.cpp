// The training loop. The GIL is released while it runs; Ctrl-C is looked for 20 times a second.
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include "bindings.hpp"
#include "gatecast/isa.hpp"
#include "gatecast/trainer.hpp"

namespace {

using namespace gatecast;

template <typename Real>
using Array = nb::ndarray<nb::numpy, Real>;

// A source of another shape would write beyond the room that is made for the network's.
template <typename Real>
void check_source(const Trainer<Real>& trainer, const Source<Real>& source) {
    const Shape& shape = trainer.network.shape;
    const auto same = [](int of_source, int of_network, const char* what) {
        require(of_source == of_network, "the source and the network differ in ", what, ": ", of_source, " and ",
                of_network);
    };
    same(source.F, shape.dense, "the number of inputs");
    same(source.C, static_cast<int>(shape.embeddings.size()), "their codes");
    require(source.value_inputs() || (shape.J == 0 && shape.future_units == 0),
            "a network with skip forecasts or a future decoder needs a panel, got given batches");
    if (source.value_inputs()) same(source.value_inputs()->n_candidates(), shape.J, "their skip forecasts");
    if (source.panel()) {
        same(source.panel()->numbers.ahead, shape.ahead_numbers, "the numbers known ahead");
        same(source.panel()->codes.ahead, shape.ahead_codes, "the codes known ahead");
    }
    require_between("time steps of a sequence", source.T, 1, kMaxSteps);
    if (source.H) same(source.H, shape.H, "the number of outputs");
    require(source.first == source.T - 1 || !shape.needs_windows(),
            "a network that reads its window as a whole can forecast from the last step alone, got a source of "
            "forecasts from step ",
            source.first, " of ", source.T, " on");
}

// Records are written one by one, so that after Ctrl-C those of the finished steps are there too.
template <typename Real>
std::tuple<int, int64_t> run_into(Trainer<Real>& self, const Source<Real>& source, int64_t first_step,
                                  const ReadArray& rates, const WriteArray& records) {
    check_source(self, source);
    require_between<int64_t>("first_step", first_step, 0, int64_t{1} << 62);
    const double* rate = read<double>(rates, "rates", {-1});
    const auto steps = static_cast<int64_t>(rates.size());
    for (int64_t k = 0; k < steps; ++k) {
        require(std::isfinite(rate[k]), "array `rates` must be finite, got ", rate[k], " at step ", k);
    }
    static_assert(sizeof(StepRecord) == 5 * sizeof(double));
    auto* record = reinterpret_cast<StepRecord*>(write<double>(records, "records", {steps, 5}));
    RunResult result{};
    {
        const nb::gil_scoped_release release;
        result = self.run(source, first_step, rate, steps, record, python_interrupted);
    }
    if (PyErr_Occurred()) throw nb::python_error();
    return {static_cast<int>(result.outcome), result.steps};
}

template <typename Real>
std::tuple<int, int64_t, Array<double>> run(Trainer<Real>& self, const Source<Real>& source, int64_t first_step,
                                            const ReadArray& rates) {
    auto records = new_array<double>({rates.size(), 5});
    const auto [outcome, steps] = run_into(self, source, first_step, rates, WriteArray(records));
    return {outcome, steps, records};
}

template <typename Real>
std::tuple<double, Array<Real>, Array<Real>, Array<Real>> gradient(Trainer<Real>& self, const Source<Real>& source,
                                                                   bool chance) {
    check_source(self, source);
    const auto B = static_cast<std::size_t>(source.batch(0)), T = static_cast<std::size_t>(source.T);
    const auto& shape = self.network.shape;
    auto predictions =
        new_array<Real>({B, T - source.first, static_cast<std::size_t>(shape.P), static_cast<std::size_t>(shape.H)});
    auto weights = new_array<Real>({static_cast<std::size_t>(self.network.layout.flat)});
    auto inputs = new_array<Real>({B, T, static_cast<std::size_t>(shape.dense)});
    const StepRecord record = self.gradient(source, chance, predictions.data(), weights.data(), inputs.data());
    return {record.loss, predictions, weights, inputs};
}

template <typename Real>
Array<Real> weights_of(const Trainer<Real>& self) {
    auto flat = new_array<Real>({static_cast<std::size_t>(self.network.layout.flat)});
    self.network.layout.export_flat(self.network.weights.data(), flat.data());
    return flat;
}

template <typename Real>
Array<Real> mean_weights(const Trainer<Real>& self) {
    require(self.has_mean(), "this trainer keeps no mean of the weights: make it with `ema_decay` above 0");
    auto flat = new_array<Real>({static_cast<std::size_t>(self.network.layout.flat)});
    self.export_mean(flat.data());
    return flat;
}

template <typename Real>
void set_mean_weights(Trainer<Real>& self, const ReadArray& weights) {
    require(self.has_mean(), "this trainer keeps no mean of the weights: make it with `ema_decay` above 0");
    self.import_mean(read<Real>(weights, "weights", {self.network.layout.flat}));
}

template <typename Real>
Array<Real> moments(const Trainer<Real>& self) {
    auto both = new_array<Real>({2, static_cast<std::size_t>(self.network.layout.flat)});
    self.export_moments(both.data(), both.data() + self.network.layout.flat);
    return both;
}

template <typename Real>
void set_moments(Trainer<Real>& self, const ReadArray& moments, int64_t adam_steps) {
    const Real* m = read<Real>(moments, "moments", {2, self.network.layout.flat});
    require_between<int64_t>("adam_steps", adam_steps, 0, int64_t{1} << 62);
    self.import_moments(m, m + self.network.layout.flat);
    self.adam_steps = adam_steps;
}

Settings checked_settings(const LossSettings& loss, double beta1, double beta2, double epsilon, double clip_norm,
                          double weight_decay, double ema_decay) {
    const auto share = [](const char* name, double value) {
        require(value >= 0.0 && value < 1.0, "`", name, "` must be at least 0 and below 1, got ", value);
    };
    share("beta1", beta1);
    share("beta2", beta2);
    share("ema_decay", ema_decay);
    const double most = std::numeric_limits<double>::max();
    require_between("epsilon", epsilon, 0.0, most);
    require_between("clip_norm", clip_norm, 0.0, most);
    require_between("weight_decay", weight_decay, 0.0, most);
    return {.loss = loss,
            .beta1 = beta1,
            .beta2 = beta2,
            .epsilon = epsilon,
            .clip_norm = clip_norm,
            .weight_decay = weight_decay,
            .ema_decay = ema_decay};
}

template <typename Real>
void bind(nb::module_& module, const char* name) {
    using Self = Trainer<Real>;
    nb::class_<Self>(module, name, "A network that learns.")
        .def(
            "__init__",
            [](Self* self, const Shape& shape, const LossSettings& loss, double beta1, double beta2, double epsilon,
               double clip_norm, double weight_decay, double ema_decay, int n_threads, const std::string& isa) {
                check_loss(shape, loss);
                const Settings settings =
                    checked_settings(loss, beta1, beta2, epsilon, clip_norm, weight_decay, ema_decay);
                new (self) Self(shape, kernels_for<Real>(isa), settings, checked_threads(n_threads));
            },
            nb::kw_only(), "shape"_a, "loss"_a, "beta1"_a, "beta2"_a, "epsilon"_a, "clip_norm"_a, "weight_decay"_a,
            "ema_decay"_a, "n_threads"_a, "isa"_a)
        .def(
            "set_weights",
            [](Self& self, const ReadArray& weights) {
                self.set_weights(read<Real>(weights, "weights", {self.network.layout.flat}));
            },
            "weights"_a)
        .def("weights", &weights_of<Real>)
        .def("mean_weights", &mean_weights<Real>)
        .def("set_mean_weights", &set_mean_weights<Real>, "weights"_a)
        .def("moments", &moments<Real>)
        .def("set_moments", &set_moments<Real>, "moments"_a, "adam_steps"_a)
        .def_ro("adam_steps", &Self::adam_steps)
        .def_prop_ro("state_size", [](const Self& self) { return self.network.state_size(); })
        .def("run", &run<Real>, "source"_a, "first_step"_a, "rates"_a)
        .def("run_into", &run_into<Real>, "source"_a, "first_step"_a, "rates"_a, "records"_a)
        .def("gradient", &gradient<Real>, "source"_a, "chance"_a);
}

}  // namespace

void bind_training(nb::module_& module) {
    bind<float>(module, "Trainer_float32");
    bind<double>(module, "Trainer_float64");
}
