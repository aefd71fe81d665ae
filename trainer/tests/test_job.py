"""Whole jobs on a tiny base: killed, stopped, continued, refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from tests.contract import assert_follows_contract
from tests.jobs import adapter_bytes, events, run_here, start, start_forked, wait_for, write_job
from trainer.job import JobError
from trainer.job_folder import checkpoint_steps


@pytest.fixture(scope="module")
def finished(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = write_job(tmp_path_factory.mktemp("jobs") / "finished", base)
    run_here(folder)
    yield folder


def test_a_job_says_all_that_the_contract_asks_for(finished: Path) -> None:
    assert_follows_contract(events(finished))
    steps = events(finished, "step")
    assert [event["step"] for event in steps] == list(range(1, 33))
    assert {event["step"] for event in steps if "valid_loss" in event} == {8, 10, 16, 20, 24, 30, 32}
    assert {event["step"] for event in steps if "full_valid_loss" in event} == {8, 16, 24, 32}
    [resolved] = events(finished, "resolved")
    assert resolved["total_steps"] == 32 and resolved["examples"] == 24
    assert steps[-1]["tokens"] == 4 * resolved["tokens_per_epoch"] == events(finished, "finished")[0]["trained_tokens"]


def test_it_learns(finished: Path) -> None:
    losses = [event["full_valid_loss"] for event in events(finished, "step") if "full_valid_loss" in event]
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0]


def test_the_last_three_checkpoints_stay_and_only_the_newest_can_be_resumed(finished: Path) -> None:
    assert [event["step"] for event in events(finished, "checkpoint")] == [8, 16, 24, 32]
    assert checkpoint_steps(finished) == [16, 24, 32]
    states = [folder.parent.name for folder in (finished / "checkpoints").glob("*/state.pt")]
    assert states == ["step-32"]
    adapter = {path.name for path in (finished / "adapter").iterdir()}
    assert adapter == {"adapter_config.json", "adapter_model.safetensors", "adapter.gguf"}


def test_the_same_job_gives_the_same_bits(finished: Path, base: Path, tmp_path: Path) -> None:
    again = write_job(tmp_path / "again", base)
    run_here(again)
    assert adapter_bytes(again) == adapter_bytes(finished)


def test_it_does_so_on_several_threads_too(base: Path, tmp_path: Path) -> None:
    hyperparameters = {"n_epochs": 1, "batch_size": 6, "learning_rate_multiplier": "auto"}
    jobs = [write_job(tmp_path / name, base, hyperparameters=hyperparameters) for name in ("one", "other")]
    for job in jobs:
        process = start_forked(job, threads=2)
        process.join(300)
        assert process.exitcode == 0
    assert adapter_bytes(jobs[0]) == adapter_bytes(jobs[1])


def test_another_seed_gives_another_adapter(finished: Path, base: Path, tmp_path: Path) -> None:
    other = write_job(tmp_path / "other", base, seed=8)
    run_here(other)
    assert adapter_bytes(other) != adapter_bytes(finished)


def test_a_checkpoint_whose_line_was_never_written_is_announced_on_resuming(finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unannounced"
    shutil.copytree(finished, folder)
    lines = [json.dumps(event) for event in events(finished)]
    last = max(index for index, line in enumerate(lines) if '"checkpoint"' in line)
    (folder / "journal.jsonl").write_text("\n".join(lines[:last]) + "\n")
    run_here(folder)
    assert_follows_contract(events(folder))
    announced, original = ([{**event, "time": 0} for event in events(job, "checkpoint")] for job in (folder, finished))
    assert announced == original
    assert adapter_bytes(folder) == adapter_bytes(finished)


def test_sigterm_stops_it_while_it_loads(base: Path, tmp_path: Path) -> None:
    folder = write_job(tmp_path / "job", base)
    process = start(folder)
    wait_for(folder, "heartbeat")
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert time.monotonic() - asked < 2
    assert events(folder)[-1]["type"] == "stopped"


def test_the_file_stop_stops_it_while_it_trains(base: Path, tmp_path: Path) -> None:
    hyperparameters = {"n_epochs": 50, "batch_size": 1, "learning_rate_multiplier": "auto"}
    folder = write_job(tmp_path / "job", base, hyperparameters=hyperparameters)
    process = start_forked(folder)
    wait_for(folder, "step", count=3)
    asked = time.monotonic()
    (folder / "stop").touch()
    process.join(timeout=10)
    assert process.exitcode == 0
    assert time.monotonic() - asked < 2
    assert events(folder)[-1]["type"] == "stopped"
    assert events(folder)[-1]["step"] >= 3


def test_a_bad_file_ends_the_job_with_an_error_event(base: Path, tmp_path: Path) -> None:
    folder = write_job(tmp_path / "job", base)
    (folder / "training.jsonl").write_text('{"messages": []}\n')
    process = start_forked(folder)
    process.join(timeout=60)
    assert process.exitcode == 1
    assert_follows_contract(events(folder))
    assert events(folder)[-1]["code"] == "invalid_training_file"
    assert "Line 1" in events(folder)[-1]["message"]


def test_a_fault_writes_no_event_and_exits_with_70(base: Path, tmp_path: Path) -> None:
    folder = write_job(tmp_path / "job", base)
    os.remove(folder / "training.jsonl")
    process = subprocess.run(
        [sys.executable, "-m", "trainer", str(folder)], capture_output=True, text=True, timeout=300
    )
    assert process.returncode == 70 and "FileNotFoundError" in process.stderr
    assert {event["type"] for event in events(folder)} <= {"started", "heartbeat"}


def test_training_goes_on_from_an_adapter(finished: Path, base: Path, tmp_path: Path) -> None:
    hyperparameters = {"n_epochs": 1, "batch_size": 8, "learning_rate_multiplier": 1e-9}
    changes = {"adapter": str(finished / "adapter"), "hyperparameters": hyperparameters}
    folder = write_job(tmp_path / "job", base, **changes)
    run_here(folder)
    before, after = (load_file(job / "adapter" / "adapter_model.safetensors") for job in (finished, folder))
    assert all(torch.allclose(before[name], after[name], atol=1e-7) for name in before)
    first, last = events(folder, "step")[0], events(finished, "step")[-1]
    assert abs(first["train_loss"] - last["train_loss"]) < 0.5 * last["train_loss"]


def test_an_adapter_that_is_gone_is_an_error_for_good(base: Path, tmp_path: Path) -> None:
    with pytest.raises(JobError) as caught:
        run_here(write_job(tmp_path / "job", base, adapter=str(tmp_path / "gone")))
    assert caught.value.code == "model_not_available"


def test_the_fidelity_probe_holds_what_the_models_answer(finished: Path, base: Path) -> None:
    rows = json.loads((finished / "fidelity.json").read_text())["rows"]
    assert 4 <= len(rows) <= 12
    plain = AutoModelForCausalLM.from_pretrained(base)
    for row in rows:
        assert row["messages"][-1]["role"] == "user"
        answer, tokens = row["answer_tokens"], row["prompt_tokens"] + row["answer_tokens"]
        logits = plain(torch.tensor([tokens])).logits[0, -len(answer) - 1 : -1]
        expected = logits.log_softmax(-1).gather(-1, torch.tensor(answer)[:, None])[:, 0]
        assert torch.allclose(torch.tensor(row["base_logprobs"]), expected, atol=1e-4)
    gained = [sum(row["logprobs"]) - sum(row["base_logprobs"]) for row in rows]
    assert sum(gained) > len(rows)
