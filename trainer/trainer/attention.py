"""Attention over a prefix tree, registered with Transformers under the name "prefix_tree".

On a CPU it is put together from blocks of PyTorch's flash attention: every segment with itself, causally, and all
descendants of a segment with that segment, fully. The blocks of one query are merged by their log-sum-exp; backwards,
each block is differentiated on its own with the merged output and log-sum-exp, which gives the exact gradient.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface

from trainer.prefix_tree import Segment

NAME = "prefix_tree"
flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
flash_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward

Block = tuple[slice, slice, bool]


def blocks_of(segments: Sequence[Segment]) -> list[Block]:
    """(queries, keys, causal); a segment's own block comes before those with its ancestors."""
    own = [(slice(s.start, s.end), slice(s.start, s.end), True) for s in segments]
    inner = [s for s in segments if s.subtree_end > s.end]
    return own + [(slice(s.end, s.subtree_end), slice(s.start, s.end), False) for s in inner]


def merge(out: Tensor, lse: Tensor, part: Tensor, part_lse: Tensor) -> None:
    """Adds the answer over more keys to `out`, in place."""
    total = torch.logaddexp(lse, part_lse)
    out.mul_((lse - total).exp_().unsqueeze(-1)).addcmul_(part, (part_lse - total).exp_().unsqueeze(-1))
    lse.copy_(total)


class TreeAttention(torch.autograd.Function):
    """q [kv heads, group, T, D], k and v [kv heads, T, D]; keys and values are never copied for their group."""

    @staticmethod
    def forward(ctx, q: Tensor, k: Tensor, v: Tensor, blocks: Sequence[Block], scale: float) -> Tensor:
        heads, group, length, size = q.shape
        # Laid out as the output projection reads it: [T, heads * D].
        out = q.new_empty(length, heads, group, size).permute(1, 2, 0, 3)
        lse = q.new_empty(length, heads, group).permute(1, 2, 0)
        wide_k, wide_v = (x.unsqueeze(1).expand(heads, group, length, size) for x in (k, v))
        for queries, keys, causal in blocks:
            part, part_lse = flash(
                q[:, :, queries], wide_k[:, :, keys], wide_v[:, :, keys], is_causal=causal, scale=scale
            )
            if causal:
                out[:, :, queries] = part
                lse[:, :, queries] = part_lse
            else:
                merge(out[:, :, queries], lse[:, :, queries], part, part_lse)
        ctx.save_for_backward(q, k, v, out, lse)
        ctx.blocks, ctx.scale = blocks, scale
        return out

    @staticmethod
    def backward(ctx, grad_out: Tensor):
        q, k, v, out, lse = ctx.saved_tensors
        heads, group, length, size = q.shape
        wide_k, wide_v = (x.unsqueeze(1).expand(heads, group, length, size) for x in (k, v))
        grad_q, grad_k, grad_v = (torch.zeros_like(x, memory_format=torch.contiguous_format) for x in (q, k, v))
        for queries, keys, causal in ctx.blocks:
            part_q, part_k, part_v = flash_backward(
                grad_out[:, :, queries],
                q[:, :, queries],
                wide_k[:, :, keys],
                wide_v[:, :, keys],
                out[:, :, queries],
                lse[:, :, queries],
                0.0,
                causal,
                scale=ctx.scale,
            )
            grad_q[:, :, queries] += part_q
            grad_k[:, keys] += part_k.sum(1)
            grad_v[:, keys] += part_v.sum(1)
        return grad_q, grad_k, grad_v, None, None


def dense_mask(segments: Sequence[Segment], device: torch.device) -> Tensor:
    """[T, T], true where a query may see a key."""
    length = max(s.end for s in segments)
    mask = torch.zeros(length, length, dtype=torch.bool, device=device)
    for queries, keys, causal in blocks_of(segments):
        mask[queries, keys] = True
        if causal:
            mask[queries, keys] = mask[queries, keys].tril()
    return mask


def tree_attention(module, query: Tensor, key: Tensor, value: Tensor, attention_mask, scaling: float, tree, **_):
    """query [1, heads, T, D], key and value [1, kv heads, T, D]; gives [1, T, heads, D]."""
    if tree.mask is not None:
        out = torch.nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=tree.mask, scale=scaling, enable_gqa=True
        )
        return out.transpose(1, 2), None
    grouped = query[0].unflatten(0, (key.shape[1], -1))
    out = TreeAttention.apply(grouped, key[0], value[0], tree.blocks, scaling)
    return out.flatten(0, 1).transpose(0, 1).unsqueeze(0), None


def register() -> None:
    AttentionInterface.register(NAME, tree_attention)
    # The tree is the mask; Transformers would build a [T, T] one otherwise.
    AttentionMaskInterface.register(NAME, lambda *_, **__: None)
