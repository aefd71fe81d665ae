"""Memory of the device that computes: what may be computed at once in it, what was used of it."""

import resource
import sys
from dataclasses import dataclass

import torch
from transformers import PretrainedConfig

from trainer.answer_loss import GPU_CHUNK

LEAST_TOKENS = 256
# The rest is the allocator's: pieces that nothing fits into.
USABLE_SHARE = 0.9
# Kernels, their workspaces, what the compiler tries out.
RUNTIME_BYTES = 1 << 30
# Of one logit: float32, its share, and either rounded.
LOGIT_BYTES = 12
# Gradient and AdamW's two averages, float32; the weight is there already.
ADAPTER_WEIGHT_BYTES = 12
# Layers whose intermediate results are alive while one of them is being differentiated.
LAYERS_IN_BACKWARD = 2


@dataclass(frozen=True)
class Kept:
    """Numbers that a layer keeps of each token for its backward pass, in its two widths: counted, rounded up."""

    hidden: int
    intermediate: int


COMPILED = Kept(hidden=9, intermediate=3)
# Every adapted layer keeps a copy of its input, with dropout also which of its numbers stay.
UNCOMPILED = Kept(hidden=16, intermediate=5)


def bytes_a_token(config: PretrainedConfig, kept: Kept, dtype: torch.dtype) -> int:
    numbers = kept.hidden * config.hidden_size + kept.intermediate * config.intermediate_size
    return dtype.itemsize * numbers * (config.num_hidden_layers + LAYERS_IN_BACKWARD)


def bytes_whatever_the_tokens(config: PretrainedConfig, adapter_weights: int) -> int:
    return RUNTIME_BYTES + LOGIT_BYTES * GPU_CHUNK * config.vocab_size + ADAPTER_WEIGHT_BYTES * adapter_weights


def tokens_within(free: int, whatever: int, a_token: int) -> int:
    """Computed tokens that fit into the `free` bytes at once."""
    return max(LEAST_TOKENS, int((USABLE_SHARE * free - whatever) // a_token))


def free_bytes(device: torch.device) -> int:
    """With what PyTorch holds of the device and does not use."""
    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def gpu_memory(device: torch.device) -> dict[str, int] | None:
    """Bytes of the card, and those of them that can be had now; None: it is no GPU."""
    if device.type != "cuda":
        return None
    free, total = torch.cuda.mem_get_info(device)
    return {"total_bytes": total, "available_bytes": free}


def peak_memory_bytes(device: torch.device) -> int:
    """Of a GPU what tensors took of it, on a CPU what the process did."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
