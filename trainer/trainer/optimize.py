"""One step of the optimizer: gradients of a batch, clipped, applied."""

import math

import torch
from peft import PeftModel

from trainer.job import JobError
from trainer.packed import pack_loss, pack_rows
from trainer.prefix_tree import TrainRow, split_rows

MAX_GRADIENT_NORM = 1.0


def trainable(model: PeftModel) -> list[torch.nn.Parameter]:
    return [weight for weight in model.parameters() if weight.requires_grad]


def create_optimizer(model: PeftModel) -> torch.optim.Optimizer:
    return torch.optim.AdamW(trainable(model), weight_decay=0.0, fused=True)


def add_gradients(model: PeftModel, rows: list[TrainRow], budget: int) -> dict[str, float]:
    """Of the mean loss over the batch's answer tokens, in as many passes as memory asks for."""
    total = max(1, sum(len(row.labels) for row in rows))
    loss = right = 0.0
    for run in split_rows(rows, budget):
        run_loss, run_right = pack_loss(model, pack_rows(run, model.device))
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
    model: PeftModel,
    optimizer: torch.optim.Optimizer,
    rows: list[TrainRow],
    step: int,
    rate: float,
    budget: int,
) -> dict[str, float]:
    metrics = add_gradients(model, rows, budget)
    norm = torch.nn.utils.clip_grad_norm_(trainable(model), MAX_GRADIENT_NORM)
    check_finite(step, metrics["train_loss"], norm.item())
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return metrics
