"""LoRA on projections that read the same input, computed together; the base's weights are frozen."""

from dataclasses import dataclass
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import Linear as PeftLinear
from torch import Tensor, nn

from trainer.job import JobError
from trainer.kernels import multiply

RANK = 16
ALPHA = 32
ADAPTER = "default"


def attach_adapter(model: nn.Module, continue_from: Path | None, seed: int) -> PeftModel:
    if continue_from is not None:
        # PEFT would look for a missing folder on the hub.
        if not (continue_from / "adapter_config.json").exists():
            raise JobError("model_not_available", f"The adapter to continue from is not at {continue_from}.", "model")
        return PeftModel.from_pretrained(model, str(continue_from), is_trainable=True)
    torch.manual_seed(seed)
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(model, config)


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
    layers: tuple[PeftLinear, ...]

    def __call__(self, x: Tensor) -> Tensor:
        adapters = [side[ADAPTER].weight for layer in self.layers for side in (layer.lora_A, layer.lora_B)]
        scales = tuple(layer.scaling[ADAPTER] for layer in self.layers)
        return LoraProjection.apply(x, self.weight, self.bias, scales, *adapters)


def join(*layers: PeftLinear) -> Projection:
    bases = [layer.base_layer for layer in layers]
    bias = None if bases[0].bias is None else stacked([base.bias for base in bases])
    return Projection(stacked([base.weight for base in bases]), bias, layers)


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
