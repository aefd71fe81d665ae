"""A process that is asked one thing, prints one line and ends."""

import json
import os
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

from trainer.__main__ import FAULT

# As the control plane does with trainers: answers come first.
NICENESS = 10
POLL_SECONDS = 1.0


def leave_with_parent() -> None:
    """Nobody waits for an answer whose asker is gone, however it went."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL_SECONDS)
        os._exit(FAULT)

    threading.Thread(target=watch, daemon=True, name="watch").start()


def take_standard_output() -> int:
    """A descriptor of its own, so that what libraries print goes elsewhere."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


def print_answer(find: Callable[[], dict]) -> int:
    """Prints what `find` finds, as JSON. The exit code is FAULT where that fails, its traceback on stderr."""
    output = take_standard_output()
    leave_with_parent()
    with suppress(OSError):
        os.nice(NICENESS)
    try:
        line = json.dumps(find(), ensure_ascii=False, allow_nan=False)
    except Exception:
        traceback.print_exc()
        return FAULT
    os.write(output, line.encode() + b"\n")
    return 0
