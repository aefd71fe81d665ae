"""A thread beside the training: it writes heartbeats and ends the process when asked to stop.

It can end the process at any instant because everything on disk is either complete or absent.
"""

import os
import select
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from trainer.journal import Journal

HEARTBEAT_SECONDS = 5.0
POLL_SECONDS = 0.25


@dataclass
class Progress:
    """Where the training is; written by the main thread, read by the watching one."""

    stage: str = "starting"
    step: int = 0


def stop_signal_pipe() -> int:
    """The read end of a pipe that SIGTERM writes to.

    A Python handler would wait until the main thread leaves a long tensor operation; the pipe does not.
    """
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK) if hasattr(os, "pipe2") else os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: None)
    return reader


def try_to_append(journal: Journal, kind: str, **fields: object) -> bool:
    """On a full disk the watching goes on; the training will meet the same disk and say so."""
    try:
        return journal.append(kind, **fields)
    except OSError:
        return kind == "stopped"


def watch(job_folder: Path, journal: Journal, progress: Progress, stop_signal: int) -> None:
    next_heartbeat = time.monotonic()
    while True:
        if time.monotonic() >= next_heartbeat:
            try_to_append(journal, "heartbeat", stage=progress.stage)
            next_heartbeat += HEARTBEAT_SECONDS
        signalled, _, _ = select.select([stop_signal], [], [], POLL_SECONDS)
        asked = signalled or (job_folder / "stop").exists()
        if asked and try_to_append(journal, "stopped", step=progress.step):
            os._exit(0)


def start_watching(job_folder: Path, journal: Journal, progress: Progress) -> None:
    arguments = (job_folder, journal, progress, stop_signal_pipe())
    threading.Thread(target=watch, args=arguments, daemon=True, name="watch").start()
