// The logarithm of the gamma function and its derivative.
#pragma once

#include "gatecast/kernels/simd.hpp"

// Of the C library; unlike lgamma it writes no global variable, so that threads may call it at once.
extern "C" double lgamma_r(double x, int* sign) noexcept;

namespace gatecast::GATECAST_ISA {

// The derivative of log gamma for x > 0, by recurrence and its asymptotic series (Abramowitz and Stegun 6.3.18).
GATECAST_INLINE double digamma(double x) {
    double sum = 0.0;
    for (; x < 10.0; x += 1.0) sum -= 1.0 / x;
    const double f = 1.0 / (x * x);
    return sum + __builtin_log(x) - 0.5 / x - f * (1.0 / 12 - f * (1.0 / 120 - f * (1.0 / 252 - f / 240)));
}

GATECAST_INLINE double log_gamma(double x) {
    int sign = 1;
    return lgamma_r(x, &sign);
}

}  // namespace gatecast::GATECAST_ISA
