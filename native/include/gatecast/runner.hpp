// What does a trained network say? States and forecasts along sequences, without gradients.
#pragma once

#include <numeric>

#include "gatecast/team.hpp"
#include "gatecast/workspace.hpp"

namespace gatecast {

// Sequences inside one long input (overlaps are fine), and where their results go.
template <typename Real>
struct Sequences {
    const Real* inputs;  // (N, F)
    const int64_t* starts;
    const int64_t* lengths;
    int64_t count;
    bool zero_state;  // false: h and c hold the states before
    Real* h;          // (count, sum of D): states behind the last step
    Real* c;
    Real* last;   // (count, H): forecast from the last state
    Real* every;  // (sum of lengths, width): the first outputs after every step, or null
    int width;
};

template <typename Real>
class Runner {
  public:
    Runner(const Network<Real>& network, const Sequences<Real>& task)
        : network_(network), task_(task), order_(task.count) {
        std::iota(order_.begin(), order_.end(), int64_t{0});
        // long ones first: in a group, the rows still running are always the first ones
        std::stable_sort(order_.begin(), order_.end(),
                         [&](int64_t a, int64_t b) { return task.lengths[a] > task.lengths[b]; });
        place_.resize(task.count);
        int64_t at = 0;
        for (int64_t i = 0; i < task.count; ++i) {
            place_[i] = at;
            at += task.lengths[i];
        }
    }

    void run(Team& team, const std::function<bool()>& interrupted) {
        const int64_t groups = (task_.count + kRows - 1) / kRows;
        std::vector<Workspace<Real>> spaces;
        const int R = static_cast<int>(std::min<int64_t>(kRows, std::max<int64_t>(task_.count, 1)));
        const int64_t longest = task_.count ? task_.lengths[order_[0]] : 1;
        for (int i = 0; i < team.size(); ++i) {
            spaces.emplace_back(network_, static_cast<int>(std::clamp<int64_t>(longest, 1, kSteps)), R, false);
        }
        std::atomic<int64_t> next{0};
        std::atomic<bool> stop{false};
        team.run(
            [&](int worker) {
                for (int64_t g = next++; g < groups && !stop; g = next++) run_group(g, spaces[worker], stop);
            },
            interrupted, stop);
    }

  private:
    static constexpr int kRows = 16, kSteps = 256;

    void run_group(int64_t group, Workspace<Real>& space, const std::atomic<bool>& stop) {
        const int64_t* members = order_.data() + group * kRows;
        int rows = static_cast<int>(std::min<int64_t>(kRows, task_.count - group * kRows));
        load_states(space, members, rows);
        int64_t done = 0;
        while (true) {
            for (; rows > 0 && task_.lengths[members[rows - 1]] == done; --rows)
                finish_row(space, members[rows - 1], rows - 1);
            if (rows == 0 || stop) return;
            const auto T = static_cast<int>(std::min<int64_t>(task_.lengths[members[rows - 1]] - done, kSteps));
            advance(space, members, rows, done, T, stop);
            done += T;
        }
    }

    void advance(Workspace<Real>& space, const int64_t* members, int R, int64_t done, int T,
                 const std::atomic<bool>& stop) {
        const int F = network_.shape.F;
        for (int r = 0; r < R; ++r) {
            const Real* from = task_.inputs + (task_.starts[members[r]] + done) * F;
            for (int t = 0; t < T; ++t)
                std::copy_n(from + int64_t{t} * F, F, space.x.data() + (int64_t{t} * R + r) * F);
        }
        space.layers_forward(network_, T, R, false, &stop);
        if (task_.every) export_every(space, members, R, done, T);
        space.carry_states(network_, T, R);
    }

    void export_every(Workspace<Real>& space, const int64_t* members, int R, int64_t done, int T) {
        const int ldy = padded(network_.shape.H);
        network_.head_forward(space.top(network_, 0, R), T * R, space.y.data());
        for (int r = 0; r < R; ++r) {
            Real* to = task_.every + (place_[members[r]] + done) * task_.width;
            for (int t = 0; t < T; ++t) {
                std::copy_n(space.y.data() + (int64_t{t} * R + r) * ldy, task_.width, to + int64_t{t} * task_.width);
            }
        }
    }

    void load_states(Workspace<Real>& space, const int64_t* members, int rows) {
        const std::vector<Real> zeros(network_.shape.state());
        for (int r = 0; r < rows; ++r) {
            const int64_t from = members[r] * network_.shape.state();
            space.load_states(network_, r, task_.zero_state ? zeros.data() : task_.h + from,
                              task_.zero_state ? zeros.data() : task_.c + from);
        }
    }

    // Row r, sequence `member`, is at its end.
    void finish_row(Workspace<Real>& space, int64_t member, int r) {
        const int64_t to = member * network_.shape.state();
        space.store_states(network_, r, task_.h + to, task_.c + to);
        const int64_t at = int64_t{r} * padded(network_.shape.D.back());
        network_.head_forward(space.layers.back().h.data() + at, 1, space.y.data());
        std::copy_n(space.y.data(), network_.shape.H, task_.last + member * network_.shape.H);
    }

    const Network<Real>& network_;
    const Sequences<Real>& task_;
    std::vector<int64_t> order_, place_;
};

}  // namespace gatecast
