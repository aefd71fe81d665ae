"""Answers that a chat template writes otherwise once more follows are learned as they are asked."""

import json
from pathlib import Path

import pytest

from tests.conversations import CALL, RESULT, TOOL, USER
from tests.exact import adapted, assert_close, gradients_of, supervised_loss
from tests.tiny import THOUGHT, thinking_template, write_tiny_base
from trainer.base import load_chat_format
from trainer.chat_format import open_chat_format
from trainer.dataset import ChatFormat, encode_rows, read_examples, render_row
from trainer.example import Example
from trainer.optimize import add_gradients
from trainer.packed import create_packed_model
from trainer.plan import as_rows
from trainer.preview import main

LONG = 4096


def said(text: str | None, **more: object) -> dict:
    return {"role": "assistant", "content": text, **more}


ROWS = [
    {"messages": [USER, said("One."), USER, said("Two.", weight=0), USER, said("Three.")]},
    {"messages": [USER, said("One."), USER, said("Two.")]},
    {"messages": [USER, said("One."), USER]},
    {"messages": [USER, said(None, tool_calls=[CALL]), RESULT, said("Rain.")], "tools": [TOOL]},
    {"messages": [USER, said("Only this.")]},
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_base(tmp_path_factory.mktemp("base"), "qwen3", thinking_template())


@pytest.fixture(scope="module")
def chat(base: Path) -> ChatFormat:
    return load_chat_format(base)


def write(folder: Path, rows: list[dict]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(chat: ChatFormat, folder: Path, rows: list[dict], context_length: int = LONG) -> list[Example]:
    return read_examples(chat, write(folder, rows), context_length, "training_file")


def learned(example: Example) -> list[tuple[int, list[int], list[int]]]:
    """(place of the message, the tokens before it, its own) of every answer."""
    return [
        (place, text.tokens[:start], text.tokens[start:end])
        for text in example.texts
        for place, (start, end) in zip(text.answer_messages, text.answers, strict=True)
    ]


def test_every_answer_is_learned_after_exactly_what_an_engine_makes_of_the_question(
    chat: ChatFormat, tmp_path: Path
) -> None:
    places = []
    for example in read(chat, tmp_path, ROWS):
        for place, prompt, _ in learned(example):
            asked = chat.render(example.messages[:place], example.tools, True)
            assert asked.endswith(THOUGHT) and prompt == chat.encode_batch([asked])[0]
        places.append([place for place, _, _ in learned(example)])
    assert places == [[5, 1], [3, 1], [1], [3, 1], [1]]


def test_what_is_learned_is_the_answer_alone(chat: ChatFormat, tmp_path: Path) -> None:
    [first, *_] = read(chat, tmp_path, ROWS)
    expected = chat.encode_batch(["Three.<|im_end|>", "One.<|im_end|>"])
    assert [answer for _, _, answer in learned(first)] == expected


def test_the_row_s_own_text_and_its_count_of_tokens_are_those_of_the_conversation(
    chat: ChatFormat, tmp_path: Path
) -> None:
    for example in read(chat, tmp_path, ROWS):
        whole = chat.encode_batch([chat.render(example.messages, example.tools, False)])[0]
        assert (example.tokens, example.token_count) == (whole, len(whole))


def test_what_the_texts_have_in_common_is_kept_once(chat: ChatFormat, tmp_path: Path) -> None:
    rows = [{"messages": [message for n in range(50) for message in (USER, said(f"Answer {n}."))]}]
    [example] = read(chat, tmp_path, rows)
    assert len(example.asides) == 49
    assert all(len(aside.rest) < 60 for aside in example.asides)


@pytest.mark.parametrize("kind", ["qwen3", "llama"])
def test_packed_they_give_the_loss_and_gradients_of_each_by_itself(kind: str, chat: ChatFormat, tmp_path: Path) -> None:
    examples, model = read(chat, tmp_path, ROWS), adapted(kind)
    loss = supervised_loss(model, [text for example in examples for text in example.texts if text.answers])
    expected = gradients_of(model)
    metrics = add_gradients(create_packed_model(model), as_rows(examples))
    assert metrics["train_loss"] == pytest.approx(loss, rel=1e-4)
    assert_close(gradients_of(model), expected)


@pytest.mark.parametrize("row", [ROWS[1], {"messages": [said("X.")]}])
def test_in_any_context_an_answer_has_as_much_as_there_is_room_for(row: dict, chat: ChatFormat) -> None:
    rendered = [render_row(chat, row, 1)]
    [whole] = encode_rows(chat, rendered, LONG)
    for length in range(1, len(whole.texts[0].tokens) + 20):
        [example] = encode_rows(chat, rendered, length)
        assert {place: (prompt, answer) for place, prompt, answer in learned(example)} == {
            place: (prompt, answer[: length - len(prompt)])
            for place, prompt, answer in learned(whole)
            if len(prompt) < length
        }


def test_the_preview_shows_each_of_them_and_counts_them(
    base: Path, chat: ChatFormat, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    file = write(tmp_path, ROWS)
    options = ["--base", str(base), "--file", str(file), "--context-length", str(LONG)]

    def told(what: str) -> list[dict]:
        assert main([what, *options]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    examples = read(chat, tmp_path, ROWS)
    *shown, _ = told("rows")
    assert [[branch["name"] for branch in row["branches"]] for row in shown] == [
        ["row", "earlier_answer"],
        ["row", "earlier_answer"],
        ["row", "earlier_answer"],
        ["row", "earlier_answer"],
        ["row"],
    ]
    for row, example in zip(shown, examples, strict=True):
        assert [branch["ids"] for branch in row["branches"]] == [text.tokens for text in example.texts]
    counts = told("count")[-1]
    assert counts["tokens"] == sum(example.token_count for example in examples)
    assert counts["trained_tokens"] == sum(len(answer) for example in examples for _, _, answer in learned(example))
    assert counts["untaught_rows"] == 0


def test_the_quick_format_tells_the_template_the_same(base: Path, chat: ChatFormat) -> None:
    quick, _ = open_chat_format(base)
    for row in ROWS:
        assert quick.render(row["messages"], row.get("tools"), True) == chat.render(
            row["messages"], row.get("tools"), True
        )
