"""Weights & Biases, through its own package: a thread beside the training that may fail or hang without harm.

The package reads WANDB_API_KEY, WANDB_MODE and its other variables from the environment by itself.
"""

import os
import queue
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from trainer.job import Spec, Wandb
from trainer.journal import Journal

# How long the end of a job waits for what is still on its way.
LAST_WORDS_SECONDS = 20.0

Log = Callable[[int, dict], None]


def run_settings(spec: Spec, wandb: Wandb, folder: Path) -> dict:
    """As OpenAI names and tags its runs."""
    own = ["openai/finetune", f"openai/{spec.base.id}", f"openai/{spec.job_id}"]
    return {
        "project": wandb.project,
        "entity": wandb.entity,
        "name": wandb.name or spec.job_id,
        "id": spec.job_id,
        "resume": "allow",
        "tags": list(dict.fromkeys([*wandb.tags, *own])),
        "dir": str(folder),
    }


class Board:
    """Takes metrics at once and sends them when it can; what fails is one warning in the journal."""

    def __init__(self, settings: dict | None, journal: Journal) -> None:
        self._waiting: queue.SimpleQueue[tuple[int, dict] | None] = queue.SimpleQueue()
        self._journal = journal
        self._thread = None
        if settings is not None:
            self._thread = threading.Thread(target=self._work, args=(settings,), daemon=True, name="board")
            self._thread.start()

    def log(self, step: int, metrics: dict) -> None:
        if self._thread is not None and self._thread.is_alive():
            self._waiting.put((step, metrics))

    def close(self) -> None:
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(LAST_WORDS_SECONDS)

    def _work(self, settings: dict) -> None:
        try:
            self._send_all(settings)
        except BaseException as error:  # The package may also end its thread with SystemExit or its own interrupts.
            reason = f"{type(error).__name__}: {error}"
            message = f"Weights & Biases gets no more of this job's metrics ({reason}). The training goes on."
            self._journal.append("warning", code="wandb_unavailable", message=message)

    def _send_all(self, settings: dict) -> None:
        # The trainer's log is for tracebacks, and what goes there is nobody else's.
        os.environ.setdefault("WANDB_SILENT", "true")
        os.environ.setdefault("WANDB_CONSOLE", "off")
        import wandb

        run = wandb.init(**settings)
        while (entry := self._waiting.get()) is not None:
            step, metrics = entry
            run.log(metrics, step=step)
        run.finish()


def open_board(spec: Spec, folder: Path, journal: Journal, config: object) -> Board:
    """`config`: what the job goes by, shown with the run."""
    if spec.wandb is None:
        return Board(None, journal)
    return Board({**run_settings(spec, spec.wandb, folder), "config": asdict(config)}, journal)
