"""Attention over a prefix tree as FlexAttention, inside Transformers' own layers.

A key is seen by the tokens from itself to the end of its segment's subtree: one number a token is the whole mask.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import torch
from peft import PeftModel
from torch import Tensor, nn
from torch.nn.attention.flex_attention import BlockMask, flex_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from trainer.prefix_tree import PrefixTree, Segment

NAME = "prefix_tree"
# FlexAttention's own size of a block.
BLOCK = 128
# A dimension of size one is compiled as a case of its own.
LEAST_BLOCKS = 2


def padded(tree: PrefixTree) -> PrefixTree:
    """To whole blocks, or every length would be a shape of its own. The padding is a segment that no other sees."""
    length = len(tree.tokens)
    end = max(LEAST_BLOCKS, -(-length // BLOCK)) * BLOCK
    if end == length:
        return tree
    return replace(
        tree,
        tokens=tree.tokens + [0] * (end - length),
        positions=tree.positions + list(range(end - length)),
        segments=[*tree.segments, Segment(length, end, 0, end)],
    )


def ordered(chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Of each row of blocks how many are chosen, and which: those first."""
    # Sorting keeps the strides of what is sorted, and the kernel goes by none but the plain ones.
    counts, indices = chosen.sum(1), chosen.int().contiguous().argsort(dim=1, descending=True, stable=True)
    return counts.int()[None, None], indices.int()[None, None]


def tree_mask(segments: Sequence[Segment], device: torch.device) -> BlockMask:
    """Of a padded tree; [T / BLOCK, T / BLOCK] is the largest thing that is made for it."""
    lengths = torch.tensor([s.end - s.start for s in segments])
    ends = torch.tensor([s.subtree_end for s in segments]).repeat_interleave(lengths)
    blocks = ends.view(-1, BLOCK)
    queries = torch.arange(blocks.shape[0]).unsqueeze(1) * BLOCK
    keys = queries.T
    full = (keys < queries) & (blocks.amin(1) >= queries + BLOCK)
    some = (keys < queries) & (blocks.amax(1) > queries) & ~full | (keys == queries)
    ends = ends.to(device, torch.int32)

    def sees(_batch: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return (key <= query) & (query < ends[key])

    # `from_kv_blocks` would find the second half of these by itself, in several times as long.
    length, chosen = ends.shape[0], [*ordered(some), *ordered(full), *ordered(some.T), *ordered(full.T)]
    return BlockMask((length, length), *chosen, BLOCK_SIZE=(BLOCK, BLOCK), mask_mod=sees).to(device)


@cache
def compiled_attention() -> Callable[..., Tensor]:
    return torch.compile(flex_attention)


def attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: BlockMask | Tensor | None, **more
) -> tuple[Tensor, None]:
    """As Transformers calls it: query [1, heads, T, D]; gives [1, T, heads, D]. Without a tree, their own attention."""
    if not isinstance(attention_mask, BlockMask):
        return sdpa_attention_forward(module, query, key, value, attention_mask, **more)
    is_alone = query.is_cuda and not torch.compiler.is_compiling()
    attention = compiled_attention() if is_alone else flex_attention
    out = attention(query, key, value, block_mask=attention_mask, scale=more.get("scaling"), enable_gqa=True)
    return out.transpose(1, 2).contiguous(), None


def use_flex(model: PeftModel) -> None:
    """From here on the model's layers take a `tree_mask` as their mask, beside all that they took before."""
    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.get_base_model().set_attn_implementation(NAME)
