// Where do the numbers live? Zeroed arrays that start on a cache line.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

namespace gatecast {

template <typename Real>
class Buffer {
  public:
    Buffer() = default;
    explicit Buffer(int64_t size) : size_(size) {
        const auto bytes = static_cast<std::size_t>(size > 0 ? size : 1) * sizeof(Real);
        data_.reset(static_cast<Real*>(::operator new(bytes, std::align_val_t{64})));
        std::memset(data_.get(), 0, bytes);
    }
    Real* data() { return data_.get(); }
    const Real* data() const { return data_.get(); }
    int64_t size() const { return size_; }

  private:
    struct Free {
        void operator()(Real* p) const { ::operator delete(p, std::align_val_t{64}); }
    };
    std::unique_ptr<Real[], Free> data_;
    int64_t size_ = 0;
};

}  // namespace gatecast
