"""What goes wrong around a training: too little memory, a full disk, files that are damaged, numbers that are none."""

import errno
import json
import os
import resource
import shutil
from multiprocessing import get_context
from pathlib import Path

import numpy
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.contract import assert_follows_contract
from tests.jobs import events, run_here, run_trainer, start_forked, write_dpo_job, write_job
from trainer import train
from trainer.failures import is_disk_full, is_out_of_memory
from trainer.job import JobError

SETTINGS = {"n_epochs": 2, "batch_size": 12, "learning_rate_multiplier": "auto"}


def losses(folder: Path) -> list[float]:
    return [event["train_loss"] for event in events(folder, "step")]


ON_A_CPU = RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
ON_A_GPU = torch.OutOfMemoryError(
    "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 24 GiB"
)
BY_CUBLAS = RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
ELSEWHERE = [
    RuntimeError("std::bad_alloc"),
    RuntimeError("could not execute a primitive"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
]


@pytest.mark.parametrize("error", ELSEWHERE)
def test_too_little_memory_is_known_in_every_library_s_words(error: Exception) -> None:
    assert is_out_of_memory(error)


@pytest.fixture
def memory_for(monkeypatch: pytest.MonkeyPatch):
    """As an allocator would, refuses passes over more than so many tokens at once."""
    embedding = torch.nn.functional.embedding

    def limit_to(tokens: int, error: Exception = ON_A_CPU) -> None:
        def limited(ids: torch.Tensor, *arguments: object, **more: object) -> torch.Tensor:
            if ids.numel() > tokens:
                raise error
            return embedding(ids, *arguments, **more)

        monkeypatch.setattr(torch.nn.functional, "embedding", limited)

    return limit_to


@pytest.mark.parametrize("write", [write_job, write_dpo_job])
def test_where_memory_runs_out_the_same_batch_takes_more_passes(write, base: Path, tmp_path: Path, memory_for) -> None:
    settings = {**SETTINGS, "lora_dropout": 0.1}
    ample = write(tmp_path / "ample", base, hyperparameters=settings)
    run_here(ample)
    scarce = write(tmp_path / "scarce", base, hyperparameters=settings)
    memory_for(160)
    run_here(scarce)
    assert_follows_contract(events(scarce))
    warnings = events(scarce, "warning")
    assert {event["code"] for event in warnings} == {"smaller_micro_batch"} and 1 <= len(warnings) <= 5
    assert losses(scarce) == pytest.approx(losses(ample), rel=1e-4)
    budget = json.loads((scarce / "checkpoints" / "memory.json").read_text())["token_budget"]
    assert f"{budget} at a time" in warnings[-1]["message"]


@pytest.mark.parametrize("error", [ON_A_GPU, BY_CUBLAS])
def test_a_gpu_that_runs_out_of_memory_gets_more_passes_too(
    error: Exception, base: Path, tmp_path: Path, memory_for, monkeypatch: pytest.MonkeyPatch
) -> None:
    emptied = []
    monkeypatch.setattr("trainer.memory.torch.cuda.empty_cache", lambda: emptied.append(True))
    monkeypatch.setattr("trainer.memory.torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("trainer.train.best_device", lambda: torch.device("cpu"))
    folder = write_job(tmp_path / "job", base, hyperparameters=SETTINGS)
    memory_for(160, error)
    run_here(folder)
    assert events(folder, "finished") and {event["code"] for event in events(folder, "warning")} == {
        "smaller_micro_batch"
    }
    assert len(emptied) == len(events(folder, "warning"))


def test_a_resumed_run_begins_with_the_budget_that_fitted(base: Path, tmp_path: Path, memory_for) -> None:
    folder = write_job(tmp_path / "job", base, hyperparameters=SETTINGS)
    memory_for(160)
    (folder / "pause").touch()
    run_here(folder)
    told = len(events(folder, "warning"))
    (folder / "pause").unlink()
    run_here(folder)
    assert told >= 1 and len(events(folder, "warning")) == told and events(folder, "finished")


@pytest.mark.parametrize("write", [write_job, write_dpo_job])
def test_a_row_that_does_not_fit_alone_is_an_error_for_good(write, base: Path, tmp_path: Path, memory_for) -> None:
    folder = write(tmp_path / "job", base, hyperparameters=SETTINGS)
    memory_for(20)
    with pytest.raises(JobError) as caught:
        run_here(folder)
    assert caught.value.code == "out_of_memory"
    assert len(events(folder, "warning")) <= 8


def test_without_memory_to_save_what_the_step_has_freed_is_given_back(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, tries = train.save_checkpoint, []

    def scarce(*what: object) -> None:
        tries.append(what)
        if len(tries) == 1:
            raise MemoryError
        save(*what)

    monkeypatch.setattr(train, "save_checkpoint", scarce)
    folder = write_job(tmp_path / "job", base, hyperparameters=SETTINGS)
    run_here(folder)
    assert len(tries) == 3 and len(events(folder, "checkpoint")) == 2


def with_small_files_only(folder: str, most: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    run_trainer(folder)


def run_with_small_files_only(folder: Path, most: int) -> int | None:
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    process = get_context("forkserver").Process(target=with_small_files_only, args=(str(folder), most))
    process.start()
    process.join(60)
    return process.exitcode


def test_a_disk_too_full_for_a_checkpoint_is_an_error_for_good(base: Path, tmp_path: Path) -> None:
    folder = write_job(tmp_path / "job", base, hyperparameters=SETTINGS)
    assert run_with_small_files_only(folder, 30_000) == 1
    assert_follows_contract(events(folder))
    assert events(folder)[-1]["code"] == "disk_full"
    assert list((folder / "checkpoints").iterdir()) == []


def test_a_disk_that_is_full_in_the_middle_of_an_array_is_known_as_one(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, hard))
    try:
        with pytest.raises(OSError) as caught, (tmp_path / "array").open("wb") as file:
            numpy.zeros(10_000).tofile(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert is_disk_full(caught.value)


@pytest.mark.parametrize(("most", "code", "kinds"), [(20, 70, []), (650, 1, ["started", "heartbeat", "error"])])
def test_a_journal_on_a_full_disk_has_no_half_lines(
    most: int, code: int, kinds: list[str], base: Path, tmp_path: Path
) -> None:
    folder = write_job(tmp_path / "job", base, hyperparameters=SETTINGS)
    assert run_with_small_files_only(folder, most) == code
    lines = (folder / "journal.jsonl").read_text().splitlines()
    assert list(dict.fromkeys(json.loads(line)["type"] for line in lines)) == kinds
    process = start_forked(folder)
    process.join(60)
    assert process.exitcode == 0 and events(folder, "finished")


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_some_weights(path: Path) -> None:
    weights = load_file(path)
    del weights[sorted(weights)[0]]
    save_file(weights, path, {"format": "pt"})


DAMAGES = {
    "half of its weights": lambda folder, stem: cut_in_half(folder / f"{stem}model.safetensors"),
    "no weights": lambda folder, stem: (folder / f"{stem}model.safetensors").unlink(),
    "some weights missing": lambda folder, stem: without_some_weights(folder / f"{stem}model.safetensors"),
    "half a configuration": lambda folder, stem: cut_in_half(folder / f"{stem}config.json"),
    "no configuration": lambda folder, stem: (folder / f"{stem}config.json").unlink(),
    "an empty configuration": lambda folder, stem: (folder / f"{stem}config.json").write_text("{}"),
}


@pytest.mark.parametrize("damage", [*DAMAGES, "half a tokenizer", "no folder"])
def test_a_damaged_base_is_an_error_for_good(damage: str, base: Path, tmp_path: Path) -> None:
    own = tmp_path / "base"
    shutil.copytree(base, own)
    if damage in DAMAGES:
        DAMAGES[damage](own, "")
    elif damage == "half a tokenizer":
        cut_in_half(own / "tokenizer.json")
    else:
        shutil.rmtree(own)
    with pytest.raises(JobError) as caught:
        run_here(write_job(tmp_path / "job", own, hyperparameters=SETTINGS))
    assert (caught.value.code, caught.value.param) == ("base_unreadable", "model")
    assert caught.value.message.endswith(".") and "\n" not in caught.value.message


@pytest.fixture(scope="module")
def tuned(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_job(tmp_path_factory.mktemp("tuned") / "job", base, hyperparameters=SETTINGS)
    run_here(folder)
    return folder / "adapter"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_adapter_is_an_error_for_good(damage: str, tuned: Path, base: Path, tmp_path: Path) -> None:
    own = tmp_path / "adapter"
    shutil.copytree(tuned, own)
    DAMAGES[damage](own, "adapter_")
    with pytest.raises(JobError) as caught:
        run_here(write_job(tmp_path / "job", base, adapter=str(own), hyperparameters=SETTINGS))
    assert (caught.value.code, caught.value.param) == ("model_not_available", "model")
    assert caught.value.message.endswith(".") and "\n" not in caught.value.message


@pytest.mark.parametrize("write", [write_job, write_dpo_job])
def test_numbers_that_are_none_are_an_error_for_good(write, base: Path, tmp_path: Path, monkeypatch) -> None:
    embedding, folder = torch.nn.functional.embedding, write(tmp_path / "job", base, hyperparameters=SETTINGS)

    def broken(*arguments: object, **more: object) -> torch.Tensor:
        return embedding(*arguments, **more) * (float("nan") if len(events(folder, "step")) >= 2 else 1.0)

    monkeypatch.setattr(torch.nn.functional, "embedding", broken)
    with pytest.raises(JobError) as caught:
        run_here(folder)
    assert caught.value.code == "training_diverged" and "at step 3" in caught.value.message
    assert "learning_rate" in caught.value.message


def test_weights_that_are_no_numbers_are_never_saved(base: Path, tmp_path: Path) -> None:
    settings = {"n_epochs": 1, "batch_size": 24, "learning_rate_multiplier": 1, "learning_rate": 1e39}
    folder = write_job(tmp_path / "job", base, validation_file=None, hyperparameters=settings)
    with pytest.raises(JobError) as caught:
        run_here(folder)
    assert caught.value.code == "training_diverged"
    assert not (folder / "adapter").exists() and not (folder / "checkpoints").exists()
