// A layer of gated recurrent units (the maths is in kernels/gru.hpp).
#pragma once

#include "gatecast/layers/recurrent.hpp"

namespace gatecast {

// Weights: W (F, 3D), U (D, 3D), b (3D), b' (3D), gates in the order z, r, h.
template <typename Real>
class GruLayer final : public RecurrentLayer<Real> {
  public:
    GruLayer(const Kernels<Real>& kernels, Layout& layout, int F, int D, int dilation)
        : RecurrentLayer<Real>(F, D, dilation, 1),
          kernels_(kernels),
          kernel_(layout.add(F, 3 * D)),
          // not `recurrent`: with b' it acts on the first step too
          recurrent_(layout.add(D, 3 * D)),
          bias_(layout.add_vector(3 * D)),
          recurrent_bias_(layout.add_vector(3 * D)),
          packed_kernel_(packed_columns(3 * D) * F),
          packed_recurrent_(packed_columns(3 * D) * D),
          recurrent_transposed_(packed_columns(D) * 3 * D),
          input_transposed_(packed_columns(F) * 3 * D) {}

    Room<Real> make_room(int T, int R, bool gradients) const override {
        const int64_t rows = int64_t{T} * R, carried = this->carried_room(R), some = gradients ? 1 : 0;
        const int64_t ld3 = padded(3 * D_);
        Room<Real> room;
        for (int64_t size : {this->state_room(T, R), rows * ld3, int64_t{dilation_} * R * ld3, rows * padded(D_),
                             some * rows * ld3, some * carried, some * carried}) {
            room.add(size);
        }
        return room;
    }

    Signal<const Real> forward(Room<Real>& room, const Pass& pass, Signal<const Real> x) const override {
        if (pass.zero_state) this->clear_state(room, pass.R);
        kernels_.gru_forward({.T = pass.T,
                              .R = pass.R,
                              .F = F_,
                              .D = D_,
                              .dilation = dilation_,
                              .x = x.data,
                              .ldx = x.ld,
                              .kernel = packed_kernel_.data(),
                              .recurrent = packed_recurrent_.data(),
                              .bias = weights_ + bias_,
                              .recurrent_bias = weights_ + recurrent_bias_,
                              .zero_state = pass.zero_state,
                              .gates = room[gates],
                              .product = room[product],
                              .inner = room[inner],
                              .h = room[h],
                              .halt = pass.halt()});
        return this->states(room, pass.R);
    }

    void backward(Room<Real>& room, const Pass& pass, Signal<const Real> x, Signal<const Real> dy, Signal<Real> dx,
                  Real* gradient) const override {
        kernels_.gru_backward({.T = pass.T,
                               .R = pass.R,
                               .F = F_,
                               .D = D_,
                               .dilation = dilation_,
                               .x = x.data,
                               .ldx = x.ld,
                               .recurrent_transposed = recurrent_transposed_.data(),
                               .input_transposed = input_transposed_.data(),
                               .zero_state = pass.zero_state,
                               .gates = room[gates],
                               .inner_gates = room[inner_gates],
                               .inner = room[inner],
                               .h = room[h],
                               .dh = dy.data,
                               .dh_from = dy.from,
                               .dh_state = room[dh_state],
                               .through = room[through],
                               .dx = dx.data,
                               .d_kernel = gradient + kernel_,
                               .d_recurrent = gradient + recurrent_,
                               .d_bias = gradient + bias_,
                               .d_recurrent_bias = gradient + recurrent_bias_,
                               .halt = pass.halt()});
    }

    // z, r, g and h of the step.
    int trace_size() const override { return 4 * D_; }
    void trace(const Room<Real>& room, const Pass& pass, int t, int r, Real* to) const override {
        const int64_t row = int64_t{t} * pass.R + r, state = (int64_t{t} + dilation_) * pass.R + r;
        to = std::copy_n(room[gates] + row * padded(3 * D_), 3 * D_, to);
        std::copy_n(room[h] + state * padded(D_), D_, to);
    }

    int pack_jobs() const override { return 2; }
    void pack(int job, const Real* weights, bool /*recurrent*/, bool input) override {
        const Real *W = weights + kernel_, *U = weights + recurrent_;
        const int ld3 = padded(3 * D_);
        if (job == 0) {
            weights_ = weights;
            kernels_.pack(W, ld3, F_, 3 * D_, 0, F_, packed_kernel_.data());
            if (input) kernels_.pack_transposed(W, ld3, 3 * D_, F_, input_transposed_.data());
        } else {
            kernels_.pack(U, ld3, D_, 3 * D_, 0, D_, packed_recurrent_.data());
            kernels_.pack_transposed(U, ld3, 3 * D_, D_, recurrent_transposed_.data());
        }
    }

  private:
    using RecurrentLayer<Real>::F_, RecurrentLayer<Real>::D_, RecurrentLayer<Real>::dilation_;
    enum { h, gates, product, inner, inner_gates, dh_state, through };

    const Kernels<Real>& kernels_;
    const int64_t kernel_, recurrent_, bias_, recurrent_bias_;
    Buffer<Real> packed_kernel_, packed_recurrent_, recurrent_transposed_, input_transposed_;
    const Real* weights_ = nullptr;
};

}  // namespace gatecast
