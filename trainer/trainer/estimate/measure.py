"""Times real passes, steps and checkpoints of a job, for no longer than is told."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch

from trainer.checkpoint import save_checkpoint
from trainer.estimate.counting import Counted, Counter
from trainer.estimate.fit import Timed
from trainer.estimate.passes import Pass
from trainer.example import Example
from trainer.fidelity import choose_rows, probe_row, trained_prompt
from trainer.optimize import apply_gradients
from trainer.plan import Plan, Row, epoch_batches
from trainer.position import Position

LEARNING_SECONDS = 15.0
LOOKING_SECONDS = 5.0
LEAST_TIMED = 2
OPTIMIZER_STEPS = 3
PROBED_ROWS = 2
# Shares of all the work: passes in which most of the time goes by are looked at first, then those on either side.
PLACES = (0.5, 0.85, 0.15, 0.7, 0.3, 0.95, 0.05, 0.6, 0.4, 0.78, 0.22, 1.0)


@dataclass(frozen=True)
class Job:
    """What is timed of it, as it was counted."""

    counter: Counter
    plan: Plan
    seed: int
    optimizer: torch.optim.Optimizer


def synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    synchronize()
    return time.monotonic() - began


def spread(passes: Sequence[Counted]) -> list[Counted]:
    """The smallest, to warm up with, then different ones from the whole range."""
    ordered = sorted(passes, key=lambda one: one.operations)
    total, done, ends = sum(one.operations for one in ordered), 0.0, []
    for one in ordered:
        done += one.operations
        ends.append(done / total)
    places = [next(index for index, end in enumerate(ends) if end >= place - 1e-9) for place in PLACES]
    return [ordered[index] for index in dict.fromkeys([0, *places])]


def within(passes: list[Counted], seconds: float, run: Callable[[Counted], float]) -> list[Timed]:
    """Those of the passes that the time is enough for; the first only warms up, unless it is the only one."""
    [first, *others] = passes
    ends = time.monotonic() + seconds
    run(first)
    if not others or time.monotonic() > ends:
        return [Timed(first.operations, run(first)) for _ in range(LEAST_TIMED)]
    found: list[Timed] = []
    for one in others:
        rate = found[-1].seconds / found[-1].operations if found else 0.0
        is_affordable = time.monotonic() + rate * one.operations < ends
        if is_affordable or not found:
            found.append(Timed(one.operations, run(one)))
        if time.monotonic() > ends:
            break
    return found if len(found) >= LEAST_TIMED else [*found, Timed(first.operations, run(first))]


def batch_of(job: Job, step: int) -> list[Row]:
    epoch, place = divmod(step - 1, job.plan.steps_per_epoch)
    return epoch_batches(job.plan, job.seed, epoch)[place]


def time_learning(job: Job, passes: Sequence[Counted]) -> list[Timed]:
    counter = job.counter
    dropout = counter.packed.dropout

    def run(one: Counted) -> float:
        items = counter.kind.split(counter.packed, batch_of(job, one.step))[one.number].items

        def learn() -> None:
            with dropout.at_step(one.step) if dropout else nullcontext():
                counter.kind.learn(counter.packed, items)

        return timed(learn)

    return within(spread(passes), LEARNING_SECONDS, run)


def time_looking(counter: Counter, rows: Sequence[Row]) -> list[Timed]:
    """Forward passes alone, of rows that are measured on."""
    split: list[Pass] = counter.kind.split(counter.packed, rows)
    counted = [Counted(0, number, size, counter.looking(size)) for number, size in enumerate(counter.sizes(rows))]

    def run(one: Counted) -> float:
        return timed(lambda: counter.kind.measure(counter.packed, split[one.number].items))

    return within(spread(counted), LOOKING_SECONDS, run)


def time_optimizer(job: Job) -> float:
    """After a pass has left gradients; the weights stay as they are. The first step makes the optimizer's state."""
    model = job.counter.packed.model
    kept = [(weight, weight.grad) for weight in model.parameters() if weight.grad is not None]

    def step() -> None:
        apply_gradients(job.optimizer, 1, 0.0, job.plan.resolved.max_grad_norm)

    def again() -> float:
        for weight, gradient in kept:
            weight.grad = gradient
        return timed(step)

    return median([again() for _ in range(OPTIMIZER_STEPS + 1)][1:])


def time_checkpoint(job: Job, base: Path, folder: Path) -> float:
    return timed(lambda: save_checkpoint(folder, base, job.counter.packed.model, job.optimizer, Position(step=1)))


def probe_lengths(examples: list[Example]) -> Iterator[tuple[Example, int]]:
    for example in choose_rows(examples):
        yield example, example.answers[-1][1]


def time_fidelity(job: Job, examples: list[Example]) -> float:
    """Of all the rows that are probed at the end, from a few."""
    rows = list(probe_lengths(examples))
    if not rows:
        return 0.0
    model = job.counter.packed.model.eval()

    @torch.no_grad()
    def probe(example: Example) -> float:
        return timed(lambda: probe_row(model, example, trained_prompt(example)))

    probe(rows[0][0])
    some = rows[:: max(1, len(rows) // PROBED_ROWS)][:PROBED_ROWS]
    seconds = sum(probe(example) for example, _ in some)
    return seconds * sum(length for _, length in rows) / sum(length for _, length in some)
