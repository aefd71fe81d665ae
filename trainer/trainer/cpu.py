"""How a training makes the most of a CPU: its threads and its memory."""

import ctypes
import math
import os
from pathlib import Path


def allowed_logical_cores() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def core_of(logical: int) -> str:
    """Logical cores that share a physical one name the same siblings."""
    siblings = Path(f"/sys/devices/system/cpu/cpu{logical}/topology/thread_siblings_list")
    return siblings.read_text() if siblings.exists() else str(logical)


def granted_cores(available: int) -> int:
    """A container's share of the machine."""
    limit = Path("/sys/fs/cgroup/cpu.max")
    if not limit.exists():
        return available
    granted, period = limit.read_text().split()
    return available if granted == "max" else math.ceil(int(granted) / int(period))


def training_threads() -> int:
    """One per physical core that this process may use multiply matrices fastest. OMP_NUM_THREADS overrules it."""
    if "OMP_NUM_THREADS" in os.environ:
        return max(1, int(os.environ["OMP_NUM_THREADS"]))
    cores = len({core_of(logical) for logical in allowed_logical_cores()})
    return max(1, min(cores, granted_cores(cores)))


# glibc's names, from malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3


def keep_freed_memory() -> None:
    """A step frees what the next one asks for again: given back to the system, every page of it would be made anew.

    That was a tenth of a step. The peak stays as it is. Other C libraries than glibc are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(M_MMAP_THRESHOLD, 32 << 20)
    mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)
    mallopt(M_TOP_PAD, 64 << 20)


def give_back_freed_memory() -> None:
    """To the system, where it has run out: other libraries than PyTorch can have it then."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
