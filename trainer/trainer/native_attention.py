"""Attention over a prefix tree by the kernel of native/tree_attention.cpp."""

import ctypes
from collections.abc import Sequence

import torch
from torch import Tensor

from trainer.heads import Heads
from trainer.native import address, count
from trainer.prefix_tree import Segment

# Numbers a head that the kernel knows.
SIZES = (64, 128)
# Queries that are computed together.
TILE = 48


class Problem(ctypes.Structure):
    """As in the C++ file; lengths in floats."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("tokens", "query_heads", "key_heads")),
        *((name, ctypes.c_void_p) for name in ("queries", "keys", "values")),
        *((name, ctypes.c_int64) for name in ("query_stride", "key_stride", "value_stride", "tiles")),
        *((name, ctypes.c_void_p) for name in ("tile_bounds", "range_starts", "ranges")),
        ("scale", ctypes.c_float),
    )


def tiles_of(segments: Sequence[Segment]) -> tuple[Tensor, Tensor, Tensor]:
    """Tiles [n, 3] (first and end query, first token seen causally), where each one's ranges begin, the ranges."""
    bounds, starts, ranges = [], [0], []
    path: list[Segment] = []
    for segment in segments:
        while path and path[-1].subtree_end <= segment.start:
            path.pop()
        for first in range(segment.start, segment.end, TILE):
            bounds.append((first, min(first + TILE, segment.end), segment.start))
            ranges += [(above.start, above.end) for above in path]
            starts.append(len(ranges))
        path.append(segment)
    return torch.tensor(bounds), torch.tensor(starts), torch.tensor(ranges, dtype=torch.int64)


def check(code: int) -> None:
    """As the C++ file says what went wrong."""
    if code == 2:
        raise MemoryError("There is not enough memory for the attention's buffers.")
    if code != 0:
        raise ValueError(f"The attention kernel answered {code}.")


class NativeKernel:
    """See `trainer.attention.Kernel`."""

    def __init__(self, library: ctypes.CDLL, segments: Sequence[Segment], heads: Heads) -> None:
        self.library, self.heads = library, heads
        self.tiles = tiles_of(segments)

    def problem(self, turned: Tensor, values: Tensor) -> Problem:
        queries, keys = turned.split([self.heads.queries, self.heads.keys], 1)
        bounds, starts, ranges = self.tiles
        pointers = [tensor.data_ptr() for tensor in (queries, keys, values)]
        strides = [tensor.stride(0) for tensor in (queries, keys, values)]
        tables = [tensor.data_ptr() for tensor in (bounds, starts, ranges)]
        shape = (turned.shape[0], self.heads.queries, self.heads.keys)
        return Problem(*shape, *pointers, *strides, len(bounds), *tables, self.heads.size**-0.5)

    def forward(self, turned: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        out = torch.empty(turned.shape[0], self.heads.queries, self.heads.size)
        lse = torch.empty(turned.shape[0], self.heads.queries)
        problem = ctypes.byref(self.problem(turned, values))
        sizes = (count(self.heads.size), address(out), address(lse))
        check(self.library.tree_attention_forward(problem, *sizes, torch.get_num_threads()))
        return out, lse

    def backward(
        self, turned: Tensor, values: Tensor, out: Tensor, lse: Tensor, grad_out: Tensor, grad: Tensor
    ) -> None:
        grad_q = torch.empty_like(out)
        grad_k, grad_v = grad[:, self.heads.queries :].chunk(2, 1)
        problem = ctypes.byref(self.problem(turned, values))
        tensors = (out, lse, grad_out.contiguous(), grad_q, grad_k, grad_v)
        arguments = (count(self.heads.size), *map(address, tensors), count(grad.stride(0)))
        check(self.library.tree_attention_backward(problem, *arguments, torch.get_num_threads()))
        grad[:, : self.heads.queries] = grad_q
