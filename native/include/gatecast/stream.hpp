// How is a forecast kept up to date? One observation in, the next forecasts out, in constant time and memory.
#pragma once

#include <memory>

#include "gatecast/float_mode.hpp"
#include "gatecast/origins.hpp"
#include "gatecast/workspace.hpp"

namespace gatecast {

// One series. `window` is 0 for a network that carries its state along, else the number of points that it reads from a
// zero state for every forecast. Values are in the data's units: scaled = (value - center) / unit.
template <typename Real>
class Stream {
  public:
    Stream(std::shared_ptr<const Network<Real>> network, const LossSettings& loss, ValueInputs value_inputs, int window,
           double center, double unit, double spread)
        : network_(std::move(network)),
          space_(*network_, std::max(window, 1), 1, false),
          origins_(*network_, loss),
          value_inputs_(std::move(value_inputs)),
          window_(window),
          kept_(std::max<int64_t>(value_inputs_.history(), 0) + std::max(window, 1)),
          values_(static_cast<std::size_t>(2 * kept_)),
          targets_(static_cast<std::size_t>(2 * kept_)),
          out_(static_cast<std::size_t>(network_->shape.P) * network_->shape.H),
          center_(center),
          unit_(unit),
          spread_(static_cast<Real>(spread)) {}

    // The workspace refers to its rooms.
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    int parameters() const { return network_->shape.P; }
    int horizon() const { return network_->shape.H; }
    int state_size() const { return network_->state_size(); }

    void set_state(const Real* state) { space_.load_state(1, 0, state); }

    // Takes note of what came before, in scaled units, without moving the state.
    void remember(const Real* values, const Real* targets, int64_t count) {
        for (int64_t i = 0; i < count; ++i) push(values[i], targets[i]);
    }

    // Takes in one value (and whether it was observed) and writes the parameters of the H forecasts that follow, (P,
    // H), in scaled units.
    const std::vector<Real>& update(double value, bool observed) {
        const FlushToZero flush;
        const auto scaled = static_cast<Real>((value - center_) / unit_);
        push(scaled, observed ? scaled : std::numeric_limits<Real>::quiet_NaN());
        const int64_t offsets[2] = {0, n_};
        PanelView<Real> panel{};
        panel.values = values_.data();
        panel.targets = targets_.data();
        panel.offsets = offsets;
        panel.spreads = &spread_;
        panel.S = 1;
        const int T = window_ ? static_cast<int>(std::min<int64_t>(window_, n_)) : 1;
        for (int t = 0; t < T; ++t)
            fill_inputs(panel, value_inputs_, 0, n_ - T + t, space_.x.data() + t * network_->stride);
        const Pass pass{T, 1, window_ > 0};
        space_.stack_forward(pass);
        const Signal<const Real> y = space_.head_forward(pass, T - 1);
        origins_.forecast({&panel, &value_inputs_, 0, n_ - 1, y.data, nullptr}, out_.data());
        if (!window_) space_.carry_states(1, 1);
        return out_;
    }

  private:
    void push(Real value, Real target) {
        if (n_ == 2 * kept_) {
            std::copy(values_.end() - kept_, values_.end(), values_.begin());
            std::copy(targets_.end() - kept_, targets_.end(), targets_.begin());
            n_ = kept_;
        }
        values_[n_] = value;
        targets_[n_++] = target;
    }

    const std::shared_ptr<const Network<Real>> network_;
    Workspace<Real> space_;
    Origins<Real> origins_;
    const ValueInputs value_inputs_;
    const int window_;
    const int64_t kept_;  // points that inputs and skip forecasts may look back
    std::vector<Real> values_, targets_, out_;
    int64_t n_ = 0;
    const double center_, unit_;
    const Real spread_;
};

}  // namespace gatecast
