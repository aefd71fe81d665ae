"""Runs the training job of one folder.

    python -m trainer JOB_DIR

Exit codes: 0 finished, or paused or stopped because it was asked to; 1 the job cannot succeed, the journal's `error`
event says why; 75 another trainer has this job; 70 a fault of the trainer itself, its traceback is on stderr, worth
trying again.
"""

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from trainer.failures import DISK_ADVICE, MEMORY_ADVICE, is_disk_full, is_out_of_memory
from trainer.job import JobError, read_spec
from trainer.job_folder import checkpoint_steps, forget_pause_that_was_obeyed
from trainer.journal import Journal
from trainer.lock import hold_lock
from trainer.versions import installed_versions
from trainer.watch import Progress, start_watching

FAILED, FAULT, LOCKED = 1, 70, 75


def prepare_environment() -> None:
    """Read when torch loads."""
    # Threads that spin for milliseconds at each barrier, as is the default, make training many times slower as soon as
    # anything else wants a core; these give it up after some fifty microseconds.
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
    # Every step has other lengths: kernels kept for a thousand of them took hundreds of megabytes and saved nothing.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")


def run(job_folder: Path, journal: Journal, progress: Progress) -> None:
    spec = read_spec(job_folder)
    prepare_environment()
    # Torch takes seconds to load; by now the journal is open and a stop is obeyed.
    from trainer.train import train

    train(spec, job_folder, journal, progress)


def advice_for(error: Exception) -> JobError | None:
    """None: a fault of the trainer, worth trying again."""
    if isinstance(error, JobError):
        return error
    if is_out_of_memory(error):
        return MEMORY_ADVICE
    return DISK_ADVICE if is_disk_full(error) else None


def fail(error: Exception, journal: Journal) -> int:
    advice = advice_for(error)
    if advice is not error:
        # The log may lie on the same full disk.
        with suppress(OSError):
            traceback.print_exception(error)
    if advice is None:
        return FAULT
    try:
        journal.append("error", code=advice.code, message=advice.message, param=advice.param)
    except OSError:
        return FAULT
    return FAILED


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m trainer JOB_DIR", file=sys.stderr)
        return 2
    job_folder = Path(arguments[0]).resolve()
    if not hold_lock(str(job_folder)):
        return LOCKED
    forget_pause_that_was_obeyed(job_folder)
    journal, progress = Journal(job_folder / "journal.jsonl"), Progress()
    steps = checkpoint_steps(job_folder)
    try:
        resumed = steps[-1] if steps else 0
        journal.append("started", pid=os.getpid(), resumed_from_step=resumed, versions=installed_versions())
        start_watching(job_folder, journal, progress)
        run(job_folder, journal, progress)
    except Exception as error:
        return fail(error, journal)
    return 0


def leave(code: int) -> None:
    """Without waiting for wandb, whose own hook for the end of a process may wait for a network that is gone."""
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    if "wandb" in sys.modules:
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
