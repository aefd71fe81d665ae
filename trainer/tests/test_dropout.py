"""Masks that follow from where they are look like masks that were drawn."""

import pytest
import torch

from trainer.dropout import mask, mixed, prefix_hashes
from trainer.prefix_tree import build_tree, train_row

ROWS = torch.tensor([mixed(n) >> 1 for n in range(600)])


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 0.9])
def test_as_much_is_dropped_as_was_asked_for(rate: float) -> None:
    dropped = ~mask(ROWS, 700, key=5, rate=rate)
    assert dropped.float().mean().item() == pytest.approx(rate, abs=0.004)
    spread = (rate * (1 - rate) / 600) ** 0.5
    for dimension in (0, 1):
        means = dropped.float().mean(dimension)
        assert (means - rate).abs().max() < 6 * spread
        assert means.std().item() == pytest.approx((rate * (1 - rate) / dropped.shape[dimension]) ** 0.5, rel=0.2)


def agreement(one: torch.Tensor, other: torch.Tensor) -> float:
    return (one == other).float().mean().item()


def test_masks_of_other_steps_layers_rows_and_columns_have_nothing_in_common() -> None:
    one = mask(ROWS, 700, key=5, rate=0.5)
    assert agreement(one, mask(ROWS, 700, key=6, rate=0.5)) == pytest.approx(0.5, abs=0.01)
    assert agreement(one[1:], one[:-1]) == pytest.approx(0.5, abs=0.01)
    assert agreement(one[:, 1:], one[:, :-1]) == pytest.approx(0.5, abs=0.01)
    assert torch.equal(one, mask(ROWS, 700, key=5, rate=0.5))


def test_a_place_is_known_by_the_tokens_before_it() -> None:
    rows = [train_row([1, 2, 3, 4, 5], [(4, 5)]), train_row([1, 2, 3, 7, 5], [(4, 5)]), train_row([2, 2, 3], [(2, 3)])]
    alone = [dict(zip(range(len(row.inputs)), prefix_hashes(build_tree([row])), strict=True)) for row in rows]
    for min_saved in (1, 100):
        tree = build_tree(rows, min_saved)
        assert set(prefix_hashes(tree)) == {value for hashes in alone for value in hashes.values()}
    assert alone[0][2] == alone[1][2] and alone[0][3] != alone[1][3]
    assert len({value for hashes in alone for value in hashes.values()}) == 4 + 1 + 2
