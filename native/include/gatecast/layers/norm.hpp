// Every step's numbers with mean 0 and variance 1, then learned gains and shifts (Ba, Kiros and Hinton 2016).
#pragma once

#include <cmath>

#include "gatecast/layer.hpp"

namespace gatecast {

// Weights: gain (width), shift (width).
template <typename Real>
class NormLayer final : public Layer<Real> {
  public:
    NormLayer(Layout& layout, int width)
        : Layer<Real>(width, width), gain_(layout.add_vector(width)), shift_(layout.add_vector(width)) {}

    Room<Real> make_room(int T, int R, bool) const override {
        Room<Real> room;
        room.add(int64_t{T} * R * padded(this->outputs));  // y
        room.add(int64_t{T} * R * padded(this->outputs));  // normalised x
        room.add(int64_t{T} * R);                          // 1 / standard deviation
        return room;
    }

    Signal<const Real> forward(Room<Real>& room, const Pass& pass, Signal<const Real> x) const override {
        const int n = this->inputs, ld = padded(n);
        const int64_t rows = int64_t{pass.T - x.from} * pass.R;
        const Real *gain = weights_ + gain_, *shift = weights_ + shift_;
        for (int64_t row = 0; row < rows; ++row) {
            const Real* in = x.data + row * x.ld;
            Real *y = room[0] + row * ld, *hat = room[1] + row * ld;
            Real mean = 0, square = 0;
            for (int u = 0; u < n; ++u) mean += in[u];
            mean /= n;
            for (int u = 0; u < n; ++u) square += (in[u] - mean) * (in[u] - mean);
            const Real scale = 1 / std::sqrt(square / n + kLeast);
            room[2][row] = scale;
            for (int u = 0; u < n; ++u) {
                hat[u] = (in[u] - mean) * scale;
                y[u] = hat[u] * gain[u] + shift[u];
            }
        }
        return {room[0], ld, x.from};
    }

    void backward(Room<Real>& room, const Pass& pass, Signal<const Real> x, Signal<const Real> dy, Signal<Real> dx,
                  Real* gradient) const override {
        const int n = this->inputs, ld = padded(n);
        const Real* gain = weights_ + gain_;
        Real *d_gain = gradient + gain_, *d_shift = gradient + shift_;
        for (int t = dy.from; t < pass.T; ++t) {
            for (int r = 0; r < pass.R; ++r) {
                const int64_t row = int64_t{t - x.from} * pass.R + r;
                const Real *out = dy.step(t, pass.R) + r * dy.ld, *hat = room[1] + row * ld;
                Real sum = 0, along = 0;
                for (int u = 0; u < n; ++u) {
                    d_gain[u] += out[u] * hat[u];
                    d_shift[u] += out[u];
                    sum += out[u] * gain[u];
                    along += out[u] * gain[u] * hat[u];
                }
                if (!dx.data) continue;
                Real* to = dx.step(t, pass.R) + r * dx.ld;
                const Real scale = room[2][row];
                for (int u = 0; u < n; ++u) to[u] = (out[u] * gain[u] - (sum + hat[u] * along) / n) * scale;
            }
        }
    }

    int pack_jobs() const override { return 1; }
    void pack(int, const Real* weights, bool, bool) override { weights_ = weights; }

  private:
    static constexpr Real kLeast = static_cast<Real>(1e-5);

    const int64_t gain_, shift_;
    const Real* weights_ = nullptr;
};

}  // namespace gatecast
