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
    for (int64_t k = 0; k < p.size; k += L) {
        const Vec<Real> g = load(p.gradient + k) * p.scale;
        const Vec<Real> m = load(p.m + k) + (g - load(p.m + k)) * (Real{1} - p.beta1);
        const Vec<Real> v = load(p.v + k) + (g * g - load(p.v + k)) * (Real{1} - p.beta2);
        store(p.m + k, m);
        store(p.v + k, v);
        const Vec<Real> before = load(p.p + k);
        const Vec<Real> after = before - before * p.decay - m * p.rate * reciprocal(root(v) + p.epsilon);
        store(p.p + k, after);
        if (p.mean) store(p.mean + k, after + (load(p.mean + k) - after) * p.memory);
    }
}

}  // namespace gatecast::GATECAST_ISA
