"""Rows in batches whose text is bounded: while it encodes, a tokenizer takes some seventy times a text's memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Row = TypeVar("Row")

MOST_CHARACTERS = 2 * 1024 * 1024


def batches(rows: Iterable[Row], most_rows: int, size_of: Callable[[Row], int]) -> Iterator[list[Row]]:
    """In order; `size_of` a row is its characters. A row that is longer than a batch may be is one by itself."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        own = size_of(row)
        if batch and (len(batch) == most_rows or size + own > MOST_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += own
    if batch:
        yield batch
