"""A merged model answers as the base with its adapter does, whatever reads it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFReader, quants
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests import tiny
from tests.small_gguf import small_llama, write_gguf
from trainer.adapter import fresh_adapter
from trainer.adapter_shape import AdapterShape
from trainer.base import load_model
from trainer.checkpoint import write_adapter
from trainer.convert_base import convert
from trainer.gguf_layout import rows_to_gguf
from trainer.merge import main
from trainer.merge_gguf import write_merged_gguf
from trainer.merge_safetensors import read_float32, write_as, write_merged_folder
from trainer.versions import TRAINER, installed_versions

CPU = torch.device("cpu")


def write_random_adapter(hf: Path, folder: Path, shape: AdapterShape) -> Path:
    """With a B that is not zero, as a trained one is."""
    model = fresh_adapter(load_model(hf, CPU), shape, 3)
    torch.manual_seed(4)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            weight.data = torch.randn_like(weight) * 0.05
    folder.mkdir()
    write_adapter(model, hf, folder)
    return folder


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("converted")
    write_gguf(small_llama(), folder / "source.gguf", GGMLQuantizationType.Q4_1)
    convert(folder / "source.gguf", folder / "base", "small", tiny.TEMPLATE.read_text())
    return folder / "base"


@pytest.fixture(scope="module", params=["all-linear", ["q_proj", "down_proj"]])
def adapter(request: pytest.FixtureRequest, converted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    shape = AdapterShape(r=4, alpha=12.0, targets=request.param)
    return write_random_adapter(converted / "hf", tmp_path_factory.mktemp("adapter") / "adapter", shape)


def merged_by_peft(hf: Path, adapter: Path) -> dict[str, torch.Tensor]:
    base = AutoModelForCausalLM.from_pretrained(hf, dtype=torch.float32)
    return PeftModel.from_pretrained(base, adapter).merge_and_unload().state_dict()


def test_the_merged_folder_is_what_peft_merges(converted: Path, adapter: Path, tmp_path: Path) -> None:
    write_merged_folder(converted / "hf", adapter, tmp_path / "merged")
    expected = merged_by_peft(converted / "hf", adapter)
    merged = load_file(tmp_path / "merged" / "model.safetensors")
    assert merged.keys() == expected.keys() - {"lm_head.weight"}
    for name, values in merged.items():
        assert torch.allclose(values, expected[name], atol=1e-6), name
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", dtype=torch.float32)
    ids = torch.tensor([[5, 6, 7, 8]])
    with_adapter = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(converted / "hf"), adapter)
    assert torch.allclose(model(ids).logits, with_adapter(ids).logits, atol=1e-4)
    base = AutoModelForCausalLM.from_pretrained(converted / "hf")
    assert not torch.allclose(model(ids).logits, base(ids).logits, atol=1e-2)
    assert AutoTokenizer.from_pretrained(tmp_path / "merged").chat_template == tiny.TEMPLATE.read_text()


def test_the_merged_gguf_holds_the_same_weights_in_its_own_order(
    converted: Path, adapter: Path, tmp_path: Path
) -> None:
    write_merged_gguf(converted / "model.gguf", adapter, tmp_path / "merged.gguf")
    merged, base = GGUFReader(tmp_path / "merged.gguf"), GGUFReader(converted / "model.gguf")
    kept = {name for name in base.fields if not name.startswith("GGUF.")}
    assert {name for name in merged.fields if not name.startswith("GGUF.")} >= kept - {"general.quantization_version"}
    assert merged.fields["tokenizer.chat_template"].contents() == tiny.TEMPLATE.read_text()
    assert merged.fields["general.file_type"].contents() == 1
    expected = merged_by_peft(converted / "hf", adapter)
    tensors = {tensor.name: tensor for tensor in merged.tensors}
    assert tensors.keys() == {tensor.name for tensor in base.tensors}
    query = expected["model.layers.1.self_attn.q_proj.weight"].numpy()
    for name, values in {
        "blk.1.attn_q.weight": rows_to_gguf(query, 4),
        "blk.2.ffn_down.weight": expected["model.layers.2.mlp.down_proj.weight"].numpy(),
        "output_norm.weight": expected["model.norm.weight"].numpy(),
    }.items():
        found = tensors[name]
        assert found.tensor_type == (GGMLQuantizationType.F16 if values.ndim > 1 else GGMLQuantizationType.F32)
        assert numpy.allclose(quants.dequantize(found.data, found.tensor_type), values, atol=1e-3), name


def test_bfloat16_is_read_and_rounded_as_torch_does() -> None:
    torch.manual_seed(5)
    values = torch.cat([torch.randn(4096), torch.tensor([0.0, -0.0, 1e-30, 3e38])])
    ours = write_as(values.numpy(), "BF16")
    theirs = values.to(torch.bfloat16)
    assert ours == theirs.view(torch.int16).numpy().tobytes()
    assert numpy.array_equal(read_float32(ours, "BF16"), theirs.float().numpy())


def test_a_base_in_parts_and_in_bfloat16_is_merged_part_by_part(base: Path, tmp_path: Path) -> None:
    adapter = write_random_adapter(base, tmp_path / "adapter", AdapterShape(r=4, alpha=8.0))
    whole = load_file(base / "model.safetensors")
    split = tmp_path / "split"
    split.mkdir()
    for index, names in enumerate((sorted(whole)[:9], sorted(whole)[9:])):
        tensors = {name: whole[name].to(torch.bfloat16) for name in names}
        save_file(tensors, split / f"model-0000{index}-of-00002.safetensors", {"format": "pt"})
    write_merged_folder(split, adapter, tmp_path / "merged")
    expected = merged_by_peft(base, adapter)
    merged = {}
    for path in sorted((tmp_path / "merged").glob("*.safetensors")):
        merged |= load_file(path)
    assert merged.keys() == whole.keys()
    for name, values in merged.items():
        assert values.dtype == torch.bfloat16
        assert torch.allclose(values.float(), expected[name], atol=0.02), name


def test_an_adapter_of_another_base_is_not_merged(converted: Path, base: Path, tmp_path: Path) -> None:
    adapter = write_random_adapter(base, tmp_path / "adapter", AdapterShape(r=2))
    other = tmp_path / "other"
    other.mkdir()
    save_file({"model.norm.weight": torch.zeros(4)}, other / "model.safetensors")
    with pytest.raises(ValueError, match="the base lacks"):
        write_merged_folder(other, adapter, tmp_path / "out")


def test_the_program_prints_one_line(converted: Path, adapter: Path, tmp_path: Path) -> None:
    out = tmp_path / "merged.gguf"
    arguments = ["--base", str(converted / "model.gguf"), "--adapter", str(adapter), "--out", str(out)]
    command = [sys.executable, "-m", "trainer.merge", "gguf", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert json.loads(done.stdout) == {"merged": {"files": 1, "bytes": out.stat().st_size}}


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture, tmp_path: Path) -> None:
    def fill(*_: object) -> None:
        raise OSError("4096 requested and 0 written")

    monkeypatch.setattr("trainer.merge_gguf.write_merged_gguf", fill)
    monkeypatch.setattr("trainer.one_answer.take_standard_output", lambda: 1)
    assert main(["gguf", "--base", "a", "--adapter", "b", "--out", str(tmp_path / "c")]) == 0
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "disk_full"


def test_versions_are_those_that_are_installed() -> None:
    versions = installed_versions()
    assert versions["torch"] == torch.__version__
    project = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    assert f'version = "{TRAINER}"' in project
