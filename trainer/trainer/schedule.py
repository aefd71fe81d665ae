"""What "auto" means, and the learning rate of every step.

The learning rate is `base_learning_rate(parameters) * sqrt(batch_size / 16) * multiplier`:
1e-3 for 135 million parameters at batch 16 with rank 16 and alpha 32, lower for larger models (3e-4 at 8 billion),
and lower for small batches, whose gradients are noisier (2.5e-4 at batch 1).
It rises over the first tenth of the steps and then falls in a straight line towards zero.
"""

import math
from dataclasses import dataclass

from trainer.job import Hyperparameters

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
WARMUP_SHARE = 0.1


@dataclass(frozen=True)
class Resolved:
    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float


def auto_epochs(examples: int) -> int:
    if examples * TARGET_EPOCHS < MIN_TARGET_EXAMPLES:
        return min(MAX_AUTO_EPOCHS, MIN_TARGET_EXAMPLES // examples)
    if examples * TARGET_EPOCHS > MAX_TARGET_EXAMPLES:
        return max(1, MAX_TARGET_EXAMPLES // examples)
    return TARGET_EPOCHS


def auto_batch_size(examples: int) -> int:
    return max(1, min(MAX_AUTO_BATCH, math.floor(AUTO_BATCH_SHARE * examples)))


def resolve(asked: Hyperparameters, examples: int) -> Resolved:
    multiplier = asked.learning_rate_multiplier
    return Resolved(
        n_epochs=auto_epochs(examples) if asked.n_epochs == "auto" else asked.n_epochs,
        batch_size=auto_batch_size(examples) if asked.batch_size == "auto" else asked.batch_size,
        learning_rate_multiplier=1.0 if multiplier == "auto" else float(multiplier),
    )


def peak_learning_rate(parameters: int, resolved: Resolved) -> float:
    base = REFERENCE_LEARNING_RATE * (parameters / REFERENCE_PARAMETERS) ** SIZE_EXPONENT
    batch = min(resolved.batch_size, LARGEST_SCALED_BATCH)
    return base * math.sqrt(batch / REFERENCE_BATCH) * resolved.learning_rate_multiplier


def learning_rate_at(step: int, total_steps: int, peak: float) -> float:
    """`step` counts from 1; the last step is small but not zero."""
    warmup = max(1, round(WARMUP_SHARE * total_steps))
    if step <= warmup:
        return peak * step / warmup
    return peak * (total_steps - step + 1) / (total_steps - warmup + 1)


def steps_per_epoch(examples: int, batch_size: int) -> int:
    return math.ceil(examples / batch_size)
