"""One step of the optimizer: gradients of a batch, clipped, applied."""

import math

import torch
from peft import PeftModel

from trainer.job import JobError
from trainer.packed import PackedModel, label_count, packed_loss
from trainer.prefix_tree import TrainRow, split_rows

MAX_GRADIENT_NORM = 1.0


def trainable(model: PeftModel) -> list[torch.nn.Parameter]:
    return [weight for weight in model.parameters() if weight.requires_grad]


def create_optimizer(model: PeftModel) -> torch.optim.Optimizer:
    return torch.optim.AdamW(trainable(model), weight_decay=0.0, fused=True)


def add_gradients(packed: PackedModel, rows: list[TrainRow]) -> dict[str, float]:
    """Of the mean loss over the batch's answer tokens, in as many passes as memory asks for."""
    total = max(1, label_count(rows))
    loss = right = 0.0
    for run in split_rows(rows, packed.token_budget):
        run_loss, run_right = packed_loss(packed, run)
        (run_loss / total).backward()
        loss, right = loss + run_loss.item(), right + run_right.item()
    return {"train_loss": loss / total, "train_mean_token_accuracy": right / total}


def check_finite(step: int, *numbers: float) -> None:
    if not all(map(math.isfinite, numbers)):
        raise JobError(
            "training_diverged",
            f"The loss stopped being a number at step {step}. A lower learning_rate_multiplier usually helps.",
            "hyperparameters",
        )


def optimizer_step(
    packed: PackedModel, optimizer: torch.optim.Optimizer, rows: list[TrainRow], step: int, learning_rate: float
) -> dict[str, float]:
    metrics = add_gradients(packed, rows)
    norm = torch.nn.utils.clip_grad_norm_(trainable(packed.model), MAX_GRADIENT_NORM)
    check_finite(step, metrics["train_loss"], norm.item())
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return metrics
