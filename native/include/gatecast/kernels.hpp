// What does the maths offer, whatever the processor? Plain argument records and the table of kernels.
//
// Letters: T time steps, R rows of a chunk (sequences that are worked on together), F inputs of a layer, D
// hidden units, H outputs of the head. Gates stand in the order i, f, g, o. Every row of a matrix is padded
// to `padded(n)` numbers, and the padding of weights and gates holds zeros.
#pragma once

#include <cstdint>

namespace gatecast {

// Row length in numbers: whole 64-byte lines, and never a multiple of 1 KiB, which would crowd few cache sets.
constexpr int padded(int n) {
    const int lines = (n + 15) / 16;
    return 16 * (lines % 16 == 0 ? lines + 1 : lines);
}

// out[rows, columns] = bias + a1[rows, k1] B[:k1] + a2[rows, k2] B[k1:k1 + k2]; B is packed, `depth` rows long.
template <typename Real>
struct Product {
    const Real* a1;
    int64_t lda1;
    int k1;
    const Real* a2;
    int64_t lda2;
    int k2;
    const Real* packed;
    int depth;
    const Real* bias;  // or null
    Real* out;
    int64_t ldo;
    int rows, columns;
};

// out[rows, columns] += a[depth, rows]^T b[depth, columns]
template <typename Real>
struct Outer {
    const Real* a;
    int64_t lda;
    const Real* b;
    int64_t ldb;
    int depth;
    Real* out;
    int64_t ldo;
    int rows, columns;
};

// Asked before every time step: is the work to end early? What was written until then is of no use.
struct Halt {
    bool (*asked)(const void* flag) = nullptr;
    const void* flag = nullptr;
};

// One LSTM layer over T steps of R rows. The state buffers hold the initial state first.
template <typename Real>
struct LstmForward {
    int T, R, F, D;
    const Real* x;  // (T, R, ldx)
    int64_t ldx;
    const Real* weights;  // packed [W; U], depth F + D
    const Real* bias;     // (padded(4 D))
    bool zero_state;      // the initial state is zero: its product is skipped
    Real* gates;          // (T, R, padded(4 D)): i, f, g, o
    Real* c;              // (T + 1, R, padded(D))
    Real* h;              // (T + 1, R, padded(D))
    Real* tanh_c;         // (T, R, padded(D))
    Halt halt;
};

template <typename Real>
struct LstmBackward {
    int T, R, F, D;
    const Real* x;
    int64_t ldx;
    const Real* recurrent_transposed;  // packed U^T, depth 4 D
    const Real* input_transposed;      // packed W^T, depth 4 D, or null where dx is not wanted
    bool zero_state;
    Real* gates;  // in: i, f, g, o; out: gradients before the nonlinearities
    const Real* c;
    const Real* h;
    const Real* tanh_c;
    const Real* dh;  // (T - dh_from, R, padded(D)): gradient of h from above, for steps >= dh_from
    int dh_from;
    Real* dh_state;     // (R, padded(D)): scratch; out: gradient of the initial h
    Real* dc_state;     // (R, padded(D)): scratch; out: gradient of the initial c
    Real* dx;           // (T, R, padded(F)) or null
    Real* d_kernel;     // (F, padded(4 D)), added to, as are the next two
    Real* d_recurrent;  // (D, padded(4 D))
    Real* d_bias;       // (padded(4 D))
    Halt halt;
};

enum class Loss : int { squared = 0, absolute = 1, huber = 2 };

// Loss of predictions (T, R, padded(H)) and its gradient, not yet divided by the count. Row r of step t has
// the targets target[r] + t * stride; those at or beyond available[r] and NaNs do not count.
template <typename Real>
struct LossTask {
    Loss loss;
    Real huber_delta;
    int T, R, H;
    const Real* prediction;
    const Real* const* target;  // (R)
    const int64_t* available;   // (R)
    int64_t stride;
    Real* gradient;       // (T, R, padded(H)); may be null
    double* row_loss;     // (R): sums of the loss
    double* row_squared;  // (R): sums of squared errors
    int64_t* row_count;   // (R): targets that counted
};

// Adam as Keras computes it: p -= rate * m / (sqrt(v) + epsilon), the bias correction being part of the rate.
template <typename Real>
struct AdamTask {
    int64_t size;
    Real* p;
    Real* m;
    Real* v;
    const Real* gradient;
    Real scale;  // what the gradient is multiplied by first (1 / count, clipping)
    Real rate, beta1, beta2, epsilon;
};

template <typename Real>
struct Kernels {
    const char* isa;
    void (*multiply)(const Product<Real>&);
    void (*accumulate)(const Outer<Real>&);
    void (*add_columns)(const Real* rows, int64_t count, int64_t ld, Real* out);
    void (*pack)(const Real* source, int64_t ld, int K, int columns, int k0, int depth, Real* packed);
    void (*pack_transposed)(const Real* source, int64_t ld, int depth, int columns, Real* packed);
    void (*lstm_forward)(const LstmForward<Real>&);
    void (*lstm_backward)(const LstmBackward<Real>&);
    void (*loss)(const LossTask<Real>&);
    // out = sum of `count` vectors that stand `stride` apart; returns the sum of squares of out
    double (*sum_vectors)(const Real* first, int64_t stride, int count, int64_t size, Real* out);
    void (*adam)(const AdamTask<Real>&);
};

}  // namespace gatecast
