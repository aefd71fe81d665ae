// Products of small matrices in registers, float32, for CPUs with AVX-512.

#pragma once

#include <algorithm>
#include <cstdint>

typedef float F16 __attribute__((vector_size(64)));
typedef float U16 __attribute__((vector_size(64), aligned(4)));
typedef int32_t I16 __attribute__((vector_size(64)));

namespace {

constexpr int CHUNK = 192;  // keys whose scores are held at once

inline F16 load(const float* at) { return *reinterpret_cast<const U16*>(at); }
inline void store(float* at, F16 value) { *reinterpret_cast<U16*>(at) = value; }
inline F16 all(float value) { return F16{} + value; }

// e^x for x <= 0, to the last bit or two; far below zero it is 0.
inline F16 exponential(F16 x) {
  const F16 low = all(-87.0f);
  F16 clamped = x > low ? x : low;
  const F16 shift = all(12582912.0f);
  F16 n = clamped * 1.44269504f + shift;
  I16 exponent = ((I16)n << 23) + (127 << 23);
  n = n - shift;
  F16 r = clamped - n * 0.693359375f + n * 2.12194440e-4f;
  F16 p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  F16 result = p * (F16)exponent;
  return x > low ? result : F16{};
}

inline float sum_of(F16 value) {
  float total = 0;
  for (int i = 0; i < 16; i++) total += value[i];
  return total;
}

inline float largest_of(F16 value) {
  float largest = value[0];
  for (int i = 1; i < 16; i++) largest = std::max(largest, value[i]);
  return largest;
}

// out[m, 64 columns] = left[m, D] * right[D, 64 columns]; right's rows lie `stride` apart.
template <int D, int M>
inline void dot_block(const float* left, const float* right, int64_t stride, float* out, int64_t out_stride) {
  F16 sums[M][4] = {};
  for (int d = 0; d < D; d++) {
    const float* row = right + d * stride;
    const F16 columns[4] = {load(row), load(row + 16), load(row + 32), load(row + 48)};
#pragma GCC unroll 8
    for (int m = 0; m < M; m++) {
      const float value = left[m * D + d];
#pragma GCC unroll 4
      for (int c = 0; c < 4; c++) sums[m][c] += columns[c] * value;
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; m++)
    for (int c = 0; c < 4; c++) store(out + m * out_stride + 16 * c, sums[m][c]);
}

template <int D>
void dot_rows(const float* left, int rows, const float* right, int64_t stride, int columns, float* out) {
  for (int c = 0; c < columns; c += 64) {
    int m = 0;
    for (; m + 6 <= rows; m += 6) dot_block<D, 6>(left + m * D, right + c, stride, out + m * CHUNK + c, CHUNK);
    for (; m + 3 <= rows; m += 3) dot_block<D, 3>(left + m * D, right + c, stride, out + m * CHUNK + c, CHUNK);
    for (; m < rows; m++) dot_block<D, 1>(left + m * D, right + c, stride, out + m * CHUNK + c, CHUNK);
  }
}

// out[M, 64 of D] += sum over n of weights[m or n][..] * values[n, D]; `down`, `along`: strides of weights over m and n.
template <int D, int M>
inline void add_block(const float* weights, int64_t down, int64_t along, int count, const float* values, float* out) {
  F16 sums[M][4];
#pragma GCC unroll 8
  for (int m = 0; m < M; m++)
    for (int c = 0; c < 4; c++) sums[m][c] = load(out + m * D + 16 * c);
  for (int n = 0; n < count; n++) {
    const float* row = values + n * D;
    const F16 columns[4] = {load(row), load(row + 16), load(row + 32), load(row + 48)};
#pragma GCC unroll 8
    for (int m = 0; m < M; m++) {
      const float weight = weights[m * down + n * along];
#pragma GCC unroll 4
      for (int c = 0; c < 4; c++) sums[m][c] += columns[c] * weight;
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; m++)
    for (int c = 0; c < 4; c++) store(out + m * D + 16 * c, sums[m][c]);
}

template <int D>
void add_rows(const float* weights, int64_t down, int64_t along, int rows, int count, const float* values, float* out) {
  for (int d = 0; d < D; d += 64) {
    int m = 0;
    for (; m + 6 <= rows; m += 6) add_block<D, 6>(weights + m * down, down, along, count, values + d, out + m * D + d);
    for (; m + 3 <= rows; m += 3) add_block<D, 3>(weights + m * down, down, along, count, values + d, out + m * D + d);
    for (; m < rows; m++) add_block<D, 1>(weights + m * down, down, along, count, values + d, out + m * D + d);
  }
}

}  // namespace
