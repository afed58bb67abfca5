// What does one chunk of sequences need while it is worked on? Everything between input and gradient, allocated once.
#pragma once

#include <atomic>

#include "gatecast/network.hpp"

namespace gatecast {

// Halts the kernels once `stop` is true.
inline Halt halt_at(const std::atomic<bool>* stop) {
    if (!stop) return {};
    return {
        [](const void* flag) { return static_cast<const std::atomic<bool>*>(flag)->load(std::memory_order_relaxed); },
        stop};
}

template <typename Real>
struct LayerSpace {
    Buffer<Real> gates, c, h, tanh_c;
    Buffer<Real> dh, dh_state, dc_state;  // empty where no gradient is wanted
};

// Room for T steps of up to R rows. The passes below work on the chunk whose input stands in `x`.
template <typename Real>
class Workspace {
  public:
    Workspace(const Network<Real>& network, int T, int R, bool gradients, bool input_gradient = false)
        : x(int64_t{T} * R * network.shape.F),
          y(int64_t{T} * R * padded(network.shape.H)),
          dy(gradients ? int64_t{T} * R * padded(network.shape.H) : 0),
          dx(input_gradient ? int64_t{T} * R * padded(network.shape.F) : 0),
          input_gradient_(input_gradient) {
        const int64_t rows = int64_t{T} * R;
        for (int D : network.shape.D) {
            const int64_t ldd = padded(D), some = gradients ? ldd : 0;
            layers.push_back({Buffer<Real>(rows * padded(4 * D)), Buffer<Real>((rows + R) * ldd),
                              Buffer<Real>((rows + R) * ldd), Buffer<Real>(rows * ldd), Buffer<Real>(rows * some),
                              Buffer<Real>(R * some), Buffer<Real>(R * some)});
        }
    }

    // Runs the LSTM layers over T steps of R rows; the states before stand in h and c, or are zero.
    void layers_forward(const Network<Real>& network, int T, int R, bool zero_state,
                        const std::atomic<bool>* stop = nullptr) {
        for (int l = 0; l < network.shape.layers(); ++l) {
            LayerSpace<Real>& at = layers[l];
            const int D = network.shape.D[l], ldd = padded(D);
            if (zero_state) {
                std::fill_n(at.c.data(), int64_t{R} * ldd, Real{0});
                std::fill_n(at.h.data(), int64_t{R} * ldd, Real{0});
            }
            network.kernels.lstm_forward({T, R, network.shape.inputs(l), D, input(network, l, R),
                                          input_stride(network, l), network.packed(l).forward.data(), network.bias(l),
                                          zero_state, at.gates.data(), at.c.data(), at.h.data(), at.tanh_c.data(),
                                          halt_at(stop)});
        }
    }

    // Makes the states after T steps those before the next ones.
    void carry_states(const Network<Real>& network, int T, int R) {
        for (int l = 0; l < network.shape.layers(); ++l) {
            const int64_t size = int64_t{R} * padded(network.shape.D[l]);
            std::copy_n(layers[l].h.data() + T * size, size, layers[l].h.data());
            std::copy_n(layers[l].c.data() + T * size, size, layers[l].c.data());
        }
    }

    // Sets the states of row r before the next steps; h and c hold those of all layers, one behind the other.
    void load_states(const Network<Real>& network, int r, const Real* h, const Real* c) {
        each_state(network, r, [&](Real* h_row, Real* c_row, int D) {
            std::copy_n(h, D, h_row);
            std::copy_n(c, D, c_row);
            h += D;
            c += D;
        });
    }

    void store_states(const Network<Real>& network, int r, Real* h, Real* c) {
        each_state(network, r, [&](const Real* h_row, const Real* c_row, int D) {
            std::copy_n(h_row, D, h);
            std::copy_n(c_row, D, c);
            h += D;
            c += D;
        });
    }

    // Hidden states of the top layer after steps [first, T).
    const Real* top(const Network<Real>& network, int first, int R) const {
        return layers.back().h.data() + (first + int64_t{1}) * R * padded(network.shape.D.back());
    }

    // From dy (gradients of the outputs of steps [first, T)) to the gradients of all weights, which are added to.
    void backward(const Network<Real>& network, int T, int R, int first, Real* gradient,
                  const std::atomic<bool>* stop) {
        const Layout& layout = network.layout;
        network.head_backward(top(network, first, R), dy.data(), (T - first) * R, layers.back().dh.data(), gradient);
        for (int l = network.shape.layers() - 1; l >= 0; --l) {
            LayerSpace<Real>& at = layers[l];
            const bool top_layer = l == network.shape.layers() - 1;
            Real* dx_l = l > 0 ? layers[l - 1].dh.data() : (input_gradient_ ? dx.data() : nullptr);
            network.kernels.lstm_backward({T,
                                           R,
                                           network.shape.inputs(l),
                                           network.shape.D[l],
                                           input(network, l, R),
                                           input_stride(network, l),
                                           network.packed(l).recurrent_transposed.data(),
                                           network.packed(l).input_transposed.data(),
                                           true,
                                           at.gates.data(),
                                           at.c.data(),
                                           at.h.data(),
                                           at.tanh_c.data(),
                                           at.dh.data(),
                                           top_layer ? first : 0,
                                           at.dh_state.data(),
                                           at.dc_state.data(),
                                           dx_l,
                                           gradient + layout.kernel(l).offset,
                                           gradient + layout.recurrent(l).offset,
                                           gradient + layout.bias(l).offset,
                                           halt_at(stop)});
        }
    }

    Buffer<Real> x, y, dy, dx;
    std::vector<LayerSpace<Real>> layers;

  private:
    // Visits the states of row r before the next steps, layer by layer.
    template <typename Visit>
    void each_state(const Network<Real>& network, int r, const Visit& visit) {
        for (int l = 0; l < network.shape.layers(); ++l) {
            const int D = network.shape.D[l];
            const int64_t at = int64_t{r} * padded(D);
            visit(layers[l].h.data() + at, layers[l].c.data() + at, D);
        }
    }

    const Real* input(const Network<Real>& network, int l, int R) const {
        return l == 0 ? x.data() : layers[l - 1].h.data() + int64_t{R} * padded(network.shape.D[l - 1]);
    }
    int64_t input_stride(const Network<Real>& network, int l) const {
        return l == 0 ? network.shape.F : padded(network.shape.D[l - 1]);
    }

    bool input_gradient_;
};

// Rows that are worked on together. They depend on the full batch alone, so results do not depend on the threads.
inline int chunk_rows(int batch) {
    constexpr int rows = 16;
    if (batch <= 4) return batch;
    const int chunks = std::max(2, (batch + rows - 1) / rows);
    return (batch + chunks - 1) / chunks;
}

}  // namespace gatecast
