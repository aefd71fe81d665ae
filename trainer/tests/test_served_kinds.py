"""On float32 weights the engine computes an adapter as the trainer does, for models of every kind."""

from pathlib import Path

import pytest
import torch
from gguf import GGMLQuantizationType

from tests.served import differences, disturbed, serve, write_probe
from tests.small_gguf import small_llama, write_gguf, write_small_base
from tests.tiny import KINDS, TEMPLATE, thinking_template
from trainer.base import load_model
from trainer.convert_base import convert

# Only llama.cpp's float16 cache is left of the difference.
FLOAT32_TOLERANCE = 0.02


def test_on_float32_weights_llama_cpp_computes_an_adapter_as_the_trainer_does(tmp_path: Path) -> None:
    write_gguf(small_llama(), tmp_path / "source.gguf", GGMLQuantizationType.F32)
    convert(tmp_path / "source.gguf", tmp_path / "base", "small", TEMPLATE.read_text())
    model = disturbed(load_model(tmp_path / "base" / "hf", torch.device("cpu")), 0.3)
    rows = write_probe(model, tmp_path / "base" / "hf", tmp_path / "adapter")
    server, ask = serve(tmp_path / "base" / "model.gguf", tmp_path / "adapter" / "adapter.gguf")
    found, without = differences(ask, rows, "logprobs"), differences(ask, rows, "base_logprobs")
    del server
    assert found.max() < FLOAT32_TOLERANCE
    assert without.max() > 10 * FLOAT32_TOLERANCE


@pytest.mark.parametrize("kind", KINDS)
def test_models_of_every_kind_are_served_as_they_were_trained(kind: str, tmp_path: Path) -> None:
    write_small_base(tmp_path, kind, thinking_template())
    model = disturbed(load_model(tmp_path / "hf", torch.device("cpu")), 0.3)
    rows = write_probe(model, tmp_path / "hf", tmp_path / "adapter")
    server, ask = serve(tmp_path / "model.gguf", tmp_path / "adapter" / "adapter.gguf")
    found, without = differences(ask, rows, "logprobs"), differences(ask, rows, "base_logprobs")
    prompts = [ask("/apply-template", {"messages": row["messages"]})["prompt"] for row in rows]
    tokens = [ask("/tokenize", {"content": prompt, "parse_special": True})["tokens"] for prompt in prompts]
    del server
    assert tokens == [row["prompt_tokens"] for row in rows]
    assert found.max() < FLOAT32_TOLERANCE
    assert without.max() > 10 * FLOAT32_TOLERANCE
