// How are small matrices multiplied? Register tiles for the two products that training needs.
//
//   multiply:    out[M, N]  = bias + A1[M, K1] B1[K1, N] + A2[M, K2] B2[K2, N]     (B packed into panels)
//   accumulate:  out[M, N] += A[K, M]^T B[K, N]                                     (gradients of weights)
//
// N counts whole vectors: rows of B and out are padded to them. Each element is summed over k in order,
// whatever the tile it falls into, so a row's result does not depend on the rows beside it.
#pragma once

#include "gatecast/kernels.hpp"
#include "gatecast/kernels/simd.hpp"

namespace gatecast::GATECAST_ISA {

// Widest register tile: rows x vectors of accumulators, one row of B and one broadcast fit the register file.
constexpr int kTileRows = GATECAST_TILE_ROWS;
constexpr int kTileVectors = 3;

// Columns of one panel, in vectors.
struct Panel {
    int begin, width;
};

// `vectors` dealt out evenly to as few panels as will do. (The division is done once: it takes as long as a small
// tile.)
struct Panels {
    GATECAST_INLINE explicit Panels(int vectors)
        : count((vectors + kTileVectors - 1) / kTileVectors),
          width(count ? vectors / count : 0),
          wider(vectors - count * width) {}
    GATECAST_INLINE Panel operator[](int index) const {
        return {index * width + (index < wider ? index : wider), width + (index < wider ? 1 : 0)};
    }
    const int count, width, wider;
};

// acc += A[M, K] panel[K, C vectors]
template <typename Real, int M, int C>
GATECAST_INLINE void sum_products(Vec<Real> (&acc)[M][C], const Real* a, int64_t lda, int K, const Real* panel) {
    constexpr int L = kLanes<Real>;
    for (int k = 0; k < K; ++k) {
        Vec<Real> b[C];
#pragma GCC unroll 4
        for (int c = 0; c < C; ++c) b[c] = load(panel + (k * C + c) * L);
#pragma GCC unroll 16
        for (int m = 0; m < M; ++m) {
            const Vec<Real> s = splat(a[m * lda + k]);
#pragma GCC unroll 4
            for (int c = 0; c < C; ++c) acc[m][c] += s * b[c];
        }
    }
}

template <typename Real, int M, int C>
void multiply_tile(const Product<Real>& p, const Real* panel, int row, int column) {
    constexpr int L = kLanes<Real>;
    Vec<Real> acc[M][C];
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
        for (int c = 0; c < C; ++c) acc[m][c] = p.bias ? load(p.bias + column + c * L) : Vec<Real>{};
    }
    sum_products<Real, M, C>(acc, p.a1 + row * p.lda1, p.lda1, p.k1, panel);
    if (p.k2) sum_products<Real, M, C>(acc, p.a2 + row * p.lda2, p.lda2, p.k2, panel + int64_t{p.k1} * C * L);
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
        for (int c = 0; c < C; ++c) store(p.out + (row + m) * p.ldo + column + c * L, acc[m][c]);
    }
}

template <typename Real, int M, int C>
void accumulate_tile(const Outer<Real>& p, int row, int column) {
    constexpr int L = kLanes<Real>;
    Vec<Real> acc[M][C] = {};
    const Real* a = p.a + row;
    const Real* b = p.b + column;
    for (int k = 0; k < p.depth; ++k, a += p.lda, b += p.ldb) {
        Vec<Real> v[C];
#pragma GCC unroll 4
        for (int c = 0; c < C; ++c) v[c] = load(b + c * L);
#pragma GCC unroll 16
        for (int m = 0; m < M; ++m) {
            const Vec<Real> s = splat(a[m]);
#pragma GCC unroll 4
            for (int c = 0; c < C; ++c) acc[m][c] += s * v[c];
        }
    }
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
        for (int c = 0; c < C; ++c) {
            Real* out = p.out + (row + m) * p.ldo + column + c * L;
            store(out, load(out) + acc[m][c]);
        }
    }
}

// Calls f.template run<M, C>(row) over all rows, in tiles of kTileRows and one smaller tile at the end.
template <int C, typename F, int M = kTileRows>
GATECAST_INLINE void last_rows(int rest, int row, const F& f) {
    if constexpr (M > 0) {
        if (rest == M) {
            f.template run<M, C>(row);
        } else {
            last_rows<C, F, M - 1>(rest, row, f);
        }
    }
}

template <int C, typename F>
GATECAST_INLINE void over_rows(int rows, const F& f) {
    int row = 0;
    for (; row + kTileRows <= rows; row += kTileRows) f.template run<kTileRows, C>(row);
    if (row < rows) last_rows<C, F, kTileRows - 1>(rows - row, row, f);
}

template <typename F>
GATECAST_INLINE void over_panel(int width, int rows, const F& f) {
    if (width == 3) {
        over_rows<3>(rows, f);
    } else if (width == 2) {
        over_rows<2>(rows, f);
    } else {
        over_rows<1>(rows, f);
    }
}

template <typename Real>
struct MultiplyTiles {
    const Product<Real>& p;
    const Real* panel;
    int column;
    template <int M, int C>
    GATECAST_INLINE void run(int row) const {
        multiply_tile<Real, M, C>(p, panel, row, column);
    }
};

template <typename Real>
struct AccumulateTiles {
    const Outer<Real>& p;
    int column;
    template <int M, int C>
    GATECAST_INLINE void run(int row) const {
        accumulate_tile<Real, M, C>(p, row, column);
    }
};

template <typename Real>
void multiply(const Product<Real>& p) {
    constexpr int L = kLanes<Real>;
    const Panels panels((p.columns + L - 1) / L);
    for (int i = 0; i < panels.count; ++i) {
        const Panel at = panels[i];
        const Real* panel = p.packed + int64_t{at.begin} * L * p.depth;
        over_panel(at.width, p.rows, MultiplyTiles<Real>{p, panel, at.begin * L});
    }
}

template <typename Real>
void accumulate(const Outer<Real>& p) {
    constexpr int L = kLanes<Real>;
    const Panels panels((p.columns + L - 1) / L);
    for (int i = 0; i < panels.count; ++i) {
        const Panel at = panels[i];
        over_panel(at.width, p.rows, AccumulateTiles<Real>{p, at.begin * L});
    }
}

// out[ld] += the sum of `count` rows
template <typename Real>
void add_columns(const Real* rows, int64_t count, int64_t ld, Real* out) {
    constexpr int L = kLanes<Real>;
    for (int64_t column = 0; column < ld; column += L) {
        Vec<Real> sum = load(out + column);
        for (int64_t r = 0; r < count; ++r) sum += load(rows + r * ld + column);
        store(out + column, sum);
    }
}

// packed[k0 + k, n] = source[k, n] for k < K; the panels have `depth` rows.
template <typename Real>
void pack(const Real* source, int64_t ld, int K, int columns, int k0, int depth, Real* packed) {
    constexpr int L = kLanes<Real>;
    const Panels panels((columns + L - 1) / L);
    for (int i = 0; i < panels.count; ++i) {
        const Panel at = panels[i];
        Real* to = packed + (int64_t{at.begin} * depth + int64_t{k0} * at.width) * L;
        for (int k = 0; k < K; ++k) {
            for (int c = 0; c < at.width; ++c, to += L) store(to, load(source + k * ld + (at.begin + c) * L));
        }
    }
}

// packed[k, n] = source[n, k] for n < columns, k < depth. The padding lanes are left alone: they hold zeros from the
// beginning.
template <typename Real>
void pack_transposed(const Real* source, int64_t ld, int depth, int columns, Real* packed) {
    constexpr int L = kLanes<Real>;
    const Panels panels((columns + L - 1) / L);
    for (int i = 0; i < panels.count; ++i) {
        const Panel at = panels[i];
        const int stride = at.width * L;
        Real* to = packed + int64_t{at.begin} * L * depth;
        for (int lane = 0; lane < stride && at.begin * L + lane < columns; ++lane) {
            const Real* row = source + (at.begin * L + lane) * ld;
            for (int k = 0; k < depth; ++k) to[int64_t{k} * stride + lane] = row[k];
        }
    }
}

}  // namespace gatecast::GATECAST_ISA
