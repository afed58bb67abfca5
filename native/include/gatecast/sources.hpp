// Which sequences does a training step see? Windows, segments, or batches that were given.
//
// A source writes the inputs of a chunk and points at its targets, straight from the panel: no window is ever stored.
// What a row gets depends on (seed, step, row) alone, not on threads.
#pragma once

#include <stdexcept>

#include "gatecast/panel.hpp"
#include "gatecast/random.hpp"

namespace gatecast {

// The targets of one sequence: those of its first forecast and their weights (null: all count the same), how many
// numbers there are until the series ends, one scaled unit in the data's units, and where the first forecast is made.
template <typename Real>
struct Target {
    const Real* first;
    const Real* weights;
    int64_t available;
    double unit;
    int series;
    int64_t position;
};

// What a source fills for the R rows of a chunk.
template <typename Real>
struct Rows {
    int R;
    Real* x;         // (T, R, stride): the dense inputs of each step come first
    int64_t stride;  // numbers from row to row
    int32_t* codes;  // (T, R, codes)
    uint64_t* key;   // (R): what chance draws from
    Target<Real>* target;
};

template <typename Real>
class Source {
  public:
    virtual ~Source() = default;
    virtual int batch(int64_t step) const = 0;
    virtual void fill(int64_t step, int first_row, const Rows<Real>& rows) const = 0;

    // Candidate forecasts (J, H) and the view of the panel, for sources that read one.
    virtual const PanelView<Real>* panel() const { return nullptr; }
    virtual const ValueInputs* value_inputs() const { return nullptr; }

    int T = 1;                  // steps of each sequence
    int first = 0;              // outputs are wanted from this step on
    int64_t target_stride = 1;  // from the targets of one step to those of the next
    int max_batch = 1;
    int F = 1;  // dense inputs of a step
    int C = 0;  // codes of a step
    int H = 0;  // targets of a step; 0: as many as the network forecasts
};

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

// Sequences of a panel. What a row gets depends on (seed, step, row) alone.
template <typename Real>
class PanelSource : public Source<Real> {
  public:
    const PanelView<Real>* panel() const final { return &panel_; }
    const ValueInputs* value_inputs() const final { return &value_inputs_; }

  protected:
    PanelSource(PanelView<Real> panel, ValueInputs value_inputs, uint64_t seed)
        : panel_(panel), value_inputs_(std::move(value_inputs)), seed_(seed) {
        this->F = dense_inputs(panel_, value_inputs_);
        this->C = panel_.code_count();
    }

    // Row r: the T steps from position `start` of series s on; zeros behind the end of the series.
    void fill_row(int r, int s, int64_t start, uint64_t key, const Rows<Real>& rows) const {
        const int64_t n = panel_.length(s);
        for (int64_t t = 0; t < this->T; ++t) {
            const int64_t row = t * rows.R + r;
            if (start + t < n) {
                fill_inputs(panel_, value_inputs_, s, start + t, rows.x + row * rows.stride);
                if (this->C) fill_codes(panel_, s, start + t, rows.codes + row * this->C);
            } else {
                std::fill_n(rows.x + row * rows.stride, this->F, Real{0});
                std::fill_n(rows.codes + row * this->C, this->C, 0);
            }
        }
        const int64_t at = start + this->first;
        rows.key[r] = key;
        const int64_t next = panel_.offsets[s] + at + 1;
        const Real* weights = panel_.target_weights ? panel_.target_weights + next : nullptr;
        rows.target[r] = {panel_.targets + next, weights, n - at - 1, panel_.units[s], s, at};
    }

    const PanelView<Real> panel_;
    const ValueInputs value_inputs_;
    const uint64_t seed_;
};

// The tutorial's way: every window of `lookback` points, in order or shuffled anew each epoch.
template <typename Real>
class WindowSource final : public PanelSource<Real> {
  public:
    // `drop` leaves out that many of the last windows of each series.
    WindowSource(PanelView<Real> panel, ValueInputs value_inputs, int lookback, int H, int batch, bool shuffle,
                 int drop, uint64_t seed)
        : PanelSource<Real>(panel, std::move(value_inputs), seed), shuffle_(shuffle) {
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
        const uint64_t key = mix(this->seed_ ^ mix(static_cast<uint64_t>(epoch)));
        for (int r = 0; r < rows.R; ++r) {
            const int64_t index = shuffle_ ? shuffled(start + r, windows(), key) : start + r;
            const Located at = this->panel_.S == 1 ? Located{0, index} : locate(before_, index);
            this->fill_row(r, at.s, at.within, mix(key ^ mix(static_cast<uint64_t>(start + r))), rows);
        }
    }

  private:
    const bool shuffle_;
    std::vector<int64_t> before_;
};

// Every step is a target: segments of `burn_in + n_targets` points at random places, forecasts at every step
// after the burn-in. Each point is as likely to be a target as any other, but for the first and last ones of
// a series, which the nearest whole segment covers.
template <typename Real>
class SegmentSource final : public PanelSource<Real> {
  public:
    SegmentSource(PanelView<Real> panel, ValueInputs value_inputs, int burn_in, int n_targets, int batch, uint64_t seed)
        : PanelSource<Real>(panel, std::move(value_inputs), seed) {
        int64_t longest = 0;
        before_.push_back(0);
        for (int s = 0; s < panel.S; ++s) {
            longest = std::max(longest, panel.length(s));
        }
        this->T = static_cast<int>(std::min(int64_t{burn_in} + n_targets, longest - 1));
        this->first = burn_in;
        this->max_batch = batch;
        for (int s = 0; s < panel.S; ++s) {
            // the last point has no target; a series shorter than a segment is drawn as often as if it filled one
            const int64_t n_own = panel.length(s) - burn_in - 1;
            const int64_t weight = n_own > 0 ? std::max<int64_t>(n_own, this->T - burn_in) : 0;
            n_targets_ += std::max<int64_t>(n_own, 0);
            before_.push_back(before_.back() + weight);
        }
        if (before_.back() == 0) throw std::invalid_argument("no series is longer than burn_in + 1 points");
    }

    int64_t n_targets() const { return n_targets_; }

    int batch(int64_t) const override { return this->max_batch; }

    void fill(int64_t step, int first_row, const Rows<Real>& rows) const override {
        for (int r = 0; r < rows.R; ++r) {
            const uint64_t counter = static_cast<uint64_t>(step) * this->max_batch + first_row + r;
            const uint64_t bits = mix(this->seed_ ^ mix(counter));
            const Located at = locate(before_, below(bits, before_.back()));
            // the drawn target stands anywhere in its segment
            const int64_t n = this->panel_.length(at.s), lead = below(mix(bits), this->T - this->first);
            const int64_t start = std::clamp<int64_t>(at.within - lead, 0, std::max<int64_t>(n - 1 - this->T, 0));
            this->fill_row(r, at.s, start, mix(mix(bits)), rows);
        }
    }

  private:
    int64_t n_targets_ = 0;
    std::vector<int64_t> before_;
};

// Batches that were given, over and over: x (N, B, T, F) and y (N, B, T - first, H), NaN where there is no target, with
// weights of the same shape or null.
template <typename Real>
class ArraySource final : public Source<Real> {
  public:
    ArraySource(const Real* x, const Real* y, const Real* weights, int64_t N, int B, int T, int F, int first, int H)
        : x_(x), y_(y), weights_(weights), N_(N) {
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
                std::copy_n(from + int64_t{t} * F, F, rows.x + (int64_t{t} * rows.R + r) * rows.stride);
            }
            rows.key[r] = mix(static_cast<uint64_t>(step) * this->max_batch + first_row + r);
            rows.target[r] = {y_ + row * outputs, weights_ ? weights_ + row * outputs : nullptr, outputs, 1.0, 0, 0};
        }
    }

  private:
    const Real* x_;
    const Real* y_;
    const Real* weights_;
    int64_t N_;
};

}  // namespace gatecast
