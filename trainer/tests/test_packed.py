"""A packed batch gives the loss and the gradients of its rows computed one by one by Transformers and PEFT."""

import random
from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.exact import adapted, assert_close, gradients_of
from tests.tiny import LAYERS, VOCABULARY
from trainer.optimize import add_gradients
from trainer.packed import create_packed_model, packed_loss
from trainer.prefix_tree import TrainRow, build_tree, train_row

Rows = list[tuple[list[int], list[tuple[int, int]]]]


def tokens(count: int, seed: int) -> list[int]:
    return random.Random(seed).choices(range(VOCABULARY), k=count)


SYSTEM = tokens(30, 0)
TURN = SYSTEM + tokens(12, 1)

CASES: dict[str, Rows] = {
    "a common system prompt": [(SYSTEM + tokens(8, n), [(34, 38)]) for n in range(1, 6)],
    "a conversation that goes on differently": [
        (TURN, [(36, 42)]),
        (TURN + tokens(15, 2), [(36, 42), (50, 57)]),
        (TURN + tokens(9, 3), [(36, 42), (45, 50)]),
        (TURN + tokens(15, 2) + tokens(9, 4), [(36, 42), (50, 57), (60, 66)]),
    ],
    "the same row three times": [(TURN, [(36, 42)])] * 3 + [(SYSTEM + tokens(20, 5), [(33, 40)])],
    "nothing in common": [(tokens(20 + n, 10 + n), [(10, 18)]) for n in range(4)],
    "one long row": [(tokens(90, 6), [(80, 90)])],
    "labels in a shared segment, learned in some rows only": [
        (TURN + tokens(10, 7), [(20, 30), (45, 52)]),
        (TURN + tokens(10, 8), [(45, 52)]),
        (TURN + tokens(10, 9), [(20, 25), (45, 52)]),
    ],
    "answers that differ from their first token": [(SYSTEM + tokens(3, 20 + n), [(30, 33)]) for n in range(4)],
}


def rows_of(case: Rows) -> list[TrainRow]:
    return [train_row(*row) for row in case]


def row_by_row(model: nn.Module, case: Rows) -> tuple[float, float, list[torch.Tensor]]:
    total = sum(end - start for _, answers in case for start, end in answers)
    loss = right = 0.0
    for ids, answers in case:
        logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        for start, end in answers:
            wanted, predicted = torch.tensor(ids[start:end]), logits[start - 1 : end - 1]
            part = nn.functional.cross_entropy(predicted, wanted, reduction="sum") / total
            part.backward(retain_graph=True)
            loss, right = loss + part.item(), right + (predicted.argmax(-1) == wanted).sum().item()
    return loss, right / total, gradients_of(model)


# Heads of 64 are computed by the native kernel where it can be built.
@pytest.mark.parametrize("head_dim", [8, 64])
@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("name", CASES)
def test_packed_loss_and_gradients_are_those_of_single_rows(name: str, kind: str, head_dim: int) -> None:
    model, case = adapted(kind, head_dim=head_dim), CASES[name]
    loss, accuracy, gradients = row_by_row(model, case)
    metrics = add_gradients(create_packed_model(model), rows_of(case))
    assert metrics["train_loss"] == pytest.approx(loss, rel=1e-5)
    assert metrics["train_mean_token_accuracy"] == pytest.approx(accuracy)
    assert_close(gradients_of(model), gradients)


@pytest.mark.parametrize("budget", [1, 45, 70, 100])
def test_several_passes_add_up_to_one(budget: int) -> None:
    model, case = adapted(), CASES["a conversation that goes on differently"] + CASES["a common system prompt"]
    packed = create_packed_model(model)
    whole = add_gradients(packed, rows_of(case))
    gradients = gradients_of(model)
    parts = add_gradients(replace(packed, token_budget=budget), rows_of(case))
    assert parts["train_loss"] == pytest.approx(whole["train_loss"], rel=1e-5)
    assert_close(gradients_of(model), gradients)


@pytest.mark.parametrize("name", CASES)
def test_transformers_with_a_dense_mask_gives_the_same(name: str) -> None:
    model, rows = adapted(), rows_of(CASES[name])
    packed = create_packed_model(model)
    blocks, _ = packed_loss(packed, rows)
    masked, _ = packed_loss(replace(packed, decoder=None), rows)
    assert masked.item() == pytest.approx(blocks.item(), rel=1e-5)


def test_a_common_prompt_is_computed_once() -> None:
    rows = rows_of(CASES["a common system prompt"])
    assert len(build_tree(rows).tokens) == len(SYSTEM) + sum(len(row.inputs) - len(SYSTEM) for row in rows)


def test_tokens_after_the_last_answer_are_not_computed() -> None:
    ids = tokens(90, 6)
    assert build_tree([train_row(ids, [(40, 50)])]).tokens == ids[:49]
