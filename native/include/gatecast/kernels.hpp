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

// out[rows, columns] = bias + a1[rows, k1] B[:k1] + a2[rows, k2] B[k1:k1 + k2]; B is packed, `depth` rows long. What is
// not named (the second product, the bias) is absent.
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

// One LSTM layer over T steps of R rows. The state buffers hold the `dilation` initial states first; the state of
// step t comes from that of step t - dilation.
template <typename Real>
struct LstmForward {
    int T, R, F, D, dilation;
    const Real* x;  // (T, R, ldx)
    int64_t ldx;
    const Real* weights;  // packed [W; U], depth F + D
    const Real* bias;     // (padded(4 D))
    bool zero_state;      // the initial state is zero: its product is skipped
    Real* gates;          // (T, R, padded(4 D)): i, f, g, o
    Real* c;              // (T + dilation, R, padded(D))
    Real* h;              // (T + dilation, R, padded(D))
    Real* tanh_c;         // (T, R, padded(D))
    Halt halt;
};

template <typename Real>
struct LstmBackward {
    int T, R, F, D, dilation;
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
    Real* dh_state;     // (dilation, R, padded(D)): scratch; out: gradient of the initial h
    Real* dc_state;     // (dilation, R, padded(D)): scratch; out: gradient of the initial c
    Real* dx;           // (T, R, padded(F)) or null
    Real* d_kernel;     // (F, padded(4 D)), added to, as are the next two
    Real* d_recurrent;  // (D, padded(4 D))
    Real* d_bias;       // (padded(4 D))
    Halt halt;
};

// One GRU layer. Gates stand in Keras's order z (update), r (reset), h (candidate), the reset gate after the product.
template <typename Real>
struct GruForward {
    int T, R, F, D, dilation;
    const Real* x;  // (T, R, ldx)
    int64_t ldx;
    const Real* kernel;          // packed W, depth F
    const Real* recurrent;       // packed U, depth D
    const Real* bias;            // (padded(3 D))
    const Real* recurrent_bias;  // (padded(3 D))
    bool zero_state;
    Real* gates;    // (T, R, padded(3 D)): z, r, candidate
    Real* product;  // (dilation, R, padded(3 D)): scratch
    Real* inner;    // (T, R, padded(D)): h U + b of the candidate, before the reset gate
    Real* h;        // (T + dilation, R, padded(D))
    Halt halt;
};

template <typename Real>
struct GruBackward {
    int T, R, F, D, dilation;
    const Real* x;
    int64_t ldx;
    const Real* recurrent_transposed;  // packed U^T, depth 3 D
    const Real* input_transposed;      // packed W^T, depth 3 D, or null where dx is not wanted
    bool zero_state;
    Real* gates;        // in: z, r, candidate; out: gradients before the nonlinearities, on the side of the input
    Real* inner_gates;  // (T, R, padded(3 D)): out: the same on the side of the state
    const Real* inner;
    const Real* h;
    const Real* dh;
    int dh_from;
    Real* dh_state;  // (dilation, R, padded(D)): scratch
    Real* through;   // (dilation, R, padded(D)): scratch
    Real* dx;
    Real* d_kernel;  // (F, padded(3 D)), added to, as are the next three
    Real* d_recurrent;
    Real* d_bias;
    Real* d_recurrent_bias;
    Halt halt;
};

// The last ones, from Poisson's on, are of counts.
enum class Loss : int {
    squared,
    absolute,
    huber,
    quantile,
    normal,
    student,
    poisson,
    negative_binomial,
    zero_inflated
};
// What they are called in Python, in the order of the enum.
constexpr const char* kLossNames[] = {
    "mse", "mae", "huber", "quantile", "normal", "student", "poisson", "negative-binomial", "zero-inflated"};

// The mean of counts is squareplus(kMeanBend * x) / kMeanBend of an output x: x itself but near zero and below.
constexpr double kMeanBend = 10.0;

constexpr int kMaxSkipForecasts = 16, kMaxParameters = 32;

// What was lost by some forecasts.
struct OriginLoss {
    double loss, squared;  // weighted sums of the loss and of the squared error of the point forecast
    double count;          // targets that counted, or the sum of their weights
};

// What the head says of one origin, and how far off that is. Its outputs y are, each for H steps: J logits, by which
// candidate forecasts are mixed, and P parameters of the loss's distribution (1 for a point, Q quantiles, 2 for a
// normal and 3 for a Student-t distribution, 1 to 3 for counts). `added` is added to the parameters.
template <typename Real>
struct OriginTask {
    Loss loss;
    Real huber_delta;
    int H, J, P;
    const Real* levels;          // (P): probabilities of the quantiles
    const Real* y;               // ((J + P) H)
    const Real* added;           // (P H) or null
    const Real* skip_forecasts;  // (J, H)
    const Real* target;          // (known): NaN where there is none; or null
    const Real* weight;          // (known): what each target counts; null: all the same
    int known;                   // targets there are, at most H
    double unit;                 // one scaled unit in the data's units; of counts alone
    Real* dy;                    // ((J + P) H): gradient of the weighted sum over all targets; or null
    Real* forecast;              // (P, H): the parameters, in the units of the target; or null
    OriginLoss* sums;            // added to; or null
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
    Real decay;      // weights shrink by this share first (Loshchilov and Hutter 2019)
    Real* mean;      // running mean of the weights, or null
    Real ema_decay;  // share of the mean that stays
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
    void (*gru_forward)(const GruForward<Real>&);
    void (*gru_backward)(const GruBackward<Real>&);
    void (*tanh_all)(Real* values, int64_t count);  // whole vectors
    void (*origin)(const OriginTask<Real>&);
    // out = sum of `count` vectors that stand `stride` apart; returns the sum of squares of out
    double (*sum_vectors)(const Real* first, int64_t stride, int count, int64_t size, Real* out);
    void (*adam)(const AdamTask<Real>&);
};

}  // namespace gatecast
