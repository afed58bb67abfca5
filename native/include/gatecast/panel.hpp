// What does the network see of a panel? Inputs, candidate forecasts and targets of any step, straight from the values:
// no window and no feature is ever stored.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace gatecast {

// Covariates of every point of a panel, as rows of numbers and codes. The first `ahead` columns are known ahead.
template <typename Item>
struct Columns {
    const Item* data = nullptr;  // (rows, width)
    int width = 0;
    int ahead = 0;

    const Item* row(int64_t at) const { return data + at * width; }
};

// Many series, one behind the other, in scaled units. `targets` are `values` with NaN where nothing was observed.
template <typename Real>
struct PanelView {
    const Real* values;
    const Real* targets;
    const Real* target_weights;  // what each target counts in the loss; null: all the same
    const int64_t* offsets;      // (S + 1)
    const double* units;         // (S): one scaled unit in the data's units
    const Real* spreads;         // (S): the size of the level's changes in scaled units
    int S;
    Columns<Real> numbers;          // (N, ...)
    Columns<int32_t> codes;         // (N, ...)
    Columns<Real> static_numbers;   // (S, ...)
    Columns<int32_t> static_codes;  // (S, ...)

    int64_t length(int s) const { return offsets[s + 1] - offsets[s]; }
    int code_count() const { return codes.width + static_codes.width; }
};

// The mean of the same step of the last seasons, moved so that its level is the mean of the newest of them.
struct SeasonalAverage {
    int season;         // steps
    int count, newest;  // whole seasons whose steps are averaged, and those whose mean is the level; fewer, where the
                        // series is younger, and the last value where it is younger than one; newest < 0: as much
                        // higher as the last |newest| values were than those of the same steps of the seasons before
    bool follows;       // the line through the means of these seasons, by least squares

    int64_t history() const { return int64_t{season} * std::max(count, newest) + std::max(0, -newest); }
};

// Which numbers about the values enter the network, and which naive forecasts it may mix.
struct ValueInputs {
    std::vector<int> lags;            // changes over so many steps are inputs; empty: the value itself is the one input
    std::vector<int> skip_forecasts;  // m > 0: the value m * ceil(k / m) steps before the target (1: the last value);
                                      // m < 0: the mean of the last |m| values; 0: zero, the mean of the training part
    std::vector<int> drifts;          // naive forecasts that go on along the line through the last value and the one so
                                      // many steps before it (the first one, where the series is younger)
    std::vector<SeasonalAverage> averages;  // naive forecasts; with lags, how far the value was from each is an input

    bool level = true;  // whether, with lags, the level is an input too

    int n_inputs() const {
        return lags.empty() ? 1 : static_cast<int>(lags.size() + averages.size()) + (level ? 2 : 1);
    }
    // J, naive forecasts that may be mixed.
    int n_candidates() const { return static_cast<int>(skip_forecasts.size() + drifts.size() + averages.size()); }
    int64_t history() const {
        int64_t most = 0;
        for (int lag : lags) most = std::max<int64_t>(most, lag);
        for (int n : drifts) most = std::max<int64_t>(most, n);
        for (int m : skip_forecasts) most = std::max<int64_t>(most, m > 0 ? m : -m);
        // the input is how far the newest value was from what was forecast one step before
        for (const SeasonalAverage& average : averages) most = std::max(most, average.history() + 1);
        return most;
    }
};

// Outliers beyond this many units say no more than that they are outliers.
constexpr double kClipChange = 10.0, kClipLevel = 3.0;

template <typename Real>
int dense_inputs(const PanelView<Real>& panel, const ValueInputs& value_inputs) {
    return value_inputs.n_inputs() + panel.numbers.width + panel.static_numbers.width;
}

// The sum of n numbers, in an order that does not wait for one addition after the other.
template <typename Real>
Real sum_of(const Real* from, int64_t n) {
    constexpr int kLanes = 8;
    Real sums[kLanes] = {}, sum{0};
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        for (int lane = 0; lane < kLanes; ++lane) sums[lane] += from[i + lane];
    }
    for (; i < n; ++i) sum += from[i];
    for (const Real& part : sums) sum += part;
    return sum;
}

// Change of the mean from one season to the next, by least squares through those of the last seasons up to `end`.
template <typename Real>
Real season_slope(const Real* end, int64_t m, int64_t seasons) {
    Real sum{0};
    for (int64_t back = 1; back <= seasons; ++back)
        sum += (static_cast<Real>(seasons + 1) / 2 - static_cast<Real>(back)) * sum_of(end - back * m, m);
    const auto n = static_cast<Real>(seasons);
    return seasons > 1 ? sum * 12 / (static_cast<Real>(m) * n * (n * n - 1)) : Real{0};
}

// How much higher the mean of the newest seasons is than that of those used, at the middle of the season that comes.
template <typename Real>
Real level_of_newest(const SeasonalAverage& average, const Real* end, int64_t used, int64_t whole, Real slope) {
    const int64_t m = average.season, newest = std::min<int64_t>(average.newest, whole);
    const auto mean_of = [&](int64_t seasons) {
        return sum_of(end - seasons * m, seasons * m) / static_cast<Real>(seasons * m);
    };
    // that mean lies half of these seasons and half a season before
    return (newest == used ? Real{0} : mean_of(newest) - mean_of(used)) + slope * static_cast<Real>(newest + 1) / 2;
}

// How much higher the last n values were than those of the same steps of up to `count` seasons before; 0 if none is
// known.
template <typename Real>
Real higher_than_before(const Real* end, int64_t m, int64_t n, int64_t count, int64_t length) {
    const int64_t known = length >= n ? std::min(count, (length - n) / m) : 0;
    if (!known) return 0;
    Real before{0};
    for (int64_t back = known; back > 0; --back) before += sum_of(end - back * m - n, n);
    return (sum_of(end - n, n) - before / static_cast<Real>(known)) / static_cast<Real>(n);
}

// A season's average as it is known at position t of a series, for H steps; y is the first value of the series.
template <typename Real>
void fill_average(const SeasonalAverage& average, const Real* y, int64_t t, int H, Real* out) {
    const int64_t m = average.season, whole = (t + 1) / m, used = std::min<int64_t>(average.count, whole);
    if (!used) {
        std::fill_n(out, H, y[t]);
        return;
    }
    const Real* end = y + t + 1;
    const Real slope = average.follows ? season_slope(end, m, used) : Real{0};
    const Real moved = average.newest < 0 ? higher_than_before(end, m, -average.newest, average.count, t + 1)
                                          : level_of_newest(average, end, used, whole, slope);
    const int steps = static_cast<int>(std::min<int64_t>(m, H));
    std::fill_n(out, steps, Real{0});
    for (int64_t back = used; back > 0; --back) {
        const Real* from = end - back * m;
        for (int i = 0; i < steps; ++i) out[i] += from[i];
    }
    for (int i = 0; i < steps; ++i) out[i] = out[i] / static_cast<Real>(used) + moved;
    for (int i = steps; i < H; ++i) out[i] = out[i - steps] + slope;
}

// The inputs at position t of series s. With lags: changes over each lag (0 before the series is that old), how far the
// value was from each seasonal average as it was known a step before, the level, and whether nothing was observed. Then
// the covariates.
template <typename Real>
void fill_inputs(const PanelView<Real>& panel, const ValueInputs& value_inputs, int s, int64_t t, Real* x) {
    const Real* y = panel.values + panel.offsets[s];
    if (value_inputs.lags.empty()) {
        *x++ = y[t];
    } else {
        constexpr Real change = static_cast<Real>(kClipChange), level = static_cast<Real>(kClipLevel);
        for (int lag : value_inputs.lags) *x++ = t >= lag ? std::clamp(y[t] - y[t - lag], -change, change) : Real{0};
        for (const SeasonalAverage& average : value_inputs.averages) {
            Real expected = y[t];
            if (t >= average.season) fill_average(average, y, t - 1, 1, &expected);
            *x++ = std::clamp(y[t] - expected, -change, change);
        }
        if (value_inputs.level) *x++ = std::clamp(y[t] / panel.spreads[s], -level, level);
        *x++ = std::isnan(panel.targets[panel.offsets[s] + t]) ? Real{1} : Real{0};
    }
    const int64_t row = panel.offsets[s] + t;
    x = std::copy_n(panel.numbers.row(row), panel.numbers.width, x);
    std::copy_n(panel.static_numbers.row(s), panel.static_numbers.width, x);
}

template <typename Real>
void fill_codes(const PanelView<Real>& panel, int s, int64_t t, int32_t* codes) {
    codes = std::copy_n(panel.codes.row(panel.offsets[s] + t), panel.codes.width, codes);
    std::copy_n(panel.static_codes.row(s), panel.static_codes.width, codes);
}

// Candidate forecasts (J, H) made at position t of series s. Where a series is younger than a season, the last value
// stands in.
template <typename Real>
void fill_skip_forecasts(const PanelView<Real>& panel, const ValueInputs& value_inputs, int s, int64_t t, int H,
                         Real* out) {
    const Real* y = panel.values + panel.offsets[s];
    for (int m : value_inputs.skip_forecasts) {
        if (m <= 0) {
            Real sum{0};
            const int64_t n = std::min<int64_t>(-m, t + 1);
            for (int64_t i = t + 1 - n; i <= t; ++i) sum += y[i];
            out = std::fill_n(out, H, n > 0 ? sum / static_cast<Real>(n) : Real{0});
        } else {
            for (int k = 0; k < H; k += m) {
                for (int i = 0; i < std::min(m, H - k); ++i) {
                    const int64_t at = t + 1 - m + i;
                    *out++ = y[at >= 0 ? at : t];
                }
            }
        }
    }
    for (int64_t n : value_inputs.drifts) {
        n = std::min(n, t);
        const Real step = n > 0 ? (y[t] - y[t - n]) / static_cast<Real>(n) : Real{0};
        for (int k = 1; k <= H; ++k) *out++ = y[t] + static_cast<Real>(k) * step;
    }
    for (const SeasonalAverage& average : value_inputs.averages) {
        fill_average(average, y, t, H, out);
        out += H;
    }
}

}  // namespace gatecast
