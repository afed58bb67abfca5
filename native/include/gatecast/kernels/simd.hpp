// What can one vector register do? Vector types of the width that this translation unit is compiled for.
//
// Included only by kernels.cpp, which is compiled once per instruction set (GATECAST_ISA names it and
// GATECAST_VECTOR_BYTES is its register width). Everything lives in a namespace of that name, so that no
// function compiled for a newer processor can be merged by the linker with one for an older.
#pragma once

#include <cstdint>

#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

#define GATECAST_INLINE inline __attribute__((always_inline))

namespace gatecast::GATECAST_ISA {

// Shapes of the vector types; `Loose` may stand at any address.
template <typename Real>
struct Simd;

template <>
struct Simd<float> {
    typedef float V __attribute__((vector_size(GATECAST_VECTOR_BYTES)));
    typedef float Loose __attribute__((vector_size(GATECAST_VECTOR_BYTES), aligned(4), may_alias));
    typedef int32_t I __attribute__((vector_size(GATECAST_VECTOR_BYTES)));
};

template <>
struct Simd<double> {
    typedef double V __attribute__((vector_size(GATECAST_VECTOR_BYTES)));
    typedef double Loose __attribute__((vector_size(GATECAST_VECTOR_BYTES), aligned(8), may_alias));
    typedef int64_t I __attribute__((vector_size(GATECAST_VECTOR_BYTES)));
};

template <typename Real>
using Vec = typename Simd<Real>::V;

template <typename Real>
constexpr int kLanes = GATECAST_VECTOR_BYTES / static_cast<int>(sizeof(Real));

template <typename Real>
GATECAST_INLINE Vec<Real> splat(Real value) {
    return value - Vec<Real>{};
}

template <typename Real>
GATECAST_INLINE Vec<Real> load(const Real* p) {
    return *reinterpret_cast<const typename Simd<Real>::Loose*>(p);
}

template <typename Real>
GATECAST_INLINE void store(Real* p, Vec<Real> v) {
    *reinterpret_cast<typename Simd<Real>::Loose*>(p) = v;
}

// The first n lanes of p, zeros behind; reads nothing beyond p[n - 1].
template <typename Real>
GATECAST_INLINE Vec<Real> load_first(const Real* p, int n) {
    Vec<Real> v{};
    for (int i = 0; i < n; ++i) v[i] = p[i];
    return v;
}

// Writes the first n lanes and leaves what stands behind p[n - 1] alone.
template <typename Real>
GATECAST_INLINE void store_first(Real* p, Vec<Real> v, int n) {
    for (int i = 0; i < n; ++i) p[i] = v[i];
}

#if defined(__AVX512F__)
template <>
GATECAST_INLINE Vec<float> load_first<float>(const float* p, int n) {
    return (Vec<float>)_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1u), p);
}
template <>
GATECAST_INLINE void store_first<float>(float* p, Vec<float> v, int n) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1u), (__m512)v);
}
#elif defined(__AVX2__)
GATECAST_INLINE __m256i first_lanes(int n) {
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), index);
}
template <>
GATECAST_INLINE Vec<float> load_first<float>(const float* p, int n) {
    return (Vec<float>)_mm256_maskload_ps(p, first_lanes(n));
}
template <>
GATECAST_INLINE void store_first<float>(float* p, Vec<float> v, int n) {
    _mm256_maskstore_ps(p, first_lanes(n), (__m256)v);
}
#endif

template <typename Real>
GATECAST_INLINE Vec<Real> load_upto(const Real* p, int n) {
    return n >= kLanes<Real> ? load(p) : load_first(p, n);
}

template <typename Real>
GATECAST_INLINE void store_upto(Real* p, Vec<Real> v, int n) {
    if (n >= kLanes<Real>) {
        store(p, v);
    } else {
        store_first(p, v, n);
    }
}

// Sum of the lanes, pairwise, in an order that never changes.
template <typename Real>
GATECAST_INLINE Real sum_lanes(Vec<Real> v) {
    Real parts[kLanes<Real>];
    store(parts, v);
    for (int width = kLanes<Real> / 2; width > 0; width /= 2) {
        for (int i = 0; i < width; ++i) parts[i] += parts[i + width];
    }
    return parts[0];
}

// 1 / x. The float versions refine the processor's estimate by one Newton step (relative error about 1e-7),
// which costs a quarter of a division.
GATECAST_INLINE Vec<double> reciprocal(Vec<double> x) { return 1.0 / x; }

GATECAST_INLINE Vec<float> reciprocal(Vec<float> x) {
#if defined(__AVX512F__)
    const Vec<float> r = (Vec<float>)_mm512_rcp14_ps((__m512)x);
    return r * (2.0f - x * r);
#elif defined(__AVX2__)
    const Vec<float> r = (Vec<float>)_mm256_rcp_ps((__m256)x);
    return r * (2.0f - x * r);
#else
    return 1.0f / x;
#endif
}

GATECAST_INLINE Vec<float> root(Vec<float> x) {
#if defined(__AVX512F__)
    return (Vec<float>)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
    return (Vec<float>)_mm256_sqrt_ps((__m256)x);
#else
    for (int i = 0; i < kLanes<float>; ++i) x[i] = __builtin_sqrtf(x[i]);
    return x;
#endif
}

GATECAST_INLINE Vec<double> root(Vec<double> x) {
    for (int i = 0; i < kLanes<double>; ++i) x[i] = __builtin_sqrt(x[i]);
    return x;
}

// 2**n and exp(r) - 1 of the argument written as n * log(2) + r. A NaN stays a NaN in `rest`.
struct Exponent {
    Vec<float> power;
    Vec<float> rest;
};

// The polynomial is that of the Cephes library's expf (Moshier, 1989): relative error below 1.2e-7.
GATECAST_INLINE Exponent split_exponent(Vec<float> x) {
    using I = Simd<float>::I;
    // adding 1.5 * 2**23 rounds to the nearest whole number and leaves it in the lowest bits
    const float shift = 12582912.0f;
    const Vec<float> shifted = x * 1.44269504088896341f + shift;
    const Vec<float> n = shifted - shift;
    const Vec<float> r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    Vec<float> p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const I power = ((I)shifted << 23) + 0x3f800000;
    return {(Vec<float>)power, p * r * r + r};
}

GATECAST_INLINE Vec<float> clamp(Vec<float> x, float low, float high) {
    x = x < low ? splat(low) : x;
    return x > high ? splat(high) : x;
}

GATECAST_INLINE Vec<float> sigmoid(Vec<float> x) {
    const Exponent e = split_exponent(clamp(-x, -87.0f, 87.0f));
    return reciprocal(1.0f + (e.power * e.rest + e.power));
}

// tanh(x) = m / (m + 2) with m = exp(2 x) - 1, exact to rounding near zero too.
GATECAST_INLINE Vec<float> tanh(Vec<float> x) {
    const Exponent e = split_exponent(clamp(x + x, -20.0f, 20.0f));
    const Vec<float> m = e.power * e.rest + (e.power - 1.0f);
    return m * reciprocal(m + 2.0f);
}

// float64 serves proofs, so it takes the library's exact functions lane by lane.
GATECAST_INLINE Vec<double> sigmoid(Vec<double> x) {
    for (int i = 0; i < kLanes<double>; ++i) x[i] = 1.0 / (1.0 + __builtin_exp(-x[i]));
    return x;
}

GATECAST_INLINE Vec<double> tanh(Vec<double> x) {
    for (int i = 0; i < kLanes<double>; ++i) x[i] = __builtin_tanh(x[i]);
    return x;
}

}  // namespace gatecast::GATECAST_ISA
