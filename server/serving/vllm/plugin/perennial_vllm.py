"""A plugin that every process of vLLM loads, where it runs without a GPU.

vLLM marks a token of the base model by the index -1 of its adapter. Its kernels for GPUs pass over such tokens; its
code for CPUs takes the last adapter for them (vllm-project/vllm pull request 48421), so that a request to the base
model is answered by a tuned one when both are worked on in one batch.
"""

from collections.abc import Callable

from torch import Tensor
from vllm.lora.ops.torch_ops import lora_ops
from vllm.lora.punica_wrapper import punica_cpu

EXPANDS = ("bgmv_expand", "bgmv_expand_slice")


def passing_over_base(expand: Callable[..., None]) -> Callable[..., None]:
    def masked_expand(
        inputs: Tensor, weights: Tensor, output: Tensor, indices: Tensor, *rest: object, **named: object
    ) -> None:
        expand(inputs.masked_fill((indices < 0).unsqueeze(1), 0), weights, output, indices, *rest, **named)

    return masked_expand


def keep_base_model_apart() -> None:
    for name in EXPANDS:
        masked = passing_over_base(getattr(lora_ops, name))
        setattr(lora_ops, name, masked)
        setattr(punica_cpu, name, masked)
