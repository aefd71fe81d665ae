"""The files of a job. Checkpoints are complete or absent; those of the last three epochs are kept. No torch here."""

import shutil
from pathlib import Path

from trainer.durable import folder_written_aside
from trainer.journal import read_events

KEPT_CHECKPOINTS = 3
STATE = "state.pt"
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors", "adapter.gguf")


def checkpoint_folder(job_folder: Path, step: int) -> Path:
    return job_folder / "checkpoints" / f"step-{step}"


def checkpoint_steps(job_folder: Path) -> list[int]:
    """Oldest first."""
    return sorted(int(folder.name.removeprefix("step-")) for folder in (job_folder / "checkpoints").glob("step-*"))


def kept_for_resuming(job_folder: Path, name: str) -> Path:
    """Where a first run leaves what a resumed one must not find out anew."""
    return job_folder / "checkpoints" / name


def drop_old_checkpoints(job_folder: Path, steps_per_epoch: int) -> None:
    """One from between two epochs is of no use once there is a newer one."""
    *older, newest = steps = checkpoint_steps(job_folder)
    for step in older:
        (checkpoint_folder(job_folder, step) / STATE).unlink(missing_ok=True)
    epochs = [step for step in steps if step % steps_per_epoch == 0]
    for step in {*steps} - {*epochs[-KEPT_CHECKPOINTS:], newest}:
        shutil.rmtree(checkpoint_folder(job_folder, step))


def pause_is_asked(job_folder: Path) -> bool:
    return (job_folder / "pause").exists()


def forget_pause_that_was_obeyed(job_folder: Path) -> None:
    """Whoever starts a paused job anew removes the file; one that is still there must not pause it again."""
    asked = job_folder / "pause"
    pauses = [event["time"] for event in read_events(job_folder / "journal.jsonl") if event.get("type") == "paused"]
    if asked.exists() and pauses and pauses[-1] >= asked.stat().st_mtime:
        asked.unlink(missing_ok=True)


def publish_adapter(job_folder: Path, step: int) -> None:
    """The last checkpoint's adapter, without the state, as the job's result."""
    with folder_written_aside(job_folder / "adapter") as folder:
        for name in ADAPTER_FILES:
            shutil.copyfile(checkpoint_folder(job_folder, step) / name, folder / name)
