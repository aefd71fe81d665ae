"""ln p of every label, without ever holding all logits, for losses that weigh the labels by what they find."""

import torch
from torch import Tensor

from trainer.answer_loss import Labels, chunk_of
from trainer.kernels import multiply


class LabelLogprobs(torch.autograd.Function):
    """hidden [P, H] at the labels' positions; gives ln p [L] of the labels.

    d ln p / d hidden is the head's row of the label minus its mean row under p. The mean rows [P, H] are made while a
    chunk's logits are there, so whatever weights the labels get afterwards, no logits are made twice.
    """

    @staticmethod
    def forward(ctx, hidden: Tensor, head: Tensor, labels: Labels) -> Tensor:
        mean_rows = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        logprobs = torch.empty(labels.tokens.shape[0], dtype=torch.float32, device=hidden.device)
        chunk = chunk_of(hidden)
        for start in range(0, hidden.shape[0], chunk):
            rows = slice(start, start + chunk)
            chosen = (labels.places >= start) & (labels.places < start + chunk)
            places, tokens = labels.places[chosen] - start, labels.tokens[chosen]
            logits = multiply(hidden[rows], head).float()
            highest, likeliest = logits.max(-1)
            shares = logits.softmax(-1)
            # The likeliest token's share is never too small for its logarithm.
            log_sum = highest - shares.gather(-1, likeliest.unsqueeze(-1))[:, 0].log()
            logprobs[chosen] = logits[places, tokens] - log_sum[places]
            if mean_rows is not None:
                mean_rows[rows] = multiply(shares.to(head.dtype), head.t())
        if mean_rows is not None:
            ctx.save_for_backward(mean_rows, head, labels.places, labels.tokens)
        return logprobs

    @staticmethod
    def backward(ctx, grad: Tensor):
        mean_rows, head, places, tokens = ctx.saved_tensors
        weights = grad.new_zeros(mean_rows.shape[0]).index_add_(0, places, grad)
        grad_hidden = mean_rows * -weights.unsqueeze(-1).to(mean_rows.dtype)
        grad_hidden.index_add_(0, places, head[tokens] * grad.unsqueeze(-1).to(head.dtype))
        return grad_hidden, None, None
