"""The training job, top to bottom."""

import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path

import torch
from peft import PeftModel

from trainer.base import best_device, load_chat_format, load_model
from trainer.checkpoint import Position, resume, save_checkpoint
from trainer.cpu import training_threads
from trainer.evaluate import validation_metrics
from trainer.fidelity import write_fidelity
from trainer.job import Spec
from trainer.job_folder import drop_old_checkpoints, publish_adapter
from trainer.journal import Journal, read_events
from trainer.lora import attach_adapter
from trainer.optimize import create_optimizer, optimizer_step
from trainer.packed import create_packed_model
from trainer.plan import Plan, as_rows, batches_after, make_plan
from trainer.schedule import learning_rate_at
from trainer.watch import Progress


def announce_plan(journal: Journal, plan: Plan) -> None:
    journal.append(
        "resolved",
        hyperparameters=asdict(plan.resolved),
        learning_rate=plan.peak_learning_rate,
        total_steps=plan.total_steps,
        examples=len(plan.training),
        tokens_per_epoch=plan.tokens_per_epoch,
        truncated_examples=sum(example.truncated_tokens > 0 for example in plan.training),
        truncated_tokens=sum(example.truncated_tokens for example in plan.training),
    )


def announce_checkpoint(journal: Journal, position: Position) -> None:
    path = f"checkpoints/step-{position.step}"
    journal.append("checkpoint", epoch=position.epoch, step=position.step, path=path, **position.metrics)


def announce_if_missed(job_folder: Path, journal: Journal, position: Position) -> None:
    """A process can die between a checkpoint and the line about it."""
    events = read_events(job_folder / "journal.jsonl")
    announced = {event.get("step") for event in events if event.get("type") == "checkpoint"}
    if position.step and position.step not in announced:
        announce_checkpoint(journal, position)


def peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def run_steps(
    spec: Spec, job_folder: Path, journal: Journal, progress: Progress, plan: Plan, model: PeftModel
) -> Position:
    optimizer = create_optimizer(model)
    packed = create_packed_model(model)
    position = resume(job_folder, model, optimizer)
    announce_if_missed(job_folder, journal, position)
    before, began = position.train_seconds, time.monotonic()
    progress.stage, progress.step = "training", position.step

    for step, epoch, batch in batches_after(plan, spec.seed, position.step):
        rate = learning_rate_at(step, plan.total_steps, plan.peak_learning_rate)
        metrics = optimizer_step(packed, optimizer, as_rows(batch), step, rate)
        metrics |= validation_metrics(packed, plan, step)
        seconds = time.monotonic() - began
        tokens = position.tokens + sum(len(example.tokens) for example in batch)
        position = Position(step, epoch, tokens, before + seconds, metrics)
        progress.step = step
        journal.append("step", step=step, **metrics, total_steps=plan.total_steps, tokens=tokens, seconds=seconds)
        if step % plan.steps_per_epoch == 0:
            save_checkpoint(job_folder, spec.base.path, model, optimizer, position)
            announce_checkpoint(journal, position)
            drop_old_checkpoints(job_folder)
    return position


def train(spec: Spec, job_folder: Path, journal: Journal, progress: Progress) -> None:
    torch.set_num_threads(training_threads())
    torch.set_flush_denormal(True)
    progress.stage = "loading"
    base = load_model(spec.base.path, best_device())
    progress.stage = "reading"
    plan = make_plan(spec, load_chat_format(spec.base.path), base.num_parameters())
    announce_plan(journal, plan)

    model = attach_adapter(base, spec.adapter, spec.seed)
    position = run_steps(spec, job_folder, journal, progress, plan, model)

    progress.stage = "finishing"
    publish_adapter(job_folder, position.step)
    write_fidelity(model.eval(), plan.validation or plan.training, job_folder / "fidelity.json")
    journal.append(
        "finished",
        adapter="adapter",
        fidelity="fidelity.json",
        trained_tokens=plan.tokens_per_epoch * plan.resolved.n_epochs,
        train_seconds=position.train_seconds,
        peak_memory_bytes=peak_memory_bytes(),
    )
