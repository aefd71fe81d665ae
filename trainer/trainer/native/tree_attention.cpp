// Attention over a prefix tree for CPUs with AVX-512: float32, heads of 64 or 128, grouped queries.
//
// Queries come in tiles; each tile sees a list of key ranges whole, and its own tokens causally. Products run on
// register blocks; scores live in a buffer that stays in the cache. What a thread adds to the gradients of keys and
// values goes to a buffer of its own, and the buffers are added in a fixed order, so the same call gives the same bits.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#include "products.h"

namespace {

struct Problem {
  int64_t tokens, query_heads, key_heads;
  const float *queries, *keys, *values;  // [T, heads, D]; rows `*_stride` floats apart
  int64_t query_stride, key_stride, value_stride;
  int64_t tiles;
  const int64_t* tile_bounds;   // [tiles, 3]: first and end of its queries, first token that it sees causally
  const int64_t* range_starts;  // [tiles + 1]: where its ranges begin in `ranges`
  const int64_t* ranges;        // [.., 2]: first and end of keys that every query of the tile sees
  float scale;
};

int64_t padded(int64_t tokens) { return (tokens + 63) / 64 * 64 + 64; }

// One key head, laid out for the products: keys and values as rows, and turned with tokens along the columns.
template <int D>
struct Head {
  std::vector<float> keys, values, turned_keys, turned_values;
  int64_t columns;

  Head(const Problem& p, int64_t head, bool backward, int threads) : columns(padded(p.tokens)) {
    keys.resize(backward ? p.tokens * D : 0);
    values.resize(p.tokens * D);
    turned_keys.assign(columns * D, 0.0f);
    turned_values.assign(backward ? columns * D : 0, 0.0f);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t t = 0; t < p.tokens; t++) {
      const float* key = p.keys + t * p.key_stride + head * D;
      const float* value = p.values + t * p.value_stride + head * D;
      std::memcpy(&values[t * D], value, D * sizeof(float));
      for (int d = 0; d < D; d++) turned_keys[d * columns + t] = key[d];
      if (!backward) continue;
      std::memcpy(&keys[t * D], key, D * sizeof(float));
      for (int d = 0; d < D; d++) turned_values[d * columns + t] = value[d];
    }
  }
};

// The queries of a tile, all heads of one group: row (query - first) * group + head.
struct Tile {
  int64_t first, end, causal_from;
  const int64_t *range, *last_range;
  int group, rows;

  Tile(const Problem& p, int64_t index)
      : first(p.tile_bounds[3 * index]), end(p.tile_bounds[3 * index + 1]), causal_from(p.tile_bounds[3 * index + 2]),
        range(p.ranges + 2 * p.range_starts[index]), last_range(p.ranges + 2 * p.range_starts[index + 1]),
        group(int(p.query_heads / p.key_heads)), rows(int((end - first) * group)) {}

  // Calls with (first key, number of keys, may be causal) for chunks of all keys that the tile sees.
  template <class Use>
  void each_chunk(Use use) const {
    for (const int64_t* r = range; r < last_range; r += 2)
      for (int64_t k = r[0]; k < r[1]; k += CHUNK) use(k, int(std::min<int64_t>(CHUNK, r[1] - k)));
    for (int64_t k = causal_from; k < end; k += CHUNK) use(k, int(std::min<int64_t>(CHUNK, end - k)));
  }

  // How many of the `count` keys from `key` on the row's query sees.
  int seen(int row, int64_t key, int count) const {
    const int64_t query = first + row / group;
    return key < causal_from ? count : int(std::clamp<int64_t>(query + 1 - key, 0, count));
  }
};

template <int D>
void gather(const float* from, int64_t stride, int64_t head, const Tile& tile, float scale, float* out) {
  for (int row = 0; row < tile.rows; row++) {
    const float* source = from + (tile.first + row / tile.group) * stride + (head * tile.group + row % tile.group) * D;
    for (int d = 0; d < D; d += 16) store(out + row * D + d, load(source + d) * scale);
  }
}

template <int D>
void forward_tile(const Problem& p, const Head<D>& keys, int64_t head, const Tile& tile, float* out, float* log_sums, float* work) {
  float* queries = work;
  float* sums = queries + tile.rows * D;
  float* scores = sums + tile.rows * D;
  std::vector<float> highest(tile.rows, -INFINITY), totals(tile.rows, 0.0f);
  gather<D>(p.queries, p.query_stride, head, tile, p.scale, queries);
  std::fill(sums, sums + tile.rows * D, 0.0f);
  tile.each_chunk([&](int64_t key, int count) {
    dot_rows<D>(queries, tile.rows, &keys.turned_keys[key], keys.columns, count, scores);
    const int wide = (count + 15) / 16 * 16;
    for (int row = 0; row < tile.rows; row++) {
      float* s = scores + row * CHUNK;
      for (int n = tile.seen(row, key, count); n < wide; n++) s[n] = -INFINITY;
      F16 most = load(s);
      for (int n = 16; n < wide; n += 16) {
        F16 next = load(s + n);
        most = next > most ? next : most;
      }
      const float top = std::max(highest[row], largest_of(most));
      if (top == -INFINITY) {
        std::fill(s, s + wide, 0.0f);
        continue;
      }
      const float shrink = std::exp(highest[row] - top);
      F16 total = F16{};
      for (int n = 0; n < wide; n += 16) {
        F16 share = exponential(load(s + n) - top);
        store(s + n, share);
        total += share;
      }
      totals[row] = totals[row] * shrink + sum_of(total);
      highest[row] = top;
      if (shrink != 1.0f)
        for (int d = 0; d < D; d += 16) store(sums + row * D + d, load(sums + row * D + d) * shrink);
    }
    add_rows<D>(scores, CHUNK, 1, tile.rows, count, &keys.values[key * D], sums);
  });
  for (int row = 0; row < tile.rows; row++) {
    const int64_t place = (tile.first + row / tile.group) * p.query_heads + head * tile.group + row % tile.group;
    log_sums[place] = highest[row] + std::log(totals[row]);
    for (int d = 0; d < D; d += 16) store(out + place * D + d, load(sums + row * D + d) / totals[row]);
  }
}

template <int D>
void backward_tile(const Problem& p, const Head<D>& keys, int64_t head, const Tile& tile, const float* out,
                   const float* log_sums, const float* grad_out, float* grad_queries, float* grad_keys,
                   float* grad_values, float* work) {
  float* queries = work;
  float* grads = queries + tile.rows * D;
  float* sums = grads + tile.rows * D;
  float* shares = sums + tile.rows * D;
  float* slopes = shares + tile.rows * CHUNK;
  std::vector<float> log_sum(tile.rows), delta(tile.rows);
  gather<D>(p.queries, p.query_stride, head, tile, p.scale, queries);
  gather<D>(grad_out, p.query_heads * D, head, tile, 1.0f, grads);
  gather<D>(out, p.query_heads * D, head, tile, 1.0f, sums);
  for (int row = 0; row < tile.rows; row++) {
    log_sum[row] = log_sums[(tile.first + row / tile.group) * p.query_heads + head * tile.group + row % tile.group];
    F16 along = F16{};
    for (int d = 0; d < D; d += 16) along += load(sums + row * D + d) * load(grads + row * D + d);
    delta[row] = sum_of(along);
  }
  std::fill(sums, sums + tile.rows * D, 0.0f);
  tile.each_chunk([&](int64_t key, int count) {
    dot_rows<D>(queries, tile.rows, &keys.turned_keys[key], keys.columns, count, shares);
    dot_rows<D>(grads, tile.rows, &keys.turned_values[key], keys.columns, count, slopes);
    const int wide = (count + 15) / 16 * 16;
    for (int row = 0; row < tile.rows; row++) {
      float *share = shares + row * CHUNK, *slope = slopes + row * CHUNK;
      for (int n = tile.seen(row, key, count); n < wide; n++) share[n] = -INFINITY;
      for (int n = 0; n < wide; n += 16) {
        F16 e = exponential(load(share + n) - log_sum[row]);
        store(share + n, e);
        store(slope + n, e * (load(slope + n) - delta[row]));
      }
    }
    add_rows<D>(slopes, CHUNK, 1, tile.rows, count, &keys.keys[key * D], sums);
    add_rows<D>(shares, 1, CHUNK, count, tile.rows, grads, grad_values + key * D);
    add_rows<D>(slopes, 1, CHUNK, count, tile.rows, queries, grad_keys + key * D);
  });
  for (int row = 0; row < tile.rows; row++) {
    float* place = grad_queries + ((tile.first + row / tile.group) * p.query_heads + head * tile.group + row % tile.group) * D;
    for (int d = 0; d < D; d += 16) store(place + d, load(sums + row * D + d) * p.scale);
  }
}

int64_t cost_of(const Tile& tile) {
  int64_t keys = 0;
  tile.each_chunk([&](int64_t, int count) { keys += count + 24; });
  return keys * tile.rows;
}

// Tiles by thread: each thread a run of neighbours of about the same cost.
std::vector<int64_t> shares_of(const Problem& p, int threads) {
  std::vector<int64_t> costs(p.tiles + 1, 0), bounds(threads + 1, p.tiles);
  for (int64_t i = 0; i < p.tiles; i++) costs[i + 1] = costs[i] + cost_of(Tile(p, i));
  for (int t = 0; t < threads; t++)
    bounds[t] = std::lower_bound(costs.begin(), costs.end(), costs[p.tiles] * t / threads) - costs.begin();
  return bounds;
}

int64_t most_rows(const Problem& p) {
  int64_t most = 0;
  for (int64_t i = 0; i < p.tiles; i++) most = std::max<int64_t>(most, Tile(p, i).rows);
  return most;
}

template <int D>
void forward(const Problem& p, float* out, float* log_sums, int threads) {
  const std::vector<int64_t> bounds = shares_of(p, threads);
  const int64_t rows = most_rows(p);
  // Not in the parallel part: an exception must not leave it.
  std::vector<std::vector<float>> work(threads, std::vector<float>(rows * (2 * D + CHUNK) + 64));
  for (int64_t head = 0; head < p.key_heads; head++) {
    const Head<D> keys(p, head, false, threads);
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; t++) {
      for (int64_t i = bounds[t]; i < bounds[t + 1]; i++)
        forward_tile<D>(p, keys, head, Tile(p, i), out, log_sums, work[t].data());
    }
  }
}

template <int D>
void backward(const Problem& p, const float* out, const float* log_sums, const float* grad_out, float* grad_queries,
              float* grad_keys, float* grad_values, int64_t grad_stride, int threads) {
  const std::vector<int64_t> bounds = shares_of(p, threads);
  const int64_t rows = most_rows(p);
  std::vector<float> added(2 * threads * p.tokens * D);
  std::vector<std::vector<float>> work(threads, std::vector<float>(rows * (3 * D + 2 * CHUNK) + 64));
  for (int64_t head = 0; head < p.key_heads; head++) {
    const Head<D> keys(p, head, true, threads);
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; t++) {
      float* own_keys = &added[2 * t * p.tokens * D];
      float* own_values = own_keys + p.tokens * D;
      std::fill(own_keys, own_keys + 2 * p.tokens * D, 0.0f);
      for (int64_t i = bounds[t]; i < bounds[t + 1]; i++)
        backward_tile<D>(p, keys, head, Tile(p, i), out, log_sums, grad_out, grad_queries, own_keys, own_values, work[t].data());
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t token = 0; token < p.tokens; token++)
      for (int d = 0; d < D; d += 16) {
        F16 key = F16{}, value = F16{};
        for (int t = 0; t < threads; t++) {
          key += load(&added[(2 * t * p.tokens + token) * D + d]);
          value += load(&added[((2 * t + 1) * p.tokens + token) * D + d]);
        }
        store(grad_keys + token * grad_stride + head * D + d, key);
        store(grad_values + token * grad_stride + head * D + d, value);
      }
  }
}

}  // namespace

extern "C" {

// out [T, query heads, D], log_sums [T, query heads]. 0: done; 1: heads of `size` are not known; 2: no memory for it.
int tree_attention_forward(const Problem* p, int64_t size, float* out, float* log_sums, int threads) try {
  if (size == 64) forward<64>(*p, out, log_sums, threads);
  else if (size == 128) forward<128>(*p, out, log_sums, threads);
  else return 1;
  return 0;
} catch (const std::bad_alloc&) {
  return 2;
}

// grad_out and grad_queries [T, query heads, D]; grad_keys and grad_values have rows `grad_stride` floats apart.
int tree_attention_backward(const Problem* p, int64_t size, const float* out, const float* log_sums,
                            const float* grad_out, float* grad_queries, float* grad_keys, float* grad_values,
                            int64_t grad_stride, int threads) try {
  if (size == 64) backward<64>(*p, out, log_sums, grad_out, grad_queries, grad_keys, grad_values, grad_stride, threads);
  else if (size == 128) backward<128>(*p, out, log_sums, grad_out, grad_queries, grad_keys, grad_values, grad_stride, threads);
  else return 1;
  return 0;
} catch (const std::bad_alloc&) {
  return 2;
}
}
