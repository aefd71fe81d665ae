"""Power cuts and kill -9: whatever moment it is, the job goes on and ends with the same bits."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.jobs import adapter_bytes, events, run_here, start_forked, write_dpo_job, write_job
from trainer import train
from trainer.job_folder import checkpoint_steps

SETTINGS = {"n_epochs": 8, "batch_size": 4, "learning_rate_multiplier": "auto", "lora_dropout": 0.05}
STEPS = 8 * 6


def wait_until(process: BaseProcess, happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while process.is_alive() and not happens():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def count(folder: Path, kind: str) -> int:
    """Cheap enough not to take the processor from the trainer."""
    journal = folder / "journal.jsonl"
    return journal.read_bytes().count(f'"type": "{kind}"'.encode()) if journal.exists() else 0


def half_written(folder: Path) -> set[int]:
    """Files of checkpoints that are not there yet. Folder and file may be renamed away at any moment."""
    found = set()
    with suppress(FileNotFoundError):
        for path in (folder / "checkpoints").glob(".*.partial/*"):
            found.add(path.stat().st_ino)
    return found


def moment(folder: Path, generator: random.Random) -> Callable[[], bool]:
    """Some steps on, as the process begins, or while a checkpoint is written."""
    kind = generator.choice(["steps", "steps", "start", "checkpoint", "checkpoint"])
    if kind == "steps":
        aim = count(folder, "step") + generator.randint(1, 7)
        return lambda: count(folder, "step") >= aim
    if kind == "start":
        starts = count(folder, "started")
        return lambda: count(folder, "started") > starts
    leftovers = half_written(folder)
    return lambda: bool(half_written(folder) - leftovers)


@pytest.mark.parametrize(("write", "seed"), [(write_job, 1), (write_dpo_job, 2)])
def test_killed_at_ten_random_moments_it_gives_the_same_bits(write, seed: int, base: Path, tmp_path: Path) -> None:
    whole = write(tmp_path / "whole", base, hyperparameters=SETTINGS)
    run_here(whole)
    generator, folder = random.Random(seed), write(tmp_path / "killed", base, hyperparameters=SETTINGS)
    for _ in range(10):
        happens, process = moment(folder, generator), start_forked(folder)
        wait_until(process, happens)
        process.kill()
        process.join()
    assert len(events(folder, "started")) >= 8
    process = start_forked(folder)
    process.join()
    assert process.exitcode == 0
    assert adapter_bytes(folder) == adapter_bytes(whole)
    last = {event["step"]: event["train_loss"] for event in events(folder, "step")}
    assert last == {event["step"]: event["train_loss"] for event in events(whole, "step")}
    assert [event["step"] for event in events(folder, "checkpoint")] == list(range(6, STEPS + 1, 6))
    assert not list((folder / "checkpoints").glob(".*")) or events(folder, "finished")


def test_in_a_long_epoch_only_minutes_are_lost(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write_job(tmp_path / "whole", base, hyperparameters=SETTINGS)
    run_here(whole)
    folder, announce_step = write_job(tmp_path / "killed", base, hyperparameters=SETTINGS), train.announce_step

    def killed_at_the_eleventh(journal, plan, position, seconds) -> None:
        if position.step == 11:
            raise KeyboardInterrupt
        announce_step(journal, plan, position, seconds)

    monkeypatch.setattr(train, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(train, "announce_step", killed_at_the_eleventh)
    with suppress(KeyboardInterrupt):
        run_here(folder)
    assert checkpoint_steps(folder) == [6, 10]
    monkeypatch.undo()
    run_here(folder)
    assert [event["step"] for event in events(folder, "step")] == list(range(1, STEPS + 1))
    assert [event["step"] for event in events(folder, "checkpoint")] == list(range(6, STEPS + 1, 6))
    assert adapter_bytes(folder) == adapter_bytes(whole)
