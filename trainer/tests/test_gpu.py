"""What a GPU is given, on a CPU: the compiler traces it into graphs, which are then run as they are."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend
from torch.nn.attention import flex_attention as pytorch_flex
from torch.nn.attention.flex_attention import BlockMask
from transformers import LlamaConfig

from tests.contract import assert_follows_contract
from tests.exact import adapted, assert_close, gradients_of
from tests.jobs import events, run_here, write_job
from tests.test_packed import CASES, rows_of, tokens
from tests.tiny import random_model
from trainer.adapter_shape import AdapterShape
from trainer.base import load_model
from trainer.device_memory import (
    COMPILED,
    UNCOMPILED,
    bytes_a_token,
    bytes_whatever_the_tokens,
    free_bytes,
    gpu_memory,
    peak_memory_bytes,
    tokens_within,
)
from trainer.dropout import install_dropout
from trainer.flex import tree_mask, use_flex
from trainer.gpu import compile_layers, create_gpu_model, layers_of
from trainer.optimize import add_gradients
from trainer.packed import create_packed_model, packed_loss
from trainer.prefix_tree import Segment, train_row
from trainer.train import packed_on_gpu

GIB = 1 << 30
pytestmark = pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")


@pytest.fixture(autouse=True)
def as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pytorch_flex, "_validate_device", lambda *_: None)
    monkeypatch.setattr("trainer.gpu.free_bytes", lambda _: 8 * GIB)
    torch._dynamo.reset()
    with torch._dynamo.config.patch(suppress_errors=False, recompile_limit=8):
        yield
    torch._dynamo.reset()


def compile_with(backend: str, monkeypatch: pytest.MonkeyPatch) -> CompileCounterWithBackend:
    """Whatever does not fit into one graph is an error."""
    counter, compile_it = CompileCounterWithBackend(backend), torch.compile
    ours = {"backend": counter, "fullgraph": True}
    monkeypatch.setattr(torch, "compile", lambda function, **own: compile_it(function, **(ours | own)))
    return counter


def break_compiler(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def broken(function):
        def fail(*_, **__):
            raise error

        return fail

    monkeypatch.setattr(torch, "compile", broken)


def unwarned(reason: str) -> None:
    raise AssertionError(reason)


def test_layers_are_compiled_whole_and_few_times_for_rows_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = compile_with("eager", monkeypatch)
    model, expected = adapted(num_hidden_layers=2), create_packed_model(adapted(num_hidden_layers=2))
    packed = create_gpu_model(model, unwarned)
    at_first = compiler.frame_count
    assert packed.flex and at_first == 6
    for length in (30, 500):
        rows = [train_row(tokens(length, seed), [(length // 2, length)]) for seed in range(2)]
        for budget in (1 << 20, length // 2):
            metrics = add_gradients(replace(packed, token_budget=budget), rows)
            assert metrics["train_loss"] == pytest.approx(add_gradients(expected, rows)["train_loss"], rel=1e-5)
            assert_close(gradients_of(model), gradients_of(expected.model))
        with torch.no_grad():
            packed_loss(packed, rows)
    assert compiler.frame_count == at_first


def test_what_is_no_tree_is_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler, model = compile_with("eager", monkeypatch), adapted()
    ids = torch.tensor([tokens(40, 1)])
    before = model(input_ids=ids, use_cache=False).logits
    use_flex(model)
    compile_layers(model)
    assert torch.equal(model(input_ids=ids, use_cache=False).logits, before)
    assert compiler.frame_count == 0


def test_with_dropout_the_layers_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler, model = compile_with("eager", monkeypatch), adapted(shape=AdapterShape(dropout=0.3))
    install_dropout(model, 0.3, seed=11)
    assert create_gpu_model(model, unwarned).flex and compiler.frame_count == 0


def test_without_a_compiler_a_dense_mask_does(monkeypatch: pytest.MonkeyPatch) -> None:
    model, rows, told = adapted(), rows_of(CASES["one long row"]), []
    break_compiler(monkeypatch, ImportError("Cannot find a working triton installation.\nMore of it."))
    packed = create_gpu_model(model, told.append)
    assert told == ["ImportError: Cannot find a working triton installation."]
    assert not packed.flex and not any("forward" in vars(layer) for layer in layers_of(model))
    expected = create_packed_model(adapted())
    assert add_gradients(packed, rows)["train_loss"] == pytest.approx(add_gradients(expected, rows)["train_loss"])
    assert_close(gradients_of(model), gradients_of(expected.model))


def test_a_kernel_that_computes_something_else_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_before(segments: list[Segment], device: torch.device) -> BlockMask:
        end = segments[-1].end
        return tree_mask([Segment(0, end, 0, end)], device)

    told = []
    compile_with("eager", monkeypatch)
    monkeypatch.setattr("trainer.packed.tree_mask", all_before)
    assert not create_gpu_model(adapted(), told.append).flex
    assert [text.partition(" are ")[0] for text in told] == ["ArithmeticError: its gradients"]


def test_too_little_memory_is_not_taken_for_a_compiler_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    break_compiler(monkeypatch, torch.OutOfMemoryError("CUDA out of memory."))
    with pytest.raises(torch.OutOfMemoryError):
        create_gpu_model(adapted(), unwarned)


SETTINGS = {"n_epochs": 1, "batch_size": 8, "learning_rate_multiplier": "auto"}


@pytest.mark.parametrize("works", [True, False])
def test_a_whole_job(works: bool, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_here(write_job(tmp_path / "cpu", base, hyperparameters=SETTINGS))
    monkeypatch.setattr("trainer.train.packed_on_its_device", packed_on_gpu)
    if works:
        compile_with("eager", monkeypatch)
    else:
        break_compiler(monkeypatch, RuntimeError("Triton Error [CUDA]: device kernel image is invalid"))
    folder = write_job(tmp_path / "gpu", base, hyperparameters=SETTINGS)
    assert_follows_contract(run_here(folder))
    assert [event["code"] for event in events(folder, "warning")] == ([] if works else ["attention_not_compiled"])
    losses = [[event["train_loss"] for event in events(tmp_path / name, "step")] for name in ("gpu", "cpu")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_a_base_trained_in_4_bits_is_held_against_the_engine_as_it_is_served(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def load(path: Path, device: torch.device, quantization: str = "none") -> torch.nn.Module:
        asked.append((quantization, device.type))
        if len(asked) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        model = load_model(path, torch.device("cpu"))
        if quantization == "nf4":
            for weight in model.parameters():
                weight.data.mul_(1.1)
        return model

    monkeypatch.setattr("trainer.train.load_model", load)
    monkeypatch.setattr("trainer.as_served.load_model", load)
    monkeypatch.setattr("trainer.as_served.best_device", lambda: torch.device("cuda"))
    plain = write_job(tmp_path / "plain", base, hyperparameters=SETTINGS)
    quantized = write_job(tmp_path / "nf4", base, hyperparameters={**SETTINGS, "quantization": "nf4"})
    run_here(quantized)
    monkeypatch.undo()
    run_here(plain)
    assert asked == [("nf4", "cpu"), ("none", "cuda"), ("none", "cpu")]
    both = [json.loads((folder / "fidelity.json").read_text())["rows"] for folder in (plain, quantized)]
    assert [row["base_logprobs"] for row in both[0]] == [row["base_logprobs"] for row in both[1]]
    assert [row["logprobs"] for row in both[0]] != [row["logprobs"] for row in both[1]]


def loaded_with(device: str, quantization: str, base: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    given = {}

    def load(_: Path, **more: object) -> tuple[torch.nn.Module, dict]:
        given.update(more)
        return random_model(), {"missing_keys": []}

    monkeypatch.setattr("trainer.base.AutoModelForCausalLM.from_pretrained", load)
    monkeypatch.setattr("trainer.base.find_spec", lambda _: True)
    load_model(base, torch.device(device), quantization)
    return given


def test_a_base_is_loaded_straight_onto_the_gpu(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda including_emulation=True: True)
    on_gpu = loaded_with("cuda", "none", base, monkeypatch)
    assert on_gpu["device_map"] == {"": torch.device("cuda")} and on_gpu["dtype"] == torch.bfloat16
    on_cpu = loaded_with("cpu", "none", base, monkeypatch)
    assert "device_map" not in on_cpu and on_cpu["dtype"] == torch.float32
    config = loaded_with("cuda", "nf4", base, monkeypatch)["quantization_config"]
    assert config.load_in_4bit and config.bnb_4bit_use_double_quant
    assert (config.bnb_4bit_quant_type, config.bnb_4bit_compute_dtype) == ("nf4", torch.bfloat16)


def test_a_card_that_emulates_bfloat16_computes_in_float32(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda including_emulation=True: including_emulation)
    assert loaded_with("cuda", "none", base, monkeypatch)["dtype"] == torch.float32


def test_memory_is_that_of_the_device_that_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    card = torch.device("cuda")
    monkeypatch.setattr("torch.cuda.max_memory_allocated", lambda _: 7 * GIB)
    assert peak_memory_bytes(card) == 7 * GIB and 0 < peak_memory_bytes(torch.device("cpu")) != 7 * GIB
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda _: (3 * GIB, 80 * GIB))
    monkeypatch.setattr("torch.cuda.memory_reserved", lambda _: 6 * GIB)
    monkeypatch.setattr("torch.cuda.memory_allocated", lambda _: 2 * GIB)
    assert free_bytes(card) == 7 * GIB
    assert gpu_memory(card) == {"total_bytes": 80 * GIB, "available_bytes": 3 * GIB}
    assert gpu_memory(torch.device("cpu")) is None


LLAMA_8B = LlamaConfig(
    hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, vocab_size=128256
)
RANK_16 = 42_000_000


@pytest.mark.parametrize(
    ("free_gib", "kept", "least", "most"),
    [(60, COMPILED, 8192, 12000), (60, UNCOMPILED, 4096, 6000), (8, COMPILED, 256, 1200), (1, COMPILED, 256, 256)],
)
def test_the_more_memory_is_free_the_more_is_computed_at_once(free_gib: int, kept, least: int, most: int) -> None:
    whatever = bytes_whatever_the_tokens(LLAMA_8B, RANK_16)
    assert least <= tokens_within(free_gib * GIB, whatever, bytes_a_token(LLAMA_8B, kept, torch.bfloat16)) <= most
    assert bytes_a_token(LLAMA_8B, kept, torch.float32) == 2 * bytes_a_token(LLAMA_8B, kept, torch.bfloat16)
