"""The two ways to learn from a row: by its answers' tokens, or by which of two answers people preferred."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trainer.evaluate import evaluate
from trainer.example import Example
from trainer.optimize import add_gradients
from trainer.packed import PackedModel
from trainer.plan import Row, as_rows
from trainer.preference import add_pair_gradients, evaluate_pairs


@dataclass(frozen=True)
class Method:
    # Gradients of a batch's mean loss, and its metrics.
    learn: Callable[[PackedModel, Sequence[Row]], dict[str, float]]
    # Loss and accuracy.
    measure: Callable[[PackedModel, Sequence[Row]], tuple[float, float]]


SUPERVISED = Method(
    learn=lambda packed, examples: add_gradients(packed, as_rows(examples)),
    measure=lambda packed, examples: evaluate(packed, as_rows(examples)),
)


def method_of(beta: float | None) -> Method:
    if beta is None:
        return SUPERVISED
    return Method(
        learn=lambda packed, pairs: add_pair_gradients(packed, pairs, beta),
        measure=lambda packed, pairs: evaluate_pairs(packed, pairs, beta),
    )


def probed(row: Row) -> Example:
    """What an engine is asked about a row."""
    return row if isinstance(row, Example) else row.preferred
