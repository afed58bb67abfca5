// Regularisation by dropout: some inputs are left out, the same ones at all steps of a sequence.
#pragma once

#include "gatecast/layer.hpp"
#include "gatecast/random.hpp"

namespace gatecast {

// One mask for each sequence (Gal and Ghahramani 2016). What is kept is multiplied by 1 / (1 - share), so that nothing
// is to be changed when nothing is left out: without keys the layer hands its input on.
template <typename Real>
class DropoutLayer final : public Layer<Real> {
  public:
    DropoutLayer(int width, double share, uint64_t place)
        : Layer<Real>(width, width), share_(share), place_(mix(place)) {}

    Room<Real> make_room(int T, int R, bool gradients) const override {
        Room<Real> room;
        room.add(gradients ? int64_t{T} * R * padded(this->outputs) : 0);
        room.add(gradients ? int64_t{R} * padded(this->outputs) : 0);
        return room;
    }

    Signal<const Real> forward(Room<Real>& room, const Pass& pass, Signal<const Real> x) const override {
        if (!pass.keys) return x;
        draw(room, pass);
        const int ld = padded(this->outputs);
        multiply(room, pass, x, x.from, room[0]);
        return {room[0], ld, x.from};
    }

    void backward(Room<Real>& room, const Pass& pass, Signal<const Real>, Signal<const Real> dy, Signal<Real> dx,
                  Real*) const override {
        if (!dx.data) return;
        if (pass.keys) {
            multiply(room, pass, dy, dy.from, dx.data);
        } else {
            std::copy_n(dy.data, int64_t{pass.T - dy.from} * pass.R * dy.ld, dx.data);
        }
    }

  private:
    void draw(Room<Real>& room, const Pass& pass) const {
        const int ld = padded(this->outputs);
        const auto kept = static_cast<Real>(1.0 / (1.0 - share_));
        for (int r = 0; r < pass.R; ++r) {
            Real* mask = room[1] + int64_t{r} * ld;
            const uint64_t key = mix(pass.keys[r] ^ place_);
            for (int u = 0; u < this->outputs; ++u) {
                mask[u] = unit_interval(mix(key + u)) < share_ ? Real{0} : kept;
            }
        }
    }

    void multiply(const Room<Real>& room, const Pass& pass, const Signal<const Real>& from, int first, Real* to) const {
        const int ld = padded(this->outputs);
        for (int t = first; t < pass.T; ++t) {
            const Real* row = from.step(t, pass.R);
            for (int r = 0; r < pass.R; ++r, row += from.ld, to += ld) {
                const Real* mask = room[1] + int64_t{r} * ld;
                for (int u = 0; u < this->outputs; ++u) to[u] = row[u] * mask[u];
            }
        }
    }

    const double share_;
    const uint64_t place_;
};

}  // namespace gatecast
