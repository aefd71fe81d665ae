"""How many tokens a file has, how many of them are trained on, and which rows the context has no room for."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from trainer.batches import batches
from trainer.dataset import ChatFormat, no_lesson
from trainer.rows import Row, raw_lines, read_batch

ROWS_A_BATCH = 256
MOST_LINES = 1000
SECONDS_BETWEEN = 0.5


@dataclass
class Counts:
    rows: int = 0
    unreadable_rows: int = 0
    # Of which nothing is left to learn within the context.
    untaught_rows: int = 0
    tokens: int = 0
    trained_tokens: int = 0
    longest_line: int = 0
    longest_tokens: int = 0
    over_rows: int = 0
    tokens_cut: int = 0
    over_lines: list[int] = field(default_factory=list)
    # Why a training would refuse the file, as far as it was read.
    error: str | None = None

    def add(self, row: Row) -> None:
        self.rows += 1
        if row.error is not None:
            self.unreadable_rows += 1
            self.error = self.error or f"Line {row.line} cannot be trained on: {row.error}"
            return
        examples = [example for _, example in row.branches]
        length = max(len(example.tokens) + example.truncated_tokens for example in examples)
        cut = sum(example.truncated_tokens for example in examples)
        self.untaught_rows += not all(example.teaches for example in examples)
        self.tokens += sum(len(example.tokens) for example in examples)
        self.trained_tokens += sum(
            end - start for example in examples for text in example.texts for start, end in text.answers
        )
        if length > self.longest_tokens:
            self.longest_line, self.longest_tokens = row.line, length
        if cut:
            self.over_rows += 1
            self.tokens_cut += cut
            self.over_lines += [row.line] if len(self.over_lines) < MOST_LINES else []


@dataclass(frozen=True)
class Question:
    file: Path
    context_length: int
    # None: as long as it takes.
    seconds: float | None = None


def count_tokens(chat: ChatFormat, question: Question) -> Iterator[dict]:
    """`{"read": bytes}` now and then, at the end the counts."""
    lines, size = raw_lines(question.file), question.file.stat().st_size
    counts, read = Counts(), 0
    started = told = time.monotonic()
    for batch in batches(lines, ROWS_A_BATCH, lambda line: len(line[1])):
        for row in read_batch(chat, batch, question.context_length):
            counts.add(row)
        read += sum(len(text) for _, text in batch)
        now = time.monotonic()
        if now - told >= SECONDS_BETWEEN:
            told = now
            yield {"read": read}
        if question.seconds is not None and now - started >= question.seconds:
            break
    counts.over_lines.sort()
    is_complete = read == size
    if is_complete and counts.error is None and counts.untaught_rows == counts.rows:
        counts.error = no_lesson(counts.over_rows > 0, question.context_length)
    yield {**asdict(counts), "is_complete": is_complete}
