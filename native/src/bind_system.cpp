// What does this build run on?
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "gatecast/isa.hpp"

void bind_system(nb::module_& module) {
    module.def("available_isas", &gatecast::available_isas);
#if defined(__clang__)
    module.attr("compiler") = __VERSION__;
#else
    module.attr("compiler") = "GCC " __VERSION__;
#endif
}
