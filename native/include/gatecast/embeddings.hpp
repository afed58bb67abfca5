// What does a category look like to the network? A learned vector for each, looked up by its code.
#pragma once

#include <algorithm>
#include <array>

#include "gatecast/layout.hpp"
#include "gatecast/random.hpp"

namespace gatecast {

// In training a sequence now and then does not know one of its categories, so that code 0, the unknown one, learns what
// to expect of a category that was never seen.
constexpr double kForgotten = 0.02;

template <typename Real>
class Embeddings {
  public:
    // `sizes`: (categories, numbers) of each code; weights: one table (categories, numbers) each.
    Embeddings(Layout& layout, const std::vector<std::array<int, 2>>& sizes) : sizes_(sizes) {
        for (const auto& size : sizes) tables_.push_back(layout.add(size[0], size[1]));
    }

    int count() const { return static_cast<int>(sizes_.size()); }
    int width(int first, int last) const {
        int sum = 0;
        for (int c = first; c < last; ++c) sum += sizes_[c][1];
        return sum;
    }

    // Writes the vectors of codes [0, count) one behind the other.
    void look_up(const Real* weights, const int32_t* codes, int count, const uint64_t* key, Real* x) const {
        for (int c = 0; c < count; ++c) {
            x = std::copy_n(weights + row(c, codes[c], key), sizes_[c][1], x);
        }
    }

    void add_gradient(const Real* dx, const int32_t* codes, int count, const uint64_t* key, Real* gradient) const {
        for (int c = 0; c < count; ++c) {
            Real* to = gradient + row(c, codes[c], key);
            for (int k = 0; k < sizes_[c][1]; ++k) to[k] += *dx++;
        }
    }

  private:
    int64_t row(int c, int32_t code, const uint64_t* key) const {
        const bool forgotten = key && unit_interval(mix(*key ^ mix(0x656d62u + static_cast<uint64_t>(c)))) < kForgotten;
        const bool known = !forgotten && code > 0 && code < sizes_[c][0];
        return tables_[c] + (known ? code : 0) * int64_t{padded(sizes_[c][1])};
    }

    const std::vector<std::array<int, 2>> sizes_;
    std::vector<int64_t> tables_;
};

}  // namespace gatecast
