"""From the user's JSON lines to token ids, with the answers marked.

The loss is on what the model itself will have to write: every assistant message from the end of the generation
prompt to its end-of-turn token. The place is found by rendering the conversation up to there, which is right only
if a longer conversation starts with exactly the text of a shorter one; that is checked for every row.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from trainer.continued import encode_pieces
from trainer.engine_numbers import as_engine_writes, as_sent, unmarked
from trainer.job import JobError
from trainer.messages import BadRow, as_chat, normal_messages, normal_tools, trained_messages

# Rows whose text is held at once.
ROWS_A_BATCH = 512


@dataclass(frozen=True)
class ChatFormat:
    """The model's own way to write a chat; `render(messages, tools, add_generation_prompt)`."""

    render: Callable[[list[dict], list[dict] | None, bool], str]
    encode_batch: Callable[[list[str]], list[list[int]]]
    special_tokens: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    line: int
    messages: list[dict]
    tools: list[dict] | None
    tokens: list[int]
    # Token ranges [start, end) that carry a loss, and for each the place of its message.
    answers: tuple[tuple[int, int], ...]
    answer_messages: tuple[int, ...]
    # Tokens at the end that the context has no room for.
    truncated_tokens: int

    @property
    def token_count(self) -> int:
        return len(self.tokens)

    @property
    def teaches(self) -> bool:
        return any(end > 1 for _, end in self.answers)


@dataclass(frozen=True)
class RenderedRow:
    line: int
    messages: list[dict]
    tools: list[dict] | None
    # Pieces of the conversation's text in order; every second one, from index 1, is an answer.
    pieces: list[str]
    answer_messages: tuple[int, ...]


def end_of_answer(span: str, special_tokens: tuple[str, ...]) -> int:
    """The template's newline after the end-of-turn token is not the model's to write."""
    stripped = span.rstrip()
    return len(stripped) if stripped.endswith(special_tokens) else len(span)


def answer_span(chat: ChatFormat, row: tuple[list[dict], list[dict] | None, str], place: int) -> tuple[int, int]:
    messages, tools, whole = row
    prompt = chat.render(messages[:place], tools, True)
    until = chat.render(messages[: place + 1], tools, False)
    if not until.startswith(prompt) or not whole.startswith(until):
        raise BadRow(
            f"the model's chat template rewrites what comes before message {place + 1}, so its answer cannot be found"
        )
    return len(prompt), len(prompt) + end_of_answer(until[len(prompt) :], chat.special_tokens)


def as_served(chat: ChatFormat) -> ChatFormat:
    """With the numbers of tools as the engine writes them; those of calls are the model's to write, and stay exact."""

    def render(messages: list[dict], tools: list[dict] | None, add_generation_prompt: bool) -> str:
        return unmarked(chat.render(messages, as_engine_writes(tools), add_generation_prompt))

    return replace(chat, render=render)


def render_row(chat: ChatFormat, raw: dict, line: int) -> RenderedRow:
    return render_chat(chat, as_chat(raw), line, None)


def render_chat(chat: ChatFormat, raw: dict, line: int, places: list[int] | None) -> RenderedRow:
    """`places` of the messages that carry a loss; None: as the row itself says."""
    chat, messages, tools = as_served(chat), normal_messages(raw), normal_tools(raw)
    whole = chat.render(messages, tools, False)
    try:
        whole.encode()
    except UnicodeEncodeError as error:
        raise BadRow("it holds half of a surrogate pair, which is not text") from error
    places = trained_messages(raw) if places is None else places
    pieces, done = [], 0
    for place in places:
        start, end = answer_span(chat, (messages, tools, whole), place)
        pieces += [whole[done:start], whole[start:end]]
        done = end
    return RenderedRow(line, messages, tools, [*pieces, whole[done:]], tuple(places))


def cut(answers: list[tuple[int, int]], limit: int) -> tuple[tuple[int, int], ...]:
    return tuple((start, min(end, limit)) for start, end in answers if start < limit)


def joined(row: RenderedRow, texts: list[list[int]], context_length: int) -> Example:
    tokens: list[int] = []
    answers = []
    for index, piece in enumerate(texts):
        if index % 2 and piece:
            answers.append((len(tokens), len(tokens) + len(piece)))
        tokens += piece
    kept = cut(answers, context_length)
    return Example(
        line=row.line,
        messages=row.messages,
        tools=row.tools,
        tokens=tokens[:context_length],
        answers=kept,
        answer_messages=row.answer_messages[: len(kept)],
        truncated_tokens=max(0, len(tokens) - context_length),
    )


def encode_rows(chat: ChatFormat, rows: list[RenderedRow], context_length: int) -> list[Example]:
    """Answers are encoded apart from their prompts, as they are when the model writes them."""
    encoded = iter(encode_pieces(chat.encode_batch, [row.pieces for row in rows], chat.special_tokens))
    return [joined(row, [next(encoded) for _ in row.pieces], context_length) for row in rows]


def parse_json(text: bytes) -> object:
    return json.loads(text.decode(), parse_float=as_sent, parse_int=as_sent)


def parse_lines(path: Path) -> Iterator[tuple[int, dict]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = parse_json(line)
            except (ValueError, RecursionError) as error:
                raise BadRow(f"Line {number} is not valid JSON") from error
            if not isinstance(row, dict):
                raise BadRow(f"Line {number} is not a JSON object")
            yield number, row


Render = Callable[[ChatFormat, dict, int], Any]


def rendered_lines(chat: ChatFormat, path: Path, render: Render) -> Iterator[Any]:
    for number, raw in parse_lines(path):
        try:
            yield render(chat, raw, number)
        except BadRow as error:
            raise BadRow(f"Line {number} cannot be trained on: {error}") from error


@contextmanager
def refusing(param: str) -> Iterator[Callable[[str], JobError]]:
    """What is wrong with a row is wrong with the file; `param` is "training_file" or "validation_file"."""

    def refusal(reason: str) -> JobError:
        message = f"The job failed due to an invalid {param.replace('_', ' ')}. {reason}."
        return JobError(f"invalid_{param}", message, param)

    try:
        yield refusal
    except (BadRow, UnicodeDecodeError) as error:
        raise refusal(str(error)) from error


def no_lesson(is_any_cut: bool, context_length: int) -> str:
    """Why not one row of a file teaches anything."""
    if not is_any_cut:
        return "It has no assistant message to learn from"
    return (
        f"Its rows are longer than the context of {context_length} tokens, and nothing is left of their answers "
        "once they are cut at their ends; shorten what stands before the answers"
    )


def read_examples(chat: ChatFormat, path: Path, context_length: int, param: str) -> list[Example]:
    examples: list[Example] = []
    with refusing(param) as refusal:
        rows = rendered_lines(chat, path, render_row)
        while chunk := list(islice(rows, ROWS_A_BATCH)):
            examples += encode_rows(chat, chunk, context_length)
        if not any(example.teaches for example in examples):
            raise refusal(no_lesson(any(example.truncated_tokens for example in examples), context_length))
    return examples
