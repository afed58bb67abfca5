// Which steps of the window matter? A weighted mean of all states (additive attention, Bahdanau et al. 2015, without a
// query: Lin et al. 2017), for windows alone.
#pragma once

#include <cmath>

#include "gatecast/layer.hpp"

namespace gatecast {

// score_t = tanh(h_t W + b) v; the output at the last step is sum_t softmax(score)_t h_t beside the last state itself.
// Weights: W (width, units), b (units), v (units).
template <typename Real>
class AttentionLayer final : public Layer<Real> {
  public:
    AttentionLayer(const Kernels<Real>& kernels, Layout& layout, int width, int units)
        : Layer<Real>(width, 2 * width),
          kernels_(kernels),
          units_(units),
          kernel_(layout.add(width, units)),
          bias_(layout.add_vector(units)),
          score_(layout.add_vector(units)),
          packed_(packed_columns(units) * width),
          packed_transposed_(packed_columns(width) * units) {}

    Room<Real> make_room(int T, int R, bool gradients) const override {
        const int64_t rows = int64_t{T} * R;
        Room<Real> room;
        room.add(rows * padded(units_));                  // tanh of the projection
        room.add(rows);                                   // weights of the steps
        room.add(int64_t{R} * padded(this->outputs));     // y, of the last step
        room.add(gradients ? rows * padded(units_) : 0);  // gradient of the projection
        return room;
    }

    Signal<const Real> forward(Room<Real>& room, const Pass& pass, Signal<const Real> x) const override {
        const int n = this->inputs, ldu = padded(units_), rows = pass.T * pass.R;
        Real *hidden = room[0], *share = room[1], *y = room[2];
        kernels_.multiply(Product<Real>{.a1 = x.data,
                                        .lda1 = x.ld,
                                        .k1 = n,
                                        .packed = packed_.data(),
                                        .depth = n,
                                        .bias = weights_ + bias_,
                                        .out = hidden,
                                        .ldo = ldu,
                                        .rows = rows,
                                        .columns = units_});
        kernels_.tanh_all(hidden, int64_t{rows} * ldu);
        for (int r = 0; r < pass.R; ++r) {
            softmax(pass, r, hidden, share);
            Real* out = y + int64_t{r} * padded(this->outputs);
            std::fill_n(out, n, Real{0});
            for (int t = 0; t < pass.T; ++t) {
                const Real *h = x.step(t, pass.R) + r * x.ld, a = share[t * pass.R + r];
                for (int u = 0; u < n; ++u) out[u] += a * h[u];
            }
            std::copy_n(x.step(pass.T - 1, pass.R) + r * x.ld, n, out + n);
        }
        return {y, padded(this->outputs), pass.T - 1};
    }

    void backward(Room<Real>& room, const Pass& pass, Signal<const Real> x, Signal<const Real> dy, Signal<Real> dx,
                  Real* gradient) const override {
        const int n = this->inputs, ldu = padded(units_), ldx = padded(n), rows = pass.T * pass.R;
        Real *hidden = room[0], *share = room[1], *dz = room[3];
        const Real* v = weights_ + score_;
        Real* dv = gradient + score_;
        for (int r = 0; r < pass.R; ++r) {
            const Real* out = dy.data + int64_t{r} * dy.ld;
            Real mean = 0;
            for (int t = 0; t < pass.T; ++t) mean += share[t * pass.R + r] * along(x, pass.R, t, r, out);
            for (int t = 0; t < pass.T; ++t) {
                const int64_t row = int64_t{t} * pass.R + r;
                const Real d_score = share[row] * (along(x, pass.R, t, r, out) - mean);
                for (int u = 0; u < units_; ++u) {
                    const Real a = hidden[row * ldu + u];
                    dv[u] += d_score * a;
                    dz[row * ldu + u] = d_score * v[u] * (1 - a * a);
                }
            }
        }
        kernels_.accumulate(Outer<Real>{.a = x.data,
                                        .lda = x.ld,
                                        .b = dz,
                                        .ldb = ldu,
                                        .depth = rows,
                                        .out = gradient + kernel_,
                                        .ldo = ldu,
                                        .rows = n,
                                        .columns = units_});
        kernels_.add_columns(dz, rows, ldu, gradient + bias_);
        if (!dx.data) return;
        kernels_.multiply(Product<Real>{.a1 = dz,
                                        .lda1 = ldu,
                                        .k1 = units_,
                                        .packed = packed_transposed_.data(),
                                        .depth = units_,
                                        .out = dx.data,
                                        .ldo = ldx,
                                        .rows = rows,
                                        .columns = n});
        for (int t = 0; t < pass.T; ++t) {
            for (int r = 0; r < pass.R; ++r) {
                const Real *out = dy.data + int64_t{r} * dy.ld, a = share[t * pass.R + r];
                Real* to = dx.step(t, pass.R) + r * ldx;
                for (int u = 0; u < n; ++u) to[u] += a * out[u] + (t == pass.T - 1 ? out[n + u] : Real{0});
            }
        }
    }

    int dx_from(int) const override { return 0; }
    int pack_jobs() const override { return 1; }
    void pack(int, const Real* weights, bool, bool) override {
        const Real* W = weights + kernel_;
        weights_ = weights;
        kernels_.pack(W, padded(units_), this->inputs, units_, 0, this->inputs, packed_.data());
        kernels_.pack_transposed(W, padded(units_), units_, this->inputs, packed_transposed_.data());
    }

  private:
    void softmax(const Pass& pass, int r, const Real* hidden, Real* share) const {
        const Real* v = weights_ + score_;
        const int ldu = padded(units_);
        Real highest = 0, sum = 0;
        for (int t = 0; t < pass.T; ++t) {
            const int64_t row = int64_t{t} * pass.R + r;
            Real score = 0;
            for (int u = 0; u < units_; ++u) score += hidden[row * ldu + u] * v[u];
            share[row] = score;
            highest = t == 0 ? score : std::max(highest, score);
        }
        for (int t = 0; t < pass.T; ++t) sum += share[t * pass.R + r] = std::exp(share[t * pass.R + r] - highest);
        for (int t = 0; t < pass.T; ++t) share[t * pass.R + r] /= sum;
    }

    // The gradient of the mean along the state of step t.
    Real along(const Signal<const Real>& x, int R, int t, int r, const Real* out) const {
        const Real* h = x.step(t, R) + r * x.ld;
        Real sum = 0;
        for (int u = 0; u < this->inputs; ++u) sum += out[u] * h[u];
        return sum;
    }

    const Kernels<Real>& kernels_;
    const int units_;
    const int64_t kernel_, bias_, score_;
    Buffer<Real> packed_, packed_transposed_;
    const Real* weights_ = nullptr;
};

}  // namespace gatecast
