// How does a GRU layer run forward and backward over a chunk of sequences?
//
// Cho et al. (2014), with the reset gate behind the product as Keras and PyTorch have it, gate order z, r, h:
//   z, r = sigmoid(x W + b + h U + b')   g = tanh(x W + b + r (h U + b'))   h' = z h + (1 - z) g
#pragma once

#include "gatecast/kernels/gemm.hpp"

namespace gatecast::GATECAST_ISA {

// gates (R, ld3) hold x W + b and become z, r, g; `product` (R, ld3) holds h U + b'.
template <typename Real>
GATECAST_INLINE void gru_cell_forward(int R, int D, Real* gates, const Real* product, const Real* h_before, Real* inner,
                                      Real* h) {
    constexpr int L = kLanes<Real>;
    const int ld3 = padded(3 * D), ldd = padded(D);
    for (int r = 0; r < R; ++r, gates += ld3, product += ld3, h_before += ldd, inner += ldd, h += ldd) {
        for (int u = 0; u < D; u += L) {
            const int n = D - u;
            const Vec<Real> z = sigmoid(load_upto(gates + u, n) + load_upto(product + u, n));
            const Vec<Real> reset = sigmoid(load_upto(gates + D + u, n) + load_upto(product + D + u, n));
            const Vec<Real> s = load_upto(product + 2 * D + u, n);
            const Vec<Real> g = tanh(load_upto(gates + 2 * D + u, n) + reset * s);
            store_upto(gates + u, z, n);
            store_upto(gates + D + u, reset, n);
            store_upto(gates + 2 * D + u, g, n);
            store(inner + u, s);
            store(h + u, z * load(h_before + u) + (Real{1} - z) * g);
        }
    }
}

// gates and inner_gates become gradients before the nonlinearities; dh_state becomes what goes straight to the state
// before.
template <typename Real>
GATECAST_INLINE void gru_cell_backward(int R, int D, Real* gates, Real* inner_gates, const Real* inner,
                                       const Real* h_before, const Real* dh_above, Real* dh_state) {
    constexpr int L = kLanes<Real>;
    const int ld3 = padded(3 * D), ldd = padded(D);
    for (int r = 0; r < R; ++r, gates += ld3, inner_gates += ld3) {
        const int64_t at = int64_t{r} * ldd;
        for (int u = 0; u < D; u += L) {
            const int n = D - u;
            const Vec<Real> z = load_upto(gates + u, n), reset = load_upto(gates + D + u, n);
            const Vec<Real> g = load_upto(gates + 2 * D + u, n);
            Vec<Real> dh = load(dh_state + at + u);
            if (dh_above) dh += load(dh_above + at + u);
            const Vec<Real> dz = dh * (load(h_before + at + u) - g) * z * (Real{1} - z);
            const Vec<Real> dg = dh * (Real{1} - z) * (Real{1} - g * g);
            const Vec<Real> dr = dg * load(inner + at + u) * reset * (Real{1} - reset);
            store_upto(gates + u, dz, n);
            store_upto(gates + D + u, dr, n);
            store_upto(gates + 2 * D + u, dg, n);
            store_upto(inner_gates + u, dz, n);
            store_upto(inner_gates + D + u, dr, n);
            store_upto(inner_gates + 2 * D + u, dg * reset, n);
            store(dh_state + at + u, dh * z);
        }
    }
}

template <typename Real>
void gru_forward(const GruForward<Real>& p) {
    const int ld3 = padded(3 * p.D), ldd = padded(p.D), d = p.dilation;
    const int64_t gate_step = int64_t{p.R} * ld3, state_step = int64_t{p.R} * ldd, x_step = p.R * p.ldx;
    for (int t = 0; t < p.T; t += d) {
        if (p.halt.asked && p.halt.asked(p.halt.flag)) return;
        const int rows = (p.T - t < d ? p.T - t : d) * p.R;
        Real* gates = p.gates + t * gate_step;
        const Real* h_before = p.h + t * state_step;
        const int k = t == 0 && p.zero_state ? 0 : p.D;
        multiply(Product<Real>{.a1 = p.x + t * x_step,
                               .lda1 = p.ldx,
                               .k1 = p.F,
                               .packed = p.kernel,
                               .depth = p.F,
                               .bias = p.bias,
                               .out = gates,
                               .ldo = ld3,
                               .rows = rows,
                               .columns = 3 * p.D});
        multiply(Product<Real>{.a1 = h_before,
                               .lda1 = ldd,
                               .k1 = k,
                               .packed = p.recurrent,
                               .depth = p.D,
                               .bias = p.recurrent_bias,
                               .out = p.product,
                               .ldo = ld3,
                               .rows = rows,
                               .columns = 3 * p.D});
        gru_cell_forward(rows, p.D, gates, p.product, h_before, p.inner + t * state_step, p.h + (t + d) * state_step);
    }
}

template <typename Real>
void gru_weight_gradients(const GruBackward<Real>& p, int from, int to) {
    const int ld3 = padded(3 * p.D), ldd = padded(p.D), depth = (to - from) * p.R;
    const int64_t row = int64_t{from} * p.R;
    const Real* dz = p.gates + row * ld3;
    const Real* inner = p.inner_gates + row * ld3;
    accumulate(Outer<Real>{.a = p.x + row * p.ldx,
                           .lda = p.ldx,
                           .b = dz,
                           .ldb = ld3,
                           .depth = depth,
                           .out = p.d_kernel,
                           .ldo = ld3,
                           .rows = p.F,
                           .columns = 3 * p.D});
    accumulate(Outer<Real>{.a = p.h + row * ldd,
                           .lda = ldd,
                           .b = inner,
                           .ldb = ld3,
                           .depth = depth,
                           .out = p.d_recurrent,
                           .ldo = ld3,
                           .rows = p.D,
                           .columns = 3 * p.D});
    add_columns(dz, depth, ld3, p.d_bias);
    add_columns(inner, depth, ld3, p.d_recurrent_bias);
    if (p.dx) {
        multiply(Product<Real>{.a1 = dz,
                               .lda1 = ld3,
                               .k1 = 3 * p.D,
                               .packed = p.input_transposed,
                               .depth = 3 * p.D,
                               .out = p.dx + row * padded(p.F),
                               .ldo = padded(p.F),
                               .rows = depth,
                               .columns = p.F});
    }
}

template <typename Real>
void gru_backward(const GruBackward<Real>& p) {
    const int ld3 = padded(3 * p.D), ldd = padded(p.D), d = p.dilation;
    const int64_t gate_step = int64_t{p.R} * ld3, state_step = int64_t{p.R} * ldd;
    const int block = p.R >= 128 ? 1 : 128 / p.R;
    for (int64_t k = 0; k < d * state_step; ++k) p.dh_state[k] = Real{0};
    int done = p.T;
    for (int t = (p.T - 1) / d * d; t >= 0; t -= d) {
        if (p.halt.asked && p.halt.asked(p.halt.flag)) return;
        const int steps = p.T - t < d ? p.T - t : d;
        const int without = t >= p.dh_from ? 0 : (p.dh_from - t < steps ? p.dh_from - t : steps);
        const int64_t in3 = without * gate_step, in = without * state_step, at = t * state_step;
        Real *gates = p.gates + t * gate_step, *inner_gates = p.inner_gates + t * gate_step;
        gru_cell_backward<Real>(without * p.R, p.D, gates, inner_gates, p.inner + at, p.h + at, nullptr, p.dh_state);
        gru_cell_backward<Real>((steps - without) * p.R, p.D, gates + in3, inner_gates + in3, p.inner + at + in,
                                p.h + at + in, p.dh + (t + without - p.dh_from) * state_step, p.dh_state + in);
        if (t > 0 || !p.zero_state) {
            multiply(Product<Real>{.a1 = inner_gates,
                                   .lda1 = ld3,
                                   .k1 = 3 * p.D,
                                   .packed = p.recurrent_transposed,
                                   .depth = 3 * p.D,
                                   .out = p.through,
                                   .ldo = ldd,
                                   .rows = steps * p.R,
                                   .columns = p.D});
            for (int64_t k = 0; k < steps * state_step; ++k) p.dh_state[k] += p.through[k];
        }
        if (done - t >= block || t == 0) {
            gru_weight_gradients(p, t, done);
            done = t;
        }
    }
}

}  // namespace gatecast::GATECAST_ISA
