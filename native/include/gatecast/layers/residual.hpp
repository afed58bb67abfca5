// A layer whose output is added to its input, so that a deep stack learns as a shallow one does (He et al. 2016).
#pragma once

#include "gatecast/layer.hpp"

namespace gatecast {

template <typename Real>
class ResidualLayer final : public Layer<Real> {
  public:
    explicit ResidualLayer(std::unique_ptr<Layer<Real>> inner)
        : Layer<Real>(inner->inputs, inner->outputs), inner_(std::move(inner)) {}

    Room<Real> make_room(int T, int R, bool gradients) const override {
        Room<Real> room;
        room.parts.push_back(inner_->make_room(T, R, gradients));
        room.add(int64_t{T} * R * padded(this->outputs));
        return room;
    }

    Signal<const Real> forward(Room<Real>& room, const Pass& pass, Signal<const Real> x) const override {
        const Signal<const Real> f = inner_->forward(room.parts[0], pass, x);
        const Signal<Real> y{room[0], padded(this->outputs), f.from};
        for (int t = f.from; t < pass.T; ++t) {
            for (int r = 0; r < pass.R; ++r) {
                const Real *in = x.step(t, pass.R) + r * x.ld, *inner = f.step(t, pass.R) + r * f.ld;
                Real* out = y.step(t, pass.R) + r * y.ld;
                for (int u = 0; u < this->outputs; ++u) out[u] = in[u] + inner[u];
            }
        }
        return y;
    }

    void backward(Room<Real>& room, const Pass& pass, Signal<const Real> x, Signal<const Real> dy, Signal<Real> dx,
                  Real* gradient) const override {
        inner_->backward(room.parts[0], pass, x, dy, dx, gradient);
        if (!dx.data) return;
        const int64_t step = int64_t{pass.R} * padded(this->inputs);
        for (int t = dy.from; t < pass.T; ++t) {
            const Real* out = dy.step(t, pass.R);
            Real* to = dx.step(t, pass.R);
            for (int64_t k = 0; k < step; ++k) to[k] += out[k];
        }
    }

    int trace_size() const override { return inner_->trace_size(); }
    void trace(const Room<Real>& room, const Pass& pass, int t, int r, Real* to) const override {
        inner_->trace(room.parts[0], pass, t, r, to);
    }
    int dx_from(int dy_from) const override { return inner_->dx_from(dy_from); }
    int pack_jobs() const override { return inner_->pack_jobs(); }
    void pack(int job, const Real* weights, bool recurrent, bool input) override {
        inner_->pack(job, weights, recurrent, input);
    }
    int state_size() const override { return inner_->state_size(); }
    void load_state(Room<Real>& room, int R, int r, const Real* from) const override {
        inner_->load_state(room.parts[0], R, r, from);
    }
    void store_state(const Room<Real>& room, int R, int r, Real* to) const override {
        inner_->store_state(room.parts[0], R, r, to);
    }
    void carry_state(Room<Real>& room, int T, int R) const override { inner_->carry_state(room.parts[0], T, R); }
    void keep_rows(Room<Real>& room, int R, int n) const override { inner_->keep_rows(room.parts[0], R, n); }

  private:
    const std::unique_ptr<Layer<Real>> inner_;
};

}  // namespace gatecast
