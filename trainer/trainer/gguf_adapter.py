"""A PEFT adapter as llama.cpp loads it: tensors renamed, rows of q and k reordered, alpha as metadata. No torch."""

import json
import re
from pathlib import Path

import numpy
from gguf import GGUFWriter
from safetensors.numpy import load_file

from trainer.gguf_layout import rows_to_gguf

PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
# llama.cpp has no other name for a model that is built like Llama.
ARCHITECTURES = {"mistral": "llama"}
# It interleaves the two halves of each query and key head of these architectures only.
INTERLEAVED = ("llama",)
NAME = re.compile(r"^base_model\.model\.model\.layers\.(\d+)\.(.+)\.lora_([AB])\.weight$")


def architecture_of(config: dict) -> str:
    kind = config["model_type"]
    return ARCHITECTURES.get(kind, kind)


def gguf_tensor(name: str, values: numpy.ndarray, config: dict) -> tuple[str, numpy.ndarray]:
    match = NAME.match(name)
    if match is None or match[2] not in PARTS:
        raise ValueError(f"{name} has no place in a GGUF adapter")
    part, side = PARTS[match[2]], match[3].lower()
    if side == "b" and architecture_of(config) in INTERLEAVED and part in ("attn_q", "attn_k"):
        heads = config["num_attention_heads"]
        # Left out, or null, where every head has keys of its own.
        keys = config.get("num_key_value_heads") or heads
        values = rows_to_gguf(values, heads if part == "attn_q" else keys)
    return f"blk.{match[1]}.{part}.weight.lora_{side}", numpy.ascontiguousarray(values, dtype=numpy.float32)


def write_gguf_adapter(adapter: Path, base: Path, path: Path) -> None:
    """`adapter` is PEFT's folder, `base` the Hugging Face folder it was trained on."""
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    lora = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    writer = GGUFWriter(path, architecture_of(config))
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(lora["lora_alpha"]))
    for name, values in sorted(load_file(adapter / "adapter_model.safetensors").items()):
        writer.add_tensor(*gguf_tensor(name, values, config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
