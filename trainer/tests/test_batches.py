"""Long rows are encoded a few at a time."""

from trainer import batches as module
from trainer.batches import batches


def sizes(lengths: list[int], most_rows: int) -> list[list[int]]:
    return list(batches(lengths, most_rows, lambda length: length))


def test_batches_hold_so_many_rows_and_so_much_text() -> None:
    most = module.MOST_CHARACTERS
    assert sizes([1, 1, 1, 1, 1], 2) == [[1, 1], [1, 1], [1]]
    assert sizes([most - 1, 1, 1, most, most + 9, 2], 100) == [[most - 1, 1], [1], [most], [most + 9], [2]]
    assert sizes([], 2) == []
