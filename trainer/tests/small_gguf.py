"""A random model as a GGUF file, written independently of the converter."""

import json
from pathlib import Path

import numpy
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, quants
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from tests import tiny
from trainer.convert_base import HF_NAMES, read_metadata
from trainer.gguf_layout import rows_to_gguf
from trainer.gguf_tokenizer import tokenizer_json

TOKENS = [*tiny.SPECIAL, *tiny.byte_letters(), "ab", "abc"]
SHAPE = tiny.SHAPE | {
    "vocab_size": len(TOKENS),
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_attention_heads": 4,
    "head_dim": 16,
}


def small_llama() -> LlamaForCausalLM:
    torch.manual_seed(2)
    return LlamaForCausalLM(LlamaConfig(**SHAPE, rope_theta=10000.0))


PARTS = {hf: gguf for gguf, hf in HF_NAMES.items()} | {
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
}


def architecture_of(model: PreTrainedModel) -> str:
    return {"mistral": "llama"}.get(model.config.model_type, model.config.model_type)


def write_small_base(folder: Path, kind: str, template: str) -> None:
    """`hf` and `model.gguf`, with the same float32 weights and the same tokens."""
    tiny.write_tiny_base(folder / "hf", kind, template)
    model = tiny.random_model(kind, **SHAPE)
    model.save_pretrained(folder / "hf")
    write_gguf(model, folder / "model.gguf", GGMLQuantizationType.F32, template)
    metadata = read_metadata(GGUFReader(folder / "model.gguf"))
    (folder / "hf" / "tokenizer.json").write_text(json.dumps(tokenizer_json(metadata)))


def write_gguf(
    model: PreTrainedModel, path: Path, down_type: GGMLQuantizationType, template: str | None = None
) -> None:
    """As llama.cpp's own converter writes it, all in float32 but the down projections."""
    writer = GGUFWriter(path, architecture_of(model))
    writer.add_context_length(512)
    writer.add_block_count(SHAPE["num_hidden_layers"])
    writer.add_embedding_length(SHAPE["hidden_size"])
    writer.add_feed_forward_length(SHAPE["intermediate_size"])
    writer.add_head_count(SHAPE["num_attention_heads"])
    writer.add_head_count_kv(SHAPE["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(model.config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(SHAPE["head_dim"])
    writer.add_key_length(SHAPE["head_dim"])
    writer.add_value_length(SHAPE["head_dim"])
    write_tokenizer(writer)
    if template is not None:
        writer.add_chat_template(template)
    for name, tensor in model.model.state_dict().items():
        add_tensor(writer, name, tensor.numpy(), down_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_tokenizer(writer: GGUFWriter) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3 if token in tiny.SPECIAL else 1 for token in TOKENS])
    writer.add_token_merges(["a b", "ab c"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)


def add_tensor(writer: GGUFWriter, name: str, values: numpy.ndarray, down_type: GGMLQuantizationType) -> None:
    if not name.startswith("layers."):
        writer.add_tensor(
            {"embed_tokens.weight": "token_embd.weight", "norm.weight": "output_norm.weight"}[name], values
        )
        return
    _, layer, *rest = name.split(".")
    part, kind = PARTS[".".join(rest[:-1])], rest[-1]
    if part in ("attn_q", "attn_k") and writer.arch == "llama":
        values = rows_to_gguf(values, SHAPE["num_attention_heads" if part == "attn_q" else "num_key_value_heads"])
    if part == "ffn_down":
        writer.add_tensor(f"blk.{layer}.{part}.{kind}", quants.quantize(values, down_type), raw_dtype=down_type)
    else:
        writer.add_tensor(f"blk.{layer}.{part}.{kind}", values)
