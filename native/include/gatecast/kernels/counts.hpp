// How unlikely is a count, and which way is better? The negative logarithms of the probabilities of three
// distributions.
//
// All are told by the mean of the counts, which is the point forecast: Poisson's by it alone; the negative binomial
// distribution (NB2, Hilbe 2011) by its dispersion too, the variance being mean + dispersion * mean**2; the
// zero-inflated one by the share of zeros that come beside those of a negative binomial distribution, whose mean is
// then mean / (1 - zeros) (Lambert 1992; Greene 1994).
#pragma once

#include "gatecast/kernels/gamma.hpp"

namespace gatecast::GATECAST_ISA {

// The negative logarithm of a probability, and its derivatives by the parameters.
struct CountLoss {
    double value, d_mean, d_dispersion, d_zeros;
};

inline CountLoss poisson_loss(double y, double mean) {
    return {mean - y * __builtin_log(mean) + log_gamma(y + 1), 1 - y / mean, 0, 0};
}

inline CountLoss negative_binomial_loss(double y, double mean, double dispersion) {
    const double r = 1 / dispersion, log_one = __builtin_log1p(dispersion * mean);
    const double log_choices = log_gamma(y + r) - log_gamma(r) - log_gamma(y + 1);
    // log(mean / (r + mean)), without a division by a dispersion near zero
    const double log_share = __builtin_log(dispersion * mean) - log_one;
    const double d_r = digamma(y + r) - digamma(r) - log_one + (mean - y) / (r + mean);
    return {r * log_one - y * log_share - log_choices, (mean - y) / (mean * (1 + dispersion * mean)), r * r * d_r, 0};
}

inline CountLoss zero_inflated_loss(double y, double mean, double dispersion, double zeros) {
    const double rest = 1 - zeros, mu = mean / rest;
    CountLoss at{};
    double d_mu;
    if (y > 0) {
        at = negative_binomial_loss(y, mu, dispersion);
        d_mu = at.d_mean;
        at.value -= __builtin_log1p(-zeros);
        at.d_zeros = 1 / rest;
    } else {
        const double r = 1 / dispersion, log_one = __builtin_log1p(dispersion * mu);
        const double none = __builtin_exp(-r * log_one), p = zeros + rest * none, share = rest * none / p;
        d_mu = share / (1 + dispersion * mu);
        at.value = -__builtin_log(p);
        at.d_dispersion = -share * r * r * (log_one - mu / (r + mu));
        at.d_zeros = (none - 1) / p;
    }
    // the mean stays what it is, so that more zeros beside it raise that of the rest
    at.d_mean = d_mu / rest;
    at.d_zeros += d_mu * mu / rest;
    return at;
}

}  // namespace gatecast::GATECAST_ISA
