// How do gradients become new weights? Fixed-order sums over chunks, and Adam.
#pragma once

#include "gatecast/kernels/gemm.hpp"

namespace gatecast::GATECAST_ISA {

template <typename Real>
double sum_vectors(const Real* first, int64_t stride, int count, int64_t size, Real* out) {
    constexpr int L = kLanes<Real>;
    Vec<Real> squares{};
    for (int64_t k = 0; k < size; k += L) {
        Vec<Real> sum = load(first + k);
        for (int i = 1; i < count; ++i) sum += load(first + i * stride + k);
        squares += sum * sum;
        store(out + k, sum);
    }
    double total = 0.0;
    for (int i = 0; i < L; ++i) total += static_cast<double>(squares[i]);
    return total;
}

// Kingma and Ba (2015), with the bias correction folded into `rate` (their section 2, last paragraph).
template <typename Real>
void adam(const AdamTask<Real>& p) {
    constexpr int L = kLanes<Real>;
    // a store may change anything that is read through `p`, as far as the compiler knows
    const AdamTask<Real> at = p;
    for (int64_t k = 0; k < at.size; k += L) {
        const Vec<Real> g = load(at.gradient + k) * at.scale, before = load(at.p + k);
        const Vec<Real> m = load(at.m + k) + (g - load(at.m + k)) * (Real{1} - at.beta1);
        const Vec<Real> v = load(at.v + k) + (g * g - load(at.v + k)) * (Real{1} - at.beta2);
        const Vec<Real> after = before - before * at.decay - m * at.rate * reciprocal(root(v) + at.epsilon);
        store(at.m + k, m);
        store(at.v + k, v);
        store(at.p + k, after);
        if (at.mean) store(at.mean + k, after + (load(at.mean + k) - after) * at.ema_decay);
    }
}

}  // namespace gatecast::GATECAST_ISA
