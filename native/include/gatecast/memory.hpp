// Where do the numbers live? Zeroed arrays that start on a cache line, never more of them than the machine has memory.
#pragma once

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#elif defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string>

namespace gatecast {

// Becomes a MemoryError in Python.
class OutOfMemory final : public std::bad_alloc {
  public:
    OutOfMemory(double bytes, double limit)
        : message_("this needs " + gigabytes(bytes) + " of memory, and the machine has " + gigabytes(limit) +
                   ": use fewer or smaller layers, a shorter window, a smaller batch or fewer threads") {}
    const char* what() const noexcept override { return message_.c_str(); }

  private:
    static std::string gigabytes(double bytes) { return std::to_string(static_cast<int64_t>(bytes / 1e9) + 1) + " GB"; }
    const std::string message_;
};

// Bytes of memory that the machine has. The system would grant more, and end the process once they are used.
inline int64_t machine_memory() {
#if defined(_WIN32)
    MEMORYSTATUSEX status{};
    status.dwLength = sizeof(status);
    if (GlobalMemoryStatusEx(&status)) return static_cast<int64_t>(status.ullTotalPhys);
#elif defined(_SC_PHYS_PAGES) && defined(_SC_PAGESIZE)
    static const int64_t bytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    if (bytes > 0) return bytes;
#endif
    return std::numeric_limits<int64_t>::max();
}

// Bytes of all buffers that are alive.
inline std::atomic<int64_t> buffer_bytes{0};

// Throws unless there is room for `count` more items of `item_size` bytes.
inline void check_memory(double count, std::size_t item_size) {
    const double wanted = count * static_cast<double>(item_size) + static_cast<double>(buffer_bytes.load());
    const auto limit = static_cast<double>(machine_memory());
    if (!(wanted <= limit)) throw OutOfMemory(wanted, limit);
}

template <typename Real>
class Buffer {
  public:
    Buffer() = default;
    explicit Buffer(int64_t size) : size_(size) {
        check_memory(static_cast<double>(size), sizeof(Real));
        const int64_t bytes = (size > 0 ? size : 1) * static_cast<int64_t>(sizeof(Real));
        auto* data = static_cast<Real*>(::operator new(static_cast<std::size_t>(bytes), kLine));
        data_ = {data, Free{bytes}};
        buffer_bytes += bytes;
        std::memset(data, 0, static_cast<std::size_t>(bytes));
    }
    Real* data() { return data_.get(); }
    const Real* data() const { return data_.get(); }
    int64_t size() const { return size_; }

  private:
    static constexpr std::align_val_t kLine{64};
    struct Free {
        int64_t bytes = 0;
        void operator()(Real* p) const {
            buffer_bytes -= bytes;
            ::operator delete(p, kLine);
        }
    };
    std::unique_ptr<Real[], Free> data_;
    int64_t size_ = 0;
};

}  // namespace gatecast
