#include "gatecast/isa.hpp"

#include <cstdint>
#include <stdexcept>

namespace gatecast {

#define GATECAST_DECLARE(isa)                    \
    namespace isa {                              \
    extern const Kernels<float> kernels_float;   \
    extern const Kernels<double> kernels_double; \
    }

GATECAST_DECLARE(baseline)
#if defined(GATECAST_X86)
GATECAST_DECLARE(avx2)
GATECAST_DECLARE(avx512)
#endif

namespace {

struct Entry {
    const Kernels<float>* singles;
    const Kernels<double>* doubles;
    bool runs_here;
};

#if defined(GATECAST_X86)
struct Registers {
    uint32_t a, b, c, d;
};

// Asked by the instruction itself: what compilers have for it needs their own library, which Windows does not link.
Registers cpuid(uint32_t leaf) {
    Registers found;
    asm volatile("cpuid" : "=a"(found.a), "=b"(found.b), "=c"(found.c), "=d"(found.d) : "a"(leaf), "c"(0));
    return found;
}

// Which registers the system saves when it turns to another thread.
uint32_t saved_registers() {
    uint32_t low, high;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

constexpr bool has_all(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

struct Supported {
    bool avx2 = false, avx512 = false;
};

// The bits are those of Intel's manual, volume 2A (CPUID) and volume 1, chapter 13 (XGETBV).
Supported supported() {
    constexpr uint32_t kFma = 1u << 12, kOsxsave = 1u << 27, kAvx = 1u << 28;
    constexpr uint32_t kAvx2 = 1u << 5, kAvx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // F, DQ, BW, VL
    constexpr uint32_t kYmm = 0x06, kZmm = 0xe6;
    if (cpuid(0).a < 7 || !has_all(cpuid(1).c, kFma | kOsxsave | kAvx)) return {};
    const uint32_t saved = saved_registers(), extended = cpuid(7).b;
    const bool avx2 = has_all(saved, kYmm) && has_all(extended, kAvx2);
#if defined(__APPLE__)
    // macOS saves the large registers from their first use on
    const bool saves_large = true;
#else
    const bool saves_large = has_all(saved, kZmm);
#endif
    return {avx2, avx2 && saves_large && has_all(extended, kAvx512)};
}
#endif

std::vector<Entry> entries() {
    std::vector<Entry> all{{&baseline::kernels_float, &baseline::kernels_double, true}};
#if defined(GATECAST_X86)
    static const Supported found = supported();
    all.push_back({&avx2::kernels_float, &avx2::kernels_double, found.avx2});
    all.push_back({&avx512::kernels_float, &avx512::kernels_double, found.avx512});
#endif
    return all;
}

const Kernels<float>& table_of(const Entry& entry, float) { return *entry.singles; }
const Kernels<double>& table_of(const Entry& entry, double) { return *entry.doubles; }

}  // namespace

std::vector<std::string> available_isas() {
    std::vector<std::string> names;
    for (const Entry& entry : entries()) {
        if (entry.runs_here) names.emplace_back(entry.singles->isa);
    }
    return names;
}

template <typename Real>
const Kernels<Real>& kernels_for(const std::string& name) {
    const auto all = entries();
    for (auto entry = all.rbegin(); entry != all.rend(); ++entry) {
        if (entry->runs_here && (name.empty() || name == entry->singles->isa)) return table_of(*entry, Real{});
    }
    throw std::invalid_argument("no kernels named " + name);
}

template const Kernels<float>& kernels_for<float>(const std::string&);
template const Kernels<double>& kernels_for<double>(const std::string&);

}  // namespace gatecast
