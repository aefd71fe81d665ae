"""Estimates what the job of one folder will take, without training it.

    python -m trainer.estimate FOLDER

The folder holds `spec.json`. One line of JSON is printed: `{"estimate": …}`, or `{"error": …}` with what the job would
end with. Exit code 70: a fault of the trainer itself, its traceback is on stderr.
"""

import time

BEGAN = time.monotonic()

import sys  # noqa: E402
import traceback  # noqa: E402
from pathlib import Path  # noqa: E402

from trainer.__main__ import advice_for, prepare_environment  # noqa: E402
from trainer.job import read_spec  # noqa: E402
from trainer.one_answer import print_answer  # noqa: E402


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
    folder = Path(arguments[0]).resolve()
    return print_answer(lambda: answer(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
