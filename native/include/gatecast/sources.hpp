// Which sequences does a training step see? Windows, segments, or batches that were given.
//
// A source writes the inputs of a chunk into (T, R, F) and points at its targets, straight from the panel: no
// window is ever stored. What a row gets depends on (seed, step, row) alone, not on threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace gatecast {

// Many series, one behind the other. `targets` are `inputs` with NaN where nothing was observed.
template <typename Real>
struct PanelView {
    const Real* inputs;
    const Real* targets;
    const int64_t* offsets;  // (S + 1)
    const double* units;     // (S): one scaled unit in the data's units
    int S;
    int64_t length(int s) const { return offsets[s + 1] - offsets[s]; }
};

// What a source fills for the R rows of a chunk.
template <typename Real>
struct Rows {
    int R;
    Real* x;              // (T, R, F)
    const Real** target;  // (R): targets of the first step that has outputs
    int64_t* available;   // (R): numbers there before the series ends
    double* unit;         // (R)
};

template <typename Real>
class Source {
  public:
    virtual ~Source() = default;
    virtual int batch(int64_t step) const = 0;
    virtual void fill(int64_t step, int first_row, const Rows<Real>& rows) const = 0;

    int T = 1;                  // steps of each sequence
    int first = 0;              // outputs are wanted from this step on
    int64_t target_stride = 1;  // from the targets of one step to those of the next
    int max_batch = 1;
    int F = 1;  // inputs of a step
    int H = 0;  // targets of a step; 0: as many as the network forecasts
};

// SplitMix64 (Steele, Lea and Flood 2014): one well-mixed number per counter.
inline uint64_t mix(uint64_t z) {
    z += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

// A whole number in [0, n), by multiplication (Lemire 2019; the bias is below n / 2**64).
inline int64_t below(uint64_t bits, int64_t n) {
    return static_cast<int64_t>((static_cast<unsigned __int128>(bits) * static_cast<uint64_t>(n)) >> 64);
}

// The position that `index` takes in a shuffled order of n: a four-round Feistel network on the next power of
// four, walked until it falls inside (Black and Rogaway 2002). It needs no memory for the order.
inline int64_t shuffled(int64_t index, int64_t n, uint64_t key) {
    int half = 1;
    while ((int64_t{1} << (2 * half)) < n) ++half;
    const uint64_t mask = (uint64_t{1} << half) - 1;
    auto at = static_cast<uint64_t>(index);
    do {
        uint64_t left = at >> half, right = at & mask;
        for (uint64_t round = 0; round < 4; ++round) {
            const uint64_t next = left ^ (mix(right ^ mix(key + round)) & mask);
            left = right;
            right = next;
        }
        at = (left << half) | right;
    } while (at >= static_cast<uint64_t>(n));
    return static_cast<int64_t>(at);
}

// Sequences counted over all series: the one with number `index` belongs to series s at position `within`.
struct Located {
    int s;
    int64_t within;
};

inline Located locate(const std::vector<int64_t>& before, int64_t index) {
    const auto next = std::upper_bound(before.begin(), before.end(), index);
    const int s = static_cast<int>(next - before.begin()) - 1;
    return {s, index - before[s]};
}

// The tutorial's way: every window of `lookback` points, in order or shuffled anew each epoch.
template <typename Real>
class WindowSource final : public Source<Real> {
  public:
    // `drop` leaves out that many of the last windows of each series.
    WindowSource(PanelView<Real> panel, int lookback, int H, int batch, bool shuffle, int drop, uint64_t seed)
        : panel_(panel), shuffle_(shuffle), seed_(seed) {
        this->H = H;
        this->T = lookback;
        this->first = lookback - 1;
        this->max_batch = batch;
        before_.push_back(0);
        for (int s = 0; s < panel.S; ++s) {
            const int64_t windows = panel.length(s) - lookback - H + 1 - drop;
            before_.push_back(before_.back() + std::max<int64_t>(windows, 0));
        }
        if (windows() == 0) throw std::invalid_argument("no series holds a window of lookback + horizon points");
    }

    int64_t windows() const { return before_.back(); }
    int64_t steps_per_epoch() const { return (windows() + this->max_batch - 1) / this->max_batch; }

    int batch(int64_t step) const override {
        const int64_t start = step % steps_per_epoch() * this->max_batch;
        return static_cast<int>(std::min<int64_t>(this->max_batch, windows() - start));
    }

    void fill(int64_t step, int first_row, const Rows<Real>& rows) const override {
        const int64_t epoch = step / steps_per_epoch();
        const int64_t start = step % steps_per_epoch() * this->max_batch + first_row;
        const uint64_t key = mix(seed_ ^ mix(static_cast<uint64_t>(epoch)));
        for (int r = 0; r < rows.R; ++r) {
            const int64_t index = shuffle_ ? shuffled(start + r, windows(), key) : start + r;
            const Located at = panel_.S == 1 ? Located{0, index} : locate(before_, index);
            const int64_t from = panel_.offsets[at.s] + at.within;
            for (int t = 0; t < this->T; ++t) rows.x[int64_t{t} * rows.R + r] = panel_.inputs[from + t];
            rows.target[r] = panel_.targets + from + this->T;
            rows.available[r] = this->H;
            rows.unit[r] = panel_.units[at.s];
        }
    }

  private:
    PanelView<Real> panel_;
    bool shuffle_;
    uint64_t seed_;
    std::vector<int64_t> before_;
};

// Every step is a lesson: segments of `burn_in + lessons` points at random places, forecasts at every step
// after the burn-in. Each point is as likely to be a lesson as any other, but for the first and last ones of
// a series, which the nearest whole segment covers.
template <typename Real>
class SegmentSource final : public Source<Real> {
  public:
    SegmentSource(PanelView<Real> panel, int burn_in, int lessons, int batch, uint64_t seed)
        : panel_(panel), seed_(seed) {
        int64_t longest = 0;
        before_.push_back(0);
        for (int s = 0; s < panel.S; ++s) {
            longest = std::max(longest, panel.length(s));
        }
        this->T = static_cast<int>(std::min(int64_t{burn_in} + lessons, longest - 1));
        this->first = burn_in;
        this->max_batch = batch;
        for (int s = 0; s < panel.S; ++s) {
            // the last point has no target; a series shorter than a segment is drawn as often as if it filled one
            const int64_t n_lessons = panel.length(s) - burn_in - 1;
            const int64_t weight = n_lessons > 0 ? std::max<int64_t>(n_lessons, this->T - burn_in) : 0;
            lessons_ += std::max<int64_t>(n_lessons, 0);
            before_.push_back(before_.back() + weight);
        }
        if (before_.back() == 0) throw std::invalid_argument("no series is longer than burn_in + 1 points");
    }

    int64_t lessons() const { return lessons_; }

    int batch(int64_t) const override { return this->max_batch; }

    void fill(int64_t step, int first_row, const Rows<Real>& rows) const override {
        for (int r = 0; r < rows.R; ++r) {
            const uint64_t counter = static_cast<uint64_t>(step) * this->max_batch + first_row + r;
            const uint64_t bits = mix(seed_ ^ mix(counter));
            const Located at = locate(before_, below(bits, before_.back()));
            // the drawn lesson stands anywhere in its segment
            const int64_t n = panel_.length(at.s), lead = below(mix(bits), this->T - this->first);
            const int64_t start = std::clamp<int64_t>(at.within - lead, 0, std::max<int64_t>(n - 1 - this->T, 0));
            fill_row(r, at.s, start, n, rows);
        }
    }

  private:
    void fill_row(int r, int s, int64_t start, int64_t n, const Rows<Real>& rows) const {
        const int64_t from = panel_.offsets[s] + start;
        const int64_t known = std::min<int64_t>(this->T, n - start);
        for (int64_t t = 0; t < known; ++t) rows.x[t * rows.R + r] = panel_.inputs[from + t];
        for (int64_t t = known; t < this->T; ++t) rows.x[t * rows.R + r] = Real{0};
        rows.target[r] = panel_.targets + from + this->first + 1;
        rows.available[r] = n - start - this->first - 1;
        rows.unit[r] = panel_.units[s];
    }

    PanelView<Real> panel_;
    uint64_t seed_;
    int64_t lessons_ = 0;
    std::vector<int64_t> before_;
};

// Batches that were given, over and over: x (N, B, T, F) and y (N, B, T - first, H), NaN where there is no target.
template <typename Real>
class ArraySource final : public Source<Real> {
  public:
    ArraySource(const Real* x, const Real* y, int64_t N, int B, int T, int F, int first, int H) : x_(x), y_(y), N_(N) {
        this->F = F;
        this->H = H;
        this->T = T;
        this->first = first;
        this->target_stride = H;
        this->max_batch = B;
    }

    int batch(int64_t) const override { return this->max_batch; }

    void fill(int64_t step, int first_row, const Rows<Real>& rows) const override {
        const int F = this->F;
        const int64_t outputs = int64_t{this->T - this->first} * this->H;
        for (int r = 0; r < rows.R; ++r) {
            const int64_t row = step % N_ * this->max_batch + first_row + r;
            const Real* from = x_ + row * this->T * F;
            for (int t = 0; t < this->T; ++t) {
                std::copy_n(from + int64_t{t} * F, F, rows.x + (int64_t{t} * rows.R + r) * F);
            }
            rows.target[r] = y_ + row * outputs;
            rows.available[r] = outputs;
            rows.unit[r] = 1.0;
        }
    }

  private:
    const Real* x_;
    const Real* y_;
    int64_t N_;
};

}  // namespace gatecast
