"""From a few timed passes to the time of any. No torch here."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean


@dataclass(frozen=True)
class Timed:
    operations: float
    seconds: float


@dataclass(frozen=True)
class Cost:
    """Seconds of a pass: what its operations take, and what every pass takes."""

    an_operation: float
    a_pass: float

    def of(self, operations: float, passes: float = 1) -> float:
        return self.an_operation * operations + self.a_pass * passes


def fit(timed: Sequence[Timed]) -> Cost:
    """Least squares of the relative error, so that small passes count as much as large ones; nothing is negative.

    seconds / operations = an_operation + a_pass / operations is a straight line in 1 / operations.
    """
    inverse = [1 / one.operations for one in timed]
    rates = [one.seconds / one.operations for one in timed]
    middle, rate = mean(inverse), mean(rates)
    spread = sum((x - middle) ** 2 for x in inverse)
    # Passes of about one size say nothing of how the time falls with it.
    if spread < len(timed) * (0.1 * middle) ** 2:
        return Cost(proportional(timed), 0.0)
    slope = sum((x - middle) * (y - rate) for x, y in zip(inverse, rates, strict=True)) / spread
    if slope <= 0:
        return Cost(proportional(timed), 0.0)
    if rate - slope * middle <= 0:
        return Cost(0.0, mean(one.seconds for one in timed))
    return Cost(rate - slope * middle, slope)


def proportional(timed: Sequence[Timed]) -> float:
    return sum(one.seconds for one in timed) / sum(one.operations for one in timed)
