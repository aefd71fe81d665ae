"""Loss and token accuracy on validation rows."""

from collections.abc import Callable, Sequence

import torch

from trainer.packed import PackedModel, label_count, packed_loss, runs_of
from trainer.plan import Row, validation_batch
from trainer.prefix_tree import TrainRow

EVERY_STEPS = 10


@torch.no_grad()
def evaluate(packed: PackedModel, rows: list[TrainRow]) -> tuple[float, float]:
    """Means over all answer tokens of the rows."""
    loss = right = 0.0
    for run in runs_of(packed, rows):
        run_loss, run_right = packed_loss(packed, run)
        loss, right = loss + run_loss.item(), right + run_right.item()
    return loss / label_count(rows), right / label_count(rows)


def validation_metrics(
    measure: Callable[[Sequence[Row]], tuple[float, float]], rows: list[Row], step: int, epoch_ends: bool
) -> dict[str, float]:
    """A few rows every tenth step; all of them when an epoch ends."""
    if not rows or not (epoch_ends or step % EVERY_STEPS == 0):
        return {}
    loss, accuracy = measure(validation_batch(rows, step))
    metrics = {"valid_loss": loss, "valid_mean_token_accuracy": accuracy}
    if epoch_ends:
        loss, accuracy = measure(rows)
        metrics |= {"full_valid_loss": loss, "full_valid_mean_token_accuracy": accuracy}
    return metrics
