"""Everything that is settled before the first step: the rows, the numbers, the order. No torch here."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from trainer.adapter_shape import AdapterShape, adapter_shape
from trainer.dataset import ChatFormat, read_examples
from trainer.example import Example
from trainer.job import JobError, Spec
from trainer.pairs import Pair, read_pairs
from trainer.prefix_tree import TrainRow, train_row
from trainer.schedule import Resolved, Setting, resolve, steps_per_epoch

VALIDATION_BATCH = 16
READERS = {"supervised": read_examples, "dpo": read_pairs}

Row = Example | Pair


@dataclass(frozen=True)
class Plan:
    """The rows are Examples, or Pairs for DPO."""

    training: list[Row]
    validation: list[Row]
    resolved: Resolved
    adapter: AdapterShape
    steps_per_epoch: int
    total_steps: int
    tokens_per_epoch: int

    def epoch_ends(self, step: int) -> bool:
        return step % self.steps_per_epoch == 0


def as_rows(examples: list[Example]) -> list[TrainRow]:
    return [train_row(text.tokens, text.answers) for example in examples for text in example.texts]


def make_plan(spec: Spec, chat: ChatFormat, parameters: int) -> Plan:
    asked, read = spec.hyperparameters, READERS[spec.method]
    length = min(spec.base.context_length, asked.context_length or spec.base.context_length)
    shape = adapter_shape(asked, spec.adapter)
    training = read(chat, spec.training_file, length, "training_file")
    validation = []
    if spec.validation_file is not None:
        validation = read(chat, spec.validation_file, length, "validation_file")
    resolved = resolve(asked, Setting(spec.method, len(training), parameters, length, shape))
    per_epoch = steps_per_epoch(len(training), resolved.batch_size)
    return Plan(
        training=training,
        validation=validation,
        resolved=resolved,
        adapter=shape,
        steps_per_epoch=per_epoch,
        total_steps=per_epoch * resolved.n_epochs,
        tokens_per_epoch=sum(row.token_count for row in training),
    )


def examples_of(row: Row) -> list[Example]:
    return [row] if isinstance(row, Example) else [row.preferred, row.non_preferred]


def check_vocabulary(plan: Plan, size: int) -> None:
    """`size`: how many tokens the base has weights for."""
    examples = [example for row in plan.training + plan.validation for example in examples_of(row)]
    highest = max(max(text.tokens, default=0) for example in examples for text in example.texts)
    if highest >= size:
        message = f"The base's tokenizer writes token {highest}, but its weights know only {size} tokens."
        raise JobError("base_unreadable", message, "model")


def epoch_batches(plan: Plan, seed: int, epoch: int) -> list[list[Row]]:
    order = list(plan.training)
    random.Random(f"{seed}:{epoch}").shuffle(order)
    size = plan.resolved.batch_size
    return [order[start : start + size] for start in range(0, len(order), size)]


def batches_after(plan: Plan, seed: int, steps_done: int) -> Iterator[tuple[int, int, list[Row]]]:
    """(step, epoch, batch), both counted from 1."""
    for epoch in range(steps_done // plan.steps_per_epoch, plan.resolved.n_epochs):
        first_step = epoch * plan.steps_per_epoch + 1
        for step, batch in enumerate(epoch_batches(plan, seed, epoch), first_step):
            if step > steps_done:
                yield step, epoch + 1, batch


def validation_batch(rows: list[Row], step: int) -> list[Row]:
    """A few rows that follow from the step alone, so that a resumed job measures on the same ones."""
    start = step * VALIDATION_BATCH % len(rows)
    return (rows + rows)[start : start + min(VALIDATION_BATCH, len(rows))]
