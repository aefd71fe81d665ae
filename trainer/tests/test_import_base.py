"""A folder in Hugging Face's layout becomes a base that llama.cpp serves as the trainer trains it."""

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy
import pytest
import torch
from gguf import GGUFReader

from tests.served import differences, disturbed, serve, write_probe
from tests.small_gguf import SHAPE, write_small_base
from tests.test_served import BASE, needs_base
from tests.tiny import KINDS, TEMPLATE, random_model, thinking_template
from trainer.base import load_chat_format, load_model
from trainer.gguf_from_hf import Unsupported, rope_factors
from trainer.import_base import import_base

TOLERANCE = 0.02


def options(source: Path, out: Path, **changes: object) -> Namespace:
    plain = {"source": source, "out": out, "id": "mine", "type": "f32", "context_length": None, "license": None}
    return Namespace(**plain | changes)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    lines: list[dict] = []
    monkeypatch.setattr("trainer.import_base.say", lambda _, value: lines.append(value))
    return lines


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_served_as_it_is_trained(kind: str, said: list[dict], tmp_path: Path) -> None:
    write_small_base(tmp_path / "source", kind, thinking_template())
    base = import_base(options(tmp_path / "source" / "hf", tmp_path / "mine"), 1)
    hf = tmp_path / "mine" / base["hf"]
    rows = write_probe(disturbed(load_model(hf, torch.device("cpu")), 0.3), hf, tmp_path / "adapter")
    server, ask = serve(tmp_path / "mine" / base["gguf"], tmp_path / "adapter" / "adapter.gguf")
    found = differences(ask, rows, "logprobs")
    del server
    assert found.max() < TOLERANCE
    assert [line for line in said if "warning" in line] == []
    assert said[-1]["done"] == said[-1]["total"] == base["parameters"]
    assert base["parameters"] == random_model(kind, **SHAPE).num_parameters()


def test_base_json_is_written_and_nothing_is_left_beside_it(said: list[dict], tmp_path: Path) -> None:
    write_small_base(tmp_path / "source", "llama", TEMPLATE.read_text())
    source = tmp_path / "source" / "hf"
    (source / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n# A model\n")
    (source / "pytorch_model.bin").write_text("other weights")
    base = import_base(options(source, tmp_path / "mine", context_length=256, type="q8_0"), 1)
    assert json.loads((tmp_path / "mine" / "base.json").read_text()) == base
    assert (base["id"], base["context_length"], base["license"]) == ("mine", 256, "apache-2.0")
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["base.json", "hf", "model.gguf"]
    assert not (tmp_path / "mine" / "hf" / "pytorch_model.bin").exists()
    assert (tmp_path / "mine" / "hf" / "model.safetensors").samefile(source / "model.safetensors")


@needs_base
def test_of_the_embedded_base_s_own_folder_it_makes_the_same_file(said: list[dict], tmp_path: Path) -> None:
    import_base(options(BASE / "hf", tmp_path / "mine", type="q8_0"), 1)
    made, given = GGUFReader(tmp_path / "mine" / "model.gguf"), GGUFReader(BASE / "model.gguf")
    assert made.fields["tokenizer.ggml.pre"].contents() == given.fields["tokenizer.ggml.pre"].contents() == "smollm"
    for name in ("tokens", "token_type", "merges"):
        key = f"tokenizer.ggml.{name}"
        assert made.fields[key].contents() == given.fields[key].contents()
    wanted = {tensor.name: tensor for tensor in given.tensors}
    assert {tensor.name for tensor in made.tensors} == wanted.keys()
    for tensor in made.tensors:
        assert tensor.tensor_type == wanted[tensor.name].tensor_type
        assert numpy.array_equal(tensor.data, wanted[tensor.name].data), tensor.name


def test_llama_3_s_positions_are_scaled_as_transformers_scales_them() -> None:
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    scaling = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0}
    scaling |= {"high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
    shape = {"hidden_size": 512, "num_attention_heads": 4, "max_position_embeddings": 131072}
    plain = LlamaRotaryEmbedding(LlamaConfig(**shape, rope_parameters={"rope_type": "default", "rope_theta": 500000.0}))
    scaled = LlamaRotaryEmbedding(LlamaConfig(**shape, rope_parameters=scaling))
    factors = rope_factors(LlamaConfig(**shape, rope_parameters=scaling).to_dict())
    assert factors is not None
    assert torch.allclose(plain.inv_freq / scaled.inv_freq, torch.from_numpy(factors), rtol=1e-5)


def changed(folder: Path, **values: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))


REFUSED = {
    "another kind of model": (lambda folder: changed(folder, model_type="gemma3"), "this one is gemma3"),
    "scaled positions": (
        lambda folder: changed(folder, rope_parameters={"rope_type": "yarn", "rope_theta": 1e4}),
        '"yarn"',
    ),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), r"no \*.safetensors"),
    "no configuration": (lambda folder: (folder / "config.json").unlink(), "no config.json"),
    "a configuration that says nothing": (lambda folder: (folder / "config.json").write_text("{}"), "no model_type"),
    "too few tokens": (lambda folder: changed(folder, vocab_size=7), "more tokens"),
}


def test_a_context_is_what_engines_have_room_for_and_the_model_was_made_for(said: list[dict], tmp_path: Path) -> None:
    write_small_base(tmp_path / "source", "llama", TEMPLATE.read_text())
    source, lengths = tmp_path / "source" / "hf", []
    for longest, asked in ((512, None), (131072, None), (131072, 20000), (512, 20000)):
        changed(source, max_position_embeddings=longest)
        lengths.append(import_base(options(source, tmp_path / "mine", context_length=asked), 1)["context_length"])
    assert lengths == [512, 8192, 20000, 512]


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_a_base_is_refused_and_leaves_nothing(name: str, said: list[dict], tmp_path: Path) -> None:
    change, sentence = REFUSED[name]
    write_small_base(tmp_path / "source", "llama", TEMPLATE.read_text())
    change(tmp_path / "source" / "hf")
    with pytest.raises(Unsupported, match=sentence):
        import_base(options(tmp_path / "source" / "hf", tmp_path / "bases" / "mine"), 1)
    assert list((tmp_path / "bases").glob("*")) == []


def run(source: Path, out: Path) -> list[dict]:
    command = [sys.executable, "-m", "trainer.import_base", "--from", str(source), "--out", str(out), "--id", "mine"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_as_a_program_it_prints_how_far_it_is_and_the_base_or_why_not(tmp_path: Path) -> None:
    write_small_base(tmp_path / "source", "qwen2", TEMPLATE.read_text())
    first, *middle, last = run(tmp_path / "source" / "hf", tmp_path / "mine")
    assert first == {"doing": "finding how its text becomes tokens", "done": 0, "total": 1}
    assert middle[-1]["done"] == middle[-1]["total"]
    assert last["base"] == json.loads((tmp_path / "mine" / "base.json").read_text())
    [refusal] = run(tmp_path, tmp_path / "other")
    assert "has no config.json" in refusal["refused"] and not (tmp_path / "other").exists()


def test_the_format_of_chats_is_the_source_s(said: list[dict], tmp_path: Path) -> None:
    write_small_base(tmp_path / "source", "qwen3", thinking_template())
    import_base(options(tmp_path / "source" / "hf", tmp_path / "mine"), 1)
    chat = [{"role": "user", "content": "Hi"}]
    one, other = (load_chat_format(folder / "hf") for folder in (tmp_path / "source", tmp_path / "mine"))
    assert one.render(chat, None, True) == other.render(chat, None, True)
