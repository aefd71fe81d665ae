"""Runs the training job of one folder.

    python -m trainer JOB_DIR

Exit codes: 0 finished, or stopped because it was asked to; 1 the job cannot succeed, the journal's `error` event says
why; 75 another trainer has this job; 70 a fault of the trainer itself, its traceback is on stderr, worth trying again.
"""

import os
import sys
import traceback
from pathlib import Path

from trainer.job import JobError, read_spec
from trainer.job_folder import checkpoint_steps
from trainer.journal import Journal
from trainer.lock import hold_lock
from trainer.watch import Progress, start_watching

FAILED, FAULT, LOCKED = 1, 70, 75


def out_of_memory(error: Exception) -> bool:
    """PyTorch has no class of its own for a CPU allocation that failed."""
    return isinstance(error, MemoryError) or "can't allocate memory" in str(error) or "out of memory" in str(error)


MEMORY_ADVICE = JobError(
    "out_of_memory",
    "The machine has too little memory for this job. Shorter rows, a smaller batch_size or a smaller base need less.",
)


def run(job_folder: Path, journal: Journal, progress: Progress) -> None:
    spec = read_spec(job_folder)
    # Read when torch loads. Threads that spin for milliseconds at each barrier, as is the default, make training many
    # times slower as soon as anything else wants a core; these give it up after some fifty microseconds.
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
    # Every step has other lengths: kernels kept for a thousand of them took hundreds of megabytes and saved nothing.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
    # Torch takes seconds to load; by now the journal is open and a stop is obeyed.
    from trainer.train import train

    try:
        train(spec, job_folder, journal, progress)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        raise MEMORY_ADVICE from error


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m trainer JOB_DIR", file=sys.stderr)
        return 2
    job_folder = Path(arguments[0]).resolve()
    if not hold_lock(str(job_folder)):
        return LOCKED
    journal, progress = Journal(job_folder / "journal.jsonl"), Progress()
    steps = checkpoint_steps(job_folder)
    journal.append("started", pid=os.getpid(), resumed_from_step=steps[-1] if steps else 0)
    start_watching(job_folder, journal, progress)
    try:
        run(job_folder, journal, progress)
    except JobError as error:
        journal.append("error", code=error.code, message=error.message, param=error.param)
        return FAILED
    except Exception:
        traceback.print_exc()
        return FAULT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
