"""What the journal says of a job as a whole. No torch here."""

from dataclasses import asdict
from pathlib import Path

from trainer.journal import Journal, read_events
from trainer.plan import Plan
from trainer.position import Position


def announce_plan(journal: Journal, plan: Plan) -> None:
    resolved = {name: value for name, value in asdict(plan.resolved).items() if value is not None}
    journal.append(
        "resolved",
        hyperparameters=resolved,
        learning_rate=plan.resolved.learning_rate,
        total_steps=plan.total_steps,
        examples=len(plan.training),
        tokens_per_epoch=plan.tokens_per_epoch,
        truncated_examples=sum(row.truncated_tokens > 0 for row in plan.training),
        truncated_tokens=sum(row.truncated_tokens for row in plan.training),
        untaught_examples=sum(not row.teaches for row in plan.training),
    )


def announce_step(journal: Journal, plan: Plan, position: Position, seconds: float) -> None:
    """`seconds` of this process."""
    journal.append(
        "step",
        step=position.step,
        **position.metrics,
        total_steps=plan.total_steps,
        tokens=position.tokens,
        seconds=seconds,
    )


def announce_checkpoint(journal: Journal, position: Position) -> None:
    path = f"checkpoints/step-{position.step}"
    journal.append("checkpoint", epoch=position.epoch, step=position.step, path=path, **position.metrics)


def announce_if_missed(job_folder: Path, journal: Journal, plan: Plan, position: Position) -> None:
    """A process can die between a checkpoint and the line about it. A pause's checkpoint has no line."""
    events = read_events(job_folder / "journal.jsonl")
    announced = {event.get("step") for event in events if event.get("type") == "checkpoint"}
    if position.step and plan.epoch_ends(position.step) and position.step not in announced:
        announce_checkpoint(journal, position)


def announce_finish(journal: Journal, plan: Plan, position: Position, peak_memory_bytes: int) -> None:
    journal.append(
        "finished",
        adapter="adapter",
        fidelity="fidelity.json",
        trained_tokens=plan.tokens_per_epoch * plan.resolved.n_epochs,
        train_seconds=position.train_seconds,
        peak_memory_bytes=peak_memory_bytes,
    )
