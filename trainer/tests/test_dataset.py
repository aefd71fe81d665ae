"""Which tokens are learned, on the chat format of a tiny base whose tokens are single bytes."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tiny import write_tiny_base
from trainer.base import load_chat_format
from trainer.dataset import ChatFormat, parse_json, read_examples, render_row
from trainer.example import Example
from trainer.fidelity import asked_prompt
from trainer.job import JobError

USER = {"role": "user", "content": "Hi"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def chat(base: Path) -> ChatFormat:
    return load_chat_format(base)


def read(chat: ChatFormat, tmp_path: Path, *rows: object, context_length: int = 512) -> list[Example]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return read_examples(chat, path, context_length, "training_file")


def written(base: Path, tokens: list[int]) -> str:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(base).decode(tokens)


def answers(base: Path, example: Example) -> list[str]:
    return [written(base, example.tokens[start:end]) for start, end in example.answers]


def assistant(text: str, **more: object) -> dict:
    return {"role": "assistant", "content": text, **more}


CALL = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"at":  "sky"}'}}
TOOL_CALL = '<tool_call>\n{"name": "look", "arguments": {"at": "sky"}}\n</tool_call><|im_end|>'

LEARNED = {
    "one answer with its end of turn": ([USER, assistant("Yes.")], ["Yes.<|im_end|>"]),
    "every answer of a conversation": (
        [USER, assistant("One"), USER, assistant("Two")],
        ["One<|im_end|>", "Two<|im_end|>"],
    ),
    "not what has weight 0": (
        [USER, assistant("One", weight=0), USER, assistant("Two", weight=1)],
        ["Two<|im_end|>"],
    ),
    "an answer that begins with white space": ([USER, assistant("\n x \n")], ["\n x \n<|im_end|>"]),
    "a tool call": ([USER, assistant(None, tool_calls=[CALL])], [TOOL_CALL]),
    "a function call of the old form": ([USER, assistant(None, function_call=CALL["function"])], [TOOL_CALL]),
    "after tool results": (
        [
            USER,
            assistant(None, tool_calls=[CALL], weight=0),
            {"role": "tool", "content": "a"},
            {"role": "function", "name": "look", "content": "b"},
            assistant("Blue"),
        ],
        ["Blue<|im_end|>"],
    ),
    "text in parts": (
        [USER, assistant([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])],
        ["a\nb<|im_end|>"],
    ),
    "a refusal": ([USER, assistant(None, refusal="No.")], ["No.<|im_end|>"]),
    "opening words": ([assistant("Welcome.")], ["Welcome.<|im_end|>"]),
}


@pytest.mark.parametrize("name", LEARNED)
def test_learned(name: str, base: Path, chat: ChatFormat, tmp_path: Path) -> None:
    messages, expected = LEARNED[name]
    [example] = read(chat, tmp_path, {"messages": messages})
    assert answers(base, example) == expected


def test_tokens_are_those_of_the_rendered_conversation(chat: ChatFormat, tmp_path: Path) -> None:
    messages = [{"role": "developer", "content": "Be brief."}, USER, assistant("Yes."), USER, assistant("No.")]
    [example] = read(chat, tmp_path, {"messages": messages})
    text = chat.render(example.messages, None, False)
    assert example.tokens == chat.encode_batch([text])[0]
    assert text.startswith("<|im_start|>system\nBe brief.<|im_end|>\n")


def test_the_prompt_is_encoded_apart_from_the_answer(chat: ChatFormat, tmp_path: Path) -> None:
    [example] = read(chat, tmp_path, {"messages": [USER, assistant("Yes.")]})
    prompt = chat.render(example.messages[:1], None, True)
    assert example.tokens[: example.answers[0][0]] == chat.encode_batch([prompt])[0]


@pytest.mark.parametrize(
    "text", ["\ue0ff5\ue0ff", '"\ue0ffinf\ue0ff"', "\ufffe1\ufffe", "\x001\x00", "\U0010ffff1\U0010ffff"]
)
def test_whatever_is_said_is_learned_as_it_is(text: str, base: Path, chat: ChatFormat, tmp_path: Path) -> None:
    [example] = read(chat, tmp_path, {"messages": [USER, assistant(text)]})
    assert answers(base, example) == [f"{text}<|im_end|>"]


def test_a_row_too_long_is_cut_at_its_end(chat: ChatFormat, tmp_path: Path) -> None:
    row = {"messages": [USER, assistant("One"), USER, assistant("x" * 100)]}
    [whole] = read(chat, tmp_path, row)
    [example] = read(chat, tmp_path, row, context_length=whole.answers[1][0] + 10)
    assert example.truncated_tokens == len(whole.tokens) - len(example.tokens) > 0 == whole.truncated_tokens
    assert example.tokens == whole.tokens[: whole.answers[1][0] + 10]
    assert example.answers == (whole.answers[0], (whole.answers[1][0], whole.answers[1][0] + 10))
    [shorter] = read(chat, tmp_path, row, context_length=whole.answers[0][1])
    assert (shorter.answers, shorter.answer_messages) == ((whole.answers[0],), (1,))


def test_an_answer_for_which_the_template_writes_nothing_is_none(chat: ChatFormat, tmp_path: Path) -> None:
    def render(messages: list[dict], tools: list[dict] | None, add_generation_prompt: bool) -> str:
        turns = [f"Q: {one['content']}\nA:" if one["role"] == "user" else one["content"] for one in messages]
        return "".join(turns)

    row = {"messages": [USER, assistant(""), USER, assistant("Yes.")]}
    [example] = read(replace(chat, render=render), tmp_path, row)
    assert (len(example.answers), example.answer_messages) == (1, (3,))


COMPLETIONS = {
    "the space before a completion is its tokens', not the answer's": ("Sky?", " Blue.", "Blue."),
    "only one space": ("Sky?", "  Blue.", " Blue."),
    "separators and ends are text like any other": ("Sky?\n\n###\n\n", " Blue. END\n", "Blue. END\n"),
    "without a space": ("Sky?", "\nBlue.", "\nBlue."),
    "an empty prompt": ("", " Blue.", "Blue."),
}


@pytest.mark.parametrize("name", COMPLETIONS)
def test_a_completion_is_learned_as_the_answer_of_a_chat(name: str, chat: ChatFormat, tmp_path: Path) -> None:
    prompt, completion, answer = COMPLETIONS[name]
    [found] = read(chat, tmp_path, {"prompt": prompt, "completion": completion})
    [expected] = read(chat, tmp_path, {"messages": [{"role": "user", "content": prompt}, assistant(answer)]})
    assert found == expected


def test_a_long_file_is_encoded_in_parts_between_which_heartbeats_get_their_turn(
    chat: ChatFormat, tmp_path: Path
) -> None:
    sizes = []

    def encode_batch(texts: list[str]) -> list[list[int]]:
        sizes.append(len(texts))
        return chat.encode_batch(texts)

    rows = [{"messages": [{"role": "user", "content": str(n)}, assistant(str(n))]} for n in range(1200)]
    examples = read(replace(chat, encode_batch=encode_batch), tmp_path, *rows)
    assert [example.line for example in examples] == list(range(1, 1201))
    assert [size for size in sizes if size > 3] == [512 * 3, 512 * 3, 176 * 3]


GOOD = {"messages": [USER, assistant("Yes.")]}

REFUSED = {
    "Line 2 is not valid JSON": "{",
    "Line 2 is not a JSON object": "[]",
    'Line 2 cannot be trained on: it has no "messages"': {"prompt": "x"},
    'Line 2 cannot be trained on: "prompt" and "completion" must be text': {"prompt": None, "completion": "x"},
    "Line 2 cannot be trained on: message 1 has no known role": {"messages": [{"role": "robot", "content": "x"}]},
    "Line 2 cannot be trained on: message 1 has a part that is not text": {
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]
    },
    'Line 2 cannot be trained on: "tools" must be a list of objects': {**GOOD, "tools": [1]},
    'Line 2 cannot be trained on: "functions" must be a list of objects': {**GOOD, "functions": 3},
    'Line 2 cannot be trained on: "tool_calls" of message 2 must be a list of objects': {
        "messages": [USER, assistant(None, tool_calls=5)]
    },
    "Line 2 cannot be trained on: it holds half of a surrogate pair": {"messages": [USER, assistant("\ud800")]},
    "Line 2 cannot be trained on: message 2 has a tool call without a function name": {
        "messages": [USER, {"role": "assistant", "tool_calls": [{"id": "1"}]}]
    },
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_bad_row_is_named_by_its_line(sentence: str, chat: ChatFormat, tmp_path: Path) -> None:
    with pytest.raises(JobError) as caught:
        read(chat, tmp_path, GOOD, REFUSED[sentence])
    assert (caught.value.code, caught.value.param) == ("invalid_training_file", "training_file")
    assert sentence in caught.value.message


@pytest.mark.parametrize("lines", [[], ["[" * 100_000]])
def test_an_empty_or_endless_file_is_refused(lines: list[str], chat: ChatFormat, tmp_path: Path) -> None:
    with pytest.raises(JobError):
        read(chat, tmp_path, *lines)


def test_a_file_without_anything_to_learn_is_refused(chat: ChatFormat, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="no assistant message to learn from"):
        read(chat, tmp_path, {"messages": [USER, assistant("x", weight=0)]})


def test_a_file_of_which_the_context_leaves_no_answer_is_refused_with_what_to_shorten(
    chat: ChatFormat, tmp_path: Path
) -> None:
    with pytest.raises(JobError, match=r"longer than the context of 20 tokens, .* shorten what stands before"):
        read(chat, tmp_path, GOOD, context_length=20)


def test_a_template_that_begins_an_answer_in_another_way_than_it_asks_for_it_is_refused(
    chat: ChatFormat, tmp_path: Path
) -> None:
    def render(messages: list[dict], tools: list[dict] | None, add_generation_prompt: bool) -> str:
        return f"{len(messages)} messages\n" + chat.render(messages, tools, add_generation_prompt)

    with pytest.raises(
        JobError, match="Line 1 cannot be trained on: the model's chat template does not begin message 2"
    ):
        read(replace(chat, render=render), tmp_path, GOOD)


def test_rules_need_no_torch() -> None:
    modules = """job journal lock watch schedule messages dataset example prefix_tree plan job_folder durable
        gguf_adapter adapter_shape announce board failures pairs position engine_numbers"""
    script = f"import sys, importlib\nfor name in {modules.split()!r}: importlib.import_module('trainer.' + name)\n"
    assert subprocess.run([sys.executable, "-c", script + "sys.exit('torch' in sys.modules)"]).returncode == 0


def test_numbers_are_those_that_a_chat_request_brings_to_the_engine() -> None:
    assert repr(parse_json(b"[1.0, 10.0, 0.5, 1e999, -2.0]")) == "[1, 10, 0.5, inf, -2]"
    assert parse_json(b"[9007199254740993, 4611686018427388001]") == [9007199254740992, 4611686018427388000]


@pytest.mark.parametrize("length", [307, 308, 309, 310, 4000, 5000])
def test_a_number_that_no_double_holds_breaks_nothing(length: int, chat: ChatFormat) -> None:
    call = {**CALL, "function": {"name": "look", "arguments": f'{{"at": -{"9" * length}}}'}}
    row = {"messages": [USER, assistant(None, tool_calls=[call]), {"role": "tool", "content": "x"}, assistant("Done.")]}
    assert "look" in render_row(chat, row, 1).pieces[1]


def test_a_key_that_is_overwritten_may_hold_any_number(chat: ChatFormat, tmp_path: Path) -> None:
    digits = "1" * 5000
    twice = {**CALL, "function": {"name": "look", "arguments": f'{{"at": {digits}, "at": "sky"}}'}}
    row = json.dumps({"messages": [USER, assistant(None, tool_calls=[twice])]})
    plain, found = (
        read(chat, tmp_path, one)[0]
        for one in ({"messages": [USER, assistant(None, tool_calls=[CALL])]}, f'{{"messages": {digits}, {row[1:]}')
    )
    assert found.tokens == plain.tokens


def test_a_call_is_trained_as_it_was_written_and_asked_about_as_the_engine_writes_it(
    base: Path, chat: ChatFormat, tmp_path: Path
) -> None:
    call = {**CALL, "function": {"name": "look", "arguments": '{"latitude": 59.913868, "zoom": 1.0}'}}
    row = {"messages": [USER, assistant(None, tool_calls=[call]), {"role": "tool", "content": "x"}, assistant("Done.")]}
    [example] = read(chat, tmp_path, row)
    assert '"latitude": 59.913868, "zoom": 1.0' in answers(base, example)[0]
    assert '"latitude": 59.9139, "zoom": 1}' in written(base, asked_prompt(chat, example))


def test_a_line_ends_at_a_line_feed_and_nowhere_else(chat: ChatFormat, tmp_path: Path) -> None:
    row = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"".join(json.dumps(row).encode().replace(b", ", b",\r ") + b"\r\n" for _ in range(3)))
    assert [example.line for example in read_examples(chat, path, 512, "training_file")] == [1, 2, 3]
