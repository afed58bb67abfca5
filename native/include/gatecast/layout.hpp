// Where do the weights stand? Blocks of one flat vector outside, padded and aligned inside.
#pragma once

#include <vector>

#include "gatecast/kernels.hpp"

namespace gatecast {

// One matrix of weights: where it stands outside (flat) and inside (padded).
struct Block {
    enum class Kind {
        plain,
        recurrent,   // without effect when every sequence has one step
        transposed,  // inside, columns are rows: a head with few outputs would be nearly all padding
        vector       // a bias or the like, which does not decay
    };
    int64_t flat, offset;
    int rows, columns;
    Kind kind;

    int64_t stride() const { return padded(kind == Kind::transposed ? rows : columns); }
    bool decays() const { return kind != Kind::vector; }
    int64_t size() const { return (kind == Kind::transposed ? columns : rows) * stride(); }
    int64_t inside(int row, int column) const {
        return offset + (kind == Kind::transposed ? column * stride() + row : row * stride() + column);
    }
};

struct Layout {
    std::vector<Block> blocks;  // in the order of the flat vector
    int64_t flat = 0, size = 0;

    // Adds a matrix and returns where it stands inside.
    int64_t add(int rows, int columns, Block::Kind kind = Block::Kind::plain) {
        blocks.push_back({flat, size, rows, columns, kind});
        flat += int64_t{rows} * columns;
        size += blocks.back().size();
        return blocks.back().offset;
    }

    // Adds a vector and returns where it stands inside.
    int64_t add_vector(int size) { return add(1, size, Block::Kind::vector); }

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
    template <typename Visit>
    void each(const Visit& visit) const {
        for (const Block& b : blocks) {
            for (int r = 0; r < b.rows; ++r) {
                for (int c = 0; c < b.columns; ++c) visit(b.flat + int64_t{r} * b.columns + c, b.inside(r, c));
            }
        }
    }
};

}  // namespace gatecast
