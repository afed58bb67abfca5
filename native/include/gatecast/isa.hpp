// Which kernels run on this processor?
#pragma once

#include <string>
#include <vector>

#include "gatecast/kernels.hpp"

namespace gatecast {

// Names of the instruction sets that this build has and this processor runs, slowest first.
std::vector<std::string> available_isas();

// The table for `name`, or the fastest one for an empty name. Throws std::invalid_argument for an unknown name.
template <typename Real>
const Kernels<Real>& kernels_for(const std::string& name);

}  // namespace gatecast
