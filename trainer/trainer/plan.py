"""Everything that is settled before the first step: the rows, the numbers, the order. No torch here."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from trainer.dataset import ChatFormat, Example, read_examples
from trainer.job import Spec
from trainer.prefix_tree import TrainRow, train_row
from trainer.schedule import Resolved, peak_learning_rate, resolve, steps_per_epoch

VALIDATION_BATCH = 16


@dataclass(frozen=True)
class Plan:
    training: list[Example]
    validation: list[Example]
    # The validation rows that carry a loss, as they are computed.
    validation_rows: list[TrainRow]
    resolved: Resolved
    peak_learning_rate: float
    steps_per_epoch: int
    total_steps: int
    tokens_per_epoch: int


def as_rows(examples: list[Example]) -> list[TrainRow]:
    return [train_row(example.tokens, example.answers) for example in examples]


def make_plan(spec: Spec, chat: ChatFormat, parameters: int) -> Plan:
    length = spec.base.context_length
    training = read_examples(chat, spec.training_file, length, "training_file")
    validation = []
    if spec.validation_file is not None:
        validation = read_examples(chat, spec.validation_file, length, "validation_file")
    resolved = resolve(spec.hyperparameters, len(training))
    per_epoch = steps_per_epoch(len(training), resolved.batch_size)
    return Plan(
        training=training,
        validation=validation,
        validation_rows=[row for row in as_rows(validation) if row.labels],
        resolved=resolved,
        peak_learning_rate=peak_learning_rate(parameters, resolved),
        steps_per_epoch=per_epoch,
        total_steps=per_epoch * resolved.n_epochs,
        tokens_per_epoch=sum(len(example.tokens) for example in training),
    )


def epoch_batches(plan: Plan, seed: int, epoch: int) -> list[list[Example]]:
    order = list(plan.training)
    random.Random(f"{seed}:{epoch}").shuffle(order)
    size = plan.resolved.batch_size
    return [order[start : start + size] for start in range(0, len(order), size)]


def batches_after(plan: Plan, seed: int, steps_done: int) -> Iterator[tuple[int, int, list[Example]]]:
    """(step, epoch, batch), both counted from 1."""
    for epoch in range(steps_done // plan.steps_per_epoch, plan.resolved.n_epochs):
        first_step = epoch * plan.steps_per_epoch + 1
        for step, batch in enumerate(epoch_batches(plan, seed, epoch), first_step):
            if step > steps_done:
                yield step, epoch + 1, batch


def validation_batch(plan: Plan, step: int) -> list[TrainRow]:
    """A few rows that follow from the step alone, so that a resumed job measures on the same ones."""
    rows = plan.validation_rows
    start = step * VALIDATION_BATCH % len(rows)
    return (rows + rows)[start : start + min(VALIDATION_BATCH, len(rows))]
