// What happens when a worker throws? The exception reaches the caller, the others stop, and the team works on.
//
// A program of its own, because nothing that Python can ask of the core throws in a worker. It ends with 0 when all is
// well, and names what is not otherwise.
#include "gatecast/team.hpp"

#include <cstdio>
#include <stdexcept>
#include <string>

namespace {

using namespace gatecast;

int failures = 0;

void expect(bool condition, const std::string& what) {
    if (condition) return;
    std::fprintf(stderr, "failed: %s\n", what.c_str());
    ++failures;
}

bool never() { return false; }

// The message of what `work` throws, or "nothing".
template <typename Work>
std::string thrown_by(const Work& work) {
    try {
        work();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "nothing";
}

void all_workers_throw(Team& team) {
    std::atomic<bool> stop{false};
    const std::string message = thrown_by([&] {
        team.run([](int worker) { throw std::runtime_error("worker " + std::to_string(worker)); }, never, stop);
    });
    expect(message.rfind("worker ", 0) == 0, "the first of many exceptions arrives, got " + message);
    expect(stop, "an exception stops the others");
}

// `failing`: the item, or the step between two phases, that throws.
void queue_throws(Team& team, int failing_item, int failing_phase) {
    PhaseQueue queue(team.size(), 8);
    std::atomic<bool> stop{false};
    std::atomic<int> phases{0};
    const auto work = [&](int item) {
        if (item == failing_item && phases == 3) throw std::runtime_error("item");
    };
    const auto advance = [&] {
        if (++phases == failing_phase) throw std::runtime_error("phase");
        return phases < 100 ? 8 : 0;
    };
    const std::string message = thrown_by([&] { team.run([&](int) { queue.run(work, advance); }, never, stop); });
    expect(message == (failing_phase ? "phase" : "item"), "the queue hands on what was thrown, got " + message);
}

void interruption_throws(Team& team) {
    std::atomic<bool> stop{false};
    const std::string message = thrown_by([&] {
        team.run(
            [&](int) {
                while (!stop) std::this_thread::yield();
            },
            []() -> bool { throw std::runtime_error("caller"); }, stop);
    });
    expect(message == "caller", "what the caller's question throws arrives after all workers, got " + message);
}

void works_on(Team& team) {
    std::atomic<bool> stop{false};
    std::atomic<int> sum{0};
    PhaseQueue queue(team.size(), 4);
    int phases = 0;
    team.run([&](int) { queue.run([&](int item) { sum += item; }, [&] { return ++phases < 50 ? 4 : 0; }); }, never,
             stop);
    expect(sum == 50 * 6, "a team works on after an exception, got " + std::to_string(sum));
    expect(!stop, "nothing stops a run that went well");
}

void caller_works_alone() {
    Team team(0);
    expect(team.size() == 1, "the caller alone is one worker");
    all_workers_throw(team);
    queue_throws(team, 3, 0);
    queue_throws(team, -1, 7);
    works_on(team);
    std::atomic<bool> stop{false};
    bool is_caller = false;
    const auto caller = std::this_thread::get_id();
    team.run([&](int worker) { is_caller = worker == 0 && std::this_thread::get_id() == caller; }, never, stop);
    expect(is_caller, "a team without threads works in the caller's");
}

}  // namespace

int main() {
    for (int size : {1, 2, 5}) {
        Team team(size);
        for (int round = 0; round < 200; ++round) {
            all_workers_throw(team);
            queue_throws(team, round % 8, 0);
            queue_throws(team, -1, 1 + round % 50);
            works_on(team);
        }
        interruption_throws(team);
        works_on(team);
    }
    caller_works_alone();
    return failures ? 1 : 0;
}
