"""Cross-entropy at the positions that predict an answer token, without ever holding all logits."""

from dataclasses import dataclass

import torch
from torch import Tensor

# Positions a chunk: at 49,152 tokens of vocabulary one chunk of float32 logits is 25 MB.
CHUNK = 128


@dataclass(frozen=True)
class Labels:
    """Packed positions that predict (sorted, each once), and per label: which of them, the token, its count."""

    positions: Tensor
    places: Tensor
    tokens: Tensor
    counts: Tensor


class AnswerLoss(torch.autograd.Function):
    """hidden [P, H] at the labels' positions; gives the summed loss and the number of labels guessed right.

    The gradient is made on the way, while a chunk's logits are there, so they need not be made twice.
    """

    @staticmethod
    def forward(ctx, hidden: Tensor, head: Tensor, labels: Labels) -> tuple[Tensor, Tensor]:
        grad = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        loss, right = hidden.new_zeros((), dtype=torch.float32), hidden.new_zeros((), dtype=torch.float32)
        for start in range(0, hidden.shape[0], CHUNK):
            rows = slice(start, start + CHUNK)
            chosen = (labels.places >= start) & (labels.places < start + CHUNK)
            places, tokens, counts = (
                labels.places[chosen] - start,
                labels.tokens[chosen],
                labels.counts[chosen],
            )
            logits = (hidden[rows] @ head.t()).float()
            log_sum = logits.logsumexp(-1, keepdim=True)
            loss += ((log_sum[places, 0] - logits[places, tokens]) * counts).sum()
            right += ((logits.argmax(-1)[places] == tokens) * counts).sum()
            if grad is not None:
                weight = torch.zeros_like(log_sum).index_add_(0, places, counts.unsqueeze(-1))
                slope = logits.sub_(log_sum).exp_().mul_(weight)
                slope.index_put_((places, tokens), -counts, accumulate=True)
                grad[rows] = slope.to(head.dtype) @ head
        ctx.grad = grad
        ctx.mark_non_differentiable(right)
        return loss, right

    @staticmethod
    def backward(ctx, grad_loss: Tensor, _: Tensor):
        return ctx.grad * grad_loss, None, None
