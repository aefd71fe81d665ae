"""Loss and token accuracy on validation rows."""

import torch
from torch import nn

from trainer.packed import pack_loss, pack_rows
from trainer.plan import Plan, validation_batch
from trainer.prefix_tree import TrainRow, split_rows

EVERY_STEPS = 10


@torch.no_grad()
def evaluate(model: nn.Module, rows: list[TrainRow], budget: int) -> tuple[float, float]:
    """Means over all answer tokens of the rows."""
    loss = right = labels = 0.0
    for run in split_rows(rows, budget):
        pack = pack_rows(run, model.device)
        run_loss, run_right = pack_loss(model, pack)
        loss, right, labels = loss + run_loss.item(), right + run_right.item(), labels + pack.label_count
    return loss / labels, right / labels


def validation_metrics(model: nn.Module, plan: Plan, step: int, budget: int) -> dict[str, float]:
    """A few rows every tenth step; all of them when an epoch ends."""
    epoch_ends = step % plan.steps_per_epoch == 0
    if not plan.validation_rows or not (epoch_ends or step % EVERY_STEPS == 0):
        return {}
    loss, accuracy = evaluate(model, validation_batch(plan, step), budget)
    metrics = {"valid_loss": loss, "valid_mean_token_accuracy": accuracy}
    if epoch_ends:
        loss, accuracy = evaluate(model, plan.validation_rows, budget)
        metrics |= {"full_valid_loss": loss, "full_valid_mean_token_accuracy": accuracy}
    return metrics
