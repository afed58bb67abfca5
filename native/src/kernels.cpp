// The maths, compiled once for each instruction set (see CMakeLists.txt). No standard library in here: an
// inline function of it, compiled for a newer processor, could be the copy that the linker keeps for all.
#include "gatecast/kernels.hpp"

#include "gatecast/kernels/gemm.hpp"
#include "gatecast/kernels/gru.hpp"
#include "gatecast/kernels/lstm.hpp"
#include "gatecast/kernels/optimizer.hpp"
#include "gatecast/kernels/origin.hpp"

#define GATECAST_TEXT_OF(name) #name
#define GATECAST_TEXT(name) GATECAST_TEXT_OF(name)

namespace gatecast::GATECAST_ISA {

template <typename Real>
constexpr Kernels<Real> table() {
    return {GATECAST_TEXT(GATECAST_ISA), multiply<Real>,      accumulate<Real>,
            add_columns<Real>,           pack<Real>,          pack_transposed<Real>,
            lstm_forward<Real>,          lstm_backward<Real>, gru_forward<Real>,
            gru_backward<Real>,          tanh_all<Real>,      origin<Real>,
            sum_vectors<Real>,           adam<Real>};
}

extern const Kernels<float> kernels_float;
extern const Kernels<double> kernels_double;
const Kernels<float> kernels_float = table<float>();
const Kernels<double> kernels_double = table<double>();

}  // namespace gatecast::GATECAST_ISA
