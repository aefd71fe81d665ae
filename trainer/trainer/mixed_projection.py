"""Joined projections that are more than LoRA on every layer: some layers have no adapter, or inputs are dropped."""

import torch
from peft.tuners.lora import Linear as PeftLinear
from torch import Tensor, nn

from trainer.kernels import multiply

ADAPTER = "default"


class FrozenLinear(torch.autograd.Function):
    """x [T, in]; keeps nothing but the weight, which gets no gradient."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(weight)
        return multiply(x, weight, bias)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (weight,) = ctx.saved_tensors
        return multiply(grad, weight.t()), None, None


def is_adapted(layer: nn.Module) -> bool:
    return isinstance(layer, PeftLinear)


def drops(layer: nn.Module) -> bool:
    return is_adapted(layer) and not isinstance(layer.lora_dropout[ADAPTER], nn.Identity)


def base_of(layer: nn.Module) -> nn.Module:
    return layer.base_layer if is_adapted(layer) else layer


def change_of(layer: nn.Module, x: Tensor, out: Tensor) -> Tensor:
    """What a layer answers, given what its frozen weight does."""
    if not is_adapted(layer):
        return out
    reduced = layer.lora_A[ADAPTER](layer.lora_dropout[ADAPTER](x))
    return torch.addmm(out, reduced, layer.lora_B[ADAPTER].weight.t(), alpha=layer.scaling[ADAPTER])


def mixed_projection(x: Tensor, weight: Tensor, bias: Tensor | None, layers: tuple[nn.Module, ...]) -> Tensor:
    """The layers' outputs side by side; `weight` and `bias` are theirs, stacked."""
    frozen = FrozenLinear.apply(x, weight, bias)
    if not any(map(is_adapted, layers)):
        return frozen
    parts = frozen.split([base_of(layer).out_features for layer in layers], 1)
    changed = [change_of(layer, x, part) for layer, part in zip(layers, parts, strict=True)]
    return changed[0] if len(changed) == 1 else torch.cat(changed, 1)
