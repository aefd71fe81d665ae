"""Which rows an engine is asked."""

from trainer.example import Example
from trainer.fidelity import choose_rows

ASKED = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "x"}]


def example(line: int, length: int) -> Example:
    return Example(line, ASKED, None, [0] * length, ((length - 2, length),), (1,), 0)


def lines(lengths: list[int]) -> list[int]:
    return [one.line for one in choose_rows([example(line, length) for line, length in enumerate(lengths, 1)])]


def test_rows_that_take_an_engine_minutes_are_not_asked_where_there_are_others() -> None:
    assert lines([5000, 30, 2048, 2049, 20]) == [5, 2, 3]


def test_of_long_rows_alone_the_shortest_are_asked() -> None:
    assert lines([5000, 4000, 3000, 6000, 7000]) == [3, 2, 1]


def test_of_many_rows_some_are_asked_that_lie_in_the_shorter_half() -> None:
    found = lines(list(range(1000, 1100)))
    assert len(found) == 12 and found[0] == 1 and found[-1] == 50
