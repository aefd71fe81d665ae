"""A large file is estimated from some of its rows, drawn by chance. No torch here."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from trainer.job import JobError

MOST_ROWS = 10_000
MOST_BYTES = 32 << 20
# So that a batch still has enough rows to be drawn from.
LEAST_ROWS = 512
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Sample:
    path: Path
    # Of the whole file.
    rows: int
    # Lines that were drawn, counted from 1; None: all of them.
    lines: list[int] | None

    @property
    def share(self) -> float:
        return 1.0 if self.lines is None else len(self.lines) / self.rows


def count_lines(path: Path) -> int:
    lines, last = 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return lines + (last != b"\n")


def rows_to_draw(rows: int, size: int, most: int) -> int:
    affordable = MOST_BYTES * rows // max(1, size)
    return min(rows, most, max(LEAST_ROWS, affordable))


def chosen(path: Path, lines: list[int]) -> Iterator[bytes]:
    with path.open("rb") as file:
        done = 0
        for line in lines:
            yield next(islice(file, line - done - 1, None))
            done = line


def draw(path: Path, aside: Path, most: int = MOST_ROWS) -> Sample:
    """Writes the rows it draws to `aside`; always the same ones of the same file."""
    rows = count_lines(path)
    wanted = rows_to_draw(rows, path.stat().st_size, most)
    if wanted == rows:
        return Sample(path, rows, None)
    lines = sorted(random.Random(rows).sample(range(1, rows + 1), wanted))
    with aside.open("wb") as file:
        file.writelines(chosen(path, lines))
    return Sample(aside, rows, lines)


def renumbered(error: JobError, sample: Sample) -> JobError:
    """With the line's number in the user's file."""
    lines = sample.lines
    if lines is None:
        return error
    text = re.sub(r"\bLine (\d+)\b", lambda found: f"Line {lines[int(found[1]) - 1]}", error.message, count=1)
    return JobError(error.code, text, error.param)
