// Sources of training sequences: windows, segments, given batches. They keep their arrays alive.
#include "bindings.hpp"
#include "gatecast/sources.hpp"

namespace {

using namespace gatecast;

template <typename Real>
void bind(nb::module_& module, const char* suffix) {
    const auto name = [suffix](const char* stem) { return std::string(stem) + suffix; };
    nb::class_<Source<Real>>(module, name("Source_").c_str())
        .def_ro("T", &Source<Real>::T)
        .def_ro("first", &Source<Real>::first)
        .def_ro("max_batch", &Source<Real>::max_batch)
        .def("batch", &Source<Real>::batch);
    nb::class_<WindowSource<Real>, Source<Real>>(module, name("WindowSource_").c_str())
        .def(
            "__init__",
            [](WindowSource<Real>* self, const PanelView<Real>& panel, const Lens& lens, int lookback, int horizon,
               int batch, bool shuffle, int drop, uint64_t seed) {
                require(lookback > 0 && horizon > 0 && batch > 0 && drop >= 0,
                        "lookback, horizon and batch must be positive");
                new (self) WindowSource<Real>(panel, lens, lookback, horizon, batch, shuffle, drop, seed);
            },
            nb::keep_alive<1, 2>())
        .def_prop_ro("windows", &WindowSource<Real>::windows)
        .def_prop_ro("steps_per_epoch", &WindowSource<Real>::steps_per_epoch);
    nb::class_<SegmentSource<Real>, Source<Real>>(module, name("SegmentSource_").c_str())
        .def(
            "__init__",
            [](SegmentSource<Real>* self, const PanelView<Real>& panel, const Lens& lens, int burn_in, int lessons,
               int batch, uint64_t seed) {
                require(burn_in >= 0 && lessons > 0 && batch > 0, "burn_in, lessons and batch must be positive");
                new (self) SegmentSource<Real>(panel, lens, burn_in, lessons, batch, seed);
            },
            nb::keep_alive<1, 2>())
        .def_prop_ro("lessons", &SegmentSource<Real>::lessons);
    nb::class_<ArraySource<Real>, Source<Real>>(module, name("ArraySource_").c_str())
        .def(
            "__init__",
            [](ArraySource<Real>* self, const ReadArray& x, const ReadArray& y, int first) {
                const Real* inputs = read<Real>(x, "x", {-1, -1, -1, -1});
                const auto steps = static_cast<int64_t>(x.shape(0)), B = static_cast<int64_t>(x.shape(1));
                const auto T = static_cast<int64_t>(x.shape(2)), F = static_cast<int64_t>(x.shape(3));
                require(steps > 0 && B > 0, "array `x` holds no batch");
                require(first >= 0 && first < T, "`first` must be a step of `x`");
                const Real* targets = read<Real>(y, "y", {steps, B, T - first, -1});
                new (self) ArraySource<Real>(inputs, targets, steps, static_cast<int>(B), static_cast<int>(T),
                                             static_cast<int>(F), first, static_cast<int>(y.shape(3)));
            },
            nb::keep_alive<1, 2>(), nb::keep_alive<1, 3>());
}

}  // namespace

void bind_sources(nb::module_& module) {
    bind<float>(module, "float32");
    bind<double>(module, "float64");
    module.def("shuffled", &gatecast::shuffled);
}
