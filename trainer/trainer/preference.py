"""Direct preference optimization: both answers of a pair, and of pairs that start alike, in one prefix tree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from trainer.label_logprobs import LabelLogprobs
from trainer.packed import PackedModel, hidden_states, labels_of
from trainer.pairs import Pair
from trainer.prefix_tree import MIN_TOKENS_SAVED, TrainRow, build_tree, common_length, train_row

NOTHING_SHARED = 1 << 62


@dataclass(frozen=True)
class PairRows:
    pair: Pair
    preferred: TrainRow
    non_preferred: TrainRow


def rows_of(pair: Pair) -> PairRows:
    preferred, non_preferred = (train_row(side.tokens, side.answers) for side in (pair.preferred, pair.non_preferred))
    return PairRows(pair, preferred, non_preferred)


def new_tokens(rows: PairRows, previous: PairRows | None) -> int:
    """Computed tokens that the pair adds to a tree which the other pair is in."""
    one, other = rows.preferred.inputs, rows.non_preferred.inputs
    known = common_length(previous.preferred.inputs, one) if previous else 0
    return len(one) - known + len(other) - common_length(one, other)


def split_pairs(pairs: Sequence[Pair], packed: PackedModel) -> list[list[PairRows]]:
    """Runs of pairs that start alike, each within the token budget or a single pair; pairs are never torn apart."""
    runs: list[list[PairRows]] = []
    used = 0
    for rows in sorted(map(rows_of, pairs), key=lambda rows: rows.preferred.inputs):
        new = new_tokens(rows, runs[-1][-1] if runs else None)
        if not runs or not packed.packing or used + new > packed.token_budget:
            runs.append([])
            used, new = 0, new_tokens(rows, None)
        runs[-1].append(rows)
        used += new
    return runs


def row_logprobs(packed: PackedModel, rows: Sequence[TrainRow]) -> Tensor:
    """Summed ln p of each row's labels [len(rows)]."""
    # The tree only sorts and counts labels: numbers in place of their tokens come back telling whose each one is.
    wanted = [(owner, token) for owner, row in enumerate(rows) for _, token in row.labels]
    numbers = iter(range(len(wanted)))
    numbered = [replace(row, labels=tuple((place, next(numbers)) for place, _ in row.labels)) for row in rows]
    tree = build_tree(numbered, MIN_TOKENS_SAVED if packed.packing else NOTHING_SHARED)
    device = packed.model.device
    labels = labels_of(tree, device)
    owners, tokens = torch.tensor(wanted, device=device)[labels.tokens].unbind(1)
    head = packed.model.get_output_embeddings().weight
    hidden = hidden_states(packed, tree, labels.positions)
    logprobs = LabelLogprobs.apply(hidden, head, replace(labels, tokens=tokens))
    return logprobs.new_zeros(len(rows)).index_add(0, owners, logprobs)


def pair_logprobs(packed: PackedModel, run: list[PairRows]) -> Tensor:
    """[2, pairs]: of the preferred answers, of the others."""
    rows = [rows.preferred for rows in run] + [rows.non_preferred for rows in run]
    return row_logprobs(packed, rows).view(2, -1)


def rewards_of(packed: PackedModel, run: list[PairRows], beta: float) -> Tensor:
    """[2, pairs]: beta times what the model has gained on the reference for either answer."""
    reference = [rows.pair.reference for rows in run]
    return beta * (pair_logprobs(packed, run) - torch.tensor(reference, device=packed.model.device).t())


def pair_losses(rewards: Tensor) -> Tensor:
    """Sigmoid loss [pairs]."""
    return -logsigmoid(rewards[0] - rewards[1])


def summary(rewards: Tensor) -> dict[str, float]:
    """Means over pairs; accuracy is the share of pairs whose preferred answer has gained more."""
    preferred, non_preferred = rewards.detach().mean(1).tolist()
    return {
        "train_loss": pair_losses(rewards.detach()).mean().item(),
        "train_mean_token_accuracy": (rewards[0] > rewards[1]).float().mean().item(),
        "train_preferred_reward": preferred,
        "train_non_preferred_reward": non_preferred,
    }


def add_pair_gradients(packed: PackedModel, pairs: Sequence[Pair], beta: float) -> dict[str, float]:
    """Of the mean loss over the batch's pairs, in as many passes as memory asks for."""
    taught = [pair for pair in pairs if pair.teaches]
    if not taught:
        return summary(torch.zeros(2, 1))
    rewards = []
    for run in split_pairs(taught, packed):
        found = rewards_of(packed, run, beta)
        (pair_losses(found).sum() / len(taught)).backward()
        rewards.append(found.detach())
    return summary(torch.cat(rewards, 1))


@torch.no_grad()
def evaluate_pairs(packed: PackedModel, pairs: Sequence[Pair], beta: float) -> tuple[float, float]:
    """Mean loss, and the share of pairs whose preferred answer has gained more."""
    rewards = torch.cat([rewards_of(packed, run, beta) for run in split_pairs(pairs, packed)], 1)
    found = summary(rewards)
    return found["train_loss"], found["train_mean_token_accuracy"]
