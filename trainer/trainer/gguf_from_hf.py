"""A model in Hugging Face's layout as one GGUF file, a tensor at a time."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, quant_shape_to_byte_shape, quants
from safetensors import safe_open

from trainer.convert_base import HF_NAMES, WHOLE_NAMES
from trainer.gguf_adapter import INTERLEAVED, architecture_of
from trainer.gguf_layout import rows_to_gguf

Q8_0 = GGMLQuantizationType.Q8_0
# What a matrix is written in, and how the file calls itself.
FILE_TYPES = {
    "q8_0": (Q8_0, LlamaFileType.MOSTLY_Q8_0),
    "f16": (GGMLQuantizationType.F16, LlamaFileType.MOSTLY_F16),
    "f32": (GGMLQuantizationType.F32, LlamaFileType.ALL_F32),
}
Q8_BLOCK = 32
PARTS = {hf: gguf for gguf, hf in HF_NAMES.items()} | {
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
}
WHOLE = {hf: gguf for gguf, hf in WHOLE_NAMES.items()}
ROPE_FACTORS = "rope_freqs.weight"

Told = Callable[[int, int], None]


class Unsupported(Exception):
    """The sentence says what cannot be made a base, and what to do."""


@dataclass(frozen=True)
class GgufTokenizer:
    """`kinds` are GGUF's own numbers, one a token; `pre` is the name by which llama.cpp knows how to cut a text."""

    pre: str
    tokens: list[str]
    kinds: list[int]
    merges: list[str]
    special: dict[str, int]
    adds_bos: bool
    template: str


@dataclass(frozen=True)
class Source:
    folder: Path
    config: dict
    tokenizer: GgufTokenizer


def weights_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """(name, file) of every tensor, in a steady order."""
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            yield from ((name, path) for name in sorted(file.keys()))


def shape_of(path: Path, name: str) -> list[int]:
    with safe_open(path, framework="pt") as file:
        return list(file.get_slice(name).get_shape())


def is_copy(name: str, config: dict) -> bool:
    return name == "lm_head.weight" and config.get("tie_word_embeddings", False)


def gguf_name(name: str) -> str:
    if name in WHOLE:
        return WHOLE[name]
    place, _, kind = name.removeprefix("model.layers.").rpartition(".")
    layer, _, part = place.partition(".")
    if not layer.isdigit() or part not in PARTS:
        raise Unsupported(f"It has a tensor {name}, which models of its kind do not have: convert it with llama.cpp.")
    return f"blk.{layer}.{PARTS[part]}.{kind}"


def kind_of(shape: list[int], wanted: GGMLQuantizationType) -> GGMLQuantizationType:
    """Vectors stay exact; a matrix whose rows are no whole blocks is kept in half precision."""
    if len(shape) < 2:
        return GGMLQuantizationType.F32
    return GGMLQuantizationType.F16 if wanted == Q8_0 and shape[-1] % Q8_BLOCK else wanted


def heads_of(part: str, config: dict) -> int | None:
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config.get("num_key_value_heads")}
    return heads.get(part) if architecture_of(config) in INTERLEAVED else None


def values_of(path: Path, name: str, config: dict) -> numpy.ndarray:
    with safe_open(path, framework="pt") as file:
        values = file.get_tensor(name).to(torch.float32).numpy()
    heads = heads_of(gguf_name(name).split(".")[-2], config)
    return values if heads is None else rows_to_gguf(values, heads)


def theta_of(config: dict) -> float:
    return float((config.get("rope_parameters") or config).get("rope_theta", 10_000.0))


def rope_factors(config: dict) -> numpy.ndarray | None:
    """By what llama.cpp divides each frequency; None: by nothing. Llama 3's scaling, which GGUF keeps as a tensor."""
    scaling = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = scaling.get("rope_type") or scaling.get("type") or "default"
    if kind == "default":
        return None
    if kind != "llama3":
        raise Unsupported(f'Its positions are scaled in the way "{kind}": convert it with llama.cpp.')
    size = head_size(config)
    lengths = 2 * math.pi * theta_of(config) ** (numpy.arange(0, size, 2) / size)
    factor, low, high = (scaling[name] for name in ("factor", "low_freq_factor", "high_freq_factor"))
    # From 0 where the wave is too long for the original context to 1 where it is short.
    share = (scaling["original_max_position_embeddings"] / lengths - low) / (high - low)
    share = numpy.clip(share, 0, 1)
    return (1 / ((1 - share) / factor + share)).astype(numpy.float32)


def head_size(config: dict) -> int:
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def add_shape(writer: GGUFWriter, config: dict) -> None:
    size = head_size(config)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config.get("num_key_value_heads") or config["num_attention_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(theta_of(config))
    writer.add_rope_dimension_count(size)
    writer.add_key_length(size)
    writer.add_value_length(size)
    writer.add_vocab_size(config["vocab_size"])


def add_tokenizer(writer: GGUFWriter, tokenizer: GgufTokenizer) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(tokenizer.pre)
    writer.add_token_list(tokenizer.tokens)
    writer.add_token_types(tokenizer.kinds)
    writer.add_token_merges(tokenizer.merges)
    for name, number in tokenizer.special.items():
        writer.add_uint32(f"tokenizer.ggml.{name}_token_id", number)
    writer.add_add_bos_token(tokenizer.adds_bos)
    writer.add_chat_template(tokenizer.template)


def add_info(writer: GGUFWriter, name: str, shape: list[int], kind: GGMLQuantizationType) -> None:
    if kind == Q8_0:
        in_bytes = quant_shape_to_byte_shape(shape, kind)
        writer.add_tensor_info(name, in_bytes, numpy.dtype(numpy.uint8), math.prod(in_bytes), kind)
        return
    form = numpy.dtype(numpy.float16 if kind == GGMLQuantizationType.F16 else numpy.float32)
    writer.add_tensor_info(name, shape, form, math.prod(shape) * form.itemsize, kind)


def write_gguf(source: Source, path: Path, type_name: str, told: Told) -> int:
    """How many weights it has; `told` hears how many of them are written."""
    wanted, file_type = FILE_TYPES[type_name]
    config, factors = source.config, rope_factors(source.config)
    writer = GGUFWriter(path, architecture_of(config))
    add_shape(writer, config)
    add_tokenizer(writer, source.tokenizer)
    writer.add_file_type(file_type)
    names = [(name, file) for name, file in weights_of(source.folder) if not is_copy(name, config)]
    shapes = {name: shape_of(file, name) for name, file in names}
    for name, _ in names:
        add_info(writer, gguf_name(name), shapes[name], kind_of(shapes[name], wanted))
    if factors is not None:
        add_info(writer, ROPE_FACTORS, list(factors.shape), GGMLQuantizationType.F32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    done, total = 0, sum(map(math.prod, shapes.values()))
    for name, file in names:
        kind = kind_of(shapes[name], wanted)
        writer.write_tensor_data(quants.quantize(values_of(file, name, config), kind))
        done += math.prod(shapes[name])
        told(done, total)
    if factors is not None:
        writer.write_tensor_data(factors)
    writer.close()
    return total
