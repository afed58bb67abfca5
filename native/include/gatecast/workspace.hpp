// What does one chunk of sequences need while it is worked on? Everything between input and gradient, allocated once.
#pragma once

#include "gatecast/network.hpp"

namespace gatecast {

// Room for T steps of up to R rows. The passes below work on the chunk whose inputs stand in `x` and `codes`.
template <typename Real>
class Workspace {
  public:
    // Signals point into the rooms, whose buffers stay where they are when the workspace moves.
    Workspace(Workspace&&) = default;
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    Workspace(const Network<Real>& network, int T, int R, bool gradients, bool input_gradient = false)
        : x(int64_t{T} * R * network.stride),
          codes(static_cast<std::size_t>(T) * R * network.embeddings.count()),
          dy(gradients ? int64_t{T} * R * padded(network.shape.outputs()) : 0),
          network_(network),
          signals_(network.layers.size()),
          input_gradient_(input_gradient || network.embeddings.count() > 0) {
        rooms_.reserve(network.layers.size());
        dx_rooms_.reserve(network.layers.size());
        for (const auto& layer : network.layers) {
            rooms_.push_back(layer->make_room(T, R, gradients));
            const bool wanted = gradients && (!dx_.empty() || input_gradient_);
            dx_rooms_.emplace_back(wanted ? int64_t{T} * R * padded(layer->inputs) : 0);
            dx_.push_back({wanted ? dx_rooms_.back().data() : nullptr, padded(layer->inputs), 0});
        }
    }

    // Runs the stack over all steps.
    void stack_forward(const Pass& pass) {
        look_up(pass);
        Signal<const Real> signal{x.data(), network_.stride, 0};
        for (int l = 0; l < network_.shape.stack; ++l) signal = run(l, pass, signal);
    }

    // Runs decoder and head for the forecasts of steps [first, T); returns the head's outputs.
    Signal<const Real> head_forward(const Pass& pass, int first) {
        Signal<const Real> signal = top(pass, first);
        for (int l = network_.shape.stack; l <= network_.head(); ++l) signal = run(l, pass, signal);
        return signal;
    }

    // From dy (gradients of the head's outputs) to those of all weights, which are added to.
    void backward(const Pass& pass, int first, Real* gradient) {
        Signal<const Real> d{dy.data(), padded(network_.shape.outputs()), first};
        for (int l = network_.head(); l >= 0; --l) {
            const Layer<Real>& layer = *network_.layers[l];
            Signal<Real> dx = dx_[l];
            dx.from = layer.dx_from(d.from);
            layer.backward(rooms_[l], pass, input_of(l, pass, first), d, dx, gradient);
            d = dx;
        }
        input_from_ = d.from;
        if (network_.embeddings.count()) embeddings_backward(pass, d, gradient);
    }

    // The gradient of the inputs, of the steps that have one.
    Signal<const Real> input_gradient() const { return {dx_[0].data, dx_[0].ld, input_from_}; }

    void carry_states(int T, int R) {
        each_layer([&](int l) { network_.layers[l]->carry_state(rooms_[l], T, R); });
    }
    void keep_rows(int R, int n) {
        each_layer([&](int l) { network_.layers[l]->keep_rows(rooms_[l], R, n); });
    }
    void load_state(int R, int r, const Real* from) {
        each_layer([&](int l) { network_.layers[l]->load_state(rooms_[l], R, r, from + network_.state_at(l)); });
    }
    void store_state(int R, int r, Real* to) const {
        each_layer([&](int l) { network_.layers[l]->store_state(rooms_[l], R, r, to + network_.state_at(l)); });
    }

    // What the recurrent layers did in step t of sequence r, the lowest first.
    void trace(const Pass& pass, int t, int r, Real* to) const {
        each_layer([&](int l) {
            network_.layers[l]->trace(rooms_[l], pass, t, r, to);
            to += network_.layers[l]->trace_size();
        });
    }

    Buffer<Real> x;              // (T, R, stride)
    std::vector<int32_t> codes;  // (T, R, codes)
    Buffer<Real> dy;             // (T - first, R, padded(outputs))

  private:
    template <typename Visit>
    void each_layer(const Visit& visit) const {
        for (int l = 0; l < network_.shape.stack; ++l) visit(l);
    }

    Signal<const Real> run(int l, const Pass& pass, Signal<const Real> signal) {
        signals_[l] = network_.layers[l]->forward(rooms_[l], pass, signal);
        return signals_[l];
    }

    // Outputs of the stack for the steps [first, T).
    Signal<const Real> top(const Pass& pass, int first) const {
        const Signal<const Real> all = network_.shape.stack ? signals_[network_.shape.stack - 1]
                                                            : Signal<const Real>{x.data(), network_.stride, 0};
        return {all.step(std::max(first, all.from), pass.R), all.ld, std::max(first, all.from)};
    }

    Signal<const Real> input_of(int l, const Pass& pass, int first) const {
        if (l == network_.shape.stack) return top(pass, first);
        return l == 0 ? Signal<const Real>{x.data(), network_.stride, 0} : signals_[l - 1];
    }

    void look_up(const Pass& pass) {
        const int C = network_.embeddings.count();
        if (!C) return;
        for (int64_t row = 0; row < int64_t{pass.T} * pass.R; ++row) {
            const uint64_t* key = pass.keys ? pass.keys + row % pass.R : nullptr;
            network_.embeddings.look_up(network_.weights.data(), codes.data() + row * C, C, key,
                                        x.data() + row * network_.stride + network_.shape.dense);
        }
    }

    void embeddings_backward(const Pass& pass, Signal<const Real> d, Real* gradient) {
        const int C = network_.embeddings.count();
        for (int t = d.from; t < pass.T; ++t) {
            for (int r = 0; r < pass.R; ++r) {
                const int32_t* row = codes.data() + (int64_t{t} * pass.R + r) * C;
                network_.embeddings.add_gradient(d.step(t, pass.R) + r * d.ld + network_.shape.dense, row, C,
                                                 pass.keys ? pass.keys + r : nullptr, gradient);
            }
        }
    }

    const Network<Real>& network_;
    std::vector<Room<Real>> rooms_;
    std::vector<Buffer<Real>> dx_rooms_;
    std::vector<Signal<Real>> dx_;  // of each layer's input; no data where it is not wanted
    std::vector<Signal<const Real>> signals_;
    const bool input_gradient_;
    int input_from_ = 0;
};

// Rows that are worked on together. They depend on the full batch alone, so results do not depend on the threads.
inline int chunk_rows(int batch) {
    constexpr int rows = 16;
    if (batch <= 4) return batch;
    const int chunks = std::max(2, (batch + rows - 1) / rows);
    return (batch + chunks - 1) / chunks;
}

}  // namespace gatecast
