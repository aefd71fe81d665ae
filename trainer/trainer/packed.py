"""One forward pass over a prefix tree of rows."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig

from trainer.answer_loss import AnswerLoss, Labels
from trainer.attention import Block, blocks_of, dense_mask
from trainer.prefix_tree import PrefixTree, TrainRow, build_tree


@dataclass(frozen=True)
class TreeLayout:
    """What attention needs to know; `mask` only where the blocks are not supported."""

    blocks: list[Block]
    mask: Tensor | None


@dataclass(frozen=True)
class Pack:
    tokens: Tensor  # [1, T]
    positions: Tensor  # [1, T]
    layout: TreeLayout
    labels: Labels
    label_count: int


def layout_of(tree: PrefixTree, device: torch.device) -> TreeLayout:
    if device.type == "cpu":
        return TreeLayout(blocks_of(tree.segments), None)
    return TreeLayout([], dense_mask(tree.segments, device))


def pack_rows(rows: list[TrainRow], device: torch.device) -> Pack:
    tree = build_tree(rows)
    positions, places = torch.tensor(tree.label_positions, device=device).unique(return_inverse=True)
    labels = Labels(
        positions=positions,
        places=places,
        tokens=torch.tensor(tree.label_tokens, device=device),
        counts=torch.tensor(tree.label_counts, device=device, dtype=torch.float32),
    )
    return Pack(
        tokens=torch.tensor([tree.tokens], device=device),
        positions=torch.tensor([tree.positions], device=device),
        layout=layout_of(tree, device),
        labels=labels,
        label_count=sum(tree.label_counts),
    )


def pack_loss(model: nn.Module, pack: Pack) -> tuple[Tensor, Tensor]:
    """Summed loss over the pack's labels, and how many of them are the likeliest token."""
    hidden = model.get_decoder()(
        input_ids=pack.tokens, position_ids=pack.positions, use_cache=False, tree=pack.layout
    ).last_hidden_state
    head = model.get_output_embeddings().weight
    return AnswerLoss.apply(hidden[0, pack.labels.positions], head, pack.labels)


# A batch that needs more is computed in several passes.
ACTIVATION_BYTES = 3 << 30


def token_budget(config: PretrainedConfig) -> int:
    """Computed tokens that fit into memory at once; from the model's shape alone, so the same on every machine."""
    per_layer = 12 * config.hidden_size + 6 * config.intermediate_size
    return max(256, ACTIVATION_BYTES // (4 * per_layer * config.num_hidden_layers))
