import math

import pytest

from trainer.job import Hyperparameters
from trainer.schedule import (
    Resolved,
    auto_batch_size,
    auto_epochs,
    learning_rate_at,
    peak_learning_rate,
    resolve,
    steps_per_epoch,
)

AUTO = Hyperparameters("auto", "auto", "auto")


@pytest.mark.parametrize(
    ("examples", "epochs"),
    [(1, 25), (4, 25), (10, 10), (25, 4), (33, 3), (100, 3), (8333, 3), (8334, 2), (12501, 1), (1_000_000, 1)],
)
def test_auto_epochs(examples: int, epochs: int) -> None:
    assert auto_epochs(examples) == epochs


@pytest.mark.parametrize(
    ("examples", "batch"), [(10, 1), (200, 1), (999, 1), (1000, 2), (8000, 16), (128_000, 256), (1_000_000, 256)]
)
def test_auto_batch_size(examples: int, batch: int) -> None:
    assert auto_batch_size(examples) == batch


def test_what_the_user_sets_stays() -> None:
    assert resolve(Hyperparameters(7, 5, 0.5), 10) == Resolved(7, 5, 0.5)


def test_auto_becomes_numbers() -> None:
    assert resolve(AUTO, 100) == Resolved(3, 1, 1.0)


@pytest.mark.parametrize(("examples", "batch", "steps"), [(100, 1, 100), (100, 16, 7), (96, 16, 6), (3, 16, 1)])
def test_steps_per_epoch(examples: int, batch: int, steps: int) -> None:
    assert steps_per_epoch(examples, batch) == steps


def test_learning_rate_follows_size_batch_and_multiplier() -> None:
    reference = peak_learning_rate(135_000_000, Resolved(3, 16, 1.0))
    assert reference == pytest.approx(1e-3)
    assert peak_learning_rate(135_000_000, Resolved(3, 1, 1.0)) == pytest.approx(reference / 4)
    assert peak_learning_rate(135_000_000, Resolved(3, 16, 2.5)) == pytest.approx(reference * 2.5)
    assert peak_learning_rate(8_000_000_000, Resolved(3, 16, 1.0)) < reference / 3
    assert peak_learning_rate(135_000_000, Resolved(3, 256, 1.0)) == peak_learning_rate(
        135_000_000, Resolved(3, 64, 1.0)
    )


@pytest.mark.parametrize("total", [1, 2, 3, 10, 57, 1000])
def test_learning_rate_rises_then_falls_and_is_never_zero(total: int) -> None:
    rates = [learning_rate_at(step, total, 1.0) for step in range(1, total + 1)]
    top = rates.index(max(rates))
    assert math.isclose(rates[top], 1.0) and min(rates) > 0
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
