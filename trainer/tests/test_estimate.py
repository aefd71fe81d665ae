"""Whole estimates on a tiny base, held against what jobs then do."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.jobs import TRAINER, events, run_here, write_dpo_job, write_job
from trainer.estimate import counting, estimate, sample
from trainer.job import JobError, read_spec
from trainer.packed import runs_of
from trainer.plan import as_rows, batches_after, make_plan
from trainer.prefix_tree import build_tree


def estimated(folder: Path) -> dict:
    return estimate.estimate(read_spec(folder), folder, time.monotonic())


@pytest.mark.parametrize("write", [write_job, write_dpo_job])
def test_it_says_the_numbers_of_the_job_before_the_job_does(write, base: Path, tmp_path: Path) -> None:
    found = estimated(write(tmp_path / "asked", base))
    job = write(tmp_path / "job", base)
    run_here(job)
    [resolved], [finished] = events(job, "resolved"), events(job, "finished")
    assert found["hyperparameters"] == resolved["hyperparameters"]
    assert (found["steps"], found["examples"]) == (resolved["total_steps"], resolved["examples"])
    assert found["tokens"]["dataset_per_epoch"] == resolved["tokens_per_epoch"]
    assert found["tokens"]["dataset_total"] == finished["trained_tokens"]
    assert found["truncated"] == {"examples": 0, "tokens": 0}
    assert found["sampled"] == {"examples": None, "steps": None}
    assert all(seconds > 0 for seconds in found["seconds"].values())


def test_computed_tokens_are_those_of_every_batch(base: Path, tmp_path: Path) -> None:
    from types import SimpleNamespace

    from trainer.base import load_chat_format

    folder = write_job(tmp_path / "job", base)
    found = estimated(folder)["tokens"]
    plan = make_plan(read_spec(folder), load_chat_format(base), 1000)
    packed = SimpleNamespace(packing=True, token_budget=1 << 30)
    batches = [as_rows(batch) for _, _, batch in batches_after(plan, 7, 0)]
    computed = sum(len(build_tree(run).tokens) for batch in batches for run in runs_of(packed, batch))
    assert found["computed_total"] == computed < found["dataset_total"]
    assert found["computed_per_epoch"] == round(computed / 4)


def test_without_packing_nothing_is_shared(base: Path, tmp_path: Path) -> None:
    numbers = {"n_epochs": 2, "batch_size": 3, "learning_rate_multiplier": "auto"}
    packed = estimated(write_job(tmp_path / "packed", base, hyperparameters=numbers))
    alone = estimated(write_job(tmp_path / "alone", base, hyperparameters={**numbers, "packing": False}))
    assert alone["tokens"]["dataset_total"] == packed["tokens"]["dataset_total"]
    assert alone["tokens"]["computed_total"] > packed["tokens"]["computed_total"]


def test_a_job_without_validation_spends_no_time_on_it(base: Path, tmp_path: Path) -> None:
    found = estimated(write_job(tmp_path / "job", base, validation_file=None))
    assert found["seconds"]["validation"] == 0 and found["validation_examples"] == 0


def test_rows_that_the_context_cuts_are_counted(base: Path, tmp_path: Path) -> None:
    numbers = {"n_epochs": 1, "batch_size": 3, "learning_rate_multiplier": "auto", "context_length": 51}
    folder = write_job(tmp_path / "job", base, hyperparameters=numbers, validation_file=None)
    found = estimated(folder)
    run_here(write_job(tmp_path / "real", base, hyperparameters=numbers, validation_file=None))
    [resolved] = events(tmp_path / "real", "resolved")
    assert found["truncated"] == {"examples": resolved["truncated_examples"], "tokens": resolved["truncated_tokens"]}
    assert found["truncated"]["examples"] > 0
    assert 0 < resolved["untaught_examples"] < resolved["truncated_examples"]


def test_a_large_file_is_estimated_from_some_rows_and_batches(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = estimated(write_job(tmp_path / "whole", base))
    monkeypatch.setattr(sample, "LEAST_ROWS", 12)
    monkeypatch.setattr(sample, "MOST_BYTES", 12 * 150)
    monkeypatch.setattr(counting, "MOST_ROWS_COUNTED", 24)
    found = estimated(write_job(tmp_path / "some", base))
    assert 12 <= found["sampled"]["examples"] < 24
    assert 0 < found["sampled"]["steps"] < 16
    assert (found["steps"], found["examples"]) == (whole["steps"], whole["examples"])
    for name, count in whole["tokens"].items():
        assert found["tokens"][name] == pytest.approx(count, rel=0.1)


def test_dropout_is_timed_as_it_is_trained(base: Path, tmp_path: Path) -> None:
    numbers = {"n_epochs": 1, "batch_size": 3, "learning_rate_multiplier": "auto", "lora_dropout": 0.1}
    assert estimated(write_job(tmp_path / "job", base, hyperparameters=numbers))["seconds"]["training"] > 0


def test_what_ends_a_job_ends_its_estimate(base: Path, tmp_path: Path) -> None:
    folder = write_job(tmp_path / "job", base, adapter=str(tmp_path / "gone"))
    with pytest.raises(JobError) as caught:
        estimated(folder)
    assert caught.value.code == "model_not_available"


def run_process(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "trainer.estimate", str(folder)]
    done = subprocess.run(command, cwd=TRAINER, capture_output=True, text=True, timeout=240)
    return done.returncode, done.stdout


def test_the_program_prints_one_line_the_estimate_or_the_reason_why_there_is_none(base: Path, tmp_path: Path) -> None:
    folder = write_job(tmp_path / "job", base)
    code, printed = run_process(folder)
    assert code == 0 and json.loads(printed)["estimate"]["steps"] == 32
    (folder / "training.jsonl").write_text('{"messages": []}\n')
    code, printed = run_process(folder)
    error = json.loads(printed)["error"]
    assert (code, error["code"], error["param"]) == (0, "invalid_training_file", "training_file")
    assert "Line 1" in error["message"]


def test_a_fault_prints_nothing(base: Path, tmp_path: Path) -> None:
    folder = write_job(tmp_path / "job", base, training_file=str(tmp_path / "gone"))
    assert run_process(folder) == (70, "")
