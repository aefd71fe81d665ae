"""One step of the optimizer: gradients of a batch, clipped, applied."""

import math

import torch
from peft import PeftModel

from trainer.job import JobError
from trainer.packed import PackedModel, label_count, packed_loss, runs_of
from trainer.prefix_tree import TrainRow


def trainable(model: PeftModel) -> list[torch.nn.Parameter]:
    return [weight for weight in model.parameters() if weight.requires_grad]


def create_optimizer(model: PeftModel, weight_decay: float = 0.0) -> torch.optim.Optimizer:
    return torch.optim.AdamW(trainable(model), weight_decay=weight_decay, fused=True)


def add_gradients(packed: PackedModel, rows: list[TrainRow]) -> dict[str, float]:
    """Of the mean loss over the batch's answer tokens, in as many passes as memory asks for."""
    total = max(1, label_count(rows))
    loss = right = 0.0
    for run in runs_of(packed, rows):
        run_loss, run_right = packed_loss(packed, run)
        (run_loss / total).backward()
        loss, right = loss + run_loss.item(), right + run_right.item()
    return {"train_loss": loss / total, "train_mean_token_accuracy": right / total}


def check_finite(step: int, numbers: list[float]) -> None:
    if not all(map(math.isfinite, numbers)):
        raise JobError(
            "training_diverged",
            f"The training went astray: its numbers stopped being finite at step {step}. "
            "A lower learning_rate_multiplier (or learning_rate) usually helps.",
            "hyperparameters",
        )


def gradient_norm(optimizer: torch.optim.Optimizer, most: float) -> float:
    """Before it is clipped to `most`, unless that is 0."""
    # Not found in the model anew each time: a GPU would wait for it.
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    return torch.nn.utils.clip_grad_norm_(weights, most or math.inf).item()


def apply_gradients(optimizer: torch.optim.Optimizer, step: int, rate: float, most: float) -> None:
    check_finite(step, [gradient_norm(optimizer, most)])
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
