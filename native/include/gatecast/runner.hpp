// What does a trained network say? States and forecasts along sequences, without gradients.
#pragma once

#include <numeric>

#include "gatecast/origins.hpp"
#include "gatecast/team.hpp"
#include "gatecast/workspace.hpp"

namespace gatecast {

// Stretches of the series of a panel (overlaps are fine), and where their results go.
template <typename Real>
struct Sequences {
    const PanelView<Real>* panel;
    const ValueInputs* value_inputs;
    const int64_t* series;
    const int64_t* starts;  // positions in the series
    const int64_t* lengths;
    int64_t count;
    bool zero_state;  // false: `state` holds those before
    Real* state;      // (count, state size): behind the last step
    Real* last;       // (count, P, H): forecast behind the last step
    // the first steps of the forecasts behind the steps from[i], from[i] + apart, ... of each sequence, or null
    Real* every;  // (number of these steps, P, width)
    int width;
    const int64_t* from;
    int64_t apart;
    Real* trace;      // what recurrent layers did, or null: (sum of lengths, trace size) or, of the last steps alone,
    bool trace_each;  // (count, trace size)

    // How many forecasts of sequence i go to `every`.
    int64_t wanted(int64_t i) const { return lengths[i] > from[i] ? (lengths[i] - from[i] - 1) / apart + 1 : 0; }
};

template <typename Real>
class Runner {
  public:
    Runner(const Network<Real>& network, const LossSettings& loss, const Sequences<Real>& task)
        : network_(network), loss_(loss), task_(task), whole_(network.shape.needs_windows()), order_(task.count) {
        std::iota(order_.begin(), order_.end(), int64_t{0});
        // long ones first: in a group, the rows still running are always the first ones
        std::stable_sort(order_.begin(), order_.end(),
                         [&](int64_t a, int64_t b) { return task.lengths[a] > task.lengths[b]; });
        place_.resize(task.count);
        row_.resize(task.count);
        int64_t at = 0, row = 0;
        for (int64_t i = 0; i < task.count; ++i) {
            place_[i] = at;
            at += task.lengths[i];
            row_[i] = row;
            if (task.every) row += task.wanted(i);
        }
        cut_groups();
    }

    // Pieces of work that threads share.
    int64_t groups() const { return static_cast<int64_t>(group_starts_.size()) - 1; }

    void run(Team& team, const std::function<bool()>& interrupted) {
        std::vector<Desk> desks;
        const int R = static_cast<int>(std::min<int64_t>(kRows, std::max<int64_t>(task_.count, 1)));
        const int64_t longest = task_.count ? task_.lengths[order_[0]] : 1;
        steps_ = static_cast<int>(std::clamp<int64_t>(longest, 1, whole_ ? longest : kSteps));
        for (int i = 0; i < team.size(); ++i) {
            desks.push_back({Workspace<Real>(network_, steps_, R, false), Origins<Real>(network_, loss_),
                             std::vector<Real>(int64_t{network_.shape.P} * network_.shape.H)});
        }
        std::atomic<int64_t> next{0};
        std::atomic<bool> stop{false};
        team.run(
            [&](int worker) {
                for (int64_t g = next++; g < groups() && !stop; g = next++) run_group(g, desks[worker], stop);
            },
            interrupted, stop);
    }

  private:
    static constexpr int kRows = 16, kSteps = 256;

    struct Desk {
        Workspace<Real> space;
        Origins<Real> origins;
        std::vector<Real> forecast;
    };

    // Groups of up to kRows sequences; of equal lengths, where each is to be read as a whole.
    void cut_groups() {
        for (int64_t i = 0; i < task_.count; ++i) {
            const bool full = i - group_starts_.back() == kRows;
            const bool other = whole_ && task_.lengths[order_[i]] != task_.lengths[order_[group_starts_.back()]];
            if (full || other) group_starts_.push_back(i);
        }
        if (task_.count) group_starts_.push_back(task_.count);
    }

    void run_group(int64_t group, Desk& desk, const std::atomic<bool>& stop) {
        const int64_t* members = order_.data() + group_starts_[group];
        int rows = static_cast<int>(group_starts_[group + 1] - group_starts_[group]);
        load_states(desk.space, members, rows);
        int64_t done = 0;
        while (true) {
            int left = rows;
            for (; left > 0 && task_.lengths[members[left - 1]] == done; --left) {
                // a sequence without a step keeps the state that it was given
                if (done) desk.space.store_state(rows, left - 1, state_of(members[left - 1]));
            }
            if (left < rows && left > 0) desk.space.keep_rows(rows, left);
            rows = left;
            if (rows == 0 || stop) return;
            const auto T = static_cast<int>(std::min<int64_t>(task_.lengths[members[rows - 1]] - done, steps_));
            advance(desk, members, rows, done, T, stop);
            done += T;
        }
    }

    void advance(Desk& desk, const int64_t* members, int R, int64_t done, int T, const std::atomic<bool>& stop) {
        const int C = network_.embeddings.count();
        for (int r = 0; r < R; ++r) {
            const int s = static_cast<int>(task_.series[members[r]]);
            const int64_t from = task_.starts[members[r]] + done;
            for (int t = 0; t < T; ++t) {
                const int64_t row = int64_t{t} * R + r;
                fill_inputs(*task_.panel, *task_.value_inputs, s, from + t,
                            desk.space.x.data() + row * network_.stride);
                if (C) fill_codes(*task_.panel, s, from + t, desk.space.codes.data() + row * C);
            }
        }
        const Pass pass{T, R, task_.zero_state && done == 0, nullptr, &stop};
        desk.space.stack_forward(pass);
        forecast(desk, pass, members, done);
        if (task_.trace) trace(desk, pass, members, done);
        desk.space.carry_states(T, R);
    }

    void trace(const Desk& desk, const Pass& pass, const int64_t* members, int64_t done) {
        const int64_t size = network_.trace_size();
        for (int r = 0; r < pass.R; ++r) {
            const int64_t member = members[r];
            if (task_.trace_each) {
                Real* to = task_.trace + (place_[member] + done) * size;
                for (int t = 0; t < pass.T; ++t, to += size) desk.space.trace(pass, t, r, to);
            } else if (task_.lengths[member] == done + pass.T) {
                desk.space.trace(pass, pass.T - 1, r, task_.trace + member * size);
            }
        }
    }

    // Forecasts behind the steps that are wanted, and behind the last steps of the sequences that end here.
    void forecast(Desk& desk, const Pass& pass, const int64_t* members, int64_t done) {
        const bool is_dense = task_.every && task_.apart == 1;
        for (int t = 0; t < pass.T; ++t) {
            bool is_any = false;
            for (int r = 0; r < pass.R && !is_any; ++r) is_any = is_wanted(members[r], done + t);
            if (!is_any) continue;
            // where forecasts lie apart, each step takes its own pass through the head
            forecast_steps(desk, is_dense ? pass : upto(pass, t + 1), members, done, t);
            if (is_dense) return;
        }
    }

    void forecast_steps(Desk& desk, const Pass& pass, const int64_t* members, int64_t done, int first) {
        const Signal<const Real> y = desk.space.head_forward(pass, first);
        for (int r = 0; r < pass.R; ++r) {
            const int64_t member = members[r];
            const int s = static_cast<int>(task_.series[member]);
            for (int t = y.from; t < pass.T; ++t) {
                if (!is_wanted(member, done + t)) continue;
                desk.origins.forecast({task_.panel, task_.value_inputs, s, task_.starts[member] + done + t,
                                       y.step(t, pass.R) + r * y.ld, nullptr},
                                      desk.forecast.data());
                if (enters_every(member, done + t)) {
                    put_every(desk, row_[member] + (done + t - task_.from[member]) / task_.apart);
                }
                if (is_last(member, done + t)) {
                    std::copy(desk.forecast.begin(), desk.forecast.end(), last_of(member));
                }
            }
        }
    }

    static Pass upto(Pass pass, int T) {
        pass.T = T;
        return pass;
    }

    bool is_last(int64_t member, int64_t step) const { return step + 1 == task_.lengths[member]; }
    bool enters_every(int64_t member, int64_t step) const {
        const int64_t since = step - task_.from[member];
        return task_.every && since >= 0 && since % task_.apart == 0;
    }
    bool is_wanted(int64_t member, int64_t step) const { return is_last(member, step) || enters_every(member, step); }

    void put_every(const Desk& desk, int64_t row) {
        Real* to = task_.every + row * network_.shape.P * task_.width;
        for (int p = 0; p < network_.shape.P; ++p, to += task_.width) {
            std::copy_n(desk.forecast.data() + int64_t{p} * network_.shape.H, task_.width, to);
        }
    }

    void load_states(Workspace<Real>& space, const int64_t* members, int rows) {
        if (task_.zero_state) return;
        for (int r = 0; r < rows; ++r) space.load_state(rows, r, state_of(members[r]));
    }

    Real* state_of(int64_t member) const { return task_.state + member * network_.state_size(); }
    Real* last_of(int64_t member) const { return task_.last + member * network_.shape.P * network_.shape.H; }

    const Network<Real>& network_;
    const LossSettings& loss_;
    const Sequences<Real>& task_;
    const bool whole_;
    std::vector<int64_t> order_, place_, row_, group_starts_{0};
    int steps_ = 1;
};

}  // namespace gatecast
