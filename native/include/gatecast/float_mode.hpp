// What happens to numbers that are too small for normal precision? In the core they become zero.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include <cstdint>

namespace gatecast {

// Flushes subnormal numbers to zero in this thread until the end of the scope. Gradients that fade over hundreds of
// steps end there, and the processor takes a hundred times as long for them. Every thread that computes holds one, the
// caller's too, so that a result does not depend on who computed it.
class FlushToZero {
  public:
    FlushToZero() : before_(read()) { write(before_ | kFlush); }
    ~FlushToZero() { write(before_); }
    FlushToZero(const FlushToZero&) = delete;
    FlushToZero& operator=(const FlushToZero&) = delete;

  private:
#if defined(__SSE2__)
    using Word = unsigned int;
    static constexpr Word kFlush = 0x8040;  // results (FTZ) and operands (DAZ)
    static Word read() { return _mm_getcsr(); }
    static void write(Word word) { _mm_setcsr(word); }
#elif defined(__aarch64__)
    using Word = uint64_t;
    static constexpr Word kFlush = Word{1} << 24;  // FPCR.FZ
    static Word read() {
        Word word;
        asm volatile("mrs %0, fpcr" : "=r"(word));
        return word;
    }
    static void write(Word word) { asm volatile("msr fpcr, %0" : : "r"(word)); }
#else
    using Word = unsigned int;
    static constexpr Word kFlush = 0;
    static Word read() { return 0; }
    static void write(Word) {}
#endif

    const Word before_;
};

}  // namespace gatecast
