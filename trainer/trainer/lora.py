"""LoRA for a frozen base: PEFT makes and saves the adapter, the arithmetic here trains it with less work."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import Linear as PeftLinear
from torch import Tensor, nn

RANK = 16
ALPHA = 32
ADAPTER = "default"


class LoraLinear(torch.autograd.Function):
    """x W' + scaling (x A') B' with W frozen: keeps only x and x A', and never makes a gradient for W."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scaling: float) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        reduced = rows @ a.t()
        out = torch.nn.functional.linear(rows, weight, bias)
        out.addmm_(reduced, b.t(), alpha=scaling)
        ctx.save_for_backward(rows, reduced, weight, a, b)
        ctx.scaling, ctx.shape = scaling, x.shape
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx, grad: Tensor):
        rows, reduced, weight, a, b = ctx.saved_tensors
        grad = grad.reshape(-1, grad.shape[-1])
        grad_reduced = (grad @ b).mul_(ctx.scaling)
        grad_a = grad_reduced.t() @ rows
        grad_b = (grad.t() @ reduced).mul_(ctx.scaling)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = (grad @ weight).addmm_(grad_reduced, a).view(ctx.shape)
        return grad_x, None, None, grad_a, grad_b, None


def attach_adapter(model: nn.Module, continue_from: Path | None, seed: int) -> PeftModel:
    if continue_from is not None:
        return PeftModel.from_pretrained(model, str(continue_from), is_trainable=True)
    torch.manual_seed(seed)
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(model, config)


def fused_forward(layer: PeftLinear):
    def forward(x: Tensor, *_: object, **__: object) -> Tensor:
        base, a, b = layer.base_layer, layer.lora_A[ADAPTER].weight, layer.lora_B[ADAPTER].weight
        return LoraLinear.apply(x, base.weight, base.bias, a, b, layer.scaling[ADAPTER])

    return forward


@contextmanager
def fused_lora(model: PeftModel) -> Iterator[None]:
    """Within it, PEFT's layers compute with `LoraLinear`; outside they are PEFT's own again."""
    layers = [module for module in model.modules() if isinstance(module, PeftLinear)]
    for layer in layers:
        layer.forward = fused_forward(layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward
