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
        kernels_.multiply(Product<Real>{.a1 = context,
                                        .lda1 = C,
                                        .k1 = C,
                                        .a2 = room[x],
                                        .lda2 = X,
                                        .k2 = X,
                                        .packed = packed_.data(),
                                        .depth = C + X,
                                        .bias = weights_ + bias_,
                                        .out = room[hidden],
                                        .ldo = ldu,
                                        .rows = n,
                                        .columns = U_});
        kernels_.tanh_all(room[hidden], int64_t{n} * ldu);
        kernels_.multiply(Product<Real>{.a1 = room[hidden],
                                        .lda1 = ldu,
                                        .k1 = U_,
                                        .packed = packed_out_.data(),
                                        .depth = U_,
                                        .out = room[y],
                                        .ldo = ldp,
                                        .rows = n,
                                        .columns = P_});
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
        kernels_.multiply(Product<Real>{.a1 = room[dy],
                                        .lda1 = ldp,
                                        .k1 = P_,
                                        .packed = packed_out_transposed_.data(),
                                        .depth = P_,
                                        .out = room[d_hidden],
                                        .ldo = ldu,
                                        .rows = n,
                                        .columns = U_});
        kernels_.accumulate(Outer<Real>{.a = room[dy],
                                        .lda = ldp,
                                        .b = room[hidden],
                                        .ldb = ldu,
                                        .depth = n,
                                        .out = gradient + out_,
                                        .ldo = ldu,
                                        .rows = P_,
                                        .columns = U_});
        for (int64_t k = 0; k < int64_t{n} * ldu; ++k) room[d_hidden][k] *= Real{1} - room[hidden][k] * room[hidden][k];
        const int ldk = padded(U_);
        kernels_.accumulate(Outer<Real>{.a = context,
                                        .lda = C,
                                        .b = room[d_hidden],
                                        .ldb = ldu,
                                        .depth = n,
                                        .out = gradient + kernel_,
                                        .ldo = ldk,
                                        .rows = C,
                                        .columns = U_});
        kernels_.accumulate(Outer<Real>{.a = room[x],
                                        .lda = X,
                                        .b = room[d_hidden],
                                        .ldb = ldu,
                                        .depth = n,
                                        .out = gradient + kernel_ + int64_t{C} * ldk,
                                        .ldo = ldk,
                                        .rows = X,
                                        .columns = U_});
        kernels_.add_columns(room[d_hidden], n, ldu, gradient + bias_);
        kernels_.multiply(Product<Real>{.a1 = room[d_hidden],
                                        .lda1 = ldu,
                                        .k1 = U_,
                                        .packed = packed_transposed_.data(),
                                        .depth = U_,
                                        .out = room[dx],
                                        .ldo = ldx,
                                        .rows = n,
                                        .columns = C + X});
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
