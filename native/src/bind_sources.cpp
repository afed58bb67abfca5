// Sources of training sequences: windows, segments, given batches. They keep their arrays alive.
#include "bindings.hpp"
#include "gatecast/sources.hpp"

namespace {

using namespace gatecast;

template <typename Real>
void bind_arrays(nb::module_& module, const char* name) {
    nb::class_<ArraySource<Real>, Source<Real>>(module, name, "Batches that are given, used in turn.")
        .def(
            "__init__",
            [](ArraySource<Real>* self, const ReadArray& x, const ReadArray& y, const ReadArray& target_weights,
               int first) {
                const Real* inputs = read<Real>(x, "x", {-1, -1, -1, -1});
                const auto n = [&](int axis) { return static_cast<int64_t>(x.shape(axis)); };
                require(n(0) > 0 && n(1) > 0, "array `x` holds no batch: its shape begins with (", n(0), ", ", n(1),
                        ")");
                require_between<int64_t>("batch size", n(1), 1, kMaxBatch);
                require_between<int64_t>("time steps", n(2), 1, kMaxSteps);
                require_between<int64_t>("inputs of a step", n(3), 1, kMaxWidth);
                require(first >= 0 && first < n(2), "`first` must be a step of `x`, 0 to ", n(2) - 1, ", got ", first);
                const Real* targets = read<Real>(y, "y", {n(0), n(1), n(2) - first, -1});
                const auto H = static_cast<int64_t>(y.shape(3));
                require_between<int64_t>("outputs of a step", H, 1, kMaxWidth);
                const Real* each = read_target_weights<Real>(target_weights, {n(0), n(1), n(2) - first, H});
                new (self)
                    ArraySource<Real>(inputs, targets, each, n(0), static_cast<int>(n(1)), static_cast<int>(n(2)),
                                      static_cast<int>(n(3)), first, static_cast<int>(H));
            },
            nb::kw_only(), "x"_a, "y"_a, "target_weights"_a, "first"_a, nb::keep_alive<1, 2>(), nb::keep_alive<1, 3>(),
            nb::keep_alive<1, 4>());
}

template <typename Real>
void bind_windows(nb::module_& module, const char* name) {
    nb::class_<WindowSource<Real>, Source<Real>>(module, name, "Every window of `lookback` points, batch by batch.")
        .def(
            "__init__",
            [](WindowSource<Real>* self, const PanelView<Real>& panel, const ValueInputs& value_inputs, int lookback,
               int horizon, int batch_size, bool shuffle, int n_dropped, uint64_t seed) {
                least("lookback", lookback, 1);
                require_between("horizon", horizon, 1, kMaxWidth);
                require_between("batch_size", batch_size, 1, kMaxBatch);
                least("n_dropped", n_dropped, 0);
                new (self)
                    WindowSource<Real>(panel, value_inputs, lookback, horizon, batch_size, shuffle, n_dropped, seed);
            },
            nb::kw_only(), "panel"_a, "value_inputs"_a, "lookback"_a, "horizon"_a, "batch_size"_a, "shuffle"_a,
            "n_dropped"_a, "seed"_a, nb::keep_alive<1, 2>())
        .def_prop_ro("windows", &WindowSource<Real>::windows)
        .def_prop_ro("steps_per_epoch", &WindowSource<Real>::steps_per_epoch);
}

template <typename Real>
void bind_segments(nb::module_& module, const char* name) {
    nb::class_<SegmentSource<Real>, Source<Real>>(module, name, "Segments at random places.")
        .def(
            "__init__",
            [](SegmentSource<Real>* self, const PanelView<Real>& panel, const ValueInputs& value_inputs, int burn_in,
               int n_targets, int batch_size, uint64_t seed) {
                least("burn_in", burn_in, 0);
                least("n_targets", n_targets, 1);
                require_between("batch_size", batch_size, 1, kMaxBatch);
                new (self) SegmentSource<Real>(panel, value_inputs, burn_in, n_targets, batch_size, seed);
            },
            nb::kw_only(), "panel"_a, "value_inputs"_a, "burn_in"_a, "n_targets"_a, "batch_size"_a, "seed"_a,
            nb::keep_alive<1, 2>())
        .def_prop_ro("n_targets", &SegmentSource<Real>::n_targets);
}

template <typename Real>
void bind(nb::module_& module, const char* suffix) {
    const auto name = [suffix](const char* stem) { return std::string(stem) + suffix; };
    nb::class_<Source<Real>>(module, name("Source_").c_str(), "Where the sequences of training steps come from.")
        .def_ro("T", &Source<Real>::T)
        .def_ro("first", &Source<Real>::first)
        .def_ro("max_batch", &Source<Real>::max_batch)
        .def(
            "batch", [](const Source<Real>& self, int64_t step) { return self.batch(least<int64_t>("step", step, 0)); },
            "step"_a);
    bind_windows<Real>(module, name("WindowSource_").c_str());
    bind_segments<Real>(module, name("SegmentSource_").c_str());
    bind_arrays<Real>(module, name("ArraySource_").c_str());
}

int64_t shuffled_place(int64_t index, int64_t n, uint64_t key) {
    require_between<int64_t>("n", n, 1, int64_t{1} << 62);
    require_between<int64_t>("index", index, 0, n - 1);
    return gatecast::shuffled(index, n, key);
}

}  // namespace

void bind_sources(nb::module_& module) {
    bind<float>(module, "float32");
    bind<double>(module, "float64");
    module.def("shuffled", &shuffled_place, "index"_a, "n"_a, "key"_a,
               "Where `index` stands in a shuffled order of n.");
}
