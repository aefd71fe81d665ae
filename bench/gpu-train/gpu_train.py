"""Trains a Llama with random weights by the trainer's own functions and prints what it took, as one line of JSON.

    python gpu_train.py '{"model": "8b", "quantization": "none", ...}'

On the GPU if there is one, else on the CPU.
"""

import json
import math
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import row_attention
import torch
from torch import nn
from transformers import AutoModelForCausalLM, LlamaConfig
from trainer.adapter import attach_adapter
from trainer.adapter_shape import AdapterShape
from trainer.base import best_device, best_dtype, quantization_config
from trainer.device_memory import peak_memory_bytes
from trainer.gpu import can_be_compiled, create_gpu_model
from trainer.optimize import add_gradients, apply_gradients, create_optimizer
from trainer.packed import PackedModel, create_packed_model
from trainer.prefix_tree import TrainRow, train_row

SHAPES = {
    "8b": {
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "intermediate_size": 14336,
        "vocab_size": 128256,
        "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0},
    },
    "tiny": {
        "hidden_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 256,
        "vocab_size": 512,
    },
}


@dataclass(frozen=True)
class Asked:
    model: str
    quantization: str
    # Of a row; all but the last are computed, all but the first are learned.
    tokens: int
    # Rows a step; in as many passes as the memory asks for.
    batch: int
    warm_up: int
    steps: int
    # With other kernels for attention, too.
    compare: bool = False


def in_4_bits(layer: nn.Linear) -> nn.Module:
    """As Transformers would load it from disk."""
    from bitsandbytes.nn import Linear4bit, Params4bit

    config = quantization_config("nf4", layer.weight.device)
    how = {"quant_type": config.bnb_4bit_quant_type, "compress_statistics": config.bnb_4bit_use_double_quant}
    made = Linear4bit(
        layer.in_features, layer.out_features, False, compute_dtype=config.bnb_4bit_compute_dtype, device="meta", **how
    )
    made.weight = Params4bit(layer.weight.data, requires_grad=False, **how)
    return made.to(layer.weight.device)


def quantize(model: nn.Module) -> None:
    for parent in model.get_decoder().layers.modules():
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Linear):
                setattr(parent, name, in_4_bits(layer))
    # What PEFT asks.
    model.is_loaded_in_4bit = True


def random_base(asked: Asked, device: torch.device) -> nn.Module:
    config = LlamaConfig(max_position_embeddings=8192, tie_word_embeddings=False, **SHAPES[asked.model])
    with device:
        model = AutoModelForCausalLM.from_config(config, dtype=best_dtype(device), attn_implementation="sdpa")
    return model.eval().requires_grad_(False)


def random_rows(asked: Asked, vocabulary: int) -> list[TrainRow]:
    """Nothing in common: every token is computed."""
    drawn = random.Random(1)
    rows = [drawn.choices(range(vocabulary), k=asked.tokens + 1) for _ in range(asked.batch)]
    return [train_row(row, [(1, len(row))]) for row in rows]


def describe(packed: PackedModel) -> str:
    if packed.decoder is not None:
        return "the trainer's kernels for CPUs"
    if not packed.flex:
        return "a dense mask, not compiled"
    return "FlexAttention, layers compiled" if can_be_compiled(packed.model) else "FlexAttention"


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(device: torch.device, work: Callable[[], object]) -> float:
    synchronize(device)
    began = time.perf_counter()
    work()
    synchronize(device)
    return time.perf_counter() - began


def measure(asked: Asked) -> dict:
    device, warnings = best_device(), []
    base = random_base(asked, device)
    parameters = base.num_parameters()
    if asked.quantization == "nf4":
        quantize(base)
    model = attach_adapter(base, None, 1, AdapterShape())
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    began = time.perf_counter()
    packed = create_gpu_model(model, warnings.append) if device.type == "cuda" else create_packed_model(model)
    compiling = time.perf_counter() - began
    optimizer, rows, losses = create_optimizer(model), random_rows(asked, model.config.vocab_size), []

    def step(rate: float = 1e-4) -> None:
        losses.append(add_gradients(packed, rows)["train_loss"])
        apply_gradients(optimizer, len(losses), rate, 1.0)

    def steps_in_place() -> list[float]:
        return [timed(device, lambda: step(0)) for _ in range(asked.steps)]

    warm_up = [timed(device, step) for _ in range(asked.warm_up)]
    seconds = [timed(device, step) for _ in range(asked.steps)]
    peak = peak_memory_bytes(device)
    kernels = row_attention.compare(packed, rows, steps_in_place) if asked.compare else []
    if not all(map(math.isfinite, losses)):
        raise SystemExit(f"The losses are no numbers: {losses}")
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "torch": torch.__version__,
        "precision": str(model.dtype).removeprefix("torch."),
        "attention": describe(packed),
        "warnings": warnings,
        "parameters": parameters,
        "token_budget": packed.token_budget,
        "tokens_a_step": sum(len(row.inputs) for row in rows),
        "compile_seconds": compiling,
        "warm_up_seconds": warm_up,
        "step_seconds": seconds,
        "peak_memory_bytes": peak,
        "other_kernels": kernels,
        "losses": losses,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Asked(**json.loads(sys.argv[1])))))
