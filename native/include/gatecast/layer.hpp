// What must a layer be able to do? One interface, whatever stands behind it: a new kind of layer is one file in layers/
// and one line in layers.hpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <type_traits>
#include <vector>

#include "gatecast/layout.hpp"
#include "gatecast/memory.hpp"

namespace gatecast {

// What is the same for all layers while a chunk of R sequences goes through T steps.
struct Pass {
    int T, R;
    bool zero_state;                          // nothing came before the first step; else the states stand in the room
    const uint64_t* keys = nullptr;           // (R): what chance draws from in each sequence; null: no chance (dropout)
    const std::atomic<bool>* stop = nullptr;  // once true, results are of no use

    Halt halt() const {
        if (!stop) return {};
        return {[](const void* flag) {
                    return static_cast<const std::atomic<bool>*>(flag)->load(std::memory_order_relaxed);
                },
                stop};
    }
};

// Numbers of the steps [from, T): the row of step t and sequence r begins at data + ((t - from) * R + r) * ld. Rows are
// padded to ld = padded(width), but for the input of a network that begins with a layer that reaches further than
// single steps; what stands in the padding means nothing. (Two words, so that it travels in registers.)
template <typename Real>
struct Signal {
    Real* data;
    int ld;
    int from;

    Real* step(int t, int R) const { return data + int64_t{t - from} * R * ld; }
    operator Signal<const Real>() const
        requires(!std::is_const_v<Real>)
    {
        return {data, ld, from};
    }
};

// One worker's room for one layer: what the layer itself keeps between forward and backward.
template <typename Real>
struct Room {
    std::vector<Buffer<Real>> buffers;
    std::vector<Room> parts;  // rooms of the layers that this one is made of

    void add(int64_t size) {
        // room for all that any layer needs: a call of one small step is half allocations
        if (buffers.empty()) buffers.reserve(8);
        buffers.emplace_back(size);
    }
    Real* operator[](int k) { return buffers[k].data(); }
    const Real* operator[](int k) const { return buffers[k].data(); }
};

// Which steps does the output of step t depend on?
enum class Reach { step, past, all };  // t itself; those until t; those of the whole sequence

template <typename Real>
class Layer {
  public:
    virtual ~Layer() = default;

    // Room for T steps of up to R sequences. Without gradients only forward will be called.
    virtual Room<Real> make_room(int T, int R, bool gradients) const = 0;

    // Returns the outputs, which stand in the room (or are the input itself). A layer that reaches beyond single steps
    // needs inputs at all steps.
    virtual Signal<const Real> forward(Room<Real>& room, const Pass& pass, Signal<const Real> x) const = 0;

    // From dy, the gradient of the outputs of steps [dy.from, T), to dx, that of the inputs of steps [dx_from(dy.from),
    // T), unless dx.data is null. Adds the gradients of the weights to `gradient`.
    virtual void backward(Room<Real>& room, const Pass& pass, Signal<const Real> x, Signal<const Real> dy,
                          Signal<Real> dx, Real* gradient) const = 0;

    // The first step whose input gets a gradient.
    virtual int dx_from(int dy_from) const { return dy_from; }

    // Copies of the weights in the order in which the kernels read them are made in jobs that threads can share.
    // `recurrent`: also of weights that matter from the second step on; `input`: also what only dx needs.
    virtual int pack_jobs() const { return 0; }
    virtual void pack(int /*job*/, const Real* /*weights*/, bool /*recurrent*/, bool /*input*/) {}

    // Numbers kept of each sequence between steps, and how they are read, set and moved.
    virtual int state_size() const { return 0; }
    virtual void load_state(Room<Real>&, int /*R*/, int /*r*/, const Real* /*from*/) const {}
    virtual void store_state(const Room<Real>&, int /*R*/, int /*r*/, Real* /*to*/) const {}
    virtual void carry_state(Room<Real>&, int /*T*/, int /*R*/) const {}  // the last states become the first
    virtual void keep_rows(Room<Real>&, int /*R*/, int /*n*/) const {}    // sequences n and above are over

    // What a recurrent layer did in step t of sequence r of the forward pass before: gates and states, in one row.
    virtual int trace_size() const { return 0; }
    virtual void trace(const Room<Real>&, const Pass&, int /*t*/, int /*r*/, Real* /*to*/) const {}

    const int inputs, outputs;

  protected:
    Layer(int inputs, int outputs) : inputs(inputs), outputs(outputs) {}
};

// Room for a packed matrix of n columns.
inline int64_t packed_columns(int n) { return 16 * int64_t{(n + 15) / 16}; }

}  // namespace gatecast
