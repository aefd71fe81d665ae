"""Attention over a prefix tree, put together from blocks of PyTorch's flash attention for CPUs.

Every segment attends to itself, causally, and all descendants of a segment attend to that segment, fully. The blocks
of one query are merged by their log-sum-exp; backwards, each block is differentiated on its own with the merged
output and log-sum-exp, which gives the exact gradient.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from trainer.heads import Heads
from trainer.prefix_tree import Segment

flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
flash_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


@dataclass(frozen=True)
class Block:
    queries: slice
    keys: slice
    causal: bool


# Queries a block: the kernel computes a causal square whole and throws half of it away, so long ones are cut in strips.
STRIP = 128


def own_blocks(start: int, end: int) -> list[Block]:
    """Causal attention of a range to itself, a strip of queries at a time with all keys before its end."""
    return [
        Block(slice(first, min(first + STRIP, end)), slice(start, min(first + STRIP, end)), True)
        for first in range(start, end, STRIP)
    ]


def blocks_of(segments: Sequence[Segment]) -> list[Block]:
    """A token's causal block comes before the full ones with its ancestors."""
    own = [block for s in segments for block in own_blocks(s.start, s.end)]
    inner = [s for s in segments if s.subtree_end > s.end]
    return own + [Block(slice(s.end, s.subtree_end), slice(s.start, s.end), False) for s in inner]


@cache
def strip_mask(reach: int) -> Tensor:
    """[STRIP, reach + STRIP], to be added to scores: a strip sees the `reach` keys before it, and itself causally."""
    return torch.cat([torch.zeros(STRIP, reach), torch.full((STRIP, STRIP), -torch.inf).triu(1)], 1)


def mask_of(block: Block) -> Tensor | None:
    """The last keys of a causal block are its own queries; None: the kernel's own mask, or none, will do."""
    rows, columns = block.queries.stop - block.queries.start, block.keys.stop - block.keys.start
    if not block.causal or rows == columns:
        return None
    before = columns - rows
    reach = 1 << before.bit_length()
    return strip_mask(reach)[:rows, reach - before : reach + rows]


def dense_mask(segments: Sequence[Segment]) -> Tensor:
    """[T, T], true where a query may see a key."""
    length = max(s.end for s in segments)
    mask = torch.zeros(length, length, dtype=torch.bool)
    for block in blocks_of(segments):
        seen = torch.ones_like(mask[block.queries, block.keys])
        before = seen.shape[1] - seen.shape[0]
        mask[block.queries, block.keys] = seen.tril(before) if block.causal else seen
    return mask


def merge(out: Tensor, lse: Tensor, part: Tensor, part_lse: Tensor) -> None:
    """Adds the answer over more keys to `out`, in place."""
    total = torch.logaddexp(lse, part_lse)
    out.mul_((lse - total).exp_().unsqueeze(-1)).addcmul_(part, (part_lse - total).exp_().unsqueeze(-1))
    lse.copy_(total)


def grouped(x: Tensor, heads: Heads) -> Tensor:
    """[T, query heads, D] as a view [key heads, group, T, D]."""
    return x.unflatten(1, (heads.keys, heads.group)).permute(1, 2, 0, 3)


def widened(x: Tensor, heads: Heads) -> Tensor:
    """[T, key heads, D] as a view [key heads, group, T, D] that repeats each head without copying it."""
    return x.transpose(0, 1).unsqueeze(1).expand(-1, heads.group, -1, -1)


class BlockKernel:
    """See `trainer.attention.Kernel`."""

    def __init__(self, segments: Sequence[Segment], heads: Heads) -> None:
        self.heads, self.blocks = heads, blocks_of(segments)

    def inputs(self, turned: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        queries, keys = turned.split([self.heads.queries, self.heads.keys], 1)
        return grouped(queries, self.heads), widened(keys, self.heads), widened(values, self.heads)

    def forward(self, turned: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        q, k, v = self.inputs(turned, values)
        out = torch.empty(turned.shape[0], self.heads.queries, self.heads.size)
        view, lse = grouped(out, self.heads), torch.empty(q.shape[:-1])
        for block in self.blocks:
            rows, columns, mask = block.queries, block.keys, mask_of(block)
            causal = block.causal and mask is None
            inputs = (q[:, :, rows], k[:, :, columns], v[:, :, columns])
            part, part_lse = flash(*inputs, is_causal=causal, attn_mask=mask)
            if block.causal:
                view[:, :, rows] = part
                lse[:, :, rows] = part_lse
            else:
                merge(view[:, :, rows], lse[:, :, rows], part, part_lse)
        return out, lse

    def backward(
        self, turned: Tensor, values: Tensor, out: Tensor, lse: Tensor, grad_out: Tensor, grad: Tensor
    ) -> None:
        q, k, v = self.inputs(turned, values)
        out, grad_out = grouped(out, self.heads), grouped(grad_out, self.heads)
        grad.zero_()
        grad_q = grouped(grad[:, : self.heads.queries], self.heads)
        grad_k, grad_v = grad[:, self.heads.queries :].transpose(0, 1).chunk(2)
        for block in self.blocks:
            rows, columns, mask = block.queries, block.keys, mask_of(block)
            causal = block.causal and mask is None
            inputs = (q[:, :, rows], k[:, :, columns], v[:, :, columns], out[:, :, rows], lse[:, :, rows])
            part_q, part_k, part_v = flash_backward(grad_out[:, :, rows], *inputs, 0.0, causal, attn_mask=mask)
            grad_q[:, :, rows] += part_q
            grad_k[:, columns] += part_k.sum(1)
            grad_v[:, columns] += part_v.sum(1)
