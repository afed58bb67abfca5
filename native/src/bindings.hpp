// How does Python talk to the core? Checked views of arrays, and one `bind_` function per topic.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "gatecast/memory.hpp"
#include "gatecast/origins.hpp"

namespace nb = nanobind;
using namespace nb::literals;

using ReadArray = nb::ndarray<nb::ro, nb::device::cpu>;
using WriteArray = nb::ndarray<nb::device::cpu>;

// Throws a ValueError that says all of `parts`, unless the condition holds.
template <typename... Parts>
void require(bool condition, const Parts&... parts) {
    if (condition) return;
    std::ostringstream message;
    (message << ... << parts);
    throw nb::value_error(message.str().c_str());
}

// Bounds of sizes, under which no product of two or three of them overflows; what is too large for the machine is
// refused where the memory is taken.
constexpr int kMaxWidth = 1 << 20, kMaxOutputs = 1 << 22, kMaxLayers = 1 << 10, kMaxStates = 1 << 24;
constexpr int kMaxPoints = 1 << 30, kMaxSteps = 1 << 26, kMaxBatch = 1 << 24, kMaxThreads = 1 << 12;

template <typename Number>
void require_between(const char* name, Number value, Number least, Number most) {
    // written so that NaN fails
    require(value >= least && value <= most, "`", name, "` must be between ", least, " and ", most, ", got ", value);
}

template <typename Number>
Number least(const char* name, Number value, Number bound) {
    require(value >= bound, "`", name, "` must be at least ", bound, ", got ", value);
    return value;
}

template <typename Real>
constexpr const char* type_name() {
    if (std::is_same_v<Real, float>) return "float32";
    if (std::is_same_v<Real, double>) return "float64";
    return std::is_same_v<Real, int32_t> ? "int32" : "int64";
}

inline std::string type_name(nb::dlpack::dtype type) {
    const char* kinds[] = {"int", "uint", "float"};
    return (type.code < 3 ? kinds[type.code] : "another type of ") + std::to_string(type.bits);
}

// A shape as Python writes it; -1 stands for any length.
template <typename Length>
std::string shape_text(std::size_t dimensions, const Length& length) {
    std::ostringstream text;
    text << "(";
    for (std::size_t axis = 0; axis < dimensions; ++axis) {
        const int64_t n = length(axis);
        text << (axis ? ", " : "");
        n < 0 ? text << "any" : text << n;
    }
    text << (dimensions == 1 ? ",)" : ")");
    return text.str();
}

template <typename Array>
bool is_contiguous(const Array& array) {
    if (array.size() == 0) return true;  // strides mean nothing
    int64_t expected = 1;
    for (std::size_t axis = array.ndim(); axis-- > 0;) {
        if (array.shape(axis) > 1 && array.stride(axis) != expected) return false;
        expected *= static_cast<int64_t>(array.shape(axis));
    }
    return true;
}

// Throws a ValueError that names the array, unless it is C-contiguous, of this type and of this shape (-1: any length).
template <typename Real, typename Array>
void check_array(const Array& array, const char* name, std::initializer_list<int64_t> shape) {
    using Item = std::remove_const_t<Real>;
    if (array.dtype() != nb::dtype<Item>()) {
        require(false, "array `", name, "` has the wrong dtype: expected ", type_name<Item>(), ", got ",
                type_name(array.dtype()));
    }
    bool fits = array.ndim() == shape.size();
    for (std::size_t axis = 0; fits && axis < shape.size(); ++axis) {
        const int64_t wanted = shape.begin()[axis];
        fits = wanted < 0 || static_cast<int64_t>(array.shape(axis)) == wanted;
    }
    const auto expected = [&](std::size_t axis) { return shape.begin()[axis]; };
    const auto given = [&](std::size_t axis) { return static_cast<int64_t>(array.shape(axis)); };
    if (!fits) {
        require(false, "array `", name, "` has the wrong shape: expected ", shape_text(shape.size(), expected),
                ", got ", shape_text(array.ndim(), given));
    }
    require(is_contiguous(array), "array `", name, "` is not C-contiguous: pass numpy.ascontiguousarray(", name, ")");
}

template <typename Real>
const Real* read(const ReadArray& array, const char* name, std::initializer_list<int64_t> shape) {
    check_array<Real>(array, name, shape);
    return static_cast<const Real*>(array.data());
}

// What each target counts: finite numbers that are not negative, or an array of no length (null) for all the same.
template <typename Real>
const Real* read_target_weights(const ReadArray& array, std::initializer_list<int64_t> shape) {
    const bool absent = array.ndim() == 1 && array.size() == 0;
    const Real* weights =
        absent ? read<Real>(array, "target_weights", {0}) : read<Real>(array, "target_weights", shape);
    for (std::size_t i = 0; i < array.size(); ++i) {
        require(std::isfinite(weights[i]) && weights[i] >= 0,
                "array `target_weights` must be finite and not negative, ", "got ", weights[i]);
    }
    return absent ? nullptr : weights;
}

template <typename Real>
Real* write(const WriteArray& array, const char* name, std::initializer_list<int64_t> shape) {
    check_array<Real>(array, name, shape);
    return static_cast<Real*>(array.data());
}

inline int checked_threads(int threads) {
    require_between("n_threads", threads, 1, kMaxThreads);
    return threads;
}

inline void check_loss(const gatecast::Shape& shape, const gatecast::LossSettings& loss) {
    require(loss.parameters() == shape.P, "the loss and the network differ in the ",
            loss.loss == gatecast::Loss::quantile ? "quantiles" : "parameters", " of a step: ", loss.parameters(),
            " and ", shape.P);
}

// A new NumPy array that owns its zeroed memory.
template <typename Real>
nb::ndarray<nb::numpy, Real> new_array(std::initializer_list<std::size_t> shape) {
    double count = 1.0;
    std::size_t size = 1;
    for (std::size_t n : shape) {
        count *= static_cast<double>(n);
        size *= n;
    }
    gatecast::check_memory(count, sizeof(Real));
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
