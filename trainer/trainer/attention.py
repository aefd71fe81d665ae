"""Attention over a prefix tree as one differentiable step: positions applied, then one of two kernels.

The native kernel runs where a compiler and AVX-512 exist, PyTorch's own blocks elsewhere; both give the same numbers.
"""

from collections.abc import Sequence
from ctypes import CDLL
from typing import Protocol

import torch
from torch import Tensor

from trainer.block_attention import BlockKernel
from trainer.heads import Heads
from trainer.kernels import rotate, rotate_back
from trainer.native import find_library
from trainer.native_attention import SIZES, NativeKernel
from trainer.prefix_tree import Segment


class Kernel(Protocol):
    """Made for one tree. turned [T, query + key heads, D]: queries, keys; values [T, key heads, D]."""

    heads: Heads

    def forward(self, turned: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """[T, query heads, D], and the log-sum-exp of the scores in a shape of the kernel's own."""
        ...

    def backward(
        self, turned: Tensor, values: Tensor, out: Tensor, lse: Tensor, grad_out: Tensor, grad: Tensor
    ) -> None:
        """Fills `grad` [T, query + 2 key heads, D]: of queries, keys, values."""
        ...


def native_library(heads: Heads) -> CDLL | None:
    return find_library() if heads.size in SIZES else None


def kernel_for(segments: Sequence[Segment], heads: Heads) -> Kernel:
    library = native_library(heads)
    return BlockKernel(segments, heads) if library is None else NativeKernel(library, segments, heads)


class TreeAttention(torch.autograd.Function):
    """qkv [T, (query heads + 2 key heads) * D] before its positions are applied; gives [T, query heads * D].

    cos and sin are [T, 1, D / 2].
    """

    @staticmethod
    def forward(ctx, qkv: Tensor, cos: Tensor, sin: Tensor, kernel: Kernel) -> Tensor:
        parts = qkv.view(qkv.shape[0], -1, kernel.heads.size)
        turned, values = rotate(parts[:, : -kernel.heads.keys], cos, sin), parts[:, -kernel.heads.keys :]
        out, lse = kernel.forward(turned, values)
        ctx.save_for_backward(turned, qkv, out, lse, cos, sin)
        ctx.kernel = kernel
        return out.flatten(1)

    @staticmethod
    def backward(ctx, grad_out: Tensor):
        turned, qkv, out, lse, cos, sin = ctx.saved_tensors
        kernel, keys = ctx.kernel, ctx.kernel.heads.keys
        parts = qkv.view(qkv.shape[0], -1, kernel.heads.size)
        grad = torch.empty_like(parts)
        kernel.backward(turned, parts[:, -keys:], out, lse, grad_out.reshape(out.shape), grad)
        rotate_back(grad[:, :-keys], cos, sin)
        return grad.flatten(1), None, None, None
