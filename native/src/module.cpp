// The extension module gatecast.network._native: one bind_ function per topic.
#include "bindings.hpp"

NB_MODULE(_native, module) {
    // shapes of networks are kept until the process ends, where Python need not free them before the module
    nb::set_leak_warnings(false);
    module.doc() = "The native core of gatecast. Use gatecast.network.wrapper, which documents and checks.";
    bind_system(module);
    bind_shapes(module);
    bind_sources(module);
    bind_training(module);
    bind_inference(module);
}
