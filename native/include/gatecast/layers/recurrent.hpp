// How does a layer keep its state from step to step? What LSTM and GRU have in common.
#pragma once

#include "gatecast/layer.hpp"

namespace gatecast {

// State buffers are the first `kinds` ones of the room: (dilation + T, R, padded(D)) each, the initial states first.
template <typename Real>
class RecurrentLayer : public Layer<Real> {
  public:
    int dx_from(int) const final { return 0; }
    int state_size() const final { return kinds_ * dilation_ * D_; }

    void load_state(Room<Real>& room, int R, int r, const Real* from) const final {
        for (int kind = 0; kind < kinds_; ++kind) {
            for (int i = 0; i < dilation_; ++i, from += D_) std::copy_n(from, D_, row(room[kind], R, i, r));
        }
    }
    void store_state(const Room<Real>& room, int R, int r, Real* to) const final {
        for (int kind = 0; kind < kinds_; ++kind) {
            for (int i = 0; i < dilation_; ++i, to += D_) std::copy_n(row(room[kind], R, i, r), D_, to);
        }
    }
    void carry_state(Room<Real>& room, int T, int R) const final {
        const int64_t step = int64_t{R} * padded(D_);
        // forward copy: with fewer steps than the dilation the two places overlap
        for (int kind = 0; kind < kinds_; ++kind) {
            Real* first = room[kind];
            std::copy(first + T * step, first + (T + dilation_) * step, first);
        }
    }
    void keep_rows(Room<Real>& room, int R, int n) const final {
        if (dilation_ == 1) return;
        for (int kind = 0; kind < kinds_; ++kind) {
            for (int i = 1; i < dilation_; ++i) {
                const Real* from = row(room[kind], R, i, 0);
                std::copy(from, from + int64_t{n} * padded(D_), row(room[kind], n, i, 0));
            }
        }
    }

  protected:
    RecurrentLayer(int F, int D, int dilation, int kinds)
        : Layer<Real>(F, D), F_(F), D_(D), dilation_(dilation), kinds_(kinds) {}

    int64_t state_room(int T, int R) const { return (int64_t{T} + dilation_) * R * padded(D_); }
    int64_t carried_room(int R) const { return int64_t{dilation_} * R * padded(D_); }

    void clear_state(Room<Real>& room, int R) const {
        for (int kind = 0; kind < kinds_; ++kind) std::fill_n(room[kind], carried_room(R), Real{0});
    }

    // Outputs are the states h behind the initial ones.
    Signal<const Real> states(const Room<Real>& room, int R) const {
        return {room[0] + carried_room(R), padded(D_), 0};
    }

    const int F_, D_, dilation_, kinds_;

  private:
    template <typename Some>
    Some* row(Some* buffer, int R, int i, int r) const {
        return buffer + (int64_t{i} * R + r) * padded(D_);
    }
};

}  // namespace gatecast
