// How does what is known ahead change a forecast? A small network that the forecast of every step goes through.
#pragma once

#include "gatecast/layer.hpp"

namespace gatecast {

// The local decoder of Wen et al. (2017, MQ-RNN): step k's parameters get tanh((context_k, covariates_k) W + b) V
// added, with the same weights for all steps; the contexts are outputs of the head, `C` for each step.
template <typename Real>
class FutureDecoder {
  public:
    FutureDecoder(const Kernels<Real>& kernels, Layout& layout, int H, int C, int X, int U, int P)
        : H(H),
          C(C),
          X(X),
          U_(U),
          P_(P),
          kernels_(kernels),
          kernel_(layout.add(C + X, U)),
          bias_(layout.add_vector(U)),
          out_(layout.add(U, P, Block::Kind::transposed)),
          packed_(packed_columns(U) * (C + X)),
          packed_transposed_(packed_columns(C + X) * U),
          packed_out_(packed_columns(P) * U),
          packed_out_transposed_(packed_columns(U) * P) {}

    Room<Real> make_room() const {
        Room<Real> room;
        for (int width : {X, U_, P_, P_, U_, C + X}) room.add(int64_t{H} * padded(width));
        room.add(int64_t{P_} * H);
        return room;
    }

    // Where the covariates of steps 1 to H are to be written, (H, X).
    Real* covariates(Room<Real>& room) const { return room[x]; }
    const Real* added(const Room<Real>& room) const { return room[sum]; }

    // From contexts (n, C) and covariates of the next n steps to what is added to the parameters, (P, H).
    void forward(Room<Real>& room, const Real* context, int n) const {
        const int ldu = padded(U_), ldp = padded(P_);
        kernels_.multiply(Product<Real>{context, C, C, room[x], X, X, packed_.data(), C + X, weights_ + bias_,
                                        room[hidden], ldu, n, U_});
        kernels_.tanh_all(room[hidden], int64_t{n} * ldu);
        kernels_.multiply(
            Product<Real>{room[hidden], ldu, U_, nullptr, 0, 0, packed_out_.data(), U_, nullptr, room[y], ldp, n, P_});
        std::fill_n(room[sum], int64_t{P_} * H, Real{0});
        for (int k = 0; k < n; ++k) {
            for (int p = 0; p < P_; ++p) room[sum][p * H + k] = room[y][k * ldp + p];
        }
    }

    // From the gradient of the parameters (P, H) to that of the contexts (n, C) and of the covariates, whose rows of
    // padded(C + X) numbers begin with the context's; adds the gradients of the weights.
    const Real* backward(Room<Real>& room, const Real* context, int n, const Real* d_parameters, Real* d_context,
                         Real* gradient) const {
        const int ldu = padded(U_), ldp = padded(P_), ldx = padded(C + X);
        for (int k = 0; k < n; ++k) {
            for (int p = 0; p < P_; ++p) room[dy][k * ldp + p] = d_parameters[p * H + k];
        }
        kernels_.multiply(Product<Real>{room[dy], ldp, P_, nullptr, 0, 0, packed_out_transposed_.data(), P_, nullptr,
                                        room[d_hidden], ldu, n, U_});
        kernels_.accumulate(Outer<Real>{room[dy], ldp, room[hidden], ldu, n, gradient + out_, ldu, P_, U_});
        for (int64_t k = 0; k < int64_t{n} * ldu; ++k) room[d_hidden][k] *= Real{1} - room[hidden][k] * room[hidden][k];
        const int ldk = padded(U_);
        kernels_.accumulate(Outer<Real>{context, C, room[d_hidden], ldu, n, gradient + kernel_, ldk, C, U_});
        kernels_.accumulate(
            Outer<Real>{room[x], X, room[d_hidden], ldu, n, gradient + kernel_ + int64_t{C} * ldk, ldk, X, U_});
        kernels_.add_columns(room[d_hidden], n, ldu, gradient + bias_);
        kernels_.multiply(Product<Real>{room[d_hidden], ldu, U_, nullptr, 0, 0, packed_transposed_.data(), U_, nullptr,
                                        room[dx], ldx, n, C + X});
        for (int k = 0; k < n; ++k) std::copy_n(room[dx] + int64_t{k} * ldx, C, d_context + k * C);
        return room[dx];
    }

    void pack(const Real* weights) {
        const Real *W = weights + kernel_, *V = weights + out_;
        weights_ = weights;
        kernels_.pack(W, padded(U_), C + X, U_, 0, C + X, packed_.data());
        kernels_.pack_transposed(W, padded(U_), U_, C + X, packed_transposed_.data());
        kernels_.pack_transposed(V, padded(U_), U_, P_, packed_out_.data());
        kernels_.pack(V, padded(U_), P_, U_, 0, P_, packed_out_transposed_.data());
    }

    const int H, C, X;

  private:
    enum { x, hidden, y, dy, d_hidden, dx, sum };

    const int U_, P_;
    const Kernels<Real>& kernels_;
    const int64_t kernel_, bias_, out_;
    Buffer<Real> packed_, packed_transposed_, packed_out_, packed_out_transposed_;
    const Real* weights_ = nullptr;
};

}  // namespace gatecast
