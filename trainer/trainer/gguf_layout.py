"""GGUF keeps the query and key rows of llama models interleaved, Hugging Face keeps them in two halves."""

import numpy


def rows_from_gguf(values: numpy.ndarray, heads: int) -> numpy.ndarray:
    """[heads * head_dim, n]: pairs (2i, 2i+1) become (i, i + head_dim/2)."""
    pairs = values.reshape(heads, values.shape[0] // heads // 2, 2, -1)
    return pairs.swapaxes(1, 2).reshape(values.shape)


def rows_to_gguf(values: numpy.ndarray, heads: int) -> numpy.ndarray:
    halves = values.reshape(heads, 2, values.shape[0] // heads // 2, -1)
    return halves.swapaxes(1, 2).reshape(values.shape)
