// Two LSTMs, one of which reads the sequence backwards. It knows the whole window, so it is for windows alone.
#pragma once

#include "gatecast/layers/lstm.hpp"

namespace gatecast {

// Schuster and Paliwal (1997). Outputs are (forwards, backwards), D units each. Where it ends the stack, its last
// output holds what each has read in the end, as Keras does it: the backward one ends at the first step.
template <typename Real>
class BidirectionalLayer final : public Layer<Real> {
  public:
    BidirectionalLayer(const Kernels<Real>& kernels, Layout& layout, int F, int D, bool ends_stack)
        : Layer<Real>(F, 2 * D),
          D_(D),
          ends_stack_(ends_stack),
          forwards_(kernels, layout, F, D, 1),
          backwards_(kernels, layout, F, D, 1) {}

    Room<Real> make_room(int T, int R, bool gradients) const override {
        const int64_t rows = int64_t{T} * R;
        Room<Real> room;
        room.parts.push_back(forwards_.make_room(T, R, gradients));
        room.parts.push_back(backwards_.make_room(T, R, gradients));
        room.add(rows * this->inputs);                          // x backwards
        room.add(rows * padded(2 * D_));                        // y
        room.add(gradients ? rows * padded(D_) : 0);            // dy of one direction
        room.add(gradients ? rows * padded(this->inputs) : 0);  // dx of the backward one
        return room;
    }

    Signal<const Real> forward(Room<Real>& room, const Pass& pass, Signal<const Real> x) const override {
        const Signal<const Real> h = forwards_.forward(room.parts[0], pass, x);
        const Signal<const Real> h_back = backwards_.forward(room.parts[1], pass, reversed(room, pass, x));
        const Signal<Real> y{room[kY], padded(2 * D_), 0};
        for (int t = 0; t < pass.T; ++t) {
            const int from = read_at(t, pass.T);
            for (int r = 0; r < pass.R; ++r) {
                Real* to = y.step(t, pass.R) + r * y.ld;
                std::copy_n(h.step(t, pass.R) + r * h.ld, D_, to);
                std::copy_n(h_back.step(from, pass.R) + r * h_back.ld, D_, to + D_);
            }
        }
        return y;
    }

    void backward(Room<Real>& room, const Pass& pass, Signal<const Real> x, Signal<const Real> dy, Signal<Real> dx,
                  Real* gradient) const override {
        Real* own = room[kDy];
        const Signal<const Real> d_own{own, padded(D_), 0};
        split(pass, dy, own, 0);
        forwards_.backward(room.parts[0], pass, x, d_own, dx, gradient);
        split(pass, dy, own, D_);
        const Signal<Real> d_back{dx.data ? room[kDx] : nullptr, padded(this->inputs), 0};
        const Signal<const Real> x_back{room[kX], this->inputs, 0};
        backwards_.backward(room.parts[1], pass, x_back, d_own, d_back, gradient);
        if (!dx.data) return;
        const int64_t step = int64_t{pass.R} * padded(this->inputs);
        for (int t = 0; t < pass.T; ++t) {
            const Real* from = d_back.step(pass.T - 1 - t, pass.R);
            Real* to = dx.step(t, pass.R);
            for (int64_t k = 0; k < step; ++k) to[k] += from[k];
        }
    }

    // Both cells at the step of which output t is made.
    int trace_size() const override { return forwards_.trace_size() + backwards_.trace_size(); }
    void trace(const Room<Real>& room, const Pass& pass, int t, int r, Real* to) const override {
        forwards_.trace(room.parts[0], pass, t, r, to);
        backwards_.trace(room.parts[1], pass, read_at(t, pass.T), r, to + forwards_.trace_size());
    }

    int dx_from(int) const override { return 0; }
    int pack_jobs() const override { return 4; }
    void pack(int job, const Real* weights, bool recurrent, bool input) override {
        (job < 2 ? forwards_ : backwards_).pack(job % 2, weights, recurrent, input);
    }

  private:
    enum { kX, kY, kDy, kDx };

    // The step at which the backward LSTM made what stands in output t.
    int read_at(int t, int T) const { return ends_stack_ && t == T - 1 ? T - 1 : T - 1 - t; }

    Signal<const Real> reversed(Room<Real>& room, const Pass& pass, const Signal<const Real>& x) const {
        Real* to = room[kX];
        for (int t = pass.T - 1; t >= 0; --t) {
            for (int r = 0; r < pass.R; ++r, to += this->inputs) {
                std::copy_n(x.step(t, pass.R) + r * x.ld, this->inputs, to);
            }
        }
        return {room[kX], this->inputs, 0};
    }

    // The gradient of one direction's states, in the order of its own steps.
    void split(const Pass& pass, const Signal<const Real>& dy, Real* own, int column) const {
        std::fill_n(own, int64_t{pass.T} * pass.R * padded(D_), Real{0});
        for (int t = dy.from; t < pass.T; ++t) {
            const int at = column == 0 ? t : read_at(t, pass.T);
            for (int r = 0; r < pass.R; ++r) {
                const Real* from = dy.step(t, pass.R) + r * dy.ld + column;
                Real* to = own + (int64_t{at} * pass.R + r) * padded(D_);
                for (int u = 0; u < D_; ++u) to[u] += from[u];
            }
        }
    }

    const int D_;
    const bool ends_stack_;
    LstmLayer<Real> forwards_, backwards_;
};

}  // namespace gatecast
