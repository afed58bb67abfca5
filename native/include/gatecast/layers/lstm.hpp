// A layer of LSTM cells (the maths is in kernels/lstm.hpp).
#pragma once

#include "gatecast/layers/recurrent.hpp"

namespace gatecast {

// Weights: W (F, 4D), U (D, 4D), b (4D), gates in the order i, f, g, o.
template <typename Real>
class LstmLayer final : public RecurrentLayer<Real> {
  public:
    LstmLayer(const Kernels<Real>& kernels, Layout& layout, int F, int D, int dilation)
        : RecurrentLayer<Real>(F, D, dilation, 2),
          kernels_(kernels),
          kernel_(layout.add(F, 4 * D)),
          recurrent_(layout.add(D, 4 * D, Block::Kind::recurrent)),
          bias_(layout.add_vector(4 * D)),
          forward_(packed_columns(4 * D) * (F + D)),
          recurrent_transposed_(packed_columns(D) * 4 * D),
          input_transposed_(packed_columns(F) * 4 * D) {}

    Room<Real> make_room(int T, int R, bool gradients) const override {
        const int64_t rows = int64_t{T} * R, carried = gradients ? this->carried_room(R) : 0;
        Room<Real> room;
        for (int64_t size : {this->state_room(T, R), this->state_room(T, R), rows * padded(4 * D_), rows * padded(D_),
                             carried, carried}) {
            room.add(size);
        }
        return room;
    }

    Signal<const Real> forward(Room<Real>& room, const Pass& pass, Signal<const Real> x) const override {
        if (pass.zero_state) this->clear_state(room, pass.R);
        kernels_.lstm_forward({.T = pass.T,
                               .R = pass.R,
                               .F = F_,
                               .D = D_,
                               .dilation = dilation_,
                               .x = x.data,
                               .ldx = x.ld,
                               .weights = forward_.data(),
                               .bias = weights_ + bias_,
                               .zero_state = pass.zero_state,
                               .gates = room[gates],
                               .c = room[c],
                               .h = room[h],
                               .tanh_c = room[tanh_c],
                               .halt = pass.halt()});
        return this->states(room, pass.R);
    }

    void backward(Room<Real>& room, const Pass& pass, Signal<const Real> x, Signal<const Real> dy, Signal<Real> dx,
                  Real* gradient) const override {
        kernels_.lstm_backward({.T = pass.T,
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
                                .c = room[c],
                                .h = room[h],
                                .tanh_c = room[tanh_c],
                                .dh = dy.data,
                                .dh_from = dy.from,
                                .dh_state = room[dh_state],
                                .dc_state = room[dc_state],
                                .dx = dx.data,
                                .d_kernel = gradient + kernel_,
                                .d_recurrent = gradient + recurrent_,
                                .d_bias = gradient + bias_,
                                .halt = pass.halt()});
    }

    // i, f, g, o, c and h of the step.
    int trace_size() const override { return 6 * D_; }
    void trace(const Room<Real>& room, const Pass& pass, int t, int r, Real* to) const override {
        const int64_t row = int64_t{t} * pass.R + r, state = (int64_t{t} + dilation_) * pass.R + r;
        to = std::copy_n(room[gates] + row * padded(4 * D_), 4 * D_, to);
        to = std::copy_n(room[c] + state * padded(D_), D_, to);
        std::copy_n(room[h] + state * padded(D_), D_, to);
    }

    int pack_jobs() const override { return 2; }
    void pack(int job, const Real* weights, bool recurrent, bool input) override {
        const Real *W = weights + kernel_, *U = weights + recurrent_;
        const int ldg = padded(4 * D_);
        if (job == 0) {
            weights_ = weights;
            kernels_.pack(W, ldg, F_, 4 * D_, 0, F_ + D_, forward_.data());
            if (recurrent) kernels_.pack(U, ldg, D_, 4 * D_, F_, F_ + D_, forward_.data());
            if (input) kernels_.pack_transposed(W, ldg, 4 * D_, F_, input_transposed_.data());
        } else if (recurrent) {
            kernels_.pack_transposed(U, ldg, 4 * D_, D_, recurrent_transposed_.data());
        }
    }

  private:
    using RecurrentLayer<Real>::F_, RecurrentLayer<Real>::D_, RecurrentLayer<Real>::dilation_;
    enum { h, c, gates, tanh_c, dh_state, dc_state };

    const Kernels<Real>& kernels_;
    const int64_t kernel_, recurrent_, bias_;
    Buffer<Real> forward_;               // [W; U], depth F + D
    Buffer<Real> recurrent_transposed_;  // U^T, depth 4 D
    Buffer<Real> input_transposed_;      // W^T, depth 4 D
    const Real* weights_ = nullptr;
};

}  // namespace gatecast
