import math
from dataclasses import asdict, replace

import pytest

from trainer.adapter_shape import AdapterShape
from trainer.job import Hyperparameters, JobError
from trainer.schedule import Setting, auto_batch_size, auto_epochs, learning_rate_at, resolve, steps_per_epoch

AUTO = Hyperparameters("auto", "auto", "auto")


def setting(examples: int = 100, parameters: int = 135_000_000, method: str = "supervised") -> Setting:
    return Setting(method, examples, parameters, 8192, AdapterShape())


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
    asked = Hyperparameters(
        7,
        5,
        0.5,
        learning_rate=2e-4,
        warmup_ratio=0.0,
        lr_scheduler="cosine",
        weight_decay=0.1,
        max_grad_norm=0,
        packing=False,
    )
    found = asdict(resolve(asked, setting(10)))
    given = {name: value for name, value in asdict(asked).items() if value is not None and name != "beta"}
    assert {name: found[name] for name in given} == given


def test_auto_becomes_numbers() -> None:
    found = resolve(AUTO, setting())
    assert (found.n_epochs, found.batch_size, found.learning_rate_multiplier, found.beta) == (3, 1, 1.0, None)
    assert found.learning_rate == pytest.approx(2.5e-4)
    assert (found.lora_r, found.lora_alpha, found.lora_dropout, found.lora_target_modules) == (16, 32, 0, "all-linear")
    assert (found.lr_scheduler, found.warmup_ratio, found.weight_decay, found.max_grad_norm) == ("linear", 0.1, 0, 1)
    assert (found.packing, found.quantization, found.context_length) == (True, "none", 8192)


def test_dpo_has_a_beta_and_a_tenth_of_the_learning_rate() -> None:
    found = resolve(AUTO, setting(method="dpo"))
    assert found.beta == 0.1
    assert found.learning_rate == pytest.approx(resolve(AUTO, setting()).learning_rate / 10)
    assert resolve(replace(AUTO, beta=0.5), setting(method="dpo")).beta == 0.5


@pytest.mark.parametrize(("examples", "batch", "steps"), [(100, 1, 100), (100, 16, 7), (96, 16, 6), (3, 16, 1)])
def test_steps_per_epoch(examples: int, batch: int, steps: int) -> None:
    assert steps_per_epoch(examples, batch) == steps


def rate_of(parameters: int, batch_size: int, multiplier: float) -> float:
    return resolve(Hyperparameters(3, batch_size, multiplier), setting(parameters=parameters)).learning_rate


def test_learning_rate_follows_size_batch_and_multiplier() -> None:
    reference = rate_of(135_000_000, 16, 1.0)
    assert reference == pytest.approx(1e-3)
    assert rate_of(135_000_000, 1, 1.0) == pytest.approx(reference / 4)
    assert rate_of(135_000_000, 16, 2.5) == pytest.approx(reference * 2.5)
    assert rate_of(8_000_000_000, 16, 1.0) < reference / 3
    assert rate_of(135_000_000, 256, 1.0) == rate_of(135_000_000, 64, 1.0)


def test_a_multiplier_with_which_nothing_can_be_learned_is_refused() -> None:
    with pytest.raises(JobError) as caught:
        rate_of(135_000_000, 16, 1001)
    assert caught.value.param == "hyperparameters.learning_rate_multiplier"
    assert "1 means 0.001 here" in caught.value.message
    assert rate_of(135_000_000, 16, 999) < 1


def rates(total: int, **asked: object) -> list[float]:
    resolved = resolve(replace(AUTO, learning_rate=1.0, **asked), setting())
    return [learning_rate_at(step, total, resolved) for step in range(1, total + 1)]


@pytest.mark.parametrize("scheduler", ["linear", "cosine", "constant"])
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("total", [1, 2, 3, 10, 57, 1000])
def test_learning_rate_rises_then_falls_and_is_never_zero(total: int, warmup: float, scheduler: str) -> None:
    found = rates(total, warmup_ratio=warmup, lr_scheduler=scheduler)
    top = found.index(max(found))
    assert math.isclose(found[top], 1.0) and min(found) > 0
    assert found[: top + 1] == sorted(found[: top + 1])
    assert found[top:] == sorted(found[top:], reverse=True)
    assert top + 1 == max(1, round(warmup * total))


def test_schedulers_without_warm_up() -> None:
    assert rates(4, warmup_ratio=0.0) == [1, 0.75, 0.5, 0.25]
    assert rates(4, warmup_ratio=0.0, lr_scheduler="constant") == [1, 1, 1, 1]
    cosine = rates(4, warmup_ratio=0.0, lr_scheduler="cosine")
    assert cosine == pytest.approx([1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2])
