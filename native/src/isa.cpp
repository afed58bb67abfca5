#include "gatecast/isa.hpp"

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

std::vector<Entry> entries() {
    std::vector<Entry> all{{&baseline::kernels_float, &baseline::kernels_double, true}};
#if defined(GATECAST_X86)
    __builtin_cpu_init();
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    all.push_back({&avx2::kernels_float, &avx2::kernels_double, has_avx2});
    const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    all.push_back({&avx512::kernels_float, &avx512::kernels_double, has_avx512});
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
