// What does this build run on?
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "gatecast/isa.hpp"

namespace {

std::string compiler() {
#if defined(__clang__)
    return __VERSION__;
#else
    return "GCC " __VERSION__;
#endif
}

}  // namespace

void bind_system(nb::module_& module) {
    module.def("available_isas", &gatecast::available_isas,
               "Instruction sets that this build has and this processor runs, slowest first.");
    module.def("compiler", &compiler, "The compiler that built the core.");
}
