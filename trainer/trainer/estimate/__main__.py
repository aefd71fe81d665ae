"""Estimates what the job of one folder will take, without training it.

    python -m trainer.estimate FOLDER

The folder holds `spec.json`. One line of JSON is printed: `{"estimate": …}`, or `{"error": …}` with what the job would
end with. Exit code 70: a fault of the trainer itself, its traceback is on stderr.
"""

import time

BEGAN = time.monotonic()

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import traceback  # noqa: E402
from contextlib import suppress  # noqa: E402
from pathlib import Path  # noqa: E402

from trainer.__main__ import FAULT, advice_for, prepare_environment  # noqa: E402
from trainer.job import read_spec  # noqa: E402

# As the control plane does with trainers: answers come first.
NICENESS = 10
POLL_SECONDS = 1.0


def leave_with_parent() -> None:
    """Nobody waits for an estimate whose asker is gone, however it went."""
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


def answer(folder: Path) -> dict:
    try:
        spec = read_spec(folder)
        prepare_environment()
        from trainer.estimate.estimate import estimate

        return {"estimate": estimate(spec, folder, BEGAN)}
    except Exception as error:
        advice = advice_for(error)
        if advice is None:
            raise
        if advice is not error:
            traceback.print_exception(error)
        return {"error": {"code": advice.code, "message": advice.message, "param": advice.param}}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m trainer.estimate FOLDER", file=sys.stderr)
        return 2
    output = take_standard_output()
    leave_with_parent()
    with suppress(OSError):
        os.nice(NICENESS)
    try:
        line = json.dumps(answer(Path(arguments[0]).resolve()), ensure_ascii=False, allow_nan=False)
    except Exception:
        traceback.print_exc()
        return FAULT
    os.write(output, line.encode() + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
