// A fully connected layer, each step by itself: y = activation(x W + b).
#pragma once

#include "gatecast/layer.hpp"

namespace gatecast {

enum class Activation { none, tanh };

// Weights: W (inputs, outputs) and b (outputs).
template <typename Real>
class DenseLayer final : public Layer<Real> {
  public:
    DenseLayer(const Kernels<Real>& kernels, Layout& layout, int inputs, int outputs, Activation activation)
        : Layer<Real>(inputs, outputs),
          kernels_(kernels),
          activation_(activation),
          kernel_(layout.add(inputs, outputs, Block::Kind::transposed)),
          bias_(layout.add_vector(outputs)),
          packed_(packed_columns(outputs) * inputs),
          packed_transposed_(packed_columns(inputs) * outputs) {}

    Room<Real> make_room(int T, int R, bool gradients) const override {
        const int64_t size = int64_t{T} * R * padded(outputs);
        Room<Real> room;
        room.add(size);
        room.add(gradients && activation_ != Activation::none ? size : 0);
        return room;
    }

    Signal<const Real> forward(Room<Real>& room, const Pass& pass, Signal<const Real> x) const override {
        const int rows = (pass.T - x.from) * pass.R, ldy = padded(outputs);
        Real* y = room[0];
        kernels_.multiply(Product<Real>{.a1 = x.data,
                                        .lda1 = x.ld,
                                        .k1 = inputs,
                                        .packed = packed_.data(),
                                        .depth = inputs,
                                        .bias = weights_ + bias_,
                                        .out = y,
                                        .ldo = ldy,
                                        .rows = rows,
                                        .columns = outputs});
        if (activation_ == Activation::tanh) kernels_.tanh_all(y, int64_t{rows} * ldy);
        return {y, ldy, x.from};
    }

    void backward(Room<Real>& room, const Pass& pass, Signal<const Real> x, Signal<const Real> dy, Signal<Real> dx,
                  Real* gradient) const override {
        const int rows = (pass.T - dy.from) * pass.R, ldy = padded(outputs), ldd = padded(inputs);
        const Real* dz = dy.data;
        if (activation_ == Activation::tanh) {
            const Real* y = room[0] + int64_t{dy.from - x.from} * pass.R * ldy;
            Real* out = room[1];
            for (int64_t k = 0; k < int64_t{rows} * ldy; ++k) out[k] = dy.data[k] * (Real{1} - y[k] * y[k]);
            dz = out;
        }
        if (dx.data) {
            kernels_.multiply(Product<Real>{.a1 = dz,
                                            .lda1 = ldy,
                                            .k1 = outputs,
                                            .packed = packed_transposed_.data(),
                                            .depth = outputs,
                                            .out = dx.data,
                                            .ldo = ldd,
                                            .rows = rows,
                                            .columns = inputs});
        }
        // the weights stand transposed, and so do their gradients
        kernels_.accumulate(Outer<Real>{.a = dz,
                                        .lda = ldy,
                                        .b = x.step(dy.from, pass.R),
                                        .ldb = x.ld,
                                        .depth = rows,
                                        .out = gradient + kernel_,
                                        .ldo = ldd,
                                        .rows = outputs,
                                        .columns = inputs});
        kernels_.add_columns(dz, rows, ldy, gradient + bias_);
    }

    int pack_jobs() const override { return 1; }
    void pack(int, const Real* weights, bool, bool) override {
        const Real* W = weights + kernel_;
        weights_ = weights;
        kernels_.pack_transposed(W, padded(inputs), inputs, outputs, packed_.data());
        kernels_.pack(W, padded(inputs), outputs, inputs, 0, outputs, packed_transposed_.data());
    }

  private:
    using Layer<Real>::inputs, Layer<Real>::outputs;

    const Kernels<Real>& kernels_;
    const Activation activation_;
    const int64_t kernel_, bias_;
    Buffer<Real> packed_, packed_transposed_;
    const Real* weights_ = nullptr;
};

}  // namespace gatecast
