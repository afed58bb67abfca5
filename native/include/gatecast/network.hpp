// What is a network made of? Embeddings, a stack of layers over all steps, a decoder and a head at each forecast.
//
// Outside, the weights are one flat vector: the tables of the embeddings, the layers' in order, the head's W and b, the
// future decoder's. Inside, rows are padded (see kernels.hpp) and copies packed for the kernels stand beside them.
#pragma once

#include <optional>

#include "gatecast/embeddings.hpp"
#include "gatecast/future.hpp"
#include "gatecast/layers.hpp"

namespace gatecast {

struct Shape {
    int dense = 1;                               // numbers that enter at each step
    std::vector<std::array<int, 2>> embeddings;  // (categories, numbers) of each code that enters at each step
    std::vector<LayerSpec> layers;
    int stack = 0;  // the first `stack` layers go through all steps, those behind through each forecast by itself
    int H = 1, J = 0, P = 1;
    // the future decoder: contexts of each step, numbers and (first) codes that are known ahead, hidden units (0: none)
    int contexts = 0, ahead_numbers = 0, ahead_codes = 0, future_units = 0;

    bool operator==(const Shape&) const = default;

    int outputs() const { return (J + P + contexts) * H; }

    // Whether a forecast reads its window as a whole, so that no state can be carried into it.
    bool needs_windows() const {
        return std::any_of(layers.begin(), layers.end(),
                           [](const LayerSpec& layer) { return kLayerKinds<double>[layer.kind].reach == Reach::all; });
    }
};

template <typename Real>
class Network {
  public:
    // Workspaces, origins and trainers refer to it.
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    Network(Shape given, const Kernels<Real>& kernels)
        : shape(std::move(given)), kernels(kernels), embeddings(layout, shape.embeddings) {
        inputs = shape.dense + embeddings.width(0, embeddings.count());
        int width = inputs;
        for (std::size_t l = 0; l < shape.layers.size(); ++l) {
            const LayerSpec& spec = shape.layers[l];
            auto layer = kLayerKinds<Real>[spec.kind].make({spec, static_cast<int>(l), width, kernels, layout});
            if (spec.residual && layer->inputs == layer->outputs)
                layer = std::make_unique<ResidualLayer<Real>>(std::move(layer));
            width = layer->outputs;
            layers.push_back(std::move(layer));
        }
        layers.push_back(std::make_unique<DenseLayer<Real>>(kernels, layout, width, shape.outputs(), Activation::none));
        if (shape.future_units) {
            const int X = shape.ahead_numbers + embeddings.width(0, shape.ahead_codes);
            future.emplace(kernels, layout, shape.H, shape.contexts, X, shape.future_units, shape.P);
        }
        stride = kLayerKinds<Real>[shape.layers[0].kind].reach == Reach::step ? padded(inputs) : inputs;
        weights = Buffer<Real>(layout.size);
        for (int l = 0; l < static_cast<int>(layers.size()); ++l) {
            for (int job = 0; job < layers[l]->pack_jobs(); ++job) jobs_.push_back({l, job});
            states_.push_back(state_size());
            state_size_ += layers[l]->state_size();
            trace_size_ += layers[l]->trace_size();
        }
    }

    void set_weights(const Real* flat) {
        layout.import_flat(flat, weights.data());
        pack_all();
    }

    void pack_all() {
        for (int job = 0; job < pack_jobs(); ++job) pack(job, true, true);
    }

    // Packing is cut into jobs, so that threads can share it.
    int pack_jobs() const { return static_cast<int>(jobs_.size()) + (future ? 1 : 0); }

    // `recurrent`: also what matters from the second step on. `input`: also what only the gradient of the input needs.
    void pack(int job, bool recurrent, bool input) {
        if (job == static_cast<int>(jobs_.size())) return future->pack(weights.data());
        const auto [l, part] = jobs_[job];
        layers[l]->pack(part, weights.data(), recurrent, l > 0 || input || embeddings.count() > 0);
    }

    int state_size() const { return state_size_; }
    int trace_size() const { return trace_size_; }
    int state_at(int layer) const { return states_[layer]; }
    int head() const { return static_cast<int>(layers.size()) - 1; }

    const Shape shape;
    const Kernels<Real>& kernels;
    Layout layout;
    const Embeddings<Real> embeddings;
    std::vector<std::unique_ptr<Layer<Real>>> layers;  // the head is the last one
    std::optional<FutureDecoder<Real>> future;
    Buffer<Real> weights;  // padded
    int inputs = 0;        // numbers that the first layer reads
    int stride = 0;        // from row to row of them: a layer that takes each step by itself reads whole vectors

  private:
    struct Job {
        int layer, part;
    };
    std::vector<Job> jobs_;
    std::vector<int> states_;
    int state_size_ = 0, trace_size_ = 0;
};

}  // namespace gatecast
