// What does the network forecast at one origin, how far off is it, and which way is better?
//
// The head mixes candidate forecasts (softmax of its logits) and adds its own correction:
//   forecast[k] = sum_j softmax(logits)[j, k] candidate[j, k] + parameter[0, k]
// For quantiles and distributions that is the middle, and the other parameters say how far the rest lies around it.
#pragma once

#include "gatecast/kernels/counts.hpp"
#include "gatecast/kernels/gamma.hpp"
#include "gatecast/kernels/simd.hpp"

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

// Koenker and Bassett (1978), twice, so that the median's loss is the absolute one. e = forecast - target.
template <typename Real>
GATECAST_INLINE LossValue<Real> quantile_loss(Vec<Real> e, Real level) {
    const Vec<Real> over = splat(2 * (1 - level)), under = splat(-2 * level), zero{};
    const Vec<Real> slope = e > zero ? over : (e < zero ? under : zero);
    return {e * slope, slope};
}

// A positive number for any x, near x for large ones (Barron 2021, Squareplus), and its derivative.
template <typename Real>
GATECAST_INLINE LossValue<Real> positive(Vec<Real> x) {
    const Vec<Real> r = root(x * x + Real{4}), zero{};
    // (x + r) / 2, written without a difference of large numbers below zero
    const Vec<Real> value = x > zero ? (x + r) * Real{0.5} : Real{2} / (r - x);
    return {value, value / r};
}

template <typename Real>
GATECAST_INLINE Vec<Real> each_log(Vec<Real> x) {
    for (int i = 0; i < kLanes<Real>; ++i) x[i] = static_cast<Real>(__builtin_log(static_cast<double>(x[i])));
    return x;
}

// exp of numbers that are not above zero.
GATECAST_INLINE Vec<float> exp_below_one(Vec<float> x) {
    const Exponent e = split_exponent(clamp(x, -87.0f, 0.0f));
    return e.power * e.rest + e.power;
}

GATECAST_INLINE Vec<double> exp_below_one(Vec<double> x) {
    for (int i = 0; i < kLanes<double>; ++i) x[i] = __builtin_exp(x[i]);
    return x;
}

// The skip forecasts' shares at one vector of steps, and their mixture.
template <typename Real>
struct Mixture {
    Vec<Real> share[kMaxSkipForecasts];
    Vec<Real> candidate[kMaxSkipForecasts];
    Vec<Real> value{};
};

template <typename Real>
GATECAST_INLINE void mix(const OriginTask<Real>& p, int k, int n, Mixture<Real>& m) {
    if (!p.J) return;
    Vec<Real> highest = load_upto(p.y + k, n), sum{};
    for (int j = 0; j < p.J; ++j) {
        m.share[j] = load_upto(p.y + j * p.H + k, n);
        highest = m.share[j] > highest ? m.share[j] : highest;
    }
    for (int j = 0; j < p.J; ++j) {
        m.share[j] = exp_below_one(m.share[j] - highest);
        sum += m.share[j];
    }
    for (int j = 0; j < p.J; ++j) {
        m.share[j] /= sum;
        m.candidate[j] = load_upto(p.skip_forecasts + j * p.H + k, n);
        m.value += m.share[j] * m.candidate[j];
    }
}

// Gradients of the logits: share_j (candidate_j - mixture) times the gradient of the mixture.
template <typename Real>
GATECAST_INLINE void mix_backward(const OriginTask<Real>& p, int k, int n, const Mixture<Real>& m, Vec<Real> slope) {
    for (int j = 0; j < p.J; ++j) {
        store_upto(p.dy + j * p.H + k, m.share[j] * (m.candidate[j] - m.value) * slope, n);
    }
}

// One vector of steps: the raw parameters, what they stand for, and the gradients of the raw ones.
template <typename Real>
struct Steps {
    Vec<Real> raw[kMaxParameters];
    Vec<Real> stands_for[kMaxParameters];
    Vec<Real> slope[kMaxParameters];
    Vec<Real> target, valid;  // valid: 1 where there is a target, else 0
    Vec<Real> weight;         // of the target; set where there are weights alone
    Vec<Real> loss{}, error{};
};

template <typename Real>
GATECAST_INLINE void point(const OriginTask<Real>& p, Vec<Real> middle, Steps<Real>& s) {
    s.stands_for[0] = middle + s.raw[0];
    s.error = s.valid > Real{0} ? s.stands_for[0] - s.target : Vec<Real>{};
    const LossValue<Real> at = p.loss == Loss::squared    ? squared_loss<Real>(s.error)
                               : p.loss == Loss::absolute ? absolute_loss<Real>(s.error)
                                                          : huber_loss<Real>(s.error, p.huber_delta);
    s.loss = at.value;
    s.slope[0] = at.slope;
}

// Quantiles never cross: those beside the middle one lie a positive step further out than their neighbour.
template <typename Real>
GATECAST_INLINE void quantiles(const OriginTask<Real>& p, Vec<Real> middle, Steps<Real>& s) {
    const int Q = p.P, mid = Q / 2;
    Vec<Real> step[kMaxParameters];
    s.stands_for[mid] = middle + s.raw[mid];
    for (int q = mid + 1; q < Q; ++q) {
        const LossValue<Real> out = positive<Real>(s.raw[q]);
        s.stands_for[q] = s.stands_for[q - 1] + out.value;
        step[q] = out.slope;
    }
    for (int q = mid - 1; q >= 0; --q) {
        const LossValue<Real> out = positive<Real>(s.raw[q]);
        s.stands_for[q] = s.stands_for[q + 1] - out.value;
        step[q] = out.slope;
    }
    const Vec<Real> zero{};
    const Real each = Real{1} / static_cast<Real>(Q);
    for (int q = 0; q < Q; ++q) {
        const Vec<Real> e = s.valid > zero ? s.stands_for[q] - s.target : zero;
        const LossValue<Real> at = quantile_loss<Real>(e, p.levels[q]);
        s.loss += at.value * each;
        s.slope[q] = at.slope * each;
        if (q == mid) s.error = e;
    }
    // what moves a quantile moves all beyond it
    Vec<Real> beyond{};
    for (int q = Q - 1; q > mid; --q) {
        beyond += s.slope[q];
        s.slope[q] = beyond * step[q];
    }
    Vec<Real> below{};
    for (int q = 0; q < mid; ++q) {
        below += s.slope[q];
        s.slope[q] = -below * step[q];
    }
    s.slope[mid] += beyond + below;
}

constexpr double kLeastSpread = 1e-3;  // in scaled units, so that no likelihood grows without end

template <typename Real>
GATECAST_INLINE void normal(Vec<Real> middle, Steps<Real>& s) {
    const LossValue<Real> spread = positive<Real>(s.raw[1]);
    const Vec<Real> sigma = spread.value + static_cast<Real>(kLeastSpread);
    s.stands_for[0] = middle + s.raw[0];
    s.stands_for[1] = sigma;
    const Vec<Real> zero{};
    s.error = s.valid > zero ? s.stands_for[0] - s.target : zero;
    const Vec<Real> e = s.error / sigma;
    const Real half_log_two_pi = static_cast<Real>(0.91893853320467274178);
    s.loss = (each_log<Real>(sigma) + half_log_two_pi + e * e * Real{0.5}) * s.valid;
    s.slope[0] = e / sigma * s.valid;
    s.slope[1] = (Real{1} - e * e) / sigma * spread.slope * s.valid;
}

// Student's t with more than two degrees of freedom, so that its variance is finite.
template <typename Real>
GATECAST_INLINE void student(Vec<Real> middle, Steps<Real>& s) {
    const LossValue<Real> spread = positive<Real>(s.raw[1]), tail = positive<Real>(s.raw[2]);
    const Vec<Real> sigma = spread.value + static_cast<Real>(kLeastSpread), nu = tail.value + Real{2};
    s.stands_for[0] = middle + s.raw[0];
    s.stands_for[1] = sigma;
    s.stands_for[2] = nu;
    const Vec<Real> zero{};
    s.error = s.valid > zero ? s.stands_for[0] - s.target : zero;
    const Vec<Real> e = s.error / sigma, inside = e * e / nu + Real{1};
    const Vec<Real> d_e = (nu + Real{1}) * e / (nu * inside);
    const Vec<Real> log_inside = each_log<Real>(inside);
    Vec<Real> constant, d_constant;
    for (int i = 0; i < kLanes<Real>; ++i) {
        const double n = static_cast<double>(nu[i]);
        // sums of log gamma lose digits for many degrees of freedom, where t is the normal distribution
        const double log_beta =
            n < 1e5 ? log_gamma(n / 2) - log_gamma((n + 1) / 2) : 0.25 / n - 0.5 * __builtin_log(n / 2);
        const double d_beta = n < 1e5 ? 0.5 * (digamma(n / 2) - digamma((n + 1) / 2)) : -0.5 / n - 0.25 / (n * n);
        constant[i] = static_cast<Real>(log_beta + 0.5 * __builtin_log(n * 3.14159265358979323846));
        d_constant[i] = static_cast<Real>(d_beta + 0.5 / n);
    }
    s.loss = (constant + each_log<Real>(sigma) + (nu + Real{1}) * Real{0.5} * log_inside) * s.valid;
    s.slope[0] = d_e / sigma * s.valid;
    s.slope[1] = (Real{1} - d_e * e) / sigma * spread.slope * s.valid;
    s.slope[2] = (d_constant + log_inside * Real{0.5} - d_e * e / nu * Real{0.5}) * tail.slope * s.valid;
}

// At most this share of zeros comes beside those of a distribution, so that the mean of the rest is finite.
constexpr double kMostZeros = 0.99;

// Counts: the mean in scaled units, which are `unit` pieces each, then the dispersion and the share of zeros. Not part
// of the loop over the steps, so that the other losses are compiled as if there were no counts.
template <typename Real>
__attribute__((noinline)) void counts(const OriginTask<Real>& p, Vec<Real> middle, Steps<Real>& s) {
    const LossValue<Real> mean = positive<Real>((middle + s.raw[0]) * static_cast<Real>(kMeanBend));
    LossValue<Real> spread{};
    Vec<Real> d_share{};
    s.stands_for[0] = mean.value * static_cast<Real>(1 / kMeanBend);
    if (p.P > 1) {
        spread = positive<Real>(s.raw[1]);
        s.stands_for[1] = spread.value + static_cast<Real>(kLeastSpread);
    }
    if (p.P > 2) {
        const Vec<Real> x = s.raw[2], r = root(x * x + Real{4});
        s.stands_for[2] = positive<Real>(x).slope * static_cast<Real>(kMostZeros);
        d_share = static_cast<Real>(2 * kMostZeros) / (r * r * r);
    }
    if (!p.sums && !p.dy) return;
    const Vec<Real> zero{};
    const Vec<Real> target = s.valid > zero ? s.target : zero;
    s.error = s.valid > zero ? s.stands_for[0] - target : zero;
    Vec<Real> d_mean{}, d_dispersion{}, d_zeros{};
    for (int i = 0; i < kLanes<Real>; ++i) {
        if (!(s.valid[i] > Real{0})) continue;
        // scaling left a whole number but for rounding
        const double count = __builtin_floor(static_cast<double>(target[i]) * p.unit + 0.5), y = count > 0 ? count : 0;
        const double m = static_cast<double>(s.stands_for[0][i]) * p.unit;
        const CountLoss at = p.P == 1   ? poisson_loss(y, m)
                             : p.P == 2 ? negative_binomial_loss(y, m, static_cast<double>(s.stands_for[1][i]))
                                        : zero_inflated_loss(y, m, static_cast<double>(s.stands_for[1][i]),
                                                             static_cast<double>(s.stands_for[2][i]));
        s.loss[i] = static_cast<Real>(at.value);
        d_mean[i] = static_cast<Real>(at.d_mean * p.unit);
        d_dispersion[i] = static_cast<Real>(at.d_dispersion);
        d_zeros[i] = static_cast<Real>(at.d_zeros);
    }
    s.slope[0] = d_mean * mean.slope;
    if (p.P > 1) s.slope[1] = d_dispersion * spread.slope;
    if (p.P > 2) s.slope[2] = d_zeros * d_share;
}

// Each target's loss and its gradient times its weight. What there is no target of has neither.
template <typename Real>
GATECAST_INLINE void weigh(const OriginTask<Real>& p, int k, int known, Steps<Real>& s) {
    s.weight = known > 0 ? load_upto(p.weight + k, known) * s.valid : Vec<Real>{};
    s.loss *= s.weight;
    for (int q = 0; q < p.P; ++q) s.slope[q] *= s.weight;
}

template <typename Real>
void origin(const OriginTask<Real>& p) {
    constexpr int L = kLanes<Real>;
    const Vec<Real> one = splat(Real{1}), zero{};
    Vec<Real> index, loss{}, squared{}, count{};
    for (int i = 0; i < L; ++i) index[i] = static_cast<Real>(i);
    const Real* parameters = p.y + p.J * p.H;
    for (int k = 0; k < p.H; k += L) {
        const int n = p.H - k, known = p.target ? p.known - k : 0;
        Mixture<Real> mixture;
        Steps<Real> s;
        mix(p, k, n, mixture);
        for (int q = 0; q < p.P; ++q) {
            s.raw[q] = load_upto(parameters + q * p.H + k, n);
            if (p.added) s.raw[q] += load_upto(p.added + q * p.H + k, n);
        }
        s.target = known > 0 ? load_upto(p.target + k, known) : zero;
        const Vec<Real> inside = index < splat(static_cast<Real>(known)) ? one : zero;
        // NaN is unequal to itself: a missing target counts for nothing
        s.valid = s.target == s.target ? inside : zero;
        if (p.loss == Loss::quantile) {
            quantiles(p, mixture.value, s);
        } else if (p.loss == Loss::normal) {
            normal<Real>(mixture.value, s);
        } else if (p.loss == Loss::student) {
            student<Real>(mixture.value, s);
        } else if (p.loss >= Loss::poisson) {
            counts(p, mixture.value, s);
        } else {
            point(p, mixture.value, s);
        }
        Vec<Real> counts = s.valid, errors = s.error * s.error;
        if (p.weight) {
            weigh(p, k, known, s);
            counts = s.weight;
            errors *= s.weight;
        }
        loss += s.loss;
        squared += errors;
        count += counts;
        const int middle = p.loss == Loss::quantile ? p.P / 2 : 0;
        if (p.dy) {
            mix_backward(p, k, n, mixture, s.slope[middle]);
            for (int q = 0; q < p.P; ++q) store_upto(p.dy + (p.J + q) * p.H + k, s.slope[q], n);
        }
        if (p.forecast) {
            for (int q = 0; q < p.P; ++q) store_upto(p.forecast + q * p.H + k, s.stands_for[q], n);
        }
    }
    if (!p.sums) return;
    p.sums->loss += static_cast<double>(sum_lanes<Real>(loss));
    p.sums->squared += static_cast<double>(sum_lanes<Real>(squared));
    p.sums->count += static_cast<double>(sum_lanes<Real>(count));
}

template <typename Real>
void tanh_all(Real* values, int64_t count) {
    for (int64_t k = 0; k < count; k += kLanes<Real>) store(values + k, tanh(load(values + k)));
}

}  // namespace gatecast::GATECAST_ISA
