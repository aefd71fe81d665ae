"""Training on an NVIDIA GPU: Transformers' own layers with FlexAttention, each compiled.

What cannot be compiled, for want of a compiler or on a card that is too old, is computed with a dense mask instead.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from peft import PeftModel
from torch import Tensor, nn
from torch.nn.attention.flex_attention import BlockMask

from trainer.device_memory import (
    COMPILED,
    UNCOMPILED,
    Kept,
    bytes_a_token,
    bytes_whatever_the_tokens,
    free_bytes,
    tokens_within,
)
from trainer.dropout import MaskedDropout
from trainer.failures import is_out_of_memory
from trainer.flex import use_flex
from trainer.optimize import trainable
from trainer.packed import PackedModel, packed_loss
from trainer.prefix_tree import TrainRow, train_row

# With and without gradients, of the first layer and of the others, for one length and for all: six, and some to spare.
MOST_VARIANTS = 32
# Two of them, because the first is compiled for itself and the second for all that follow.
TRIED_LENGTHS = (100, 200)
# The first, whose input has no gradient, and one like all others.
TRIED_LAYERS = 2
# Measured: 0.003 in bfloat16; where siblings see each other 0.09, where the rest is wrong 1.
ROUNDING = 0.05

Warn = Callable[[str], None]


def layers_of(model: PeftModel) -> nn.ModuleList:
    return model.get_base_model().get_decoder().layers


def compile_layer(layer: nn.Module) -> None:
    """For trees; whatever else the layer is asked is computed as it was before, in no time to get ready."""
    plain = layer.forward
    compiled = torch.compile(plain)

    def forward(*inputs, attention_mask=None, **more):
        chosen = compiled if isinstance(attention_mask, BlockMask) else plain
        return chosen(*inputs, attention_mask=attention_mask, **more)

    layer.forward = forward


def compile_layers(model: PeftModel) -> None:
    """Layer by layer: they are alike, so one is compiled and all are."""
    torch._dynamo.config.recompile_limit = MOST_VARIANTS
    for layer in layers_of(model):
        compile_layer(layer)


def forget_compiled(model: PeftModel) -> None:
    for layer in layers_of(model):
        layer.__dict__.pop("forward", None)


def can_be_compiled(model: PeftModel) -> bool:
    """The masks of a dropout follow from numbers that differ by step and layer: each would be compiled anew."""
    return not any(isinstance(module, MaskedDropout) for module in model.modules())


@contextmanager
def shallow(model: PeftModel) -> Iterator[None]:
    """With its first layers alone: rounding adds up from layer to layer, to a tenth over thirty of them."""
    decoder = model.get_base_model().get_decoder()
    every = decoder.layers
    decoder.layers = every[:TRIED_LAYERS]
    try:
        yield
    finally:
        decoder.layers = every


def gradients_of(packed: PackedModel, rows: list[TrainRow]) -> Tensor:
    packed_loss(packed, rows)[0].backward()
    found = torch.cat([weight.grad.flatten() for weight in trainable(packed.model)])
    packed.model.zero_grad(set_to_none=True)
    return found


def try_all(packed: PackedModel) -> None:
    """What a training will ask of its layers, once, in as little memory as it can be. Throws if it comes out wrong."""
    dense = replace(packed, flex=False)
    for length in TRIED_LENGTHS:
        rows = [train_row([*range(length), *[token] * length], [(length, 2 * length)]) for token in (1, 2)]
        found, expected = gradients_of(packed, rows), gradients_of(dense, rows)
        # Written so that what is not a number fails, too.
        distance = ((found - expected).norm() / expected.norm()).item()
        if not distance <= ROUNDING:
            raise ArithmeticError(f"its gradients are {distance:.2g} from those of a dense mask")
        with torch.no_grad():
            packed_loss(packed, rows)


def with_flex(model: PeftModel, warn: Warn) -> bool:
    """False: it does not work here, and the model is as it was."""
    before = model.config._attn_implementation
    use_flex(model)
    if can_be_compiled(model):
        compile_layers(model)
    try:
        with shallow(model):
            try_all(PackedModel(model, None, token_budget=0, flex=True))
    # A compiler has a hundred ways to fail, each with its own class; none of them is worth a job.
    except Exception as error:
        if is_out_of_memory(error):
            raise
        forget_compiled(model)
        model.get_base_model().set_attn_implementation(before)
        model.zero_grad(set_to_none=True)
        warn(f"{type(error).__name__}: {error}".splitlines()[0])
        return False
    # A shape that fails to compile later is computed uncompiled.
    torch._dynamo.config.suppress_errors = True
    return True


def budget_on_gpu(model: PeftModel, kept: Kept) -> int:
    weights = sum(weight.numel() for weight in trainable(model))
    whatever = bytes_whatever_the_tokens(model.config, weights)
    return tokens_within(free_bytes(model.device), whatever, bytes_a_token(model.config, kept, model.dtype))


def create_gpu_model(model: PeftModel, warn: Warn) -> PackedModel:
    flex = with_flex(model, warn)
    kept = COMPILED if flex and can_be_compiled(model) else UNCOMPILED
    return PackedModel(model, None, budget_on_gpu(model, kept), flex=flex)
