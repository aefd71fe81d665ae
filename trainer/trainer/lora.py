"""LoRA on projections that read the same input, computed together; the base's weights are frozen."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trainer.kernels import multiply
from trainer.mixed_projection import base_of, drops, is_adapted, mixed_projection

ADAPTER = "default"


def stacked(tensors: list[Tensor]) -> Tensor:
    """One tensor that holds all of them; they become views of it, so nothing is held twice."""
    whole = torch.cat([tensor.data for tensor in tensors])
    for tensor, part in zip(tensors, whole.split([tensor.shape[0] for tensor in tensors]), strict=True):
        tensor.data = part
    return whole


@dataclass(frozen=True)
class Projection:
    """Linear layers with one input as one layer; their outputs lie side by side."""

    weight: Tensor
    bias: Tensor | None
    layers: tuple[nn.Module, ...]
    # Every layer has an adapter, and no input is dropped.
    is_plain: bool

    def __call__(self, x: Tensor) -> Tensor:
        if not self.is_plain:
            return mixed_projection(x, self.weight, self.bias, self.layers)
        adapters = [side[ADAPTER].weight for layer in self.layers for side in (layer.lora_A, layer.lora_B)]
        scales = tuple(layer.scaling[ADAPTER] for layer in self.layers)
        return LoraProjection.apply(x, self.weight, self.bias, scales, *adapters)


def join(*layers: nn.Module) -> Projection:
    bases = [base_of(layer) for layer in layers]
    bias = None if bases[0].bias is None else stacked([base.bias for base in bases])
    is_plain = all(is_adapted(layer) and not drops(layer) for layer in layers)
    return Projection(stacked([base.weight for base in bases]), bias, layers, is_plain)


class LoraProjection(torch.autograd.Function):
    """x [T, in]; `adapters` is A, B of every layer. Keeps only x and x A', never makes a gradient for the weight."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor | None, scales: tuple[float, ...], *adapters: Tensor):
        down, ups = torch.cat(adapters[0::2]), adapters[1::2]
        reduced = multiply(x, down)
        out = multiply(x, weight, bias)
        ranks, widths = [a.shape[0] for a in adapters[0::2]], [b.shape[0] for b in ups]
        for part, low, up, scale in zip(out.split(widths, 1), reduced.split(ranks, 1), ups, scales, strict=True):
            part.addmm_(low, up.t(), alpha=scale)
        ctx.save_for_backward(x, reduced, weight, down, *ups)
        ctx.scales, ctx.ranks, ctx.widths = scales, ranks, widths
        return out

    @staticmethod
    def backward(ctx, grad: Tensor):
        x, reduced, weight, down, *ups = ctx.saved_tensors
        grad_reduced, grad_ups = torch.empty_like(reduced), []
        parts = zip(
            grad.split(ctx.widths, 1),
            reduced.split(ctx.ranks, 1),
            grad_reduced.split(ctx.ranks, 1),
            ups,
            ctx.scales,
            strict=True,
        )
        for part, low, grad_low, up, scale in parts:
            torch.mul(part @ up, scale, out=grad_low)
            grad_ups.append((low.t() @ part).mul_(scale).t())
        grad_downs = (grad_reduced.t() @ x).split(ctx.ranks)
        grad_x = multiply(grad, weight.t()).addmm_(grad_reduced, down) if ctx.needs_input_grad[0] else None
        pairs = [grad for pair in zip(grad_downs, grad_ups, strict=True) for grad in pair]
        return grad_x, None, None, None, *pairs
