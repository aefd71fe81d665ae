"""What "auto" means, and the learning rate of every step.

The learning rate is `base_learning_rate(parameters) * sqrt(batch_size / 16) * multiplier`:
1e-3 for 135 million parameters at batch 16 with rank 16 and alpha 32, lower for larger models (3e-4 at 8 billion),
and lower for small batches, whose gradients are noisier (2.5e-4 at batch 1).
It rises over the first tenth of the steps (`warmup_ratio`) and then falls in a straight line towards zero, along a
cosine, or not at all (`lr_scheduler`). DPO's is a tenth of it: it has to tell two answers apart, not to learn one.
A `learning_rate` that was asked for is taken as it is.
"""

import math
from dataclasses import dataclass

from trainer.adapter_shape import AdapterShape
from trainer.job import Hyperparameters, JobError, MethodName

TARGET_EPOCHS = 3
MIN_TARGET_EXAMPLES = 100
MAX_TARGET_EXAMPLES = 25_000
MAX_AUTO_EPOCHS = 25
MAX_AUTO_BATCH = 256
AUTO_BATCH_SHARE = 0.002

REFERENCE_LEARNING_RATE = 1e-3
REFERENCE_PARAMETERS = 135e6
REFERENCE_BATCH = 16
SIZE_EXPONENT = -0.3
# Past this batch the gradient is as exact as it needs to be, and a larger step only diverges.
LARGEST_SCALED_BATCH = 64
WARMUP_RATIO = 0.1
DPO_SHARE = 0.1
DPO_BETA = 0.1
MAX_GRAD_NORM = 1.0
HIGHEST_LEARNING_RATE = 1.0


@dataclass(frozen=True)
class Resolved:
    """Every number that the training goes by; `beta` is None unless the method is DPO."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    learning_rate: float
    lora_r: int
    lora_alpha: float
    lora_dropout: float
    lora_target_modules: str | list[str]
    context_length: int
    beta: float | None = None
    warmup_ratio: float = WARMUP_RATIO
    lr_scheduler: str = "linear"
    weight_decay: float = 0.0
    max_grad_norm: float = MAX_GRAD_NORM
    packing: bool = True
    quantization: str = "none"


@dataclass(frozen=True)
class Setting:
    """What the meaning of "auto" depends on."""

    method: MethodName
    examples: int
    parameters: int
    context_length: int
    adapter: AdapterShape


def auto_epochs(examples: int) -> int:
    if examples * TARGET_EPOCHS < MIN_TARGET_EXAMPLES:
        return min(MAX_AUTO_EPOCHS, MIN_TARGET_EXAMPLES // examples)
    if examples * TARGET_EPOCHS > MAX_TARGET_EXAMPLES:
        return max(1, MAX_TARGET_EXAMPLES // examples)
    return TARGET_EPOCHS


def auto_batch_size(examples: int) -> int:
    return max(1, min(MAX_AUTO_BATCH, math.floor(AUTO_BATCH_SHARE * examples)))


def base_learning_rate(parameters: int, batch_size: int, method: MethodName) -> float:
    rate = REFERENCE_LEARNING_RATE * (parameters / REFERENCE_PARAMETERS) ** SIZE_EXPONENT
    batch = min(batch_size, LARGEST_SCALED_BATCH)
    return rate * math.sqrt(batch / REFERENCE_BATCH) * (DPO_SHARE if method == "dpo" else 1.0)


def learning_rate_of(asked: Hyperparameters, multiplier: float, own: float) -> float:
    if asked.learning_rate is not None:
        return float(asked.learning_rate)
    if own * multiplier > HIGHEST_LEARNING_RATE:
        raise JobError(
            "invalid_hyperparameters",
            f"learning_rate_multiplier {multiplier:g} makes a learning rate of {own * multiplier:.3g}, with which "
            f"nothing can be learned: 1 means {own:.3g} here, and 10 is a lot.",
            "hyperparameters.learning_rate_multiplier",
        )
    return own * multiplier


def resolved_beta(asked: Hyperparameters, method: MethodName) -> float | None:
    if method != "dpo":
        return None
    return DPO_BETA if asked.beta == "auto" else float(asked.beta)


# Where the trainer's default holds unless a value was asked for.
DEFAULTED = ("warmup_ratio", "lr_scheduler", "weight_decay", "max_grad_norm", "packing", "quantization")


def resolve(asked: Hyperparameters, setting: Setting) -> Resolved:
    multiplier = 1.0 if asked.learning_rate_multiplier == "auto" else float(asked.learning_rate_multiplier)
    batch_size = auto_batch_size(setting.examples) if asked.batch_size == "auto" else asked.batch_size
    own_rate = base_learning_rate(setting.parameters, batch_size, setting.method)
    return Resolved(
        n_epochs=auto_epochs(setting.examples) if asked.n_epochs == "auto" else asked.n_epochs,
        batch_size=batch_size,
        learning_rate_multiplier=multiplier,
        learning_rate=learning_rate_of(asked, multiplier, own_rate),
        lora_r=setting.adapter.r,
        lora_alpha=setting.adapter.alpha,
        lora_dropout=setting.adapter.dropout,
        lora_target_modules=setting.adapter.targets,
        context_length=setting.context_length,
        beta=resolved_beta(asked, setting.method),
        **{name: getattr(asked, name) for name in DEFAULTED if getattr(asked, name) is not None},
    )


def decayed(scheduler: str, progress: float) -> float:
    """Share of the peak after the warm-up; `progress` is 0 at its end and stays below 1."""
    if scheduler == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * progress)) if scheduler == "cosine" else 1 - progress


def learning_rate_at(step: int, total_steps: int, resolved: Resolved) -> float:
    """`step` counts from 1; the last step is small but not zero."""
    warmup = max(1, round(resolved.warmup_ratio * total_steps))
    if step <= warmup:
        return resolved.learning_rate * step / warmup
    progress = (step - warmup) / (total_steps - warmup + 1)
    return resolved.learning_rate * decayed(resolved.lr_scheduler, progress)


def steps_per_epoch(examples: int, batch_size: int) -> int:
    return math.ceil(examples / batch_size)
