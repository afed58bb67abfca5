// Which way would a forecast move with what went in? The gradient of each of its steps, not of a loss.
#pragma once

#include "gatecast/origins.hpp"
#include "gatecast/team.hpp"
#include "gatecast/workspace.hpp"

namespace gatecast {

// Forecasts that are made at `origins`, each from the T points up to there and a zero state. F dense inputs, A numbers
// that are known ahead.
template <typename Real>
struct SlopeTask {
    const PanelView<Real>* panel;
    const ValueInputs* value_inputs;
    const int64_t* series;
    const int64_t* origins;  // positions in the series
    int64_t count;
    int T, middle;  // middle: which parameter of a step is the point forecast
    Real* inputs;   // (count, H, T, F)
    Real* shares;   // (count, H, J): of the skip forecasts, which are the gradients of these
    Real* ahead;    // (count, H, A): of the step's own numbers
};

// All rows of a chunk are the same sequence, and each goes back from another step of the forecast.
template <typename Real>
class Slopes {
  public:
    Slopes(const Network<Real>& network, const LossSettings& loss, const SlopeTask<Real>& task)
        : network_(network), loss_(loss), task_(task) {}

    void run(Team& team, const std::function<bool()>& interrupted) {
        std::vector<Desk> desks;
        for (int i = 0; i < team.size(); ++i) {
            desks.push_back({Workspace<Real>(network_, task_.T, std::min(kRows, network_.shape.H), true, true),
                             Origins<Real>(network_, loss_), Buffer<Real>(network_.layout.size)});
        }
        std::atomic<int64_t> next{0};
        std::atomic<bool> stop{false};
        team.run(
            [&](int worker) {
                for (int64_t i = next++; i < task_.count && !stop; i = next++) {
                    for (int k = 0; k < network_.shape.H; k += kRows) run_chunk(i, k, desks[worker], stop);
                }
            },
            interrupted, stop);
    }

  private:
    static constexpr int kRows = 16;

    struct Desk {
        Workspace<Real> space;
        Origins<Real> origins;
        Buffer<Real> gradient;  // of the weights, of no use here
    };

    void run_chunk(int64_t i, int k, Desk& desk, const std::atomic<bool>& stop) {
        const Shape& shape = network_.shape;
        const int R = std::min(kRows, shape.H - k), T = task_.T, s = static_cast<int>(task_.series[i]);
        fill(i, R, desk.space);
        const Pass pass{T, R, true, nullptr, &stop};
        desk.space.stack_forward(pass);
        const Signal<const Real> y = desk.space.head_forward(pass, T - 1);
        for (int r = 0; r < R; ++r) {
            const int64_t row = i * shape.H + k + r;
            desk.origins.slopes(
                {task_.panel, task_.value_inputs, s, task_.origins[i], y.step(T - 1, R) + r * y.ld, nullptr},
                task_.middle, k + r, desk.space.dy.data() + int64_t{r} * padded(shape.outputs()),
                task_.shares + row * shape.J, task_.ahead + row * shape.ahead_numbers, desk.gradient.data());
        }
        desk.space.backward(pass, T - 1, desk.gradient.data());
        const Signal<const Real> dx = desk.space.input_gradient();
        for (int r = 0; r < R; ++r) {
            Real* to = task_.inputs + (i * shape.H + k + r) * T * shape.dense;
            for (int t = dx.from; t < T; ++t) {
                std::copy_n(dx.step(t, R) + r * dx.ld, shape.dense, to + int64_t{t} * shape.dense);
            }
        }
    }

    void fill(int64_t i, int R, Workspace<Real>& space) const {
        const int C = network_.embeddings.count(), s = static_cast<int>(task_.series[i]);
        const int64_t start = task_.origins[i] + 1 - task_.T;
        for (int t = 0; t < task_.T; ++t) {
            for (int r = 0; r < R; ++r) {
                const int64_t row = int64_t{t} * R + r;
                fill_inputs(*task_.panel, *task_.value_inputs, s, start + t, space.x.data() + row * network_.stride);
                if (C) fill_codes(*task_.panel, s, start + t, space.codes.data() + row * C);
            }
        }
    }

    const Network<Real>& network_;
    const LossSettings& loss_;
    const SlopeTask<Real>& task_;
};

}  // namespace gatecast
