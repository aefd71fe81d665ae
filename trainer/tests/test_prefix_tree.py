"""The tree holds every row's tokens as a path and every label at the place that predicts it."""

import random
from collections import Counter

import pytest

from trainer.prefix_tree import PrefixTree, Segment, TrainRow, build_tree, split_rows, train_row


def random_rows(generator: random.Random) -> list[TrainRow]:
    """Short rows over three tokens, so that most of them share something."""
    rows = []
    for _ in range(generator.randint(1, 8)):
        tokens = generator.choices(range(3), k=generator.randint(1, 9))
        start = generator.randint(0, len(tokens))
        end = generator.randint(start, len(tokens))
        rows.append(train_row(tokens, [(start, end)] if start < end else []))
    return rows


def path_to(tree: PrefixTree, segment: Segment) -> list[int]:
    ancestors = [one for one in tree.segments if one.end <= segment.start and segment.end <= one.subtree_end]
    path: list[int] = []
    for ancestor in ancestors:
        assert ancestor.depth == len(path)
        path += tree.tokens[ancestor.start : ancestor.end]
    assert segment.depth == len(path)
    return path + tree.tokens[segment.start : segment.end]


def labels_in_tree(tree: PrefixTree) -> Counter:
    """(all tokens up to the one that predicts, the token predicted)"""
    found: Counter = Counter()
    labels = zip(tree.label_positions, tree.label_tokens, tree.label_counts, strict=True)
    for position, token, count in labels:
        segment = next(one for one in tree.segments if one.start <= position < one.end)
        context = path_to(tree, segment)[: segment.depth + position - segment.start + 1]
        found[tuple(context), token] += count
    return found


def labels_in_rows(rows: list[TrainRow]) -> Counter:
    return Counter((row.inputs[: position + 1], token) for row in rows for position, token in row.labels)


@pytest.mark.parametrize("min_saved", [1, 3, 8, 10**9])
def test_every_label_keeps_its_whole_context(min_saved: int) -> None:
    generator = random.Random(min_saved)
    for _ in range(500):
        rows = random_rows(generator)
        tree = build_tree(rows, min_saved)
        assert labels_in_tree(tree) == labels_in_rows(rows)
        assert len(tree.tokens) == len(tree.positions) == (tree.segments[-1].end if tree.segments else 0)


def test_positions_are_depths() -> None:
    rows = [train_row([1, 2, 3, 4, 5], [(4, 5)]), train_row([1, 2, 3, 7, 8, 9], [(5, 6)])]
    tree = build_tree(rows, min_saved=1)
    assert (tree.tokens, tree.positions) == ([1, 2, 3, 4, 7, 8], [0, 1, 2, 3, 3, 4])
    assert tree.segments == [Segment(0, 3, 0, 6), Segment(3, 4, 3, 4), Segment(4, 6, 3, 6)]


def test_equal_rows_are_computed_once_and_counted_each() -> None:
    tree = build_tree([train_row([1, 2, 3], [(2, 3)])] * 5)
    assert (tree.tokens, tree.label_counts) == ([1, 2], [5])


def test_the_least_possible_is_computed_when_every_shared_token_counts() -> None:
    generator = random.Random(5)
    for _ in range(200):
        rows = random_rows(generator)
        prefixes = {row.inputs[:length] for row in rows for length in range(1, len(row.inputs) + 1)}
        assert len(build_tree(rows, min_saved=1).tokens) == len(prefixes)


def test_a_row_without_answers_costs_nothing() -> None:
    tree = build_tree([train_row([1, 2, 3], []), train_row([1, 2, 3], [])])
    assert tree.tokens == [] and tree.segments == []


def test_the_first_token_of_a_row_cannot_be_a_label() -> None:
    assert train_row([1, 2, 3], [(0, 2)]).labels == ((0, 2),)


@pytest.mark.parametrize("budget", [1, 10, 25, 1000])
def test_runs_hold_every_row_once_and_keep_to_the_budget(budget: int) -> None:
    generator = random.Random(budget)
    rows = [row for _ in range(30) for row in random_rows(generator) if row.labels]
    runs = split_rows(rows, budget)
    assert Counter(row for run in runs for row in run) == Counter(rows)
    for run in runs:
        assert len(run) == 1 or len(build_tree(run, min_saved=1).tokens) <= budget
