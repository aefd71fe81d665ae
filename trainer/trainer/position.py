"""Where a training stands. No torch here."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Position:
    """After an optimizer step, and what was measured there."""

    step: int = 0
    epoch: int = 0
    tokens: int = 0
    train_seconds: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)
