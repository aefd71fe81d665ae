"""What a job may ask of its adapter, and that the served form holds adapters of every shape."""

import json
from pathlib import Path

import numpy
import pytest
import torch
from gguf import GGUFReader
from safetensors.numpy import load_file

from tests.exact import adapted
from tests.jobs import events, run_here, write_job
from trainer.adapter_shape import AdapterShape, adapter_shape, fresh_shape
from trainer.base import load_model
from trainer.checkpoint import write_adapter
from trainer.job import Hyperparameters, JobError

SETTINGS = {"n_epochs": 1, "batch_size": 12, "learning_rate_multiplier": "auto"}


def asked(**extras: object) -> Hyperparameters:
    return Hyperparameters("auto", "auto", "auto", **extras)


FRESH = [
    ({}, AdapterShape(16, 32, 0.0, "all-linear")),
    ({"lora_r": 4}, AdapterShape(4, 8)),
    ({"lora_r": 4, "lora_alpha": 1.5, "lora_dropout": 0.2}, AdapterShape(4, 1.5, 0.2)),
    ({"lora_target_modules": ["v_proj", "q_proj"]}, AdapterShape(targets=["q_proj", "v_proj"])),
    (
        {"lora_target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]},
        AdapterShape(),
    ),
]


@pytest.mark.parametrize(("extras", "shape"), FRESH)
def test_a_fresh_adapter_is_as_asked(extras: dict, shape: AdapterShape) -> None:
    assert fresh_shape(asked(**extras)) == shape


@pytest.fixture(scope="module")
def narrow(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished job whose adapter is of rank 3 on two layers of each block."""
    extras = {"lora_r": 3, "lora_alpha": 7.5, "lora_target_modules": ["up_proj", "q_proj"]}
    folder = write_job(tmp_path_factory.mktemp("narrow") / "job", base, hyperparameters=SETTINGS | extras)
    run_here(folder)
    return folder


def test_resolved_lists_every_number(narrow: Path) -> None:
    [resolved] = events(narrow, "resolved")
    expected = {
        "n_epochs": 1,
        "batch_size": 12,
        "learning_rate_multiplier": 1.0,
        "learning_rate": resolved["learning_rate"],
        "lora_r": 3,
        "lora_alpha": 7.5,
        "lora_dropout": 0.0,
        "lora_target_modules": ["q_proj", "up_proj"],
        "context_length": 512,
        "warmup_ratio": 0.1,
        "lr_scheduler": "linear",
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "packing": True,
        "quantization": "none",
    }
    assert resolved["hyperparameters"] == expected


def test_the_served_form_holds_the_layers_that_were_trained(narrow: Path) -> None:
    reader = GGUFReader(narrow / "adapter" / "adapter.gguf")
    tensors = {tensor.name: tensor.data for tensor in reader.tensors}
    assert reader.fields["adapter.lora.alpha"].contents() == 7.5
    assert {name.split(".")[2] for name in tensors} == {"attn_q", "ffn_up"} and len(tensors) == 3 * 2 * 2
    assert tensors["blk.0.ffn_up.weight.lora_a"].shape == (3, 48)
    peft = load_file(narrow / "adapter" / "adapter_model.safetensors")
    name = "base_model.model.model.layers.2.mlp.up_proj.lora_B.weight"
    assert numpy.array_equal(tensors["blk.2.ffn_up.weight.lora_b"], peft[name])


@pytest.mark.parametrize("r", [1, 8, 64])
def test_a_rank_of_every_size_is_served(r: int, tmp_path: Path, base: Path) -> None:
    write_adapter(adapted(shape=AdapterShape(r=r, alpha=2 * r)), base, tmp_path)
    tensors = GGUFReader(tmp_path / "adapter.gguf").tensors
    assert len(tensors) == 3 * 7 * 2
    assert all(tensor.data.shape[0 if tensor.name.endswith("a") else 1] == r for tensor in tensors)


@pytest.mark.parametrize(
    "extras",
    [
        {},
        {"lora_r": 3, "lora_alpha": 7.5, "lora_target_modules": ["q_proj", "up_proj"]},
        {"lora_dropout": 0.2},
    ],
)
def test_an_adapter_goes_on_in_its_own_shape(extras: dict, narrow: Path, base: Path, tmp_path: Path) -> None:
    folder = write_job(tmp_path / "job", base, adapter=str(narrow / "adapter"), hyperparameters=SETTINGS | extras)
    run_here(folder)
    resolved = events(folder, "resolved")[0]["hyperparameters"]
    assert (resolved["lora_r"], resolved["lora_alpha"]) == (3, 7.5)
    assert resolved["lora_target_modules"] == ["q_proj", "up_proj"]
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_dropout"]) == (3, extras.get("lora_dropout", 0.0))


@pytest.mark.parametrize(
    ("name", "value"),
    [("lora_r", 16), ("lora_alpha", 6), ("lora_target_modules", "all-linear"), ("lora_target_modules", ["q_proj"])],
)
def test_an_adapter_of_another_shape_is_refused(name: str, value: object, narrow: Path) -> None:
    with pytest.raises(JobError) as caught:
        adapter_shape(asked(**{name: value}), narrow / "adapter")
    assert (caught.value.code, caught.value.param) == ("invalid_hyperparameters", f"hyperparameters.{name}")
    assert f"leave {name} out" in caught.value.message


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, which nf4 may work on")
def test_nf4_without_a_gpu_is_an_error_for_good(base: Path) -> None:
    with pytest.raises(JobError) as caught:
        load_model(base, torch.device("cpu"), "nf4")
    assert (caught.value.code, caught.value.param) == ("quantization_not_available", "hyperparameters.quantization")


def test_the_context_is_what_was_asked_for_but_no_more_than_the_base_has(base: Path, tmp_path: Path) -> None:
    short = write_job(tmp_path / "short", base, hyperparameters={**SETTINGS, "context_length": 40})
    with pytest.raises(JobError, match="longer than the context of 40 tokens, and nothing is left of their answers"):
        run_here(short)
    folder = write_job(tmp_path / "long", base, hyperparameters={**SETTINGS, "context_length": 9999})
    run_here(folder)
    assert events(folder, "resolved")[0]["hyperparameters"]["context_length"] == 512


def test_weight_decay_schedulers_clipping_and_packing_do_what_they_say(base: Path, tmp_path: Path) -> None:
    def losses(name: str, **extras: object) -> list[float]:
        settings = {"n_epochs": 2, "batch_size": 6, "learning_rate_multiplier": 4}
        folder = write_job(tmp_path / name, base, hyperparameters={**settings, **extras})
        run_here(folder)
        return [event["train_loss"] for event in events(folder, "step")]

    plain = losses("plain")
    assert losses("alone", packing=False) == pytest.approx(plain, rel=1e-4)
    for name, extras in {
        "decayed": {"weight_decay": 0.9},
        "cosine": {"lr_scheduler": "cosine"},
        "constant": {"lr_scheduler": "constant"},
        "warmed": {"warmup_ratio": 0.5},
        "clipped": {"max_grad_norm": 1e-9},
        "slow": {"learning_rate": 1e-9},
        "dropped": {"lora_dropout": 0.5},
    }.items():
        assert losses(name, **extras) != pytest.approx(plain, rel=1e-7), name
