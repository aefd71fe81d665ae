"""Dropout on the input of every adapted layer, from masks that have no state.

A mask follows from the seed, the step, the layer and the tokens up to the place it is for. So a resumed run draws
the same masks, a batch may be computed in any number of passes, and a prefix that rows share has one mask for all of
them, as it has one hidden state.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

from trainer.prefix_tree import PrefixTree

ADAPTER = "default"
BITS_64 = (1 << 64) - 1
TOKEN_FACTOR = 0x9E3779B97F4A7C15


def signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def mixed(value: int) -> int:
    """splitmix64: every bit of the result depends on every bit of the value."""
    value = (value + TOKEN_FACTOR) & BITS_64
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & BITS_64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & BITS_64
    return value ^ (value >> 31)


def prefix_hashes(tree: PrefixTree) -> list[int]:
    """For each packed token one number that follows from the tokens of its row up to and with it."""
    ends: dict[int, int] = {0: 0}
    hashes: list[int] = []
    for segment in tree.segments:
        # Depth first: the last segment that ended at this depth is the parent.
        value = ends[segment.depth]
        for token in tree.tokens[segment.start : segment.end]:
            value = mixed(value ^ (token + 1))
            hashes.append(value)
        ends[segment.depth + segment.end - segment.start] = value
    return hashes


def mask(rows: Tensor, columns: int, key: int, rate: float) -> Tensor:
    """[rows, columns], true where the value stays. rows int64 [T]."""
    own = ((rows ^ signed(mixed(key))) * signed(0xBF58476D1CE4E5B9)) >> 32
    across = torch.arange(1, columns + 1, device=rows.device) * signed(mixed(key ^ BITS_64)) >> 32
    bits = own.int().unsqueeze(1) ^ across.int()
    bits = bits.mul_(0x7FEB352D)
    bits = bits.bitwise_xor_((bits >> 15) & 0x1FFFF).mul_(-0x7B935975)
    bits = bits.bitwise_xor_((bits >> 16) & 0xFFFF)
    return bits >= int((rate - 0.5) * (1 << 32))


@dataclass
class Dropout:
    """What the masks of the pass that is being computed follow from."""

    rate: float
    seed: int
    # None: values pass as they are.
    step: int | None = None
    rows: Tensor | None = None
    wanted: Tensor | None = None

    @contextmanager
    def at_step(self, step: int) -> Iterator[None]:
        self.step = step
        try:
            yield
        finally:
            self.step = None

    def look_at(self, tree: PrefixTree, wanted: Tensor) -> None:
        """`wanted`: the only packed tokens that the last layer's projections behind its attention compute."""
        if self.step is not None:
            self.rows = torch.tensor(list(map(signed, prefix_hashes(tree))), device=wanted.device)
            self.wanted = wanted

    def rows_for(self, count: int) -> Tensor:
        return self.rows if count == self.rows.shape[0] else self.rows[self.wanted]


class MaskedDropout(nn.Module):
    """Stands where PEFT has its own dropout of a layer."""

    def __init__(self, shared: Dropout, number: int) -> None:
        super().__init__()
        self.shared, self.number = shared, number

    def forward(self, x: Tensor) -> Tensor:
        """x [..., T, n]"""
        shared = self.shared
        if shared.step is None:
            return x
        key = mixed(shared.seed) ^ mixed((shared.step << 20) + self.number)
        stays = mask(shared.rows_for(x.shape[-2]), x.shape[-1], key, shared.rate)
        return torch.where(stays, x / (1 - shared.rate), 0)


def install_dropout(model: PeftModel, rate: float, seed: int) -> Dropout | None:
    """None where nothing is dropped."""
    if rate == 0:
        return None
    shared = Dropout(rate, seed)
    adapted = [layer for layer in model.modules() if isinstance(layer, LoraLayer)]
    for number, layer in enumerate(adapted):
        layer.lora_dropout[ADAPTER] = MaskedDropout(shared, number)
    return shared
