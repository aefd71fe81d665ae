"""The fidelity check of a base that was trained in 4 bits: the engine serves the adapter on the base as it is."""

from pathlib import Path

import torch

from trainer.adapter import attach_adapter
from trainer.adapter_shape import AdapterShape
from trainer.base import best_device, load_chat_format, load_model
from trainer.example import Example
from trainer.failures import is_out_of_memory
from trainer.fidelity import write_fidelity
from trainer.job import Spec


def write_on(device: torch.device, spec: Spec, shape: AdapterShape, rows: list[Example], folder: Path) -> None:
    base, chat = load_model(spec.base.path, device), load_chat_format(spec.base.path)
    model = attach_adapter(base, folder / "adapter", spec.seed, shape)
    write_fidelity(model.eval(), chat, rows, folder / "fidelity.json")


def write_fidelity_as_served(spec: Spec, shape: AdapterShape, rows: list[Example], folder: Path) -> None:
    """With the published adapter, beside the model that was trained: on the CPU if the GPU has no room for both."""
    try:
        write_on(best_device(), spec, shape, rows, folder)
        return
    except (MemoryError, RuntimeError) as error:
        if best_device().type == "cpu" or not is_out_of_memory(error):
            raise
    # Not in the handler: the error's frames hold what did not fit.
    torch.cuda.empty_cache()
    write_on(torch.device("cpu"), spec, shape, rows, folder)
