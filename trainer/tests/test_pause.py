"""A pause ends a job after a step, and the next start goes on from there as if nothing had been."""

import os
import time
from pathlib import Path

import pytest

from tests.contract import assert_follows_contract
from tests.jobs import adapter_bytes, events, run_here, start_forked, wait_for, write_dpo_job, write_job
from trainer.job_folder import checkpoint_steps, forget_pause_that_was_obeyed


def paused_after_each_step(folder: Path, until: int) -> Path:
    """A pause that is asked for before a step is obeyed after it."""
    for step in range(1, until + 1):
        (folder / "pause").touch()
        assert run_here(folder)[-1]["type"] == "paused"
        assert events(folder)[-1]["step"] == step == checkpoint_steps(folder)[-1]
        (folder / "pause").unlink()
    run_here(folder)
    return folder


@pytest.mark.parametrize("write", [write_job, write_dpo_job])
def test_paused_and_resumed_gives_the_same_bits(write, base: Path, tmp_path: Path) -> None:
    extras = {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": "auto", "lora_dropout": 0.1}
    whole = write(tmp_path / "whole", base, hyperparameters=extras)
    run_here(whole)
    paused = paused_after_each_step(write(tmp_path / "paused", base, hyperparameters=extras), until=8)
    assert adapter_bytes(paused) == adapter_bytes(whole)
    assert_follows_contract(events(paused))
    for job in (whole, paused):
        assert [event["step"] for event in events(job, "checkpoint")] == [6, 12]
    for kept in ("train_loss", "train_mean_token_accuracy", "tokens"):
        assert [step[kept] for step in events(paused, "step")] == [step[kept] for step in events(whole, "step")]


def test_pauses_leave_the_checkpoints_of_epochs_alone(base: Path, tmp_path: Path) -> None:
    hyperparameters = {"n_epochs": 5, "batch_size": 12, "learning_rate_multiplier": "auto"}
    folder = write_job(tmp_path / "job", base, hyperparameters=hyperparameters)
    kept = []
    for _ in range(9):
        (folder / "pause").touch()
        run_here(folder)
        kept.append(checkpoint_steps(folder))
    assert kept == [[1], [2], [2, 3], [2, 4], [2, 4, 5], [2, 4, 6], [2, 4, 6, 7], [4, 6, 8], [4, 6, 8, 9]]
    assert {path.parent.name for path in (folder / "checkpoints").glob("*/state.pt")} == {"step-9"}
    assert not events(folder, "finished")
    run_here(folder)
    assert events(folder, "finished") and checkpoint_steps(folder) == [6, 8, 10]


def test_a_running_trainer_is_paused_and_ends_well(base: Path, tmp_path: Path) -> None:
    hyperparameters = {"n_epochs": 50, "batch_size": 1, "learning_rate_multiplier": "auto"}
    folder = write_job(tmp_path / "job", base, hyperparameters=hyperparameters)
    process = start_forked(folder)
    wait_for(folder, "step", count=3)
    (folder / "pause").touch()
    process.join(timeout=30)
    assert process.exitcode == 0
    last = events(folder)[-1]
    assert (last["type"], last["step"]) == ("paused", checkpoint_steps(folder)[-1])
    # Nobody removed the file: the start is itself the wish to go on.
    process = start_forked(folder)
    wait_for(folder, "step", count=last["step"] + 2)
    assert events(folder, "started")[-1]["resumed_from_step"] == last["step"]
    assert not (folder / "pause").exists()
    process.kill()
    process.join()


def test_a_pause_asked_for_since_the_last_one_is_kept(tmp_path: Path) -> None:
    (tmp_path / "pause").touch()
    forget_pause_that_was_obeyed(tmp_path)
    assert (tmp_path / "pause").exists()
    (tmp_path / "journal.jsonl").write_text('{"type":"paused","time":%f,"step":3}\n' % (time.time() - 60))
    forget_pause_that_was_obeyed(tmp_path)
    assert (tmp_path / "pause").exists()
    os.utime(tmp_path / "pause", (time.time() - 90,) * 2)
    forget_pause_that_was_obeyed(tmp_path)
    assert not (tmp_path / "pause").exists()
