// The elementwise arithmetic of a decoder layer, a row at a time: each number is read once and written once.

#include <cmath>
#include <cstdint>

#include "products.h"

namespace {

// 1 / (1 + e^-x).
inline F16 sigmoid(F16 x) {
  const F16 e = exponential(x < F16{} ? x : -x);
  return (x < F16{} ? e : all(1.0f)) / (all(1.0f) + e);
}

}  // namespace

extern "C" {

// gate_up [rows, 2 * width], gates first; out [rows, width]. `width` divides by 16.
void swiglu_forward(const float* gate_up, float* out, int64_t rows, int64_t width, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t row = 0; row < rows; row++) {
    const float* gates = gate_up + row * 2 * width;
    for (int64_t i = 0; i < width; i += 16) {
      const F16 gate = load(gates + i);
      store(out + row * width + i, gate * sigmoid(gate) * load(gates + width + i));
    }
  }
}

// grad [rows, width] becomes grad_gate_up [rows, 2 * width].
void swiglu_backward(const float* gate_up, const float* grad, float* grad_gate_up, int64_t rows, int64_t width,
                     int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t row = 0; row < rows; row++) {
    const float* gates = gate_up + row * 2 * width;
    float* grads = grad_gate_up + row * 2 * width;
    for (int64_t i = 0; i < width; i += 16) {
      const F16 gate = load(gates + i), up = load(gates + width + i), slope = load(grad + row * width + i);
      const F16 share = sigmoid(gate);
      store(grads + i, slope * up * share * (all(1.0f) + gate * (all(1.0f) - share)));
      store(grads + width + i, slope * gate * share);
    }
  }
}

// x and out [rows, width], gain [width]; inverses [rows]: 1 / the root of a row's mean square.
void rms_norm_forward(const float* x, const float* gain, float epsilon, float* out, float* inverses, int64_t rows,
                      int64_t width, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t row = 0; row < rows; row++) {
    const float* from = x + row * width;
    F16 squares = F16{};
    for (int64_t i = 0; i < width; i += 16) squares += load(from + i) * load(from + i);
    const float inverse = 1.0f / std::sqrt(sum_of(squares) / width + epsilon);
    inverses[row] = inverse;
    for (int64_t i = 0; i < width; i += 16) store(out + row * width + i, load(from + i) * inverse * load(gain + i));
  }
}

void rms_norm_backward(const float* grad, const float* x, const float* gain, const float* inverses, float* grad_x,
                       int64_t rows, int64_t width, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t row = 0; row < rows; row++) {
    const float *slopes = grad + row * width, *from = x + row * width;
    F16 along = F16{};
    for (int64_t i = 0; i < width; i += 16) along += load(slopes + i) * load(gain + i) * load(from + i);
    const float inverse = inverses[row];
    const float back = sum_of(along) * inverse * inverse * inverse / width;
    for (int64_t i = 0; i < width; i += 16)
      store(grad_x + row * width + i, load(slopes + i) * load(gain + i) * inverse - load(from + i) * back);
  }
}

// from [tokens, heads, 2 * half], rows `stride` floats apart, turned by cos and sin [tokens, half] into out, whose rows
// lie `out_stride` apart and which may be `from`. `direction` -1 turns back. `half` divides by 16.
void rotate_heads(const float* from, int64_t stride, const float* cos, const float* sin, float* out, int64_t out_stride,
                  int64_t tokens, int64_t heads, int64_t half, float direction, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t token = 0; token < tokens; token++)
    for (int64_t head = 0; head < heads; head++)
      for (int64_t i = 0; i < half; i += 16) {
        const float* at = from + token * stride + head * 2 * half + i;
        float* to = out + token * out_stride + head * 2 * half + i;
        const F16 low = load(at), high = load(at + half);
        const F16 c = load(cos + token * half + i), s = load(sin + token * half + i) * direction;
        store(to, low * c - high * s);
        store(to + half, high * c + low * s);
      }
}
}
