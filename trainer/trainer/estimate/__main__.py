"""Estimates what the job of one folder will take, without training it.

    python -m trainer.estimate FOLDER

The folder holds `spec.json`; `estimate.json` comes beside it: the estimate, or the error that the job would end with
(exit code 1). Exit code 70: a fault of the trainer itself, its traceback is on stderr.
"""

import time

BEGAN = time.monotonic()

import sys  # noqa: E402
import traceback  # noqa: E402
from pathlib import Path  # noqa: E402

from trainer.__main__ import FAILED, FAULT, advice_for, prepare_environment  # noqa: E402
from trainer.durable import write_json  # noqa: E402
from trainer.job import read_spec  # noqa: E402


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m trainer.estimate FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0]).resolve()
    try:
        spec = read_spec(folder)
        prepare_environment()
        from trainer.estimate.estimate import estimate

        write_json(folder / "estimate.json", {"estimate": estimate(spec, folder, BEGAN)})
    except Exception as error:
        advice = advice_for(error)
        if advice is not error:
            traceback.print_exception(error)
        if advice is None:
            return FAULT
        reason = {"code": advice.code, "message": advice.message, "param": advice.param}
        write_json(folder / "estimate.json", {"error": reason})
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
