"""The peak memory of a training on a CPU, from shapes alone. No torch here.

server/training/memory-need.ts says the same: contract/fixtures/memory-need.json holds both to the same figures.
"""

from trainer.adapter_shape import AdapterShape, layer_names
from trainer.estimate.shape import ModelShape, adapter_weights

FLOAT32 = 4
# Python with PyTorch and Transformers, the tokenizer, the kernels' own buffers: measured.
RUNTIME_BYTES = 450_000_000
# An integer and its place in a list, and a share of the row's text.
BYTES_A_DATASET_TOKEN = 48
# Weight, gradient and AdamW's two averages.
NUMBERS_AN_ADAPTER_WEIGHT = 4
# The answer loss holds the logits of so many positions, three times over (logits, shares, their gradient).
LOGIT_ROWS = 128
LOGIT_COPIES = 3
# Blocks whose intermediate results are alive while one of them is being differentiated.
BLOCKS_IN_BACKWARD = 2
# Batches differ in length, so what one leaves free does not quite fit the next: measured.
HELD_PERCENT = 115


def kept_a_token(shape: ModelShape, adapter: AdapterShape) -> int:
    """Numbers that one block keeps of each computed token for its backward pass."""
    reduced = adapter.r * len(layer_names(adapter.targets))
    of_heads = (4 if shape.normed else 3) * (shape.queries + shape.keys)
    return 4 * shape.hidden + of_heads + 3 * shape.intermediate + reduced


def activation_numbers(shape: ModelShape, adapter: AdapterShape, recompute: bool) -> int:
    """Of each computed token. `recompute`: only the input of each block is kept."""
    block = kept_a_token(shape, adapter)
    if recompute:
        return shape.layers * shape.hidden + (1 + BLOCKS_IN_BACKWARD) * block
    return (shape.layers + BLOCKS_IN_BACKWARD) * block


def estimate_memory(
    shape: ModelShape, adapter: AdapterShape, tokens: int, dataset_tokens: int, recompute: bool = False
) -> int:
    """Bytes. `tokens`: computed at once, at most."""
    # The blocks' weights are laid out anew while the file that they come from stays mapped.
    weights = shape.parameters + shape.layers * shape.layer_weights
    numbers = (
        weights
        + NUMBERS_AN_ADAPTER_WEIGHT * shape.layers * adapter_weights(shape, adapter)
        + LOGIT_COPIES * LOGIT_ROWS * shape.vocabulary
        + tokens * activation_numbers(shape, adapter, recompute) * HELD_PERCENT // 100
    )
    return RUNTIME_BYTES + FLOAT32 * numbers + BYTES_A_DATASET_TOKEN * dataset_tokens
