// How does an LSTM layer run forward and backward over a chunk of sequences?
//
// The equations (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000), gate order i, f, g, o:
//   i, f, o = sigmoid(x W + h U + b)   g = tanh(x W + h U + b)   c' = f c + i g   h' = o tanh(c')
#pragma once

#include "gatecast/kernels/gemm.hpp"

namespace gatecast::GATECAST_ISA {

// z (R, ldg) holds x W + h U + b and becomes the gates.
template <typename Real>
GATECAST_INLINE void cell_forward(int R, int D, Real* z, const Real* c_before, Real* c, Real* h, Real* tanh_c) {
    constexpr int L = kLanes<Real>;
    const int ldg = padded(4 * D), ldd = padded(D);
    for (int r = 0; r < R; ++r, z += ldg, c_before += ldd, c += ldd, h += ldd, tanh_c += ldd) {
        for (int u = 0; u < D; u += L) {
            const int n = D - u;
            const Vec<Real> i = sigmoid(load_upto(z + u, n));
            const Vec<Real> f = sigmoid(load_upto(z + D + u, n));
            const Vec<Real> g = tanh(load_upto(z + 2 * D + u, n));
            const Vec<Real> o = sigmoid(load_upto(z + 3 * D + u, n));
            const Vec<Real> c_now = f * load(c_before + u) + i * g;
            const Vec<Real> t = tanh(c_now);
            store_upto(z + u, i, n);
            store_upto(z + D + u, f, n);
            store_upto(z + 2 * D + u, g, n);
            store_upto(z + 3 * D + u, o, n);
            store(c + u, c_now);
            store(tanh_c + u, t);
            store(h + u, o * t);
        }
    }
}

// gates become their gradients before the nonlinearities; dc becomes the gradient of the cell state before.
template <typename Real>
GATECAST_INLINE void cell_backward(int R, int D, Real* gates, const Real* c_before, const Real* tanh_c,
                                   const Real* dh_above, const Real* dh_state, Real* dc_state) {
    constexpr int L = kLanes<Real>;
    const int ldg = padded(4 * D), ldd = padded(D);
    for (int r = 0; r < R; ++r, gates += ldg) {
        const int64_t at = int64_t{r} * ldd;
        for (int u = 0; u < D; u += L) {
            const int n = D - u;
            const Vec<Real> i = load_upto(gates + u, n), f = load_upto(gates + D + u, n);
            const Vec<Real> g = load_upto(gates + 2 * D + u, n), o = load_upto(gates + 3 * D + u, n);
            const Vec<Real> t = load(tanh_c + at + u);
            Vec<Real> dh = load(dh_state + at + u);
            if (dh_above) dh += load(dh_above + at + u);
            const Vec<Real> dc = load(dc_state + at + u) + dh * o * (Real{1} - t * t);
            store_upto(gates + u, dc * g * i * (Real{1} - i), n);
            store_upto(gates + D + u, dc * load(c_before + at + u) * f * (Real{1} - f), n);
            store_upto(gates + 2 * D + u, dc * i * (Real{1} - g * g), n);
            store_upto(gates + 3 * D + u, dh * t * o * (Real{1} - o), n);
            store(dc_state + at + u, dc * f);
        }
    }
}

// With a dilation d the state of step t comes from step t - d, so d steps that follow each other are one block of
// d * R rows: the same arithmetic as for d times as many sequences (Chang et al. 2017, Dilated Recurrent Neural
// Networks).
template <typename Real>
void lstm_forward(const LstmForward<Real>& p) {
    const int ldg = padded(4 * p.D), ldd = padded(p.D), d = p.dilation;
    const int64_t gate_step = int64_t{p.R} * ldg, state_step = int64_t{p.R} * ldd, x_step = p.R * p.ldx;
    for (int t = 0; t < p.T; t += d) {
        if (p.halt.asked && p.halt.asked(p.halt.flag)) return;
        const int rows = (p.T - t < d ? p.T - t : d) * p.R;
        Real* z = p.gates + t * gate_step;
        const Real* h_before = p.h + t * state_step;
        const int k2 = t == 0 && p.zero_state ? 0 : p.D;
        multiply(Product<Real>{.a1 = p.x + t * x_step,
                               .lda1 = p.ldx,
                               .k1 = p.F,
                               .a2 = h_before,
                               .lda2 = ldd,
                               .k2 = k2,
                               .packed = p.weights,
                               .depth = p.F + p.D,
                               .bias = p.bias,
                               .out = z,
                               .ldo = ldg,
                               .rows = rows,
                               .columns = 4 * p.D});
        cell_forward(rows, p.D, z, p.c + t * state_step, p.c + (t + d) * state_step, p.h + (t + d) * state_step,
                     p.tanh_c + t * state_step);
    }
}

// Adds the gradients of the weights from steps [from, to), whose gates already hold gradients.
template <typename Real>
void lstm_weight_gradients(const LstmBackward<Real>& p, int from, int to) {
    const int ldg = padded(4 * p.D), ldd = padded(p.D);
    const Real* dz = p.gates + int64_t{from} * p.R * ldg;
    const int depth = (to - from) * p.R;
    accumulate(Outer<Real>{.a = p.x + from * p.R * p.ldx,
                           .lda = p.ldx,
                           .b = dz,
                           .ldb = ldg,
                           .depth = depth,
                           .out = p.d_kernel,
                           .ldo = ldg,
                           .rows = p.F,
                           .columns = 4 * p.D});
    add_columns(dz, depth, ldg, p.d_bias);
    // the zero state before the first steps adds nothing
    const int first = p.zero_state && from < p.dilation ? p.dilation : from;
    if (first < to) {
        accumulate(Outer<Real>{.a = p.h + int64_t{first} * p.R * ldd,
                               .lda = ldd,
                               .b = p.gates + int64_t{first} * p.R * ldg,
                               .ldb = ldg,
                               .depth = (to - first) * p.R,
                               .out = p.d_recurrent,
                               .ldo = ldg,
                               .rows = p.D,
                               .columns = 4 * p.D});
    }
    if (p.dx) {
        multiply(Product<Real>{.a1 = dz,
                               .lda1 = ldg,
                               .k1 = 4 * p.D,
                               .packed = p.input_transposed,
                               .depth = 4 * p.D,
                               .out = p.dx + int64_t{from} * p.R * padded(p.F),
                               .ldo = padded(p.F),
                               .rows = depth,
                               .columns = p.F});
    }
}

template <typename Real>
void lstm_backward(const LstmBackward<Real>& p) {
    const int ldg = padded(4 * p.D), ldd = padded(p.D), d = p.dilation;
    const int64_t gate_step = int64_t{p.R} * ldg, state_step = int64_t{p.R} * ldd;
    // weight gradients wait for a block of steps, so that a tile stays in registers over many rows
    const int block = p.R >= 128 ? 1 : 128 / p.R;
    for (int64_t k = 0; k < d * state_step; ++k) p.dh_state[k] = p.dc_state[k] = Real{0};
    int done = p.T;
    for (int t = (p.T - 1) / d * d; t >= 0; t -= d) {
        if (p.halt.asked && p.halt.asked(p.halt.flag)) return;
        const int steps = p.T - t < d ? p.T - t : d;
        Real* dz = p.gates + t * gate_step;
        // a block may lie on both sides of the first step that has a gradient from above
        const int without = t >= p.dh_from ? 0 : (p.dh_from - t < steps ? p.dh_from - t : steps);
        const int64_t gates_in = without * gate_step, states_in = without * state_step, at = t * state_step;
        cell_backward<Real>(without * p.R, p.D, dz, p.c + at, p.tanh_c + at, nullptr, p.dh_state, p.dc_state);
        cell_backward<Real>((steps - without) * p.R, p.D, dz + gates_in, p.c + at + states_in,
                            p.tanh_c + at + states_in, p.dh + (t + without - p.dh_from) * state_step,
                            p.dh_state + states_in, p.dc_state + states_in);
        if (t > 0 || !p.zero_state) {
            multiply(Product<Real>{.a1 = dz,
                                   .lda1 = ldg,
                                   .k1 = 4 * p.D,
                                   .packed = p.recurrent_transposed,
                                   .depth = 4 * p.D,
                                   .out = p.dh_state,
                                   .ldo = ldd,
                                   .rows = steps * p.R,
                                   .columns = p.D});
        }
        if (done - t >= block || t == 0) {
            lstm_weight_gradients(p, t, done);
            done = t;
        }
    }
}

}  // namespace gatecast::GATECAST_ISA
