"""The kernel of native/tree_attention.cpp: built once where g++ and AVX-512 are, called with the tensors' memory.

PERENNIAL_NATIVE_KERNELS=off leaves it out.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from trainer.heads import Heads
from trainer.prefix_tree import Segment

SOURCES = Path(__file__).parent / "native"
SIZES = (64, 128)
FLAGS = ("-O3", "-march=native", "-std=c++17", "-fopenmp", "-fPIC", "-shared", "-Wno-psabi")
BUILD_SECONDS = 120
TILE = 48


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
    path = cache_folder() / f"tree-attention-{hashlib.sha256(key.encode()).hexdigest()[:16]}.so"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    command = [
        compiler,
        *FLAGS,
        "-Wl,--as-needed",
        str(SOURCES / "tree_attention.cpp"),
        *torch_threads_library(),
        "-o",
        str(aside),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=BUILD_SECONDS)
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
    except (OSError, subprocess.SubprocessError):
        return None


class Problem(ctypes.Structure):
    """As in the C++ file; lengths in floats."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("tokens", "query_heads", "key_heads")),
        *((name, ctypes.c_void_p) for name in ("queries", "keys", "values")),
        *((name, ctypes.c_int64) for name in ("query_stride", "key_stride", "value_stride", "tiles")),
        *((name, ctypes.c_void_p) for name in ("tile_bounds", "range_starts", "ranges")),
        ("scale", ctypes.c_float),
    )


def tiles_of(segments: Sequence[Segment]) -> tuple[Tensor, Tensor, Tensor]:
    """Tiles [n, 3] (first and end query, first token seen causally), where each one's ranges begin, the ranges."""
    bounds, starts, ranges = [], [0], []
    path: list[Segment] = []
    for segment in segments:
        while path and path[-1].subtree_end <= segment.start:
            path.pop()
        for first in range(segment.start, segment.end, TILE):
            bounds.append((first, min(first + TILE, segment.end), segment.start))
            ranges += [(above.start, above.end) for above in path]
            starts.append(len(ranges))
        path.append(segment)
    return torch.tensor(bounds), torch.tensor(starts), torch.tensor(ranges, dtype=torch.int64)


def address(tensor: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())


class NativeKernel:
    """See `trainer.attention.Kernel`."""

    def __init__(self, library: ctypes.CDLL, segments: Sequence[Segment], heads: Heads) -> None:
        self.library, self.heads = library, heads
        self.tiles = tiles_of(segments)

    def problem(self, turned: Tensor, values: Tensor) -> Problem:
        queries, keys = turned.split([self.heads.queries, self.heads.keys], 1)
        bounds, starts, ranges = self.tiles
        pointers = [tensor.data_ptr() for tensor in (queries, keys, values)]
        strides = [tensor.stride(0) for tensor in (queries, keys, values)]
        tables = [tensor.data_ptr() for tensor in (bounds, starts, ranges)]
        shape = (turned.shape[0], self.heads.queries, self.heads.keys)
        return Problem(*shape, *pointers, *strides, len(bounds), *tables, self.heads.size**-0.5)

    def forward(self, turned: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        out = torch.empty(turned.shape[0], self.heads.queries, self.heads.size)
        lse = torch.empty(turned.shape[0], self.heads.queries)
        problem = ctypes.byref(self.problem(turned, values))
        sizes = (ctypes.c_int64(self.heads.size), address(out), address(lse))
        self.library.tree_attention_forward(problem, *sizes, torch.get_num_threads())
        return out, lse

    def backward(
        self, turned: Tensor, values: Tensor, out: Tensor, lse: Tensor, grad_out: Tensor, grad: Tensor
    ) -> None:
        grad_q = torch.empty_like(out)
        grad_k, grad_v = grad[:, self.heads.queries :].chunk(2, 1)
        problem = ctypes.byref(self.problem(turned, values))
        tensors = (out, lse, grad_out.contiguous(), grad_q, grad_k, grad_v)
        arguments = (ctypes.c_int64(self.heads.size), *map(address, tensors), ctypes.c_int64(grad.stride(0)))
        self.library.tree_attention_backward(problem, *arguments, torch.get_num_threads())
        grad[:, : self.heads.queries] = grad_q
