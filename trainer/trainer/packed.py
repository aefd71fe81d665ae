"""Loss and accuracy of rows laid out as a prefix tree."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from peft import PeftModel
from torch import Tensor
from torch.utils.checkpoint import checkpoint
from transformers import PretrainedConfig

from trainer.answer_loss import AnswerLoss, Labels
from trainer.attention import kernel_for
from trainer.block_attention import dense_mask
from trainer.decoder import Decoder, create_decoder, decode
from trainer.dropout import Dropout
from trainer.flex import padded, tree_mask
from trainer.prefix_tree import PrefixTree, TrainRow, build_tree, split_rows

# A batch that needs more is computed in several passes, a single row that does with its layers computed twice.
ACTIVATION_BYTES = 3 << 30


@dataclass(frozen=True)
class PackedModel:
    """`decoder` is None where its kernels do not run: Transformers' own layers do then.

    They have FlexAttention if `flex`, for which `use_flex` has been called, else a dense mask.
    """

    model: PeftModel
    decoder: Decoder | None
    token_budget: int
    # False: one row at a time.
    packing: bool = True
    dropout: Dropout | None = None
    flex: bool = False

    def recomputes(self, tokens: int) -> bool:
        """Too long for its budget: only each layer's input is kept for the backward pass."""
        return tokens > self.token_budget


def token_budget(config: PretrainedConfig) -> int:
    """Computed tokens that fit into memory at once; from the model's shape alone, so the same on every machine."""
    per_layer = 12 * config.hidden_size + 6 * config.intermediate_size
    return max(256, ACTIVATION_BYTES // (4 * per_layer * config.num_hidden_layers))


def create_packed_model(model: PeftModel) -> PackedModel:
    on_cpu = model.device.type == "cpu" and model.dtype == torch.float32
    return PackedModel(model, create_decoder(model) if on_cpu else None, token_budget(model.config))


def integers(numbers: Sequence[int]) -> Tensor:
    """`torch.tensor` looks at each number several times; a GPU waits for it."""
    return torch.frombuffer(array("q", numbers), dtype=torch.int64)


def labels_of(tree: PrefixTree, device: torch.device) -> Labels:
    # Found before they go to the device, which would have to be waited for. They are in order.
    positions, places = integers(tree.label_positions).unique_consecutive(return_inverse=True)
    return Labels(
        positions=positions.to(device),
        places=places.to(device),
        tokens=integers(tree.label_tokens).to(device),
        counts=integers(tree.label_counts).to(device, torch.float32),
    )


def set_recompute(model: PeftModel, recompute: bool) -> None:
    """A layer looks at its own `training` for nothing else."""
    for layer in model.get_base_model().get_decoder().layers:
        layer._gradient_checkpointing_func = partial(checkpoint, use_reentrant=False, preserve_rng_state=False)
        layer.gradient_checkpointing = layer.training = recompute


def layer_states(packed: PackedModel, tree: PrefixTree, rows: Tensor, recompute: bool) -> Tensor:
    """By Transformers' own layers. The adapter is float32 and multiplies in the base's own precision."""
    model = packed.model
    mask = tree_mask(tree.segments, model.device) if packed.flex else dense_mask(tree.segments).to(model.device)
    set_recompute(model, recompute)
    with torch.autocast(model.device.type, torch.bfloat16, enabled=model.dtype == torch.bfloat16):
        states = model.get_base_model().get_decoder()(
            input_ids=integers(tree.tokens)[None].to(model.device),
            position_ids=integers(tree.positions)[None].to(model.device),
            attention_mask=mask if packed.flex else mask[None, None],
            use_cache=False,
        )
    return states.last_hidden_state[0, rows]


def hidden_states(packed: PackedModel, tree: PrefixTree, rows: Tensor) -> Tensor:
    recompute = packed.recomputes(len(tree.tokens))
    if packed.flex:
        tree = padded(tree)
    if packed.dropout is not None:
        packed.dropout.look_at(tree, rows)
    if packed.decoder is None:
        return layer_states(packed, tree, rows, recompute)
    tokens, positions = integers(tree.tokens), integers(tree.positions)
    kernel = kernel_for(tree.segments, packed.decoder.heads)
    return decode(packed.decoder, tokens, positions, kernel, rows, recompute)


def packed_loss(packed: PackedModel, rows: list[TrainRow]) -> tuple[Tensor, Tensor]:
    """Summed loss over the rows' answer tokens, and how many of them are the likeliest token."""
    tree = build_tree(rows)
    labels = labels_of(tree, packed.model.device)
    head = packed.model.get_output_embeddings().weight
    return AnswerLoss.apply(hidden_states(packed, tree, labels.positions), head, labels)


def runs_of(packed: PackedModel, rows: list[TrainRow]) -> list[list[TrainRow]]:
    """The passes in which the rows are computed."""
    return split_rows(rows, packed.token_budget) if packed.packing else [[row] for row in rows if row.labels]


def label_count(rows: list[TrainRow]) -> int:
    return sum(len(row.labels) for row in rows)
