// How is a network trained? The loop over steps: chunks in parallel, sums in a fixed order, one optimiser step.
//
// The work is cut into chunks and blocks by the batch and the weights alone. Whichever thread does a piece,
// it does the same arithmetic in the same order, so the weights are bit-identical for any number of threads.
#pragma once

#include <cmath>
#include <mutex>
#include <stdexcept>

#include "gatecast/origins.hpp"
#include "gatecast/sources.hpp"
#include "gatecast/team.hpp"
#include "gatecast/workspace.hpp"

namespace gatecast {

struct Settings {
    LossSettings loss;
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7;
    double clip_norm = 0.0;     // 0: gradients are not clipped
    double weight_decay = 0.0;  // share of the matrices that a step takes away, over the learning rate
    double ema_decay = 0.0;     // of the exponential moving average of the weights; 0: there is none
};

// What one step measured, per target that counted, and how many did (the sum of their weights, where they have
// weights). `unit_loss` and `unit_squared` are in the data's units.
struct StepRecord {
    double loss = 0.0, unit_loss = 0.0, unit_squared = 0.0, count = 0.0, gradient_norm = 0.0;
};

enum class Outcome : int { finished = 0, interrupted = 1, not_finite = 2 };

struct RunResult {
    Outcome outcome;
    int64_t steps;  // optimiser steps that were taken in this run
};

template <typename Real>
class Trainer {
  public:
    Trainer(Shape shape, const Kernels<Real>& kernels, Settings settings, int threads)
        : network(std::move(shape), kernels),
          m_(network.layout.size),
          v_(network.layout.size),
          mean_(settings.ema_decay > 0 ? network.layout.size : 0),
          settings_(std::move(settings)),
          first_share_{settings_.beta1},
          second_share_{settings_.beta2},
          team_(threads) {
        // weights are zero until they are set
        network.pack_all();
    }

    // The desks refer to the network.
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    // One step for each of the learning rates, the first being step `first_step` of the source.
    RunResult run(const Source<Real>& source, int64_t first_step, const double* rates, int64_t steps,
                  StepRecord* records, const std::function<bool()>& interrupted) {
        const auto claim = claimed();
        prepare(source, false);
        const int active = std::min(team_.size(), slots(source.max_batch));
        run_ = Run{.source = &source, .first_step = first_step, .rates = rates, .steps = steps, .records = records};
        stop_ = false;
        PhaseQueue queue(active, steps > 0 ? open(Phase::chunks) : 0);
        team_.run(
            [&](int worker) {
                if (worker >= active) return;
                queue.run([&](int item) { work(item, worker); }, [&] { return advance(); });
            },
            interrupted, stop_);
        return {run_.outcome, run_.done};
    }

    // Loss and gradients of all weights (flat) and of the dense inputs (B, T, F) for the source's first batch, in the
    // calling thread; nothing is updated. The gradients are of the mean loss, with chance (dropout) or without.
    // `predictions`: parameters of the forecasts, (B, T - first, P, H).
    StepRecord gradient(const Source<Real>& source, bool chance, Real* predictions, Real* weights_out,
                        Real* input_out) {
        const auto claim = claimed();
        const FlushToZero flush;
        prepare(source, true);
        stop_ = false;
        network.pack_all();
        const int n_chunks = chunks(source.batch(0));
        const int64_t parameters = int64_t{source.T - source.first} * network.shape.P * network.shape.H;
        for (int c = 0; c < n_chunks; ++c) {
            run_chunk(source, 0, c, 0, chance, predictions + int64_t{c} * rows_ * parameters);
            export_chunk(source, c, input_out);
        }
        const StepRecord record = summarise(n_chunks);
        for (const Range& range : ranges_) sum_range(range, slots(source.batch(0)));
        const auto scale = static_cast<Real>(1.0 / record.count);
        for (int64_t k = 0; k < sum_.size(); ++k) sum_.data()[k] *= scale;
        network.layout.export_flat(sum_.data(), weights_out);
        const int64_t inputs = int64_t{source.batch(0)} * source.T * network.shape.dense;
        for (int64_t k = 0; k < inputs; ++k) input_out[k] *= scale;
        return record;
    }

    void set_weights(const Real* flat) {
        const auto claim = claimed();
        network.set_weights(flat);
        if (has_mean()) std::copy_n(network.weights.data(), network.weights.size(), mean_.data());
    }

    Network<Real> network;
    int64_t adam_steps = 0;

    // First and second moments of Adam, flat.
    void export_moments(Real* m, Real* v) const {
        network.layout.export_flat(m_.data(), m);
        network.layout.export_flat(v_.data(), v);
    }
    void import_moments(const Real* m, const Real* v) {
        const auto claim = claimed();
        network.layout.import_flat(m, m_.data());
        network.layout.import_flat(v, v_.data());
        recurrent_ = true;
    }

    // The running mean of the weights, flat, where there is one.
    bool has_mean() const { return mean_.size() > 0; }
    void export_mean(Real* out) const { network.layout.export_flat(mean_.data(), out); }
    void import_mean(const Real* flat) {
        const auto claim = claimed();
        network.layout.import_flat(flat, mean_.data());
    }

  private:
    // While Python is not held, another thread could call too, and the desks are there once.
    std::unique_lock<std::mutex> claimed() {
        std::unique_lock claim(at_work_, std::try_to_lock);
        if (!claim) throw std::runtime_error("this trainer is at work in another thread: make one for each thread");
        return claim;
    }

    struct Range {
        int64_t begin, end;
        bool decays;
    };

    // One thread's room for a chunk and what it says about its rows.
    struct Desk {
        Workspace<Real> space;
        Origins<Real> origins;
        std::vector<Target<Real>> target;
        std::vector<uint64_t> key;
        std::vector<OriginLoss> loss;
    };

    // 1 - beta**t, which is exactly 1 once the power is below half a unit in its last place (pow takes a tenth of a
    // small step).
    struct Share {
        double beta;
        double settled = 40.0 / -std::log(beta);
        double at(double t) const { return t > settled ? 1.0 : 1.0 - std::pow(beta, t); }
    };

    // A step is four phases, each cut into items that any worker may do.
    enum class Phase { chunks, sums, updates, packing };

    // What the gradient is multiplied by, and Adam's step size with the bias correction.
    struct Update {
        double scale = 1.0, rate = 0.0, ema_decay = 0.0;
    };

    // Where a run stands. Only `advance` changes it, while no item is under way.
    struct Run {
        const Source<Real>* source = nullptr;
        int64_t first_step = 0;
        const double* rates = nullptr;
        int64_t steps = 0;
        StepRecord* records = nullptr;
        int64_t done = 0;
        int batch = 0;
        Phase phase = Phase::chunks;
        StepRecord summary;
        Update update;
        Outcome outcome = Outcome::finished;
    };

    static constexpr int64_t kRange = 4096;

    int chunks(int batch) const { return (batch + rows_ - 1) / rows_; }

    // Chunks beyond this number add to the gradients of earlier ones, so that the memory for them is bounded.
    static constexpr int kSlots = 32;

    int slots(int batch) const { return std::min(chunks(batch), kSlots); }

    // What the room depends on: runs of one step after another need not make it anew.
    struct Fit {
        int T = 0, batch = 0;
        bool input_gradient = false, recurrent = false;
        bool operator==(const Fit&) const = default;
    };

    // Room for this source. Weights that cannot have a gradient (U when there is one step) are left out of
    // all work while their moments are zero too, because Adam would not move them without decay.
    void prepare(const Source<Real>& source, bool input_gradient) {
        // a partial batch is cut into the same chunks: cut anew, its chunks could be larger than the room made here
        rows_ = chunk_rows(source.max_batch);
        const int R = rows_, n = slots(source.max_batch);
        recurrent_ = recurrent_ || source.T > 1 || input_gradient || settings_.weight_decay > 0.0;
        const Fit fit{source.T, source.max_batch, input_gradient, recurrent_};
        if (fit == fit_) return;
        fit_ = {};
        desks_.clear();
        for (int i = 0; i < (input_gradient ? 1 : std::min(team_.size(), n)); ++i) {
            const auto rows = static_cast<std::size_t>(R);
            desks_.push_back(Desk{Workspace<Real>(network, source.T, R, true, input_gradient),
                                  Origins<Real>(network, settings_.loss), std::vector<Target<Real>>(rows),
                                  std::vector<uint64_t>(rows), std::vector<OriginLoss>(rows)});
        }
        slot_gradients_ = Buffer<Real>(n * network.layout.size);
        sum_ = Buffer<Real>(network.layout.size);
        chunk_sums_.assign(chunks(source.max_batch), {});
        ranges_.clear();
        for (const Block& block : network.layout.blocks) {
            if (block.kind == Block::Kind::recurrent && !recurrent_) continue;
            // what decays and what does not are only kept apart where there is decay
            add_range({block.offset, block.offset + block.size(), settings_.weight_decay > 0.0 && block.decays()});
        }
        if (ranges_.size() >= PhaseQueue::kMaxItems)
            throw std::length_error(
                "this network has a thousand million weights or more, and fewer were expected: "
                "use fewer or smaller layers");
        range_squares_.assign(ranges_.size(), 0.0);
        fit_ = fit;
    }

    // Cuts a range into pieces of at most kRange numbers, the first one joined to the piece before it where it fits.
    void add_range(Range range) {
        if (!ranges_.empty() && ranges_.back().end == range.begin && ranges_.back().decays == range.decays) {
            range.begin = ranges_.back().begin;
            ranges_.pop_back();
        }
        for (; range.begin < range.end; range.begin += kRange) {
            ranges_.push_back({range.begin, std::min(range.begin + kRange, range.end), range.decays});
        }
    }

    void work(int item, int worker) {
        switch (run_.phase) {
            case Phase::chunks:
                for (int c = item; c < chunks(run_.batch); c += kSlots) {
                    // a step that is cut short is thrown away in `advance`
                    if (stop_.load(std::memory_order_relaxed)) return;
                    run_chunk(*run_.source, run_.first_step + run_.done, c, worker, true, nullptr);
                }
                break;
            case Phase::sums:
                range_squares_[item] = sum_range(ranges_[item], slots(run_.batch));
                break;
            case Phase::updates:
                update(ranges_[item]);
                break;
            case Phase::packing:
                network.pack(item, recurrent_, false);
        }
    }

    // Between two phases: how many items the next one has, 0 to end the run. Weights change in `updates` alone.
    int advance() {
        switch (run_.phase) {
            case Phase::chunks:
                if (stop_) return end(Outcome::interrupted);
                run_.summary = summarise(chunks(run_.batch));
                return std::isfinite(run_.summary.loss) ? open(Phase::sums) : end(Outcome::not_finite);
            case Phase::sums:
                run_.summary.gradient_norm = gradient_norm(run_.summary.count);
                run_.update = next_update();
                return std::isfinite(run_.summary.gradient_norm) ? open(Phase::updates) : end(Outcome::not_finite);
            case Phase::updates:
                ++adam_steps;
                return open(Phase::packing);
            case Phase::packing:
                run_.records[run_.done++] = run_.summary;
                if (run_.done == run_.steps) return end(Outcome::finished);
                return stop_ ? end(Outcome::interrupted) : open(Phase::chunks);
        }
        return 0;
    }

    int open(Phase phase) {
        run_.phase = phase;
        if (phase == Phase::chunks) {
            run_.batch = run_.source->batch(run_.first_step + run_.done);
            return slots(run_.batch);
        }
        return phase == Phase::packing ? network.pack_jobs() : static_cast<int>(ranges_.size());
    }

    int end(Outcome outcome) {
        run_.outcome = outcome;
        return 0;
    }

    // Forward, loss and backward for chunk c; its gradient goes to its slot.
    void run_chunk(const Source<Real>& source, int64_t index, int c, int worker, bool chance, Real* predictions) {
        Desk& desk = desks_[worker];
        const int first_row = c * rows_;
        const int R = std::min(rows_, source.batch(index) - first_row), T = source.T;
        Real* gradient = slot_gradients_.data() + c % kSlots * network.layout.size;
        if (c < kSlots) {
            for (const Range& range : ranges_) std::fill(gradient + range.begin, gradient + range.end, Real{0});
        }
        source.fill(index, first_row,
                    {.R = R,
                     .x = desk.space.x.data(),
                     .stride = network.stride,
                     .codes = desk.space.codes.data(),
                     .key = desk.key.data(),
                     .target = desk.target.data()});
        const Pass pass{T, R, true, chance ? desk.key.data() : nullptr, &stop_};
        desk.space.stack_forward(pass);
        const Signal<const Real> y = desk.space.head_forward(pass, source.first);
        learn(source, desk, pass, y, gradient, predictions);
        chunk_sums_[c] = sum_rows(desk, R);
        desk.space.backward(pass, source.first, gradient);
    }

    // Losses of all forecasts of a chunk and their gradients.
    void learn(const Source<Real>& source, Desk& desk, const Pass& pass, Signal<const Real> y, Real* gradient,
               Real* predictions) {
        const int steps = pass.T - source.first;
        const PanelView<Real>* panel = source.panel();
        const ValueInputs* value_inputs = source.value_inputs();
        const int64_t P = int64_t{network.shape.P} * network.shape.H;
        std::fill_n(desk.loss.begin(), pass.R, OriginLoss{});
        for (int t = 0; t < steps; ++t) {
            for (int r = 0; r < pass.R; ++r) {
                const Target<Real>& to = desk.target[r];
                const int64_t left = to.available - t * source.target_stride;
                const int known = static_cast<int>(std::clamp<int64_t>(left, 0, network.shape.H));
                const int64_t row = int64_t{t} * pass.R + r;
                if (!known && !predictions) {
                    std::fill_n(desk.space.dy.data() + row * y.ld, network.shape.outputs(), Real{0});
                    continue;
                }
                desk.origins.learn(
                    {panel, value_inputs, to.series, std::min(to.position + t, to.position + to.available),
                     y.data + row * y.ld, pass.keys ? pass.keys + r : nullptr, to.unit},
                    to.first + t * source.target_stride, to.weights ? to.weights + t * source.target_stride : nullptr,
                    known, desk.loss[r], desk.space.dy.data() + row * y.ld, gradient,
                    predictions ? predictions + (int64_t{r} * steps + t) * P : nullptr);
            }
        }
    }

    StepRecord sum_rows(const Desk& desk, int R) const {
        StepRecord sum;
        const bool squares = settings_.loss.loss == Loss::squared || settings_.loss.loss == Loss::huber;
        for (int r = 0; r < R; ++r) {
            const double unit = desk.target[r].unit, square = unit * unit;
            // a likelihood of counts is that of the data themselves
            const double of_loss = squares ? square : settings_.loss.loss >= Loss::poisson ? 1.0 : unit;
            sum.loss += desk.loss[r].loss;
            sum.unit_loss += desk.loss[r].loss * of_loss;
            sum.unit_squared += desk.loss[r].squared * square;
            sum.count += desk.loss[r].count;
        }
        return sum;
    }

    // Weighted means over all targets of the step. A step without any that counts is one without error.
    StepRecord summarise(int n_chunks) const {
        StepRecord sum;
        for (int c = 0; c < n_chunks; ++c) {
            const StepRecord& chunk = chunk_sums_[c];
            sum.loss += chunk.loss;
            sum.unit_loss += chunk.unit_loss;
            sum.unit_squared += chunk.unit_squared;
            sum.count += chunk.count;
        }
        if (sum.count == 0.0) sum.count = 1.0;
        sum.loss /= sum.count;
        sum.unit_loss /= sum.count;
        sum.unit_squared /= sum.count;
        return sum;
    }

    double sum_range(const Range& range, int n_slots) {
        return network.kernels.sum_vectors(slot_gradients_.data() + range.begin, network.layout.size, n_slots,
                                           range.end - range.begin, sum_.data() + range.begin);
    }

    // Norm of the gradient of the mean loss over all weights.
    double gradient_norm(double count) const {
        double squares = 0.0;
        for (double square : range_squares_) squares += square;
        return std::sqrt(squares) / count;
    }

    Update next_update() const {
        const double norm = run_.summary.gradient_norm, limit = settings_.clip_norm;
        const double clip = limit > 0.0 && norm > limit ? limit / norm : 1.0;
        const auto t = static_cast<double>(adam_steps + 1);
        const double correction = std::sqrt(second_share_.at(t)) / first_share_.at(t);
        // a young mean forgets faster, so that it does not begin with the initial weights
        const double ema_decay = std::min(settings_.ema_decay, t / (t + 9.0));
        return {clip / run_.summary.count, run_.rates[run_.done] * correction, ema_decay};
    }

    void update(const Range& range) {
        const double decay = range.decays ? run_.rates[run_.done] * settings_.weight_decay : 0.0;
        network.kernels.adam({
            .size = range.end - range.begin,
            .p = network.weights.data() + range.begin,
            .m = m_.data() + range.begin,
            .v = v_.data() + range.begin,
            .gradient = sum_.data() + range.begin,
            .scale = static_cast<Real>(run_.update.scale),
            .rate = static_cast<Real>(run_.update.rate),
            .beta1 = static_cast<Real>(settings_.beta1),
            .beta2 = static_cast<Real>(settings_.beta2),
            .epsilon = static_cast<Real>(settings_.epsilon),
            .decay = static_cast<Real>(decay),
            .mean = has_mean() ? mean_.data() + range.begin : nullptr,
            .ema_decay = static_cast<Real>(run_.update.ema_decay),
        });
    }

    // Copies the gradients of the dense inputs that desk 0 holds after chunk c to an array in the caller's order.
    void export_chunk(const Source<Real>& source, int c, Real* input_out) {
        const int first_row = c * rows_, R = std::min(rows_, source.batch(0) - first_row);
        const int F = network.shape.dense;
        const Signal<const Real> dx = desks_[0].space.input_gradient();
        for (int r = 0; r < R; ++r) {
            Real* to = input_out + int64_t{first_row + r} * source.T * F;
            std::fill_n(to, int64_t{dx.from} * F, Real{0});
            for (int t = dx.from; t < source.T; ++t) {
                std::copy_n(dx.step(t, R) + r * dx.ld, F, to + int64_t{t} * F);
            }
        }
    }

    Buffer<Real> m_, v_, mean_, sum_, slot_gradients_;
    Settings settings_;
    const Share first_share_, second_share_;
    Team team_;
    std::vector<Desk> desks_;
    std::vector<StepRecord> chunk_sums_;
    std::vector<Range> ranges_;
    std::vector<double> range_squares_;
    std::atomic<bool> stop_{false};
    std::mutex at_work_;
    Run run_;
    Fit fit_;
    int rows_ = 1;            // of a chunk
    bool recurrent_ = false;  // whether U ever had a gradient
};

}  // namespace gatecast
