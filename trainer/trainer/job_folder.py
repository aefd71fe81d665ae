"""The files of a job. Checkpoints are complete or absent; the last three are kept. No torch here."""

import shutil
from pathlib import Path

from trainer.durable import folder_written_aside

KEPT_CHECKPOINTS = 3
STATE = "state.pt"
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors", "adapter.gguf")


def checkpoint_folder(job_folder: Path, step: int) -> Path:
    return job_folder / "checkpoints" / f"step-{step}"


def checkpoint_steps(job_folder: Path) -> list[int]:
    """Oldest first."""
    return sorted(int(folder.name.removeprefix("step-")) for folder in (job_folder / "checkpoints").glob("step-*"))


def drop_old_checkpoints(job_folder: Path) -> None:
    *older, _ = steps = checkpoint_steps(job_folder)
    for step in older:
        (checkpoint_folder(job_folder, step) / STATE).unlink(missing_ok=True)
    for step in steps[:-KEPT_CHECKPOINTS]:
        shutil.rmtree(checkpoint_folder(job_folder, step))


def publish_adapter(job_folder: Path, step: int) -> None:
    """The last checkpoint's adapter, without the state, as the job's result."""
    with folder_written_aside(job_folder / "adapter") as folder:
        for name in ADAPTER_FILES:
            shutil.copyfile(checkpoint_folder(job_folder, step) / name, folder / name)
