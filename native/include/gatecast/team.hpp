// How do threads work together? A team that lives as long as one training call, and work that is passed on in phases.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "gatecast/float_mode.hpp"

namespace gatecast {

// Work in phases that are cut into items. Whoever is free takes the next item, and whoever ends the last item of a
// phase opens the next phase, so that no worker waits for one that has no item and that the system has suspended.
class PhaseQueue {
  public:
    PhaseQueue(int workers, int items) : alone_(workers == 1), ticket_(pack(0, items, 0)) {}

    static constexpr int kMaxItems = 1 << 18;

    // One worker's share. `work(item)` does an item of the open phase; `advance()` runs alone between two phases and
    // returns the next one's number of items, or 0 when all is done. An exception ends the work of all workers.
    template <typename Work, typename Advance>
    void run(const Work& work, const Advance& advance) {
        if (alone_) return run_alone(work, advance);
        try {
            run_shared(work, advance);
        } catch (...) {
            // the item was never done, so nobody else can open another phase
            ticket_.store(pack(0, 0, 0), std::memory_order_release);
            throw;
        }
    }

  private:
    template <typename Work, typename Advance>
    void run_shared(const Work& work, const Advance& advance) {
        for (int spin = 0;; ++spin) {
            uint64_t ticket = ticket_.load(std::memory_order_acquire);
            const int items = items_of(ticket), item = next_of(ticket);
            if (items == 0) return;
            if (item < items) {
                if (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel)) continue;
                work(item);
                if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == items) open_next(ticket, advance());
                spin = 0;
            } else if (spin > 2000) {
                // steps take microseconds, so sleeping at once would cost more than they do
                std::this_thread::yield();
            }
        }
    }

    // The same without a word to anybody: steps of batch 1 take less time than the messages.
    template <typename Work, typename Advance>
    void run_alone(const Work& work, const Advance& advance) {
        for (int items = items_of(ticket_); items > 0; items = advance()) {
            for (int item = 0; item < items; ++item) work(item);
        }
    }

    // phase (28 bits), items of it (18), next item (18) in one word: a stale ticket can never be taken
    static uint64_t pack(uint64_t phase, int items, int next) {
        return phase << 36 | static_cast<uint64_t>(items) << 18 | static_cast<uint64_t>(next);
    }
    static int items_of(uint64_t ticket) { return static_cast<int>(ticket >> 18 & (kMaxItems - 1)); }
    static int next_of(uint64_t ticket) { return static_cast<int>(ticket & (kMaxItems - 1)); }

    void open_next(uint64_t ticket, int items) {
        done_.store(0, std::memory_order_relaxed);
        ticket_.store(pack((ticket >> 36) + 1, items, 0), std::memory_order_release);
    }

    const bool alone_;
    std::atomic<uint64_t> ticket_;
    std::atomic<int> done_{0};
};

// `size` workers that run one function at a time, while the caller waits and listens for interruptions. A team of 0 is
// the caller alone, who does one worker's share and listens to nobody: for work that takes less time than to start a
// thread, which on a busy machine may be milliseconds.
class Team {
  public:
    explicit Team(int size) {
        try {
            for (int i = 0; i < size; ++i) threads_.emplace_back([this, i] { serve(i); });
        } catch (...) {
            // the system gives no more threads: those that run must end before the error may leave
            close();
            throw;
        }
    }
    ~Team() { close(); }
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    // Workers that take part, of which there is always one.
    int size() const { return std::max(1, static_cast<int>(threads_.size())); }

    // Runs work(worker) on all workers. `interrupted` is asked every 50 ms; once it says yes, `stop` becomes true.
    // Where something throws, `stop` becomes true and the first exception leaves here once all workers are done.
    void run(const std::function<void(int)>& work, const std::function<bool()>& interrupted, std::atomic<bool>& stop) {
        if (threads_.empty()) return run_alone(work, stop);
        std::unique_lock lock(mutex_);
        work_ = &work;
        stop_ = &stop;
        failure_ = nullptr;
        pending_ = size();
        ++round_;
        wake_.notify_all();
        while (!done_.wait_for(lock, std::chrono::milliseconds(50), [this] { return pending_ == 0; })) {
            lock.unlock();
            try {
                if (!stop && interrupted()) stop = true;
            } catch (...) {
                fail(std::current_exception());
            }
            lock.lock();
        }
        work_ = nullptr;
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }

  private:
    static void run_alone(const std::function<void(int)>& work, std::atomic<bool>& stop) {
        const FlushToZero flush;
        try {
            work(0);
        } catch (...) {
            stop = true;
            throw;
        }
    }

    void close() {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        wake_.notify_all();
        for (auto& thread : threads_) thread.join();
    }

    void fail(std::exception_ptr failure) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::move(failure);
        *stop_ = true;
    }

    void serve(int worker) {
        const FlushToZero flush;
        int64_t seen = 0;
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [&] { return closing_ || round_ != seen; });
            if (closing_) return;
            seen = round_;
            const auto* work = work_;
            lock.unlock();
            try {
                (*work)(worker);
            } catch (...) {
                fail(std::current_exception());
            }
            lock.lock();
            if (--pending_ == 0) done_.notify_one();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_, done_;
    std::vector<std::thread> threads_;
    const std::function<void(int)>* work_ = nullptr;
    std::atomic<bool>* stop_ = nullptr;
    std::exception_ptr failure_;
    int pending_ = 0;
    int64_t round_ = 0;
    bool closing_ = false;
};

}  // namespace gatecast
