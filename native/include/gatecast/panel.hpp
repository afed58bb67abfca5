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
    const int64_t* offsets;  // (S + 1)
    const double* units;     // (S): one scaled unit in the data's units
    const Real* spreads;     // (S): the size of the level's changes in scaled units
    int S;
    Columns<Real> numbers;          // (N, ...)
    Columns<int32_t> codes;         // (N, ...)
    Columns<Real> static_numbers;   // (S, ...)
    Columns<int32_t> static_codes;  // (S, ...)

    int64_t length(int s) const { return offsets[s + 1] - offsets[s]; }
    int code_count() const { return codes.width + static_codes.width; }
};

// Which numbers about the values enter the network, and which naive forecasts it may mix.
struct ValueInputs {
    std::vector<int> lags;            // changes over so many steps are inputs; empty: the value itself is the one input
    std::vector<int> skip_forecasts;  // m > 0: the value m * ceil(k / m) steps before the target (1: the last value);
                                      // m < 0: the mean of the last |m| values; 0: zero, the mean of the training part
    std::vector<int> drifts;          // naive forecasts that go on along the line through the last value and the one so
                                      // many steps before it (the first one, where the series is younger)

    bool level = true;  // whether, with lags, the level is an input too

    int n_inputs() const { return lags.empty() ? 1 : static_cast<int>(lags.size()) + (level ? 2 : 1); }
    // J, naive forecasts that may be mixed.
    int n_candidates() const { return static_cast<int>(skip_forecasts.size() + drifts.size()); }
    int history() const {
        int most = 0;
        for (int lag : lags) most = std::max(most, lag);
        for (int n : drifts) most = std::max(most, n);
        for (int m : skip_forecasts) most = std::max(most, m > 0 ? m : -m);
        return most;
    }
};

// Outliers beyond this many units say no more than that they are outliers.
constexpr double kClipChange = 10.0, kClipLevel = 3.0;

template <typename Real>
int dense_inputs(const PanelView<Real>& panel, const ValueInputs& value_inputs) {
    return value_inputs.n_inputs() + panel.numbers.width + panel.static_numbers.width;
}

// The inputs at position t of series s. With lags: changes over each lag (0 before the series is that old), the level,
// and whether nothing was observed. Then the covariates.
template <typename Real>
void fill_inputs(const PanelView<Real>& panel, const ValueInputs& value_inputs, int s, int64_t t, Real* x) {
    const Real* y = panel.values + panel.offsets[s];
    if (value_inputs.lags.empty()) {
        *x++ = y[t];
    } else {
        constexpr Real change = static_cast<Real>(kClipChange), level = static_cast<Real>(kClipLevel);
        for (int lag : value_inputs.lags) *x++ = t >= lag ? std::clamp(y[t] - y[t - lag], -change, change) : Real{0};
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
}

}  // namespace gatecast
