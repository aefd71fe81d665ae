"""The merged model as a Hugging Face folder, for Transformers and vLLM. No torch here.

safetensors' own writer wants all tensors at once; this one writes them one after the other, whatever the model's size.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy
from safetensors import safe_open

COPIED = ("config.json", "generation_config.json", "tokenizer*", "chat_template*", "special_tokens_map.json", "vocab.*")
COPIED_TOO = ("merges.txt", "added_tokens.json", "*.model", "*.safetensors.index.json", "LICENSE*")
LENGTH_BYTES = 8
ADAPTER_PREFIX, A_SUFFIX, B_SUFFIX = "base_model.model.", ".lora_A.weight", ".lora_B.weight"


def read_float32(raw: bytes, dtype: str) -> numpy.ndarray:
    if dtype == "BF16":
        return (numpy.frombuffer(raw, "<u2").astype(numpy.uint32) << 16).view(numpy.float32)
    return numpy.frombuffer(raw, {"F32": "<f4", "F16": "<f2"}[dtype]).astype(numpy.float32)


def write_as(values: numpy.ndarray, dtype: str) -> bytes:
    if dtype == "BF16":
        bits = numpy.ascontiguousarray(values, dtype="<f4").view(numpy.uint32)
        # To the nearest, and to the even one of two that are as near.
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()
    return values.astype({"F32": "<f4", "F16": "<f2"}[dtype]).tobytes()


@dataclass(frozen=True)
class Shard:
    path: Path
    header: dict[str, dict]
    data_start: int

    def raw(self, name: str) -> bytes:
        start, end = self.header[name]["data_offsets"]
        with self.path.open("rb") as source:
            source.seek(self.data_start + start)
            return source.read(end - start)


def open_shard(path: Path) -> Shard:
    with path.open("rb") as source:
        length = int.from_bytes(source.read(LENGTH_BYTES), "little")
        header = json.loads(source.read(length))
    return Shard(path, header, LENGTH_BYTES + length)


def read_changes(adapter: Path) -> dict[str, Callable[[], numpy.ndarray]]:
    """By the name of the base's tensor: what is added to it, computed when it is asked for."""
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    scale = numpy.float32(config["lora_alpha"] / config["r"])
    with safe_open(adapter / "adapter_model.safetensors", "numpy") as weights:
        halves = {name: weights.get_tensor(name).astype(numpy.float32) for name in weights.keys()}  # noqa: SIM118

    def change(layer: str) -> Callable[[], numpy.ndarray]:
        return lambda: (halves[layer + B_SUFFIX] @ halves[layer + A_SUFFIX]) * scale

    layers = [name.removesuffix(A_SUFFIX) for name in halves if name.endswith(A_SUFFIX)]
    return {f"{layer.removeprefix(ADAPTER_PREFIX)}.weight": change(layer) for layer in layers}


def merged_tensors(shard: Shard, changes: dict[str, Callable[[], numpy.ndarray]]) -> Iterator[bytes]:
    named = [name for name in shard.header if name != "__metadata__"]
    for name in sorted(named, key=lambda name: shard.header[name]["data_offsets"]):
        raw = shard.raw(name)
        if name in changes:
            dtype = shard.header[name]["dtype"]
            delta = changes[name]()
            raw = write_as(read_float32(raw, dtype).reshape(delta.shape) + delta, dtype)
        yield raw


def write_shard(shard: Shard, changes: dict[str, Callable[[], numpy.ndarray]], target: BinaryIO) -> None:
    """Sizes and types stay, so the header does."""
    with shard.path.open("rb") as source:
        target.write(source.read(shard.data_start))
    for raw in merged_tensors(shard, changes):
        target.write(raw)


def copy_beside(base: Path, folder: Path) -> None:
    for pattern in (*COPIED, *COPIED_TOO):
        for path in base.glob(pattern):
            if path.is_file():
                shutil.copyfile(path, folder / path.name)


def write_merged_folder(base: Path, adapter: Path, folder: Path) -> None:
    """`base` is a folder of Hugging Face's layout, `adapter` PEFT's. The types of the base's weights stay."""
    shards = [open_shard(path) for path in sorted(base.glob("*.safetensors"))]
    changes = read_changes(adapter)
    strange = changes.keys() - {name for shard in shards for name in shard.header}
    if strange:
        raise ValueError(f"the base lacks {len(strange)} of the layers that the adapter changes")
    folder.mkdir(parents=True)
    copy_beside(base, folder)
    for shard in shards:
        with (folder / shard.path.name).open("wb") as target:
            write_shard(shard, changes, target)
