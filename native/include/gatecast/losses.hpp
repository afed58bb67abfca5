// How far off is a prediction, and which way is better? Each loss with its derivative beside it.
#pragma once

#include "gatecast/gemm.hpp"

namespace gatecast::GATECAST_ISA {

template <typename Real>
struct LossValue {
    Vec<Real> value, slope;
};

template <typename Real>
GATECAST_INLINE LossValue<Real> squared_loss(Vec<Real> e) {
    return {e * e, e + e};
}

template <typename Real>
GATECAST_INLINE LossValue<Real> absolute_loss(Vec<Real> e) {
    const Vec<Real> one = splat(Real{1}), zero{};
    const Vec<Real> sign = e > zero ? one : (e < zero ? -one : e);
    return {e * sign, sign};
}

// Huber (1964): squared (halved) up to delta, straight beyond.
template <typename Real>
GATECAST_INLINE LossValue<Real> huber_loss(Vec<Real> e, Real delta) {
    const Vec<Real> d = splat(delta);
    const Vec<Real> slope = e > d ? d : (e < -d ? -d : e);
    return {slope * (e - slope * Real{0.5}), slope};
}

template <typename Real>
GATECAST_INLINE LossValue<Real> evaluate_loss(const LossTask<Real>& p, Vec<Real> e) {
    if (p.loss == Loss::squared) return squared_loss<Real>(e);
    if (p.loss == Loss::absolute) return absolute_loss<Real>(e);
    return huber_loss<Real>(e, p.huber_delta);
}

// One row of H predictions, of which the first `known` have a target.
template <typename Real>
GATECAST_INLINE void loss_of_row(const LossTask<Real>& p, int r, const Real* prediction, const Real* target, int known,
                                 Real* gradient) {
    constexpr int L = kLanes<Real>;
    const int ldy = padded(p.H);
    const Vec<Real> one = splat(Real{1}), zero{};
    Vec<Real> loss{}, squared{}, count{};
    for (int k = 0; k < ldy; k += L) {
        const int n = known - k;
        Vec<Real> slope{};
        if (n > 0) {
            const Vec<Real> y = load_upto(target + k, n);
            Vec<Real> index;
            for (int i = 0; i < L; ++i) index[i] = static_cast<Real>(i);
            const Vec<Real> inside = index < splat(static_cast<Real>(n)) ? one : zero;
            // NaN is unequal to itself: a missing target counts for nothing
            const Vec<Real> valid = y == y ? inside : zero;
            const Vec<Real> e = valid > zero ? load(prediction + k) - y : zero;
            const LossValue<Real> at = evaluate_loss(p, e);
            loss += at.value;
            squared += e * e;
            count += valid;
            slope = at.slope;
        }
        if (gradient) store(gradient + k, slope);
    }
    p.row_loss[r] += static_cast<double>(sum_lanes<Real>(loss));
    p.row_squared[r] += static_cast<double>(sum_lanes<Real>(squared));
    p.row_count[r] += static_cast<int64_t>(sum_lanes<Real>(count));
}

template <typename Real>
void loss(const LossTask<Real>& p) {
    const int ldy = padded(p.H);
    for (int r = 0; r < p.R; ++r) {
        p.row_loss[r] = p.row_squared[r] = 0.0;
        p.row_count[r] = 0;
    }
    for (int t = 0; t < p.T; ++t) {
        for (int r = 0; r < p.R; ++r) {
            const int64_t at = (int64_t{t} * p.R + r) * ldy, left = p.available[r] - t * p.stride;
            const int known = left < 0 ? 0 : (left < p.H ? static_cast<int>(left) : p.H);
            loss_of_row(p, r, p.prediction + at, p.target[r] + t * p.stride, known,
                        p.gradient ? p.gradient + at : nullptr);
        }
    }
}

}  // namespace gatecast::GATECAST_ISA
