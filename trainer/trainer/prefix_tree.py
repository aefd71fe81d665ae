"""Rows that start alike are computed once: a batch as a tree of token segments, laid out depth first.

Each segment attends to itself and to its ancestors, which are exactly the tokens before it in every row that passes
through it, so losses and gradients are those of the rows computed one by one. No torch here.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

# A branch costs attention calls in every layer; below this many tokens saved, computing them twice is cheaper.
MIN_TOKENS_SAVED = 8


@dataclass(frozen=True)
class TrainRow:
    """The tokens to compute, and for each that carries a loss (position, token that must follow)."""

    inputs: tuple[int, ...]
    labels: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Segment:
    """Packed tokens [start, end); its descendants follow, up to `subtree_end`."""

    start: int
    end: int
    depth: int
    subtree_end: int


@dataclass(frozen=True)
class PrefixTree:
    tokens: list[int]
    positions: list[int]
    segments: list[Segment]
    # Parallel lists: packed position, the token that follows, in how many rows.
    label_positions: list[int]
    label_tokens: list[int]
    label_counts: list[int]


def train_row(tokens: Sequence[int], answers: Sequence[tuple[int, int]]) -> TrainRow:
    """Tokens after the one that predicts the last answer token teach nothing and are left out."""
    labels = tuple((place - 1, tokens[place]) for start, end in answers for place in range(max(start, 1), end))
    length = labels[-1][0] + 1 if labels else 0
    return TrainRow(tuple(tokens[:length]), labels)


def common_length(one: Sequence[int], other: Sequence[int], known: int = 0) -> int:
    """How many tokens are equal at the start, given that `known` are."""
    low, high = known, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def branches(rows: list[TrainRow], shared: int) -> list[list[TrainRow]]:
    """Sorted rows that agree on `shared` tokens, by what comes next; rows that end there come first, together."""
    groups: list[list[TrainRow]] = []
    previous: object = None
    for row in rows:
        following = row.inputs[shared : shared + 1]
        if following != previous:
            groups.append([])
        groups[-1].append(row)
        previous = following
    return groups


def cut_segments(rows: list[TrainRow], min_saved: int) -> list[tuple[int, int, list[TrainRow]]]:
    """(first depth, end depth, the rows through it) of every segment, depth first."""
    segments = []
    waiting = [(0, rows)] if rows else []
    while waiting:
        depth, group = waiting.pop()
        shared = common_length(group[0].inputs, group[-1].inputs, depth)
        children = branches(group, shared)
        if len(children) == 1 or (shared - depth) * (len(children) - 1) >= min_saved:
            segments.append((depth, shared, group))
            children = [child for child in children if len(child[0].inputs) > shared]
            depth = shared
        waiting.extend((depth, child) for child in reversed(children))
    return segments


def place_segments(cuts: list[tuple[int, int, list[TrainRow]]]) -> list[Segment]:
    """A segment's subtree ends where the next one begins that is not deeper than it."""
    starts = [0]
    for depth, end, _ in cuts:
        starts.append(starts[-1] + end - depth)
    subtree_ends = [starts[-1]] * len(cuts)
    open_segments: list[int] = []
    for index, (depth, _, _) in enumerate(cuts):
        while open_segments and cuts[open_segments[-1]][0] >= depth:
            subtree_ends[open_segments.pop()] = starts[index]
        open_segments.append(index)
    return [
        Segment(starts[index], starts[index + 1], depth, subtree_ends[index])
        for index, (depth, _, _) in enumerate(cuts)
    ]


def labels_within(row: TrainRow, depth: int, end: int) -> Sequence[tuple[int, int]]:
    return row.labels[bisect_left(row.labels, (depth,)) : bisect_left(row.labels, (end,))]


def count_labels(segment: Segment, rows: list[TrainRow]) -> list[tuple[int, int, int]]:
    """(packed position, token, in how many rows), in order.

    Rows through one segment may differ in the token after its last one, and in what they learn.
    """
    shift = segment.start - segment.depth
    within = [labels_within(row, segment.depth, segment.depth + segment.end - segment.start) for row in rows]
    if len(within) == 1:
        return [(position + shift, token, 1) for position, token in within[0]]
    counts = Counter(chain.from_iterable(within))
    return [(position + shift, token, counts[position, token]) for position, token in sorted(counts)]


def build_tree(rows: Sequence[TrainRow], min_saved: int = MIN_TOKENS_SAVED) -> PrefixTree:
    taught = sorted((row for row in rows if row.labels), key=lambda row: row.inputs)
    cuts = cut_segments(taught, min_saved)
    segments = place_segments(cuts)
    # Segments lie one after the other, and so do their labels.
    labels = [
        label
        for segment, (_, _, through) in zip(segments, cuts, strict=True)
        for label in count_labels(segment, through)
    ]
    return PrefixTree(
        tokens=list(chain.from_iterable(through[0].inputs[depth:end] for depth, end, through in cuts)),
        positions=list(chain.from_iterable(range(depth, end) for depth, end, _ in cuts)),
        segments=segments,
        label_positions=[position for position, _, _ in labels],
        label_tokens=[token for _, token, _ in labels],
        label_counts=[count for _, _, count in labels],
    )


def split_rows(rows: Sequence[TrainRow], budget: int) -> list[list[TrainRow]]:
    """Runs of neighbours in the tree that each need about `budget` computed tokens, or one row if it is longer."""
    runs: list[list[TrainRow]] = []
    used = 0
    for row in sorted((row for row in rows if row.labels), key=lambda row: row.inputs):
        new = len(row.inputs) - (common_length(runs[-1][-1].inputs, row.inputs) if runs else 0)
        if not runs or used + new > budget:
            runs.append([])
            used, new = 0, len(row.inputs)
        runs[-1].append(row)
        used += new
    return runs
