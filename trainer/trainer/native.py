"""Kernels of native/, built once where g++ and AVX-512 are, called with the tensors' memory.

PERENNIAL_NATIVE_KERNELS=off leaves them out.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
from functools import cache
from pathlib import Path
from uuid import uuid4

import torch
from torch import Tensor

from trainer.durable import sync_file

SOURCES = Path(__file__).parent / "native"
FLAGS = ("-O3", "-march=native", "-std=c++17", "-fopenmp", "-fPIC", "-shared", "-Wno-psabi")
BUILD_SECONDS = 120


def cpu_features() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line for line in lines if line.startswith("flags")), "")


def cache_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "perennial"


def torch_threads_library() -> list[str]:
    """PyTorch's own OpenMP, so that both share one pool of threads."""
    return [str(path) for path in sorted((Path(torch.__file__).parent / "lib").glob("libgomp*.so*"))[:1]]


def build(compiler: str, features: str) -> Path:
    """The library for this machine, from the cache if it is there: complete or absent."""
    sources = [path.read_text() for path in sorted(SOURCES.iterdir())]
    key = "\0".join([*sources, *FLAGS, features, platform.machine(), torch.__version__])
    path = cache_folder() / f"kernels-{hashlib.sha256(key.encode()).hexdigest()[:16]}.so"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{uuid4().hex}")
    command = [
        compiler,
        *FLAGS,
        "-Wl,--as-needed",
        *map(str, sorted(SOURCES.glob("*.cpp"))),
        *torch_threads_library(),
        "-o",
        str(aside),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=BUILD_SECONDS)
    sync_file(aside)
    aside.rename(path)
    return path


@cache
def find_library() -> ctypes.CDLL | None:
    """None: this machine has no compiler, no AVX-512, or no place to build in; PyTorch's kernels do then."""
    compiler, features = shutil.which("g++"), cpu_features()
    if compiler is None or "avx512f" not in features or os.environ.get("PERENNIAL_NATIVE_KERNELS") == "off":
        return None
    try:
        return ctypes.CDLL(str(build(compiler, features)))
    # RuntimeError: nobody knows where home is.
    except (OSError, RuntimeError, subprocess.SubprocessError):
        return None


def address(tensor: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())


def count(number: int) -> ctypes.c_int64:
    return ctypes.c_int64(number)


def library_for(*tensors: Tensor) -> ctypes.CDLL | None:
    """None: these tensors, or this machine, are not for the native kernels. Rows are read 16 numbers at a time."""
    library = find_library()
    fits = all(
        t.device.type == "cpu" and t.dtype == torch.float32 and t.is_contiguous() and t.shape[-1] % 16 == 0
        for t in tensors
    )
    return library if fits else None
