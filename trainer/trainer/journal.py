"""`journal.jsonl`: one event a line, appended only by the trainer, read by the control plane while it grows."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

# The control plane acts on these for good, so they must survive a power cut.
SYNCED = frozenset({"checkpoint", "finished", "error", "paused", "stopped"})
LAST = frozenset({"finished", "error", "paused", "stopped"})


class Journal:
    """Safe to use from several threads; nothing is written after an event that ends the job."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        self._lock = threading.Lock()
        self._ended = False
        self._start_on_a_fresh_line()

    def _start_on_a_fresh_line(self) -> None:
        """A process that was killed while writing leaves half a line; readers skip it, if it ends."""
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            os.write(self._descriptor, b"\n")

    def _write(self, line: bytes) -> None:
        """The whole line or, on a full disk, nothing of it."""
        size = os.fstat(self._descriptor).st_size
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError:
            os.ftruncate(self._descriptor, size)
            raise

    def append(self, kind: str, **fields: object) -> bool:
        """False: the job had ended already, and nothing was written."""
        event = {"type": kind, "time": time.time(), **fields}
        line = json.dumps(event, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        with self._lock:
            if self._ended:
                return False
            self._write(line)
            if kind in SYNCED:
                os.fsync(self._descriptor)
            self._ended = kind in LAST
            return True


def read_events(path: Path) -> Iterator[dict]:
    if not path.exists():
        return
    for line in path.read_bytes().splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue
