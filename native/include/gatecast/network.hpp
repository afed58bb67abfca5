// What is a network made of? Its shape, its weights in the kernels' layout, and one pass over a chunk.
//
// Outside, the weights are one flat vector: for each layer W (F, 4D), U (D, 4D), b (4D), then the head's W (D, H) and b
// (H). Inside, rows are padded (see kernels.hpp) and copies packed for the kernels stand beside them.
#pragma once

#include <algorithm>
#include <vector>

#include "gatecast/kernels.hpp"
#include "gatecast/memory.hpp"

namespace gatecast {

struct Shape {
    int F;               // inputs
    std::vector<int> D;  // hidden units of each layer
    int H;               // outputs of the head

    int layers() const { return static_cast<int>(D.size()); }
    int inputs(int layer) const { return layer == 0 ? F : D[layer - 1]; }
    int state() const {
        int sum = 0;
        for (int d : D) sum += d;
        return sum;
    }
};

// One matrix of weights: where it stands outside (flat) and inside (padded).
struct Block {
    enum class Kind {
        plain,
        recurrent,  // U of a layer: without effect when every sequence has one step
        transposed  // inside, columns are rows: a head with few outputs would be nearly all padding
    };
    int64_t flat, offset;
    int rows, columns;
    Kind kind;

    int64_t stride() const { return padded(kind == Kind::transposed ? rows : columns); }
    int64_t size() const { return (kind == Kind::transposed ? columns : rows) * stride(); }
    int64_t inside(int row, int column) const {
        return offset + (kind == Kind::transposed ? column * stride() + row : row * stride() + column);
    }
};

struct Layout {
    std::vector<Block> blocks;  // W, U, b of each layer, then W, b of the head
    int64_t flat = 0, size = 0;

    explicit Layout(const Shape& shape) {
        for (int l = 0; l < shape.layers(); ++l) {
            add(shape.inputs(l), 4 * shape.D[l], Block::Kind::plain);
            add(shape.D[l], 4 * shape.D[l], Block::Kind::recurrent);
            add(1, 4 * shape.D[l], Block::Kind::plain);
        }
        add(shape.D.back(), shape.H, Block::Kind::transposed);
        add(1, shape.H, Block::Kind::plain);
    }
    const Block& kernel(int layer) const { return blocks[3 * layer]; }
    const Block& recurrent(int layer) const { return blocks[3 * layer + 1]; }
    const Block& bias(int layer) const { return blocks[3 * layer + 2]; }
    const Block& head() const { return blocks[blocks.size() - 2]; }
    const Block& head_bias() const { return blocks.back(); }

    // Copies between the two layouts.
    template <typename Real>
    void import_flat(const Real* from, Real* to) const {
        each([&](int64_t flat_at, int64_t inside) { to[inside] = from[flat_at]; });
    }
    template <typename Real>
    void export_flat(const Real* from, Real* to) const {
        each([&](int64_t flat_at, int64_t inside) { to[flat_at] = from[inside]; });
    }

  private:
    void add(int rows, int columns, Block::Kind kind) {
        blocks.push_back({flat, size, rows, columns, kind});
        flat += int64_t{rows} * columns;
        size += blocks.back().size();
    }

    template <typename Visit>
    void each(const Visit& visit) const {
        for (const Block& b : blocks) {
            for (int r = 0; r < b.rows; ++r) {
                for (int c = 0; c < b.columns; ++c) visit(b.flat + int64_t{r} * b.columns + c, b.inside(r, c));
            }
        }
    }
};

// Copies of the weights in the order in which the kernels read them.
template <typename Real>
struct PackedLayer {
    Buffer<Real> forward;               // [W; U], depth F + D
    Buffer<Real> recurrent_transposed;  // U^T, depth 4 D
    Buffer<Real> input_transposed;      // W^T, depth 4 D
};

template <typename Real>
class Network {
  public:
    Network(Shape shape, const Kernels<Real>& kernels)
        : shape(std::move(shape)), kernels(kernels), layout(this->shape), weights(layout.size) {
        for (int l = 0; l < this->shape.layers(); ++l) {
            const int F = this->shape.inputs(l), D = this->shape.D[l];
            packed_.push_back(
                {Buffer<Real>(room(4 * D) * (F + D)), Buffer<Real>(room(D) * 4 * D), Buffer<Real>(room(F) * 4 * D)});
        }
        head_ = Buffer<Real>(room(this->shape.H) * this->shape.D.back());
        head_transposed_ = Buffer<Real>(room(this->shape.D.back()) * this->shape.H);
    }

    void set_weights(const Real* flat) {
        layout.import_flat(flat, weights.data());
        for (int job = 0; job < pack_jobs(); ++job) pack(job, true, true);
    }

    // Packing is cut into jobs, so that threads can share it.
    int pack_jobs() const { return 2 * shape.layers() + 1; }

    // `recurrent`: U too. `input`: W^T of the first layer too, which only the gradient of the input needs.
    void pack(int job, bool recurrent, bool input) {
        const int l = job / 2;
        if (l == shape.layers()) return pack_head();
        const int F = shape.inputs(l), D = shape.D[l], ldg = padded(4 * D);
        const Real* W = weights.data() + layout.kernel(l).offset;
        const Real* U = weights.data() + layout.recurrent(l).offset;
        PackedLayer<Real>& to = packed_[l];
        if (job % 2 == 0) {
            kernels.pack(W, ldg, F, 4 * D, 0, F + D, to.forward.data());
            if (recurrent) kernels.pack(U, ldg, D, 4 * D, F, F + D, to.forward.data());
            if (l > 0 || input) kernels.pack_transposed(W, ldg, 4 * D, F, to.input_transposed.data());
        } else if (recurrent) {
            kernels.pack_transposed(U, ldg, 4 * D, D, to.recurrent_transposed.data());
        }
    }

    const PackedLayer<Real>& packed(int layer) const { return packed_[layer]; }
    const Real* bias(int layer) const { return weights.data() + layout.bias(layer).offset; }

    // out (rows, padded(H)) = h (rows, padded(D)) W + b
    void head_forward(const Real* h, int rows, Real* out) const {
        const int D = shape.D.back(), H = shape.H;
        const Real* bias = weights.data() + layout.head_bias().offset;
        kernels.multiply(Product<Real>{h, padded(D), D, nullptr, 0, 0, head_.data(), D, bias, out, padded(H), rows, H});
    }

    // dh (rows, padded(D)) = dy (rows, padded(H)) W^T; adds the gradients of W and b.
    void head_backward(const Real* h, const Real* dy, int rows, Real* dh, Real* gradient) const {
        const int D = shape.D.back(), H = shape.H, ldd = padded(D), ldy = padded(H);
        kernels.multiply(
            Product<Real>{dy, ldy, H, nullptr, 0, 0, head_transposed_.data(), H, nullptr, dh, ldd, rows, D});
        kernels.accumulate(Outer<Real>{dy, ldy, h, ldd, rows, gradient + layout.head().offset, ldd, H, D});
        kernels.add_columns(dy, rows, ldy, gradient + layout.head_bias().offset);
    }

    const Shape shape;
    const Kernels<Real>& kernels;
    const Layout layout;
    Buffer<Real> weights;  // padded

  private:
    static int64_t room(int n) { return 16 * int64_t{(n + 15) / 16}; }

    void pack_head() {
        const int D = shape.D.back(), H = shape.H;
        const Real* W = weights.data() + layout.head().offset;
        kernels.pack_transposed(W, padded(D), D, H, head_.data());
        kernels.pack(W, padded(D), H, D, 0, H, head_transposed_.data());
    }

    std::vector<PackedLayer<Real>> packed_;
    Buffer<Real> head_, head_transposed_;
};

}  // namespace gatecast
