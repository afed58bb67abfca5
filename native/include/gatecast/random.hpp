// Where does chance come from? Well-mixed numbers from counters, so that what a row draws depends on no thread.
#pragma once

#include <cstdint>

namespace gatecast {

// SplitMix64 (Steele, Lea and Flood 2014): one well-mixed number per counter.
inline uint64_t mix(uint64_t z) {
    z += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

// A whole number in [0, n), by multiplication (Lemire 2019; the bias is below n / 2**64).
inline int64_t below(uint64_t bits, int64_t n) {
    return static_cast<int64_t>((static_cast<unsigned __int128>(bits) * static_cast<uint64_t>(n)) >> 64);
}

// A number in [0, 1).
inline double unit_interval(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

// The position that `index` takes in a shuffled order of n: a four-round Feistel network on the next power of
// four, walked until it falls inside (Black and Rogaway 2002). It needs no memory for the order.
inline int64_t shuffled(int64_t index, int64_t n, uint64_t key) {
    int half = 1;
    while ((int64_t{1} << (2 * half)) < n) ++half;
    const uint64_t mask = (uint64_t{1} << half) - 1;
    auto at = static_cast<uint64_t>(index);
    do {
        uint64_t left = at >> half, right = at & mask;
        for (uint64_t round = 0; round < 4; ++round) {
            const uint64_t next = left ^ (mix(right ^ mix(key + round)) & mask);
            left = right;
            right = next;
        }
        at = (left << half) | right;
    } while (at >= static_cast<uint64_t>(n));
    return static_cast<int64_t>(at);
}

}  // namespace gatecast
