"""The passes of a step, each to be counted and timed by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from trainer.evaluate import evaluate
from trainer.optimize import add_gradients
from trainer.packed import PackedModel, runs_of
from trainer.pairs import Pair
from trainer.plan import Row, as_rows
from trainer.preference import NOTHING_SHARED, add_pair_gradients, evaluate_pairs, split_pairs
from trainer.prefix_tree import MIN_TOKENS_SAVED, TrainRow


@dataclass(frozen=True)
class Pass:
    # What the method's functions take, and the rows of its prefix tree.
    items: list
    rows: list[TrainRow]


@dataclass(frozen=True)
class PassKind:
    split: Callable[[PackedModel, Sequence[Row]], list[Pass]]
    learn: Callable[[PackedModel, list], dict[str, float]]
    measure: Callable[[PackedModel, list], tuple[float, float]]


def supervised_passes(packed: PackedModel, examples: Sequence[Row]) -> list[Pass]:
    return [Pass(run, run) for run in runs_of(packed, as_rows(examples))]


def pair_passes(packed: PackedModel, pairs: Sequence[Pair]) -> list[Pass]:
    # How long it takes does not depend on what the reference says.
    taught = [replace(pair, reference=(0.0, 0.0)) for pair in pairs if pair.teaches]
    runs = split_pairs(taught, packed)
    return [Pass([rows.pair for rows in run], [r for p in run for r in (p.preferred, p.non_preferred)]) for run in runs]


SUPERVISED = PassKind(supervised_passes, add_gradients, evaluate)


def kind_of(beta: float | None) -> PassKind:
    if beta is None:
        return SUPERVISED
    return PassKind(pair_passes, partial(add_pair_gradients, beta=beta), partial(evaluate_pairs, beta=beta))


def min_saved(packed: PackedModel) -> int:
    return MIN_TOKENS_SAVED if packed.packing else NOTHING_SHARED
