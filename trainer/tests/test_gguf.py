"""From GGUF and back: a converted base computes what the original did, an adapter keeps its numbers."""

import json
from pathlib import Path

import numpy
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFReader, quants
from safetensors.numpy import load_file
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests import tiny
from tests.small_gguf import small_llama, write_gguf
from trainer.adapter import attach_adapter
from trainer.convert_base import convert
from trainer.gguf_adapter import write_gguf_adapter
from trainer.gguf_layout import rows_from_gguf


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gguf")
    write_gguf(small_llama(), folder / "source.gguf", GGMLQuantizationType.Q4_1)
    convert(folder / "source.gguf", folder / "base", "tiny", tiny.TEMPLATE.read_text())
    return folder / "base"


def test_the_converted_base_computes_what_the_original_does(converted: Path) -> None:
    original, hf = small_llama(), AutoModelForCausalLM.from_pretrained(converted / "hf")
    served = {tensor.name: tensor for tensor in GGUFReader(converted / "model.gguf").tensors}
    for index, layer in enumerate(original.model.layers):
        down = served[f"blk.{index}.ffn_down.weight"]
        assert down.tensor_type == GGMLQuantizationType.Q8_0
        layer.mlp.down_proj.weight.data = torch.from_numpy(quants.dequantize(down.data, down.tensor_type).copy())
    ids = torch.arange(3, 60)[None]
    assert torch.equal(hf(ids).logits, original(ids).logits)


def test_base_json_describes_it(converted: Path) -> None:
    base = json.loads((converted / "base.json").read_text())
    assert (base["id"], base["gguf"], base["hf"], base["context_length"]) == ("tiny", "model.gguf", "hf", 512)
    assert base["parameters"] == small_llama().num_parameters()


def test_its_template_and_tokenizer_are_in_both_forms(converted: Path) -> None:
    served = GGUFReader(converted / "model.gguf").fields["tokenizer.chat_template"].contents()
    tokenizer = AutoTokenizer.from_pretrained(converted / "hf")
    assert served == tokenizer.chat_template == tiny.TEMPLATE.read_text()
    text = "<|im_start|>abc 12<|im_end|>"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert tokenizer.tokenize("abc") == ["abc"]
    assert tokenizer.eos_token == "<|im_end|>"


def save_adapter(folder: Path, kind: str) -> Path:
    tiny.write_tiny_base(folder / "base", kind)
    model = attach_adapter(tiny.random_model(kind), None, seed=1)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(weight)
    model.save_pretrained(folder / "adapter")
    write_gguf_adapter(folder / "adapter", folder / "base", folder / "adapter.gguf")
    return folder


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_an_adapter_keeps_its_numbers(kind: str, tmp_path: Path) -> None:
    folder = save_adapter(tmp_path, kind)
    reader = GGUFReader(folder / "adapter.gguf")
    fields = {name: field.contents() for name, field in reader.fields.items()}
    is_llama = kind in ("llama", "mistral")
    assert fields["general.architecture"] == ("llama" if is_llama else kind)
    assert (fields["general.type"], fields["adapter.type"], fields["adapter.lora.alpha"]) == ("adapter", "lora", 32.0)
    peft = load_file(folder / "adapter" / "adapter_model.safetensors")
    tensors = {tensor.name: tensor.data for tensor in reader.tensors}
    assert len(tensors) == len(peft) == 3 * 7 * 2
    stem = "base_model.model.model.layers.1"
    assert numpy.array_equal(tensors["blk.1.ffn_up.weight.lora_a"], peft[f"{stem}.mlp.up_proj.lora_A.weight"])
    q, heads = peft[f"{stem}.self_attn.q_proj.lora_B.weight"], tiny.SHAPE["num_attention_heads"]
    written = tensors["blk.1.attn_q.weight.lora_b"]
    assert numpy.array_equal(rows_from_gguf(written, heads) if is_llama else written, q)
