"""Packed and shared equals one row at a time, in the loss and in every gradient, for whatever a job may ask for."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.exact import adapted, assert_close, gradients_of, supervised_loss
from tests.tiny import LAYERS, write_tiny_base
from trainer.adapter_shape import AdapterShape
from trainer.base import load_chat_format
from trainer.dataset import read_examples
from trainer.dropout import install_dropout
from trainer.example import Example
from trainer.optimize import add_gradients, trainable
from trainer.packed import PackedModel, create_packed_model
from trainer.plan import as_rows

SYSTEM = {"role": "system", "content": "Answer briefly, in the words of the question."}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
CALL = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"at": "sky"}'}}


def user(text: str) -> dict:
    return {"role": "user", "content": text}


def assistant(text: str | None, **more: object) -> dict:
    return {"role": "assistant", "content": text, **more}


TURNS = [SYSTEM, user("Is it far?"), assistant("It is not far."), user("How far?"), assistant("A mile.")]
CASES = {
    "single turns": [
        {"messages": [SYSTEM, user(f"Is {n} odd?"), assistant("yes" if n % 2 else "no")]} for n in range(5)
    ],
    "weights": [
        {"messages": [*TURNS[:2], assistant("It is not far.", weight=0), *TURNS[3:]]},
        {"messages": [*TURNS[:4], assistant("A mile.", weight=0)]},
        {"messages": TURNS},
    ],
    "multi-turn": [
        {"messages": TURNS},
        {"messages": TURNS[:3]},
        {"messages": [*TURNS, user("Thanks"), assistant("Gladly.")]},
        {"messages": [*TURNS[:3], user("Sure?"), assistant("Sure.")]},
    ],
    "tools": [
        {"messages": [user("Sky?"), assistant(None, tool_calls=[CALL])], "tools": [TOOL]},
        {
            "messages": [
                user("Sky?"),
                assistant(None, tool_calls=[CALL]),
                {"role": "tool", "tool_call_id": "1", "content": "blue"},
                assistant("Blue."),
            ],
            "tools": [TOOL],
        },
    ],
    "completions": [{"prompt": "2 + 2 =", "completion": " 4"}, {"prompt": "2 + 3 =", "completion": " 5"}],
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Example]]:
    folder = tmp_path_factory.mktemp("cases")
    chat, path = load_chat_format(write_tiny_base(folder / "base")), folder / "rows.jsonl"

    def read(rows: list) -> list[Example]:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return read_examples(chat, path, 2048, "training_file")

    return {name: read(rows) for name, rows in CASES.items()}


def assert_exact(packed: PackedModel, examples: list[Example]) -> None:
    loss = supervised_loss(packed.model, examples)
    gradients = gradients_of(packed.model)
    metrics = add_gradients(packed, as_rows(examples))
    assert metrics["train_loss"] == pytest.approx(loss, rel=1e-4)
    assert_close(gradients_of(packed.model), gradients)


@pytest.mark.parametrize(("kind", "head_dim"), [*((kind, 8) for kind in LAYERS), ("llama", 64), ("qwen3", 128)])
@pytest.mark.parametrize("name", CASES)
def test_rows_of_every_form(name: str, kind: str, head_dim: int, cases: dict[str, list[Example]]) -> None:
    assert_exact(create_packed_model(adapted(kind, head_dim=head_dim)), cases[name])


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(
    "shape",
    [
        AdapterShape(targets=["q_proj", "v_proj"]),
        AdapterShape(targets=["o_proj", "down_proj"]),
        AdapterShape(targets=["gate_proj"]),
        AdapterShape(r=3, alpha=7.5),
        AdapterShape(r=1, alpha=1, targets=["k_proj", "up_proj", "down_proj"]),
    ],
)
def test_adapters_of_every_shape(shape: AdapterShape, kind: str, cases: dict[str, list[Example]]) -> None:
    assert_exact(create_packed_model(adapted(kind, shape)), cases["multi-turn"])


def test_an_adapter_to_continue_from(tmp_path: Path, cases: dict[str, list[Example]]) -> None:
    shape = AdapterShape(r=5, alpha=10, targets=["q_proj", "up_proj"])
    first = adapted(shape=shape)
    first.save_pretrained(str(tmp_path))
    model = adapted(shape=shape, continue_from=tmp_path)
    assert all(torch.equal(one, other) for one, other in zip(trainable(first), trainable(model), strict=True))
    assert_exact(create_packed_model(model), cases["multi-turn"])


def test_without_packing_rows_are_computed_alone_with_the_same_numbers(cases: dict[str, list[Example]]) -> None:
    packed = replace(create_packed_model(adapted()), packing=False)
    assert_exact(packed, cases["multi-turn"])


TARGETS = ["q_proj", "v_proj", "o_proj", "down_proj"]


@pytest.mark.parametrize("targets", ["all-linear", TARGETS])
def test_dropped_inputs_are_the_same_however_a_batch_is_computed(
    targets: str | list[str], cases: dict[str, list[Example]]
) -> None:
    model = adapted(shape=AdapterShape(dropout=0.3, targets=targets))
    dropout = install_dropout(model, 0.3, seed=11)
    packed = replace(create_packed_model(model), dropout=dropout)
    rows, found = as_rows(cases["multi-turn"]), []
    ways = [
        packed,
        replace(packed, packing=False),
        replace(packed, token_budget=60),
        replace(packed, decoder=None),
        replace(packed, decoder=None, packing=False),
    ]
    for way in ways:
        with dropout.at_step(5):
            found.append((add_gradients(way, rows)["train_loss"], gradients_of(model)))
    for loss, gradients in found[1:]:
        assert loss == pytest.approx(found[0][0], rel=1e-4)
        assert_close(gradients, found[0][1])
    with dropout.at_step(6):
        assert add_gradients(packed, rows)["train_loss"] != pytest.approx(found[0][0], rel=1e-4)
    model.zero_grad()
    assert add_gradients(packed, rows)["train_loss"] == pytest.approx(
        add_gradients(replace(packed, dropout=None), rows)["train_loss"]
    )
