"""The lock that a trainer holds on its job while it lives, and the question whether one does.

    python -m trainer.lock JOB_DIR           exit code 0: no trainer lives, 1: one does
    python -m trainer.lock JOB_DIR --wait    returns with 0 once none does

The operating system lets go of the lock however the trainer ends.
"""

import fcntl
import os
import sys
import time

# Whoever asks holds the lock for an instant; a trainer that starts just then must not take that for a trainer.
ASKERS_LEAVE_WITHIN_SECONDS = 1.0


def open_lock(job_folder: str) -> int:
    return os.open(os.path.join(job_folder, "lock"), os.O_RDWR | os.O_CREAT, 0o644)


def try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def hold_lock(job_folder: str) -> bool:
    """True: held until this process ends. False: another trainer has it."""
    descriptor = open_lock(job_folder)
    deadline = time.monotonic() + ASKERS_LEAVE_WITHIN_SECONDS
    while not try_lock(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            os.close(descriptor)
            return False
        time.sleep(0.02)
    return True


def main(arguments: list[str]) -> int:
    folders = [argument for argument in arguments if argument != "--wait"]
    if len(folders) != 1:
        print("usage: python -m trainer.lock JOB_DIR [--wait]", file=sys.stderr)
        return 2
    descriptor = open_lock(folders[0])
    if "--wait" in arguments:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return 0
    return 0 if try_lock(descriptor, fcntl.LOCK_SH) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
