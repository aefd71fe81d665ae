"""The layers of Llama, Mistral, Qwen2 and Qwen3 over packed tokens, on the weights of Transformers and PEFT.

It computes what their own forward passes do (`tests/test_packed.py`), with a prefix tree in place of a mask, fewer
and larger operations, and in the last layer only the rows that predict an answer.
"""

from dataclasses import dataclass

import torch
from peft import PeftModel
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from trainer.attention import Kernel, TreeAttention
from trainer.heads import Heads
from trainer.kernels import RmsNorm, SwiGlu
from trainer.lora import Projection, join


@dataclass(frozen=True)
class Layer:
    attention_norm: nn.Module
    qkv: Projection
    # Qwen3's, of each query and of each key by itself.
    head_norms: tuple[nn.Module, nn.Module] | None
    attention_out: Projection
    mlp_norm: nn.Module
    gate_up: Projection
    down: Projection


@dataclass(frozen=True)
class Decoder:
    model: PeftModel
    layers: list[Layer]
    heads: Heads


def layer_of(module: nn.Module) -> Layer:
    attention, mlp = module.self_attn, module.mlp
    return Layer(
        attention_norm=module.input_layernorm,
        qkv=join(attention.q_proj, attention.k_proj, attention.v_proj),
        head_norms=(attention.q_norm, attention.k_norm) if hasattr(attention, "q_norm") else None,
        attention_out=join(attention.o_proj),
        mlp_norm=module.post_attention_layernorm,
        gate_up=join(mlp.gate_proj, mlp.up_proj),
        down=join(mlp.down_proj),
    )


def create_decoder(model: PeftModel) -> Decoder:
    """The base's weights are laid out anew for it; Transformers and PEFT go on working on them."""
    config, decoder = model.config, model.get_base_model().get_decoder()
    size = decoder.layers[0].self_attn.head_dim
    heads = Heads(config.num_attention_heads, config.num_key_value_heads, size)
    return Decoder(model, [layer_of(module) for module in decoder.layers], heads)


def normed(x: Tensor, norm: nn.Module) -> Tensor:
    return RmsNorm.apply(x, norm.weight, norm.variance_epsilon)


def with_normed_heads(qkv: Tensor, norms: tuple[nn.Module, nn.Module], heads: Heads) -> Tensor:
    """qkv [T, (query + 2 key heads) * D]."""
    widths = [heads.queries * heads.size, heads.keys * heads.size, heads.keys * heads.size]
    *turned, values = qkv.split(widths, 1)
    parts = [normed(part.reshape(-1, heads.size), norm).view_as(part) for part, norm in zip(turned, norms, strict=True)]
    return torch.cat([*parts, values], 1)


def compute_layer(layer: Layer, kernel: Kernel, x: Tensor, turn: tuple[Tensor, Tensor], rows: Tensor | None) -> Tensor:
    """x [T, H]; `rows` are the only ones wanted of the result, all if None."""
    qkv = layer.qkv(normed(x, layer.attention_norm))
    if layer.head_norms is not None:
        qkv = with_normed_heads(qkv, layer.head_norms, kernel.heads)
    attended = TreeAttention.apply(qkv, *turn, kernel)
    if rows is not None:
        x, attended = x[rows], attended[rows]
    x = x + layer.attention_out(attended)
    return x + layer.down(SwiGlu.apply(layer.gate_up(normed(x, layer.mlp_norm))))


def decode(
    decoder: Decoder, tokens: Tensor, positions: Tensor, kernel: Kernel, rows: Tensor, recompute: bool
) -> Tensor:
    """Hidden states [len(rows), H] that the output head reads. `recompute` keeps only each layer's input."""
    inner = decoder.model.get_base_model().get_decoder()
    x = inner.embed_tokens(tokens)
    cos, sin = inner.rotary_emb(x, positions.unsqueeze(0))
    half = decoder.heads.size // 2
    turn = (cos[0, :, None, :half].contiguous(), sin[0, :, None, :half].contiguous())
    *others, last = decoder.layers
    for layer in others:
        arguments = (layer, kernel, x, turn, None)
        x = checkpoint(compute_layer, *arguments, use_reentrant=False) if recompute else compute_layer(*arguments)
    x = compute_layer(last, kernel, x, turn, rows)
    return normed(x, inner.norm)
