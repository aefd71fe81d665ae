"""Saves and restores all that is needed to go on bit for bit.

Nothing random keeps a state: the order of the rows follows from the seed and the epoch, the masks of a dropout from
the seed and the step. So adapter, optimizer and position are all there is to keep.
"""

import io
from pathlib import Path

import torch
from peft import PeftModel, load_peft_weights, set_peft_model_state_dict

from trainer.durable import folder_written_aside
from trainer.gguf_adapter import write_gguf_adapter
from trainer.job_folder import STATE, checkpoint_folder, checkpoint_steps
from trainer.position import Position


def write_adapter(model: PeftModel, base: Path, folder: Path) -> None:
    model.save_pretrained(str(folder))
    # PEFT's model card names paths of this machine and nothing else of use.
    (folder / "README.md").unlink(missing_ok=True)
    write_gguf_adapter(folder, base, folder / "adapter.gguf")


def write_state(path: Path, state: dict) -> None:
    """Through memory: PyTorch's own writer hides what went wrong with the disk."""
    content = io.BytesIO()
    torch.save(state, content)
    path.write_bytes(content.getbuffer())


def save_checkpoint(
    job_folder: Path, base: Path, model: PeftModel, optimizer: torch.optim.Optimizer, position: Position
) -> None:
    with folder_written_aside(checkpoint_folder(job_folder, position.step)) as folder:
        write_adapter(model, base, folder)
        write_state(folder / STATE, {"optimizer": optimizer.state_dict(), "position": vars(position)})


def resume(job_folder: Path, model: PeftModel, optimizer: torch.optim.Optimizer) -> Position:
    """Goes on from the newest checkpoint, or from the beginning."""
    steps = checkpoint_steps(job_folder)
    if not steps:
        return Position()
    newest = checkpoint_folder(job_folder, steps[-1])
    state = torch.load(newest / STATE, weights_only=True, map_location="cpu")
    set_peft_model_state_dict(model, load_peft_weights(str(newest), device="cpu"))
    optimizer.load_state_dict(state["optimizer"])
    return Position(**state["position"])
