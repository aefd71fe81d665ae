"""Weights & Biases gets every step's metrics, and can do the training no harm."""

import json
import sys
import time
from pathlib import Path

import pytest

from tests.contract import assert_follows_contract
from tests.jobs import adapter_bytes, events, run_here, write_job
from trainer import board

SETTINGS = {"n_epochs": 2, "batch_size": 6, "learning_rate_multiplier": "auto"}
WANDB = {"project": "birds", "name": None, "entity": "we", "tags": ["mine", "openai/finetune"]}


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "fake_wandb"))
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    monkeypatch.setenv("FAKE_WANDB_NOTES", str(tmp_path / "notes.jsonl"))
    (tmp_path / "notes.jsonl").touch()
    return tmp_path / "notes.jsonl"


def entries(notes: Path) -> list[dict]:
    return [json.loads(line) for line in notes.read_text().splitlines()]


def test_the_run_is_named_tagged_and_fed_as_openai_does_it(notes: Path, base: Path, tmp_path: Path) -> None:
    folder = write_job(tmp_path / "job", base, hyperparameters=SETTINGS, wandb=WANDB)
    run_here(folder)
    first, *logs, last = entries(notes)
    settings = first["init"]
    assert (settings["id"], settings["resume"], settings["name"]) == ("ftjob-test", "allow", "ftjob-test")
    assert (settings["project"], settings["entity"]) == ("birds", "we")
    assert settings["tags"] == ["mine", "openai/finetune", "openai/tiny", "openai/ftjob-test"]
    assert settings["config"]["lora_r"] == 16
    steps = events(folder, "step")
    assert [log["step"] for log in logs] == [step["step"] for step in steps] and last == {"finish": True}
    for log, step in zip(logs, steps, strict=True):
        assert log["log"].items() <= step.items() and "train_loss" in log["log"]
    assert not events(folder, "warning")


@pytest.mark.parametrize("trouble", ["fails", "fails later", "hangs", "is not there"])
def test_its_troubles_are_one_warning_at_most(
    trouble: str, notes: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_WANDB", trouble)
    monkeypatch.setattr(board, "LAST_WORDS_SECONDS", 0.2)
    if trouble == "is not there":
        monkeypatch.setitem(sys.modules, "wandb", None)
    quiet = write_job(tmp_path / "quiet", base, hyperparameters=SETTINGS)
    run_here(quiet)
    folder = write_job(tmp_path / "job", base, hyperparameters=SETTINGS, wandb=WANDB)
    began = time.monotonic()
    run_here(folder)
    assert time.monotonic() - began < 30
    assert_follows_contract(events(folder))
    warned = [event["code"] for event in events(folder, "warning")]
    assert warned == ([] if trouble == "hangs" else ["wandb_unavailable"])
    assert events(folder, "finished") and adapter_bytes(folder) == adapter_bytes(quiet)
