"""The merged model as one GGUF file, for llama.cpp and Ollama. No torch here."""

from dataclasses import dataclass
from pathlib import Path

import numpy
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, ReaderTensor, quants

from trainer.gguf_metadata import copy_metadata

F16_FILE = 1  # LLAMA_FTYPE_MOSTLY_F16
OWN_FIELDS = ("general.file_type", "general.quantization_version")
# What float16 cannot hold would become infinite.
LARGEST = float(numpy.finfo(numpy.float16).max)


@dataclass(frozen=True)
class Change:
    """lora_a [r, in], lora_b [out, r], rows in GGUF's own order."""

    a: numpy.ndarray
    b: numpy.ndarray
    scale: float

    def values(self) -> numpy.ndarray:
        return (self.b.astype(numpy.float32) @ self.a.astype(numpy.float32)) * numpy.float32(self.scale)


def as_float32(tensor: ReaderTensor) -> numpy.ndarray:
    return quants.dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32, copy=False)


def read_changes(adapter: Path) -> dict[str, Change]:
    """By the name of the base's tensor."""
    reader = GGUFReader(adapter)
    alpha = float(reader.fields["adapter.lora.alpha"].contents())
    halves = {tensor.name: as_float32(tensor) for tensor in reader.tensors}
    targets = [name.removesuffix(".lora_a") for name in halves if name.endswith(".lora_a")]
    return {
        target: Change(a := halves[f"{target}.lora_a"], halves[f"{target}.lora_b"], alpha / a.shape[0])
        for target in targets
    }


def merged_values(tensor: ReaderTensor, change: Change | None) -> numpy.ndarray:
    values = as_float32(tensor)
    if change is not None:
        values = values + change.values()
    if values.ndim < 2:
        return values
    return numpy.clip(values, -LARGEST, LARGEST).astype(numpy.float16)


def merged_size(tensor: ReaderTensor) -> tuple[list[int], numpy.dtype, int, GGMLQuantizationType]:
    """Known before it is computed: the header comes first."""
    shape = [int(size) for size in reversed(tensor.shape)]
    is_matrix = len(shape) > 1
    kind = numpy.dtype(numpy.float16 if is_matrix else numpy.float32)
    quantization = GGMLQuantizationType.F16 if is_matrix else GGMLQuantizationType.F32
    return shape, kind, int(numpy.prod(shape)) * kind.itemsize, quantization


def write_merged_gguf(base: Path, adapter: Path, path: Path) -> None:
    """`adapter` is the folder that holds adapter.gguf. Matrices are written in float16, all else in float32."""
    reader = GGUFReader(base)
    changes = read_changes(adapter / "adapter.gguf")
    strange = changes.keys() - {tensor.name for tensor in reader.tensors}
    if strange:
        raise ValueError(f"the base lacks {len(strange)} of the layers that the adapter changes")
    writer = GGUFWriter(path, reader.fields["general.architecture"].contents())
    copy_metadata(reader, writer, OWN_FIELDS)
    writer.add_uint32("general.file_type", F16_FILE)
    for tensor in reader.tensors:
        shape, kind, size, quantization = merged_size(tensor)
        writer.add_tensor_info(tensor.name, shape, kind, size, quantization)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in reader.tensors:
        writer.write_tensor_data(merged_values(tensor, changes.get(tensor.name)))
    writer.close()
