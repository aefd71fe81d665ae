"""What would PyTorch's causal kernels save where rows share nothing? They know no tree, so the trainer does without.

Of rows that are equally long and fill whole blocks, one after another: a pass is then a plain batch.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from trainer.flex import BLOCK, NAME, attend
from trainer.optimize import add_gradients, trainable
from trainer.packed import PackedModel
from trainer.prefix_tree import TrainRow
from transformers import AttentionInterface

KERNELS = ("cudnn", "flash")


def choose(kernel: str) -> None:
    """An error, where it does not run, rather than another one."""
    torch.backends.cuda.enable_cudnn_sdp(kernel == "cudnn")
    torch.backends.cuda.enable_flash_sdp(kernel == "flash")
    torch.backends.cuda.enable_mem_efficient_sdp(False)
    torch.backends.cuda.enable_math_sdp(False)


def attend_by_rows(length: int) -> Callable[..., tuple[Tensor, None]]:
    """As `trainer.flex.attend`, of rows of `length` tokens."""

    def attend_rows(
        _module: nn.Module, query: Tensor, key: Tensor, value: Tensor, _mask: object, **more
    ) -> tuple[Tensor, None]:
        rows = [x[0].unflatten(1, (-1, length)).transpose(0, 1) for x in (query, key, value)]
        scale = more.get("scaling")
        out = nn.functional.scaled_dot_product_attention(*rows, is_causal=True, scale=scale, enable_gqa=True)
        return out.transpose(1, 2).flatten(0, 1).unsqueeze(0).contiguous(), None

    return attend_rows


@contextmanager
def by_rows(kernel: str, length: int) -> Iterator[None]:
    choose(kernel)
    AttentionInterface.register(NAME, attend_by_rows(length))
    torch._dynamo.reset()
    try:
        with torch._dynamo.config.patch(suppress_errors=False):
            yield
    finally:
        AttentionInterface.register(NAME, attend)
        torch._dynamo.reset()


def gradients(packed: PackedModel, rows: list[TrainRow]) -> Tensor:
    packed.model.zero_grad(set_to_none=True)
    add_gradients(packed, rows)
    return torch.cat([weight.grad.flatten() for weight in trainable(packed.model)])


def compare(packed: PackedModel, rows: list[TrainRow], time_steps: Callable[[], list[float]]) -> list[dict]:
    """Of each kernel the seconds of its steps, which must leave the weights alone, and how far its gradients are."""
    length = len(rows[0].inputs)
    if not packed.flex or length % BLOCK or length < 2 * BLOCK:
        wanted = f"needs FlexAttention on a GPU, and rows of two or more times {BLOCK} tokens"
        return [{"kernel": kernel, "error": wanted} for kernel in KERNELS]
    expected = gradients(packed, rows)
    return [measure(kernel, packed, rows, expected, time_steps) for kernel in KERNELS]


def measure(
    kernel: str, packed: PackedModel, rows: list[TrainRow], expected: Tensor, time_steps: Callable[[], list[float]]
) -> dict:
    try:
        with by_rows(kernel, len(rows[0].inputs)):
            distance = (gradients(packed, rows) - expected).norm() / expected.norm()
            return {"kernel": kernel, "gradients_from_flex": distance.item(), "step_seconds": time_steps()}
    # A kernel that does not run is a finding, and the others' figures are kept.
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return {"kernel": kernel, "error": f"{type(error).__name__}: {error}".splitlines()[0]}
