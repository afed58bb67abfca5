// How do threads work together? A team that lives as long as one training call, and a barrier that spins
// briefly.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gatecast {

class Barrier {
  public:
    explicit Barrier(int members) : members_(members) {}

    void wait() {
        if (members_ == 1) return;
        const int phase = phase_.load(std::memory_order_acquire);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == members_) {
            arrived_.store(0, std::memory_order_relaxed);
            phase_.store(phase + 1, std::memory_order_release);
            return;
        }
        // steps take microseconds, so sleeping at once would cost more than they do
        int spin = 0;
        while (phase_.load(std::memory_order_acquire) == phase) {
            if (spin < 2000) {
                ++spin;
            } else {
                std::this_thread::yield();
            }
        }
    }

  private:
    const int members_;
    std::atomic<int> arrived_{0};
    std::atomic<int> phase_{0};
};

// `size` workers that run one function at a time, while the caller waits and listens for interruptions.
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

    int size() const { return static_cast<int>(threads_.size()); }

    // Runs work(worker) on all workers. `interrupted` is asked every 50 ms; once it says yes, `stop` becomes
    // true.
    void run(const std::function<void(int)>& work, const std::function<bool()>& interrupted, std::atomic<bool>& stop) {
        std::unique_lock lock(mutex_);
        work_ = &work;
        pending_ = size();
        ++round_;
        wake_.notify_all();
        while (!done_.wait_for(lock, std::chrono::milliseconds(50), [this] { return pending_ == 0; })) {
            lock.unlock();
            if (!stop && interrupted()) stop = true;
            lock.lock();
        }
        work_ = nullptr;
    }

  private:
    void close() {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        wake_.notify_all();
        for (auto& thread : threads_) thread.join();
    }

    void serve(int worker) {
        int64_t seen = 0;
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [&] { return closing_ || round_ != seen; });
            if (closing_) return;
            seen = round_;
            const auto* work = work_;
            lock.unlock();
            (*work)(worker);
            lock.lock();
            if (--pending_ == 0) done_.notify_one();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_, done_;
    std::vector<std::thread> threads_;
    const std::function<void(int)>* work_ = nullptr;
    int pending_ = 0;
    int64_t round_ = 0;
    bool closing_ = false;
};

}  // namespace gatecast
