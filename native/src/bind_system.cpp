// What does this build run on?
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <thread>

#include "bindings.hpp"
#include "gatecast/isa.hpp"

void bind_system(nb::module_& module) {
    module.def("available_isas", &gatecast::available_isas);
    module.def("cpu_count", [] { return std::thread::hardware_concurrency(); });
#if defined(__clang__)
    module.attr("compiler") = __VERSION__;
#else
    module.attr("compiler") = "GCC " __VERSION__;
#endif
}
