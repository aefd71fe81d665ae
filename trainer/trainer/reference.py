"""What the model answered before the first step: DPO's reference, computed once and kept for resumed runs."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from trainer.durable import write_json
from trainer.memory import Compute, computed
from trainer.packed import PackedModel
from trainer.pairs import Pair
from trainer.preference import pair_logprobs, split_pairs

# Many passes' worth, so that pairs that start alike meet and nothing is begun anew for long when memory runs out.
PAIRS_AT_ONCE = 256

# By the pair's line: ln p of the preferred answer and of the other.
Logprobs = dict[str, list[float]]


@torch.no_grad()
def logprobs_of(packed: PackedModel, pairs: Sequence[Pair]) -> Logprobs:
    found: Logprobs = {}
    for run in split_pairs(pairs, packed):
        both = pair_logprobs(packed, run).t().tolist()
        found |= {str(rows.pair.line): logprobs for rows, logprobs in zip(run, both, strict=True)}
    return found


def file_logprobs(compute: Compute, pairs: Sequence[Pair]) -> Logprobs:
    taught = [pair for pair in pairs if pair.teaches]
    found: Logprobs = {}
    for start in range(0, len(taught), PAIRS_AT_ONCE):
        found |= computed(compute, logprobs_of, taught[start : start + PAIRS_AT_ONCE])
    return found


def with_logprobs(pairs: Sequence[Pair], logprobs: Logprobs) -> list[Pair]:
    return [replace(pair, reference=tuple(logprobs[str(pair.line)])) if pair.teaches else pair for pair in pairs]


def with_reference(path: Path, compute: Compute, files: dict[str, list[Pair]]) -> dict[str, list[Pair]]:
    """Each file's pairs with their reference: computed by the first run, read by those that go on."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {name: file_logprobs(compute, pairs) for name, pairs in files.items()})
    kept = json.loads(path.read_text(encoding="utf-8"))
    return {name: with_logprobs(pairs, kept[name]) for name, pairs in files.items()}
