"""From the user's JSON lines to token ids, with the answers marked.

The loss is on what the model itself will have to write: every assistant message from the end of the generation
prompt to its end-of-turn token. The place is found by rendering the conversation up to there. A longer conversation
need not start with the text of a shorter one: such an answer is learned in the text that ends with it, as it is asked.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from trainer.batches import batches
from trainer.continued import encode_pieces
from trainer.engine_numbers import as_engine_writes, as_sent, unmarked
from trainer.example import Aside, Example
from trainer.job import JobError
from trainer.messages import BadRow, as_chat, normal_messages, normal_tools, trained_messages
from trainer.prefix_tree import common_length

# What every template is told beside the chat, here and by the engines: a tuned model answers as its rows do, at once.
TEMPLATE_SETTINGS = {"enable_thinking": False}

# Rows whose text is held at once.
ROWS_A_BATCH = 512


@dataclass(frozen=True)
class ChatFormat:
    """The model's own way to write a chat; `render(messages, tools, add_generation_prompt)`."""

    render: Callable[[list[dict], list[dict] | None, bool], str]
    encode_batch: Callable[[list[str]], list[list[int]]]
    special_tokens: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """The place of its message, what the model is asked, and what it is to write."""

    message: int
    prompt: str
    text: str


@dataclass(frozen=True)
class RenderedRow:
    line: int
    messages: list[dict]
    tools: list[dict] | None
    # Pieces of the conversation's text in order; every second one, from index 1, is an answer.
    pieces: list[str]
    answer_messages: tuple[int, ...]
    # Those that do not stand like this in the conversation's text.
    asides: tuple[Answer, ...]

    @property
    def texts(self) -> list[list[str]]:
        """The pieces of each of its texts."""
        return [self.pieces, *([aside.prompt, aside.text] for aside in self.asides)]


def end_of_answer(span: str, special_tokens: tuple[str, ...]) -> int:
    """The template's newline after the end-of-turn token is not the model's to write."""
    stripped = span.rstrip()
    return len(stripped) if stripped.endswith(special_tokens) else len(span)


def find_answer(chat: ChatFormat, messages: list[dict], tools: list[dict] | None, place: int) -> tuple[Answer, str]:
    """The answer, and the text of the conversation up to the next message."""
    prompt = chat.render(messages[:place], tools, True)
    until = chat.render(messages[: place + 1], tools, False)
    if not until.startswith(prompt):
        raise BadRow(
            f"the model's chat template does not begin message {place + 1} as it begins answers: it cannot be learned"
        )
    text = until[len(prompt) :]
    return Answer(place, prompt, text[: end_of_answer(text, chat.special_tokens)]), until


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
    return row_of(line, messages, tools, whole, [find_answer(chat, messages, tools, place) for place in places])


def row_of(
    line: int, messages: list[dict], tools: list[dict] | None, whole: str, found: list[tuple[Answer, str]]
) -> RenderedRow:
    within = [answer for answer, until in found if whole.startswith(until)]
    asides = tuple(answer for answer, until in found if not whole.startswith(until))
    pieces, done = [], 0
    for answer in within:
        start = len(answer.prompt)
        pieces += [whole[done:start], answer.text]
        done = start + len(answer.text)
    return RenderedRow(line, messages, tools, [*pieces, whole[done:]], tuple(a.message for a in within), asides)


def cut(answers: list[tuple[int, int]], limit: int) -> tuple[tuple[int, int], ...]:
    return tuple((start, min(end, limit)) for start, end in answers if start < limit)


def aside_of(answer: Answer, prompt: list[int], text: list[int], row: Example, context_length: int) -> Aside | None:
    """None: the context has no room for any of it."""
    tokens = (prompt + text)[:context_length]
    shared = common_length(tokens, row.tokens)
    is_taught = max(1, len(prompt)) < len(tokens)
    return Aside(answer.message, shared, tokens[shared:], len(prompt)) if is_taught else None


def joined(row: RenderedRow, texts: Iterator[list[int]], context_length: int) -> Example:
    tokens: list[int] = []
    answers, messages = [], []
    for index, piece in enumerate(islice(texts, len(row.pieces))):
        # A template may write nothing for an empty answer.
        if index % 2 and piece:
            answers.append((len(tokens), len(tokens) + len(piece)))
            messages.append(row.answer_messages[index // 2])
        tokens += piece
    kept = cut(answers, context_length)
    example = Example(
        line=row.line,
        messages=row.messages,
        tools=row.tools,
        tokens=tokens[:context_length],
        answers=kept,
        answer_messages=tuple(messages[: len(kept)]),
        truncated_tokens=max(0, len(tokens) - context_length),
    )
    asides = [aside_of(answer, next(texts), next(texts), example, context_length) for answer in row.asides]
    return replace(example, asides=tuple(aside for aside in asides if aside is not None))


def characters_in(row: RenderedRow) -> int:
    return sum(len(piece) for pieces in row.texts for piece in pieces)


def encode_rows(chat: ChatFormat, rows: list[RenderedRow], context_length: int) -> list[Example]:
    """Answers are encoded apart from their prompts, as they are when the model writes them."""
    texts = [pieces for row in rows for pieces in row.texts]
    encoded = iter(encode_pieces(chat.encode_batch, texts, chat.special_tokens))
    return [joined(row, encoded, context_length) for row in rows]


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
        for chunk in batches(rows, ROWS_A_BATCH, characters_in):
            examples += encode_rows(chat, chunk, context_length)
        if not any(example.teaches for example in examples):
            raise refusal(no_lesson(any(example.truncated_tokens for example in examples), context_length))
    return examples
