"""Whole jobs on a tiny base, run in this process or in one of their own."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

from trainer.__main__ import main
from trainer.job import read_spec
from trainer.journal import Journal, read_events
from trainer.train import train
from trainer.watch import Progress

TRAINER = Path(__file__).parents[1]


def write_rows(path: Path, first: int, count: int) -> str:
    system = {"role": "system", "content": "Add the numbers."}
    rows = [
        {
            "messages": [
                system,
                {"role": "user", "content": f"{n} + {n % 7}"},
                {"role": "assistant", "content": str(n + n % 7)},
            ]
        }
        for n in range(first, first + count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


PREFERENCES = [("yes", "no, it is not"), ("of course", "no"), ("yes it is", "yes it is not")]


def write_pairs(path: Path, first: int, count: int) -> str:
    def row(n: int) -> dict:
        good, bad = PREFERENCES[n % 3]
        answers = [("preferred_output", good), ("non_preferred_output", bad)]
        outputs = {name: [{"role": "assistant", "content": text}] for name, text in answers}
        return {"input": {"messages": [{"role": "user", "content": f"Is {n} a number?"}]}, **outputs}

    path.write_text("".join(json.dumps(row(n)) + "\n" for n in range(first, first + count)))
    return str(path)


def write_job(folder: Path, base: Path, **changes: object) -> Path:
    folder.mkdir()
    spec = {
        "version": 1,
        "job_id": "ftjob-test",
        "method": "supervised",
        "base": {"id": "tiny", "path": str(base), "context_length": 512},
        "adapter": None,
        "training_file": write_rows(folder / "training.jsonl", 0, 24),
        "validation_file": write_rows(folder / "validation.jsonl", 100, 8),
        "hyperparameters": {"n_epochs": 4, "batch_size": 3, "learning_rate_multiplier": "auto"},
        "seed": 7,
    }
    (folder / "spec.json").write_text(json.dumps(spec | changes))
    return folder


def write_dpo_job(folder: Path, base: Path, **changes: object) -> Path:
    folder = write_job(folder, base, method="dpo", **changes)
    write_pairs(folder / "training.jsonl", 0, 24)
    write_pairs(folder / "validation.jsonl", 100, 8)
    return folder


def run_here(folder: Path) -> list[dict]:
    train(read_spec(folder), folder, Journal(folder / "journal.jsonl"), Progress())
    return events(folder)


def start(folder: Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "trainer", str(folder)])


def events(folder: Path, kind: str | None = None) -> list[dict]:
    return [event for event in read_events(folder / "journal.jsonl") if kind in (None, event["type"])]


def wait_for(folder: Path, kind: str, count: int = 1) -> None:
    deadline = time.monotonic() + 60
    while len(events(folder, kind)) < count:
        assert time.monotonic() < deadline, f"no {kind} in {events(folder)}"
        time.sleep(0.005)


def adapter_bytes(folder: Path) -> bytes:
    return (folder / "adapter" / "adapter_model.safetensors").read_bytes()


def run_trainer(folder: str, threads: int = 1) -> None:
    os.environ["OMP_NUM_THREADS"] = str(threads)
    sys.exit(main([folder]))


def start_forked(folder: Path, threads: int = 1) -> BaseProcess:
    """A trainer from a server that has PyTorch loaded already, so that it begins in milliseconds."""
    os.environ["PYTHONPATH"] = str(TRAINER)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.jobs"])
    process = context.Process(target=run_trainer, args=(str(folder), threads))
    process.start()
    return process
