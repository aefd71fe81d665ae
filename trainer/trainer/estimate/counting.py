"""What there is to compute in a job: counted batch by batch, or in a share of the batches where there are many."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from trainer.adapter_shape import AdapterShape
from trainer.attention import native_library
from trainer.estimate.passes import PassKind, min_saved
from trainer.estimate.shape import ModelShape
from trainer.estimate.work import (
    IN_BLOCKS,
    NATIVE,
    PassSize,
    Trained,
    forward_operations,
    size_of,
    training_operations,
)
from trainer.evaluate import EVERY_STEPS
from trainer.packed import PackedModel
from trainer.plan import Plan, Row, epoch_batches, validation_batch

# Counting takes about as long as reading.
MOST_ROWS_COUNTED = 40_000
MOST_VALIDATION_BATCHES = 24


@dataclass(frozen=True)
class Counted:
    """One pass: its place, its size, its operations."""

    step: int
    number: int
    size: PassSize
    operations: float


@dataclass(frozen=True)
class Work:
    """Of what was counted; `scale` makes a whole job of it."""

    passes: list[Counted]
    steps: int
    scale: float

    @property
    def is_exact(self) -> bool:
        return self.scale == 1

    @property
    def computed_tokens(self) -> int:
        return round(self.scale * sum(one.size.tokens for one in self.passes))


@dataclass(frozen=True)
class Counter:
    shape: ModelShape
    adapter: AdapterShape
    kind: PassKind
    packed: PackedModel

    def is_recomputed(self, size: PassSize) -> bool:
        return self.packed.recomputes(size.tokens)

    def sizes(self, rows: Sequence[Row]) -> list[PassSize]:
        least = min_saved(self.packed)
        return [size_of(one.rows, least) for one in self.kind.split(self.packed, rows)]

    @property
    def trained(self) -> Trained:
        decoder = self.packed.decoder
        is_native = decoder is not None and native_library(decoder.heads) is not None
        return Trained(self.shape, self.adapter, NATIVE if is_native else IN_BLOCKS)

    def learning(self, size: PassSize) -> float:
        return training_operations(self.trained, size, self.is_recomputed(size))

    def looking(self, size: PassSize) -> float:
        return forward_operations(self.trained, size)


def some_of(plan: Plan) -> Callable[[int], bool]:
    """Which steps, counted from 1, are looked at: all, or as many as can be counted quickly, evenly spread."""
    share = MOST_ROWS_COUNTED / (len(plan.training) * plan.resolved.n_epochs)
    if share >= 1:
        return lambda _: True
    return lambda step: int(step * share) > int((step - 1) * share) or step == 1


def chosen_batches(plan: Plan, seed: int) -> Iterator[tuple[int, list[Row]]]:
    wanted, step = some_of(plan), 0
    for epoch in range(plan.resolved.n_epochs):
        steps = range(step + 1, step + plan.steps_per_epoch + 1)
        # To shuffle the rows of an epoch that nothing is wanted of would take longer than the counting.
        batches = epoch_batches(plan, seed, epoch) if any(map(wanted, steps)) else []
        yield from ((step, batch) for step, batch in zip(steps, batches, strict=False) if wanted(step))
        step = steps[-1]


def count_training(counter: Counter, plan: Plan, seed: int, total_steps: int) -> Work:
    """`plan` may be that of a sample; `total_steps` are the job's."""
    passes, steps = [], 0
    for step, batch in chosen_batches(plan, seed):
        steps += 1
        for number, size in enumerate(counter.sizes(batch)):
            passes.append(Counted(step, number, size, counter.learning(size)))
    return Work(passes, steps, total_steps / steps)


def validation_times(total_steps: int, steps_per_epoch: int) -> int:
    """How often a few rows are measured on: every tenth step and at each end of an epoch."""
    tenth, ends = total_steps // EVERY_STEPS, total_steps // steps_per_epoch
    both = sum(step % EVERY_STEPS == 0 for step in range(steps_per_epoch, total_steps + 1, steps_per_epoch))
    return tenth + ends - both


def looked_at(counter: Counter, rows: Sequence[Row]) -> Work:
    passes = [Counted(0, number, size, counter.looking(size)) for number, size in enumerate(counter.sizes(rows))]
    return Work(passes, 1, 1.0)


def count_validation(counter: Counter, rows: list[Row], times: int) -> Work:
    """The small measurements alone."""
    counted = min(times, MOST_VALIDATION_BATCHES)
    works = [looked_at(counter, validation_batch(rows, (index + 1) * EVERY_STEPS)) for index in range(counted)]
    return Work([one for work in works for one in work.passes], counted, times / max(1, counted))
