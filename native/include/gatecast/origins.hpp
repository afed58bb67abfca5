// What is forecast at one origin? From the head's outputs there to the forecast, its loss and their gradients.
#pragma once

#include <cmath>
#include <limits>

#include "gatecast/network.hpp"
#include "gatecast/panel.hpp"

namespace gatecast {

struct LossSettings {
    Loss loss = Loss::squared;
    double huber_delta = 1.0;
    std::vector<double> levels;  // probabilities of the quantiles

    // P, numbers that are forecast of each step.
    int parameters() const {
        if (loss == Loss::quantile) return static_cast<int>(levels.size());
        if (loss == Loss::normal || loss == Loss::negative_binomial) return 2;
        return loss == Loss::student || loss == Loss::zero_inflated ? 3 : 1;
    }
};

// Where a forecast is made, and what the network says there.
template <typename Real>
struct Origin {
    const PanelView<Real>* panel;  // null: there is none, hence no skip forecasts and nothing known ahead
    const ValueInputs* value_inputs;
    int s;
    int64_t t;
    const Real* y;        // outputs of the head
    const uint64_t* key;  // what chance draws from, or null
    double unit = 1.0;    // one scaled unit in the data's units
};

// One worker's room for origins.
template <typename Real>
class Origins {
  public:
    Origins(const Network<Real>& network, const LossSettings& settings)
        : network_(network),
          loss_(settings.loss),
          huber_delta_(static_cast<Real>(settings.huber_delta)),
          levels_(settings.levels.begin(), settings.levels.end()),
          skip_forecasts_(int64_t{network.shape.J} * network.shape.H) {
        if (network.future) {
            room_ = network.future->make_room();
            codes_.resize(static_cast<std::size_t>(network.shape.H) * network.shape.ahead_codes);
        }
    }

    // The parameters of the forecast (P, H).
    void forecast(const Origin<Real>& at, Real* out) {
        OriginTask<Real> task = prepare(at);
        task.forecast = out;
        network_.kernels.origin(task);
    }

    // Adds the loss at `known` targets, each times its weight where there are weights, to `sums`. Writes the gradient
    // of the head's outputs and adds that of the weights of what is behind the head.
    void learn(const Origin<Real>& at, const Real* target, const Real* weight, int known, OriginLoss& sums, Real* dy,
               Real* gradient, Real* forecast) {
        OriginTask<Real> task = prepare(at);
        task.target = target;
        task.weight = weight;
        task.known = known;
        task.dy = dy;
        task.forecast = forecast;
        task.sums = &sums;
        network_.kernels.origin(task);
        if (network_.future && at.panel) future_backward(at, dy, gradient);
    }

    // The gradient of the `middle` parameter of step k of the forecast: writes that of the head's outputs to `dy`, that
    // of the skip forecasts (J), which are the shares of a point forecast, and the gradient of the numbers that are
    // known ahead of it. `gradient`: room for that of the weights.
    void slopes(const Origin<Real>& at, int middle, int k, Real* dy, Real* shares, Real* ahead_slopes, Real* gradient) {
        const Shape& shape = network_.shape;
        const int H = shape.H, J = shape.J;
        const OriginTask<Real> task = prepare(at);
        std::fill_n(dy, shape.outputs(), Real{0});
        share_out(at.y + k, shares);
        Real mixture{0};
        for (int j = 0; j < J; ++j) mixture += shares[j] * skip_forecasts_.data()[j * H + k];
        const int row = (J + middle) * H + k;
        const Real slope =
            loss_ < Loss::poisson ? Real{1} : mean_slope(mixture + at.y[row] + (task.added ? task.added[k] : Real{0}));
        for (int j = 0; j < J; ++j) {
            shares[j] *= slope;
            dy[j * H + k] = shares[j] * (skip_forecasts_.data()[j * H + k] - mixture);
        }
        dy[row] = slope;
        if (!network_.future || k >= ahead(at)) return;
        const Real* dx = future_backward(at, dy, gradient) + int64_t{k} * padded(shape.contexts + network_.future->X);
        std::copy_n(dx + shape.contexts, shape.ahead_numbers, ahead_slopes);
    }

  private:
    // How fast the mean of counts grows with the output that it is made of.
    static Real mean_slope(Real x) {
        const double bent = kMeanBend * static_cast<double>(x);
        return static_cast<Real>(0.5 + 0.5 * bent / std::sqrt(bent * bent + 4));
    }

    // Softmax of the logits of one step, which stand H apart.
    void share_out(const Real* logits, Real* shares) const {
        const int H = network_.shape.H, J = network_.shape.J;
        Real most = -std::numeric_limits<Real>::infinity(), sum{0};
        for (int j = 0; j < J; ++j) most = std::max(most, logits[j * H]);
        for (int j = 0; j < J; ++j) sum += shares[j] = std::exp(logits[j * H] - most);
        for (int j = 0; j < J; ++j) shares[j] /= sum;
    }

    OriginTask<Real> prepare(const Origin<Real>& at) {
        const Shape& shape = network_.shape;
        OriginTask<Real> task{};
        task.loss = loss_;
        task.huber_delta = huber_delta_;
        task.H = shape.H;
        task.J = shape.J;
        task.P = shape.P;
        task.levels = levels_.data();
        task.unit = at.unit;
        task.y = at.y;
        task.skip_forecasts = skip_forecasts_.data();
        if (!at.panel) return task;
        if (shape.J) fill_skip_forecasts(*at.panel, *at.value_inputs, at.s, at.t, shape.H, skip_forecasts_.data());
        if (network_.future) {
            look_ahead(at);
            network_.future->forward(room_, context(at), ahead(at));
            task.added = network_.future->added(room_);
        }
        return task;
    }

    // Steps ahead of which something is known.
    int ahead(const Origin<Real>& at) const {
        return static_cast<int>(std::min<int64_t>(network_.shape.H, at.panel->length(at.s) - at.t - 1));
    }

    const Real* context(const Origin<Real>& at) const {
        return at.y + int64_t{network_.shape.J + network_.shape.P} * network_.shape.H;
    }

    // Writes the covariates of the next steps where the decoder reads them.
    void look_ahead(const Origin<Real>& at) {
        const int A = network_.shape.ahead_codes;
        Real* x = network_.future->covariates(room_);
        const int64_t next = at.panel->offsets[at.s] + at.t + 1;
        for (int k = 0; k < ahead(at); ++k, x += network_.future->X) {
            std::copy_n(at.panel->numbers.row(next + k), network_.shape.ahead_numbers, x);
            if (!A) continue;
            std::copy_n(at.panel->codes.row(next + k), A, codes_.data() + k * A);
            network_.embeddings.look_up(network_.weights.data(), codes_.data() + k * A, A, at.key,
                                        x + network_.shape.ahead_numbers);
        }
    }

    // Returns the gradient of what the future decoder read.
    const Real* future_backward(const Origin<Real>& at, Real* dy, Real* gradient) {
        const Shape& shape = network_.shape;
        const int n = ahead(at), A = shape.ahead_codes, ldx = padded(shape.contexts + network_.future->X);
        Real* d_parameters = dy + shape.J * shape.H;
        Real* d_context = d_parameters + shape.P * shape.H;
        std::fill_n(d_context, shape.contexts * shape.H, Real{0});
        const Real* dx = network_.future->backward(room_, context(at), n, d_parameters, d_context, gradient);
        for (int k = 0; A && k < n; ++k) {
            network_.embeddings.add_gradient(dx + int64_t{k} * ldx + shape.contexts + shape.ahead_numbers,
                                             codes_.data() + k * A, A, at.key, gradient);
        }
        return dx;
    }

    const Network<Real>& network_;
    const Loss loss_;
    const Real huber_delta_;
    const std::vector<Real> levels_;
    Buffer<Real> skip_forecasts_;
    Room<Real> room_;
    std::vector<int32_t> codes_;
};

}  // namespace gatecast
