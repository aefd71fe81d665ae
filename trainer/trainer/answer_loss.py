"""Cross-entropy at the positions that predict an answer token, without ever holding all logits."""

from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.kernels import multiply

# Positions a chunk: at 49,152 tokens of vocabulary one chunk of float32 logits is 25 MB.
CHUNK = 128
# A GPU reads the whole head for every chunk; at 128,256 tokens of vocabulary one of this size holds 1.6 GB.
GPU_CHUNK = 1024


def chunk_of(hidden: Tensor) -> int:
    return GPU_CHUNK if hidden.is_cuda else CHUNK


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
        chunk = chunk_of(hidden)
        for start in range(0, hidden.shape[0], chunk):
            rows = slice(start, start + chunk)
            chosen = (labels.places >= start) & (labels.places < start + chunk)
            places, tokens, counts = (
                labels.places[chosen] - start,
                labels.tokens[chosen],
                labels.counts[chosen],
            )
            logits = multiply(hidden[rows], head).float()
            highest, likeliest = logits.max(-1)
            answers = logits[places, tokens]
            shares = logits.softmax(-1)
            # The likeliest token's share is never too small for its logarithm.
            log_sum = highest - shares.gather(-1, likeliest.unsqueeze(-1))[:, 0].log()
            loss += ((log_sum[places] - answers) * counts).sum()
            right += ((likeliest[places] == tokens) * counts).sum()
            if grad is not None:
                weight = log_sum.new_zeros(log_sum.shape).index_add_(0, places, counts)
                slope = multiply(shares.to(head.dtype), head.t()).mul_(weight.to(head.dtype).unsqueeze(-1))
                grad[rows] = slope.index_add_(0, places, head[tokens] * -counts.to(head.dtype).unsqueeze(-1))
        ctx.grad = grad
        ctx.mark_non_differentiable(right)
        return loss, right

    @staticmethod
    def backward(ctx, grad_loss: Tensor, _: Tensor):
        return ctx.grad * grad_loss, None, None
