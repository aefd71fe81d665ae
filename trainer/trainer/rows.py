"""The rows of a file one after another, each as the trainer reads it or with what is wrong with it.

By the trainer's own functions; unlike it, a row that cannot be trained on does not end the reading. No torch here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trainer.dataset import ChatFormat, encode_rows, parse_json, render_row
from trainer.example import Example
from trainer.messages import BadRow
from trainer.pairs import encode_pairs, render_pair

# The name of a branch and its tokens: a pair has two.
Branch = tuple[str, Example]
Line = tuple[int, bytes]

# Of a line: the check refuses longer ones, and no tokenizer has the memory for them.
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Row:
    line: int
    branches: list[Branch] = field(default_factory=list)
    error: str | None = None


def raw_lines(path: Path) -> Iterator[Line]:
    with path.open("rb") as lines:
        yield from enumerate(lines, 1)


def parse_row(text: bytes) -> dict:
    if len(text) > MOST_BYTES:
        raise BadRow(f"its line is longer than {MOST_BYTES >> 20} MiB")
    try:
        row = parse_json(text)
    except (ValueError, RecursionError) as error:
        raise BadRow("it is not valid JSON in UTF-8") from error
    if not isinstance(row, dict):
        raise BadRow("it is not a JSON object")
    return row


def is_pair(raw: dict) -> bool:
    names = ("preferred_output", "preferred_completion", "non_preferred_output", "non_preferred_completion")
    return "messages" not in raw and (isinstance(raw.get("input"), dict) or any(name in raw for name in names))


def read_row(chat: ChatFormat, raw: dict, line: int, context_length: int) -> list[Branch]:
    if is_pair(raw):
        [pair] = encode_pairs(chat, [render_pair(chat, raw, line)], context_length)
        return [("preferred", pair.preferred), ("non_preferred", pair.non_preferred)]
    [example] = encode_rows(chat, [render_row(chat, raw, line)], context_length)
    return [("row", example)]


def read_rows(chat: ChatFormat, lines: Iterable[Line], context_length: int) -> Iterator[Row]:
    """A row that cannot be trained on says why, and the next ones are shown all the same."""
    for line, text in lines:
        try:
            yield Row(line, read_row(chat, parse_row(text), line, context_length))
        except BadRow as error:
            yield Row(line, error=str(error))


def read_batch(chat: ChatFormat, lines: Iterable[Line], context_length: int) -> Iterator[Row]:
    """As `read_rows`, with all chats of the batch tokenized at once."""
    rendered = []
    for line, text in lines:
        try:
            raw = parse_row(text)
            if is_pair(raw):
                yield Row(line, read_row(chat, raw, line, context_length))
            else:
                rendered.append(render_row(chat, raw, line))
        except BadRow as error:
            yield Row(line, error=str(error))
    for example in encode_rows(chat, rendered, context_length):
        yield Row(example.line, [("row", example)])
