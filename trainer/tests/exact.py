"""Rows one at a time through Transformers and PEFT: what every faster way has to equal."""

from collections.abc import Sequence
from pathlib import Path

import torch
from peft import PeftModel
from torch import Tensor, nn

from tests.tiny import random_model
from trainer.adapter import attach_adapter
from trainer.adapter_shape import AdapterShape
from trainer.example import Example
from trainer.optimize import trainable


def adapted(
    kind: str = "llama", shape: AdapterShape | None = None, continue_from: Path | None = None, **sizes: int
) -> PeftModel:
    """An adapter whose B is not zero, or most gradients would be."""
    base = random_model(kind, **sizes).requires_grad_(False)
    model = attach_adapter(base, continue_from, 3, shape or AdapterShape())
    if continue_from is None:
        disturb(model, seed=4)
    return model


def disturb(model: nn.Module, seed: int) -> None:
    torch.manual_seed(seed)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(weight, std=0.05)


def gradients_of(model: nn.Module) -> list[Tensor]:
    gradients = [weight.grad.clone() for weight in trainable(model)]
    model.zero_grad()
    return gradients


def answer_logprobs(model: nn.Module, example: Example) -> Tensor:
    """ln p of every trained token of one row."""
    tokens = torch.tensor(example.tokens)
    log_p = model(input_ids=tokens[None], use_cache=False).logits[0].log_softmax(-1)
    places = torch.tensor([place for start, end in example.answers for place in range(start, end)])
    return log_p[places - 1, tokens[places]]


def supervised_loss(model: nn.Module, examples: Sequence[Example]) -> float:
    """Leaves its gradients in the model."""
    logprobs = torch.cat([answer_logprobs(model, example) for example in examples])
    (-logprobs.mean()).backward()
    return -logprobs.mean().item()


def assert_close(found: list[Tensor], expected: list[Tensor], tolerance: float = 1e-4) -> None:
    assert any(other.norm() > 0 for other in expected)
    for one, other in zip(found, expected, strict=True):
        assert (one - other).norm() <= tolerance * other.norm() + 1e-9
