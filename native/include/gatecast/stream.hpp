// How is a forecast kept up to date? One observation in, the next forecasts out, in constant time and memory.
#pragma once

#include "gatecast/workspace.hpp"

namespace gatecast {

// `window` is 0 for a network that carries its state along, else the number of points that it reads from a
// zero state for every forecast. Values are in the data's units: scaled = (value - center) / unit.
template <typename Real>
class Stream {
  public:
    Stream(Shape shape, const Kernels<Real>& kernels, const Real* weights, int window, double center, double unit)
        : network_(std::move(shape), kernels),
          space_(network_, std::max(window, 1), 1, false),
          recent_(window),
          center_(center),
          unit_(unit) {
        network_.set_weights(weights);
    }

    int outputs() const { return network_.shape.H; }
    int state_size() const { return network_.shape.state(); }

    // States of all layers, one behind the other.
    void set_state(const Real* h, const Real* c) { space_.load_states(network_, 0, h, c); }

    // Takes in one value and, where asked for, writes the H forecasts that follow it.
    void update(double value, double* out) {
        const auto scaled = static_cast<Real>((value - center_) / unit_);
        if (recent_.empty()) {
            space_.x.data()[0] = scaled;
            space_.layers_forward(network_, 1, 1, false);
            space_.carry_states(network_, 1, 1);
            forecast(0, out);
        } else {
            recent_[next_] = scaled;
            next_ = (next_ + 1) % recent_.size();
            const auto T = static_cast<int>(recent_.size());
            for (int t = 0; t < T; ++t) space_.x.data()[t] = recent_[(next_ + t) % recent_.size()];
            space_.layers_forward(network_, T, 1, true);
            forecast(T - 1, out);
        }
    }

  private:
    void forecast(int step, double* out) {
        if (!out) return;
        network_.head_forward(space_.top(network_, step, 1), 1, space_.y.data());
        for (int k = 0; k < outputs(); ++k) out[k] = center_ + unit_ * static_cast<double>(space_.y.data()[k]);
    }

    Network<Real> network_;
    Workspace<Real> space_;
    std::vector<Real> recent_;
    std::size_t next_ = 0;
    double center_, unit_;
};

}  // namespace gatecast
