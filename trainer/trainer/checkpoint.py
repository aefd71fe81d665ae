"""Saves and restores all that is needed to go on bit for bit.

Nothing random remains once training has begun (the order of the rows follows from the seed and the epoch, there is
no dropout), so adapter, optimizer and position are the whole state.
"""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from peft import PeftModel, load_peft_weights, set_peft_model_state_dict

from trainer.durable import folder_written_aside
from trainer.gguf_adapter import write_gguf_adapter
from trainer.job_folder import STATE, checkpoint_folder, checkpoint_steps


@dataclass(frozen=True)
class Position:
    """Where training stands after an optimizer step, and what was measured there."""

    step: int = 0
    epoch: int = 0
    tokens: int = 0
    train_seconds: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)


def write_adapter(model: PeftModel, base: Path, folder: Path) -> None:
    model.save_pretrained(str(folder))
    # PEFT's model card names paths of this machine and nothing else of use.
    (folder / "README.md").unlink(missing_ok=True)
    write_gguf_adapter(folder, base, folder / "adapter.gguf")


def save_checkpoint(
    job_folder: Path, base: Path, model: PeftModel, optimizer: torch.optim.Optimizer, position: Position
) -> None:
    with folder_written_aside(checkpoint_folder(job_folder, position.step)) as folder:
        write_adapter(model, base, folder)
        torch.save({"optimizer": optimizer.state_dict(), "position": vars(position)}, folder / STATE)


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
