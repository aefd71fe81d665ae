"""DPO on packed pairs gives the loss and the gradients of the pairs computed row by row by Transformers and PEFT."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.functional import logsigmoid

from tests.exact import adapted, answer_logprobs, assert_close, disturb, gradients_of
from tests.tiny import LAYERS, write_tiny_base
from trainer.base import load_chat_format
from trainer.dataset import ChatFormat
from trainer.job import JobError
from trainer.packed import PackedModel, create_packed_model
from trainer.pairs import Pair, read_pairs
from trainer.preference import add_pair_gradients, evaluate_pairs, split_pairs
from trainer.prefix_tree import build_tree
from trainer.reference import logprobs_of, with_logprobs

BETA = 0.3
SYSTEM = {"role": "system", "content": "Answer in the tone of a tired librarian."}
TOOL = {"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}}
CALL = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"at": "sky"}'}}


def user(text: str) -> dict:
    return {"role": "user", "content": text}


def assistant(text: str | None, **more: object) -> dict:
    return {"role": "assistant", "content": text, **more}


def row(messages: list[dict], good: dict, bad: dict, **more: object) -> dict:
    return {"input": {"messages": messages, **more}, "preferred_output": [good], "non_preferred_output": [bad]}


ROWS = [
    row([SYSTEM, user("Where is the index?")], assistant("Down there."), assistant("Do you not see it?")),
    row([SYSTEM, user("Where is the index?")], assistant("Down there, left."), assistant("No idea.")),
    row([SYSTEM, user("Hi"), assistant("Yes?"), user("A map?")], assistant("Second floor."), assistant("Second.")),
    row([user("x")], assistant("The same start, then one thing"), assistant("The same start, then another thing!")),
    row([user("y")], assistant("Short"), assistant("Short, and then on and on and on.")),
    row(
        [user("Sky?")], assistant(None, tool_calls=[CALL]), assistant("Blue."), tools=[TOOL], parallel_tool_calls=False
    ),
]


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> ChatFormat:
    return load_chat_format(write_tiny_base(tmp_path_factory.mktemp("base")))


def read(chat: ChatFormat, folder: Path, rows: list, context_length: int = 2048) -> list[Pair]:
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_pairs(chat, path, context_length, "training_file")


def single(model: nn.Module, pair: Pair) -> torch.Tensor:
    return torch.stack([answer_logprobs(model, side).sum() for side in (pair.preferred, pair.non_preferred)])


def naive(model: nn.Module, pairs: list[Pair]) -> tuple[float, float, list[torch.Tensor]]:
    """Loss, accuracy and gradients; the reference is the model with its adapter off."""
    losses, right = [], 0
    for pair in pairs:
        with torch.no_grad(), model.disable_adapter():
            reference = single(model, pair)
        rewards = BETA * (single(model, pair) - reference)
        losses.append(-logsigmoid(rewards[0] - rewards[1]))
        right += int(rewards[0] > rewards[1])
    torch.stack(losses).mean().backward()
    return torch.stack(losses).mean().item(), right / len(pairs), gradients_of(model)


def referenced(packed: PackedModel, pairs: list[Pair]) -> list[Pair]:
    """As at the start of a job with a fresh adapter, whose B is still zero."""
    with packed.model.disable_adapter():
        # The packed decoder has no switch for its adapter, Transformers' layers do.
        return with_logprobs(pairs, logprobs_of(replace(packed, decoder=None), pairs))


@pytest.fixture
def pairs(chat: ChatFormat, tmp_path: Path) -> list[Pair]:
    return read(chat, tmp_path, ROWS)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("budget", [1, 150, 10_000])
@pytest.mark.parametrize("packing", [True, False])
@pytest.mark.parametrize("uses_decoder", [True, False])
def test_packed_pairs_equal_single_rows(
    kind: str, budget: int, packing: bool, uses_decoder: bool, pairs: list[Pair]
) -> None:
    model = adapted(kind)
    loss, accuracy, gradients = naive(model, pairs)
    packed = replace(create_packed_model(model), token_budget=budget, packing=packing)
    packed = packed if uses_decoder else replace(packed, decoder=None)
    pairs = referenced(packed, pairs)
    metrics = add_pair_gradients(packed, pairs, BETA)
    assert metrics["train_loss"] == pytest.approx(loss, rel=1e-4)
    assert metrics["train_mean_token_accuracy"] == pytest.approx(accuracy)
    assert_close(gradients_of(model), gradients)
    assert evaluate_pairs(packed, pairs, BETA) == pytest.approx((loss, accuracy), rel=1e-4)


def test_the_reference_is_the_model_as_it_is_when_the_job_starts(pairs: list[Pair]) -> None:
    model = adapted()
    packed = create_packed_model(model)
    started = with_logprobs(pairs, logprobs_of(packed, pairs))
    assert add_pair_gradients(packed, started, BETA)["train_loss"] == pytest.approx(torch.tensor(2.0).log().item())
    model.zero_grad()
    disturb(model, seed=9)
    rewards = add_pair_gradients(packed, started, BETA)
    moved = torch.stack([single(model, pair) for pair in pairs]) - torch.tensor([pair.reference for pair in started])
    means = (BETA * moved).mean(0).tolist()
    assert [rewards["train_preferred_reward"], rewards["train_non_preferred_reward"]] == pytest.approx(means, rel=1e-3)


def test_a_pair_shares_its_conversation_and_is_never_torn_apart(pairs: list[Pair]) -> None:
    packed = create_packed_model(adapted())
    for budget in (1, 100, 200, 10_000):
        runs = split_pairs(pairs, replace(packed, token_budget=budget))
        assert sorted(rows.pair.line for run in runs for rows in run) == [pair.line for pair in pairs]
        for run in runs:
            tree = build_tree([side for rows in run for side in (rows.preferred, rows.non_preferred)], min_saved=1)
            assert len(run) == 1 or len(tree.tokens) <= budget
    alone = split_pairs(pairs[:1], packed)[0][0]
    shared = alone.pair.preferred.answers[0][0]
    together = build_tree([alone.preferred, alone.non_preferred])
    assert len(together.tokens) <= len(alone.preferred.inputs) + len(alone.non_preferred.inputs) - shared


def test_the_tokens_of_a_row_are_its_conversation_and_both_answers(pairs: list[Pair]) -> None:
    for pair in pairs:
        assert pair.token_count == len(
            {
                tuple(side.tokens[:end])
                for side in (pair.preferred, pair.non_preferred)
                for end in range(1, 1 + len(side.tokens))
            }
        )


def test_only_the_compared_answers_are_learned(pairs: list[Pair]) -> None:
    assert all(len(side.answers) == 1 for pair in pairs for side in (pair.preferred, pair.non_preferred))


def test_the_completion_spelling_is_read_too(chat: ChatFormat, tmp_path: Path, pairs: list[Pair]) -> None:
    renamed = [{name.replace("_output", "_completion"): value for name, value in row.items()} for row in ROWS]
    assert read(chat, tmp_path, renamed) == pairs


def test_a_pair_whose_answer_was_cut_away_teaches_nothing(chat: ChatFormat, tmp_path: Path, pairs: list[Pair]) -> None:
    length = pairs[4].preferred.answers[0][0]
    cut = read(chat, tmp_path, [ROWS[3], ROWS[4]], context_length=length + 3)
    assert all(pair.teaches for pair in cut)
    with pytest.raises(JobError, match="nothing is left of their answers"):
        read(chat, tmp_path, [ROWS[4]], context_length=length)
    model = adapted()
    packed = create_packed_model(model)
    metrics = add_pair_gradients(packed, read(chat, tmp_path, [ROWS[2], ROWS[4]], length + 3)[:1], BETA)
    assert metrics["train_loss"] == pytest.approx(torch.tensor(2.0).log().item())
    assert all(weight.grad is None for weight in model.parameters())


GOOD = ROWS[0]
REFUSED = {
    'it has no "input" with "messages"': {"messages": [user("x"), assistant("y")]},
    '"preferred_output" must be a list of one assistant message': {**GOOD, "preferred_output": []},
    '"non_preferred_output" must be a list of one assistant message': {**GOOD, "non_preferred_output": assistant("x")},
    'the message of "non_preferred_output" must be the assistant\'s': {**GOOD, "non_preferred_output": [user("x")]},
    "message 1 has no known role": {**GOOD, "input": {"messages": [{"role": "robot"}]}},
    '"tools" must be a list of objects': {**GOOD, "input": {**GOOD["input"], "tools": 3}},
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_bad_pair_is_named_by_its_line(sentence: str, chat: ChatFormat, tmp_path: Path) -> None:
    with pytest.raises(JobError) as caught:
        read(chat, tmp_path, [GOOD, REFUSED[sentence]])
    assert (caught.value.code, caught.value.param) == ("invalid_training_file", "training_file")
    assert f"Line 2 cannot be trained on: {sentence}" in caught.value.message
