"""How much a pass has to compute, in multiplications and what costs as much; from its prefix tree alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from trainer.adapter_shape import AdapterShape
from trainer.block_attention import blocks_of
from trainer.estimate.shape import ModelShape, adapter_weights
from trainer.prefix_tree import MIN_TOKENS_SAVED, TrainRow, build_tree


@dataclass(frozen=True)
class AttentionCost:
    """Of a multiplication beside one of a large matrix product, and of a call of the kernel, forwards and backwards."""

    weight: float
    operations_a_block: float


IN_BLOCKS = AttentionCost(4, 5_000_000)
NATIVE = AttentionCost(1.4, 0)


@dataclass(frozen=True)
class Trained:
    """What is trained: what a pass has to compute follows from it and from the pass's size."""

    shape: ModelShape
    adapter: AdapterShape
    attention: AttentionCost


@dataclass(frozen=True)
class PassSize:
    """Computed tokens, those that predict an answer, pairs of a query and a key, calls of the attention kernel."""

    tokens: int
    labels: int
    pairs: int
    blocks: int


def size_of(rows: Sequence[TrainRow], min_saved: int = MIN_TOKENS_SAVED) -> PassSize:
    tree = build_tree(rows, min_saved)
    blocks = blocks_of(tree.segments)
    return PassSize(
        tokens=len(tree.tokens),
        labels=len(set(tree.label_positions)),
        pairs=sum((b.queries.stop - b.queries.start) * (b.keys.stop - b.keys.start) for b in blocks),
        blocks=len(blocks),
    )


def attention_operations(trained: Trained, size: PassSize) -> float:
    """Forwards, with what its calls take."""
    shape, cost = trained.shape, trained.attention
    products = cost.weight * shape.layers * 2 * size.pairs * shape.queries
    return products + shape.layers * size.blocks * cost.operations_a_block / 3


def forward_operations(trained: Trained, size: PassSize) -> float:
    """The last block computes only the labels' tokens after its attention."""
    shape = trained.shape
    weights, lora = shape.layer_weights, adapter_weights(shape, trained.adapter)
    attention_input = shape.hidden * (shape.queries + 2 * shape.keys)
    skipped = (size.tokens - size.labels) * (weights - attention_input)
    linear = size.tokens * shape.layers * (weights + lora) - skipped
    return linear + attention_operations(trained, size) + size.labels * shape.hidden * shape.vocabulary


def training_operations(trained: Trained, size: PassSize, recompute: bool) -> float:
    """Backwards a frozen weight costs as much as forwards, an adapter's or attention itself about twice as much."""
    forward = forward_operations(trained, size)
    lora = size.tokens * trained.shape.layers * adapter_weights(trained.shape, trained.adapter)
    return (3 if recompute else 2) * forward + lora + attention_operations(trained, size)
