// How does Python talk to the core? Checked views of arrays, and one `bind_` function per topic.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#include "gatecast/origins.hpp"

namespace nb = nanobind;

using ReadArray = nb::ndarray<nb::ro, nb::device::cpu>;
using WriteArray = nb::ndarray<nb::device::cpu>;

// Throws a ValueError that names the array, unless it is C-contiguous, of this type and of this shape (-1: any length).
template <typename Real, typename Array>
void check_array(const Array& array, const char* name, std::initializer_list<int64_t> shape) {
    const std::string who = std::string("array `") + name + "` ";
    if (array.dtype() != nb::dtype<std::remove_const_t<Real>>())
        throw nb::value_error((who + "has the wrong dtype").c_str());
    if (array.ndim() != shape.size()) throw nb::value_error((who + "has the wrong number of dimensions").c_str());
    const bool empty = array.size() == 0;  // has no strides that mean anything
    int64_t expected_stride = 1;
    for (std::size_t axis = array.ndim(); axis-- > 0;) {
        const auto length = static_cast<int64_t>(array.shape(axis)), wanted = *(shape.begin() + axis);
        if (wanted >= 0 && length != wanted) throw nb::value_error((who + "has the wrong shape").c_str());
        if (!empty && length > 1 && array.stride(axis) != expected_stride)
            throw nb::value_error((who + "is not contiguous").c_str());
        expected_stride *= length;
    }
}

template <typename Real>
const Real* read(const ReadArray& array, const char* name, std::initializer_list<int64_t> shape) {
    check_array<Real>(array, name, shape);
    return static_cast<const Real*>(array.data());
}

template <typename Real>
Real* write(const WriteArray& array, const char* name, std::initializer_list<int64_t> shape) {
    check_array<Real>(array, name, shape);
    return static_cast<Real*>(array.data());
}

inline void require(bool condition, const char* message) {
    if (!condition) throw nb::value_error(message);
}

inline int checked_threads(int threads) {
    require(threads > 0, "the number of threads must be positive");
    return threads;
}

inline void check_loss(const gatecast::Shape& shape, const gatecast::LossSettings& loss) {
    require(loss.parameters() == shape.P, loss.loss == gatecast::Loss::quantile
                                              ? "the loss and the network differ in their quantiles"
                                              : "the loss and the network differ in the parameters of a step");
}

// A new NumPy array that owns its zeroed memory.
template <typename Real>
nb::ndarray<nb::numpy, Real> new_array(std::initializer_list<std::size_t> shape) {
    std::size_t size = 1;
    for (std::size_t n : shape) size *= n;
    auto* data = new Real[size > 0 ? size : 1]();
    nb::capsule owner(data, [](void* p) noexcept { delete[] static_cast<Real*>(p); });
    return nb::ndarray<nb::numpy, Real>(data, shape, owner);
}

// Handles a pending Ctrl-C; true when Python wants to stop. To be called without the GIL.
inline bool python_interrupted() {
    const nb::gil_scoped_acquire gil;
    return PyErr_CheckSignals() != 0;
}

void bind_system(nb::module_& module);
void bind_shapes(nb::module_& module);
void bind_sources(nb::module_& module);
void bind_training(nb::module_& module);
void bind_inference(nb::module_& module);
