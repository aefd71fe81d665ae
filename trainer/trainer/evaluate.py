"""Loss and token accuracy on validation rows."""

import torch

from trainer.packed import PackedModel, label_count, packed_loss
from trainer.plan import Plan, validation_batch
from trainer.prefix_tree import TrainRow, split_rows

EVERY_STEPS = 10


@torch.no_grad()
def evaluate(packed: PackedModel, rows: list[TrainRow]) -> tuple[float, float]:
    """Means over all answer tokens of the rows."""
    loss = right = 0.0
    for run in split_rows(rows, packed.token_budget):
        run_loss, run_right = packed_loss(packed, run)
        loss, right = loss + run_loss.item(), right + run_right.item()
    return loss / label_count(rows), right / label_count(rows)


def validation_metrics(packed: PackedModel, plan: Plan, step: int) -> dict[str, float]:
    """A few rows every tenth step; all of them when an epoch ends."""
    epoch_ends = step % plan.steps_per_epoch == 0
    if not plan.validation_rows or not (epoch_ends or step % EVERY_STEPS == 0):
        return {}
    loss, accuracy = evaluate(packed, validation_batch(plan, step))
    metrics = {"valid_loss": loss, "valid_mean_token_accuracy": accuracy}
    if epoch_ends:
        loss, accuracy = evaluate(packed, plan.validation_rows)
        metrics |= {"full_valid_loss": loss, "full_valid_mean_token_accuracy": accuracy}
    return metrics
