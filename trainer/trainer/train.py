"""The training job, top to bottom."""

import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from peft import PeftModel

from trainer.adapter import attach_adapter
from trainer.announce import announce_checkpoint, announce_finish, announce_if_missed, announce_plan, announce_step
from trainer.as_served import write_fidelity_as_served
from trainer.base import best_device, load_chat_format, load_model
from trainer.board import Board, open_board
from trainer.checkpoint import resume, save_checkpoint
from trainer.cpu import give_back_freed_memory, keep_freed_memory, training_threads
from trainer.device_memory import peak_memory_bytes
from trainer.dropout import install_dropout
from trainer.evaluate import validation_metrics
from trainer.failures import is_out_of_memory
from trainer.fidelity import write_fidelity
from trainer.gpu import create_gpu_model
from trainer.job import Spec
from trainer.job_folder import drop_old_checkpoints, kept_for_resuming, pause_is_asked, publish_adapter
from trainer.journal import Journal
from trainer.memory import Compute, computed, create_compute
from trainer.method import Method, method_of, probed
from trainer.optimize import apply_gradients, check_finite, create_optimizer, trainable
from trainer.packed import PackedModel, create_packed_model
from trainer.plan import Plan, Row, batches_after, check_vocabulary, make_plan
from trainer.position import Position
from trainer.reference import with_reference
from trainer.schedule import learning_rate_at
from trainer.watch import Progress

# A trainer that dies loses no more than this, however long an epoch is.
SAVE_SECONDS = 600.0


@dataclass(frozen=True)
class Training:
    """What the steps of one process have in common."""

    spec: Spec
    folder: Path
    journal: Journal
    plan: Plan
    method: Method
    compute: Compute
    optimizer: torch.optim.Optimizer
    validation: list[Row]

    @property
    def model(self) -> PeftModel:
        return self.compute.packed.model


def packed_on_gpu(model: PeftModel, journal: Journal) -> PackedModel:
    def warn(reason: str) -> None:
        message = f"The GPU's attention kernel does not run here ({reason}). The training goes on without it, slower."
        journal.append("warning", code="attention_not_compiled", message=message)

    return create_gpu_model(model, warn)


def packed_on_its_device(model: PeftModel, journal: Journal) -> PackedModel:
    return packed_on_gpu(model, journal) if model.device.type == "cuda" else create_packed_model(model)


def prepare_compute(spec: Spec, folder: Path, journal: Journal, plan: Plan, model: PeftModel) -> Compute:
    dropout = install_dropout(model, plan.resolved.lora_dropout, spec.seed)
    packed = replace(packed_on_its_device(model, journal), packing=plan.resolved.packing, dropout=dropout)
    return create_compute(packed, kept_for_resuming(folder, "memory.json"), journal)


def compared_with_its_start(plan: Plan, folder: Path, compute: Compute) -> Plan:
    """DPO asks how far the model has moved from what it was before the first step."""
    if plan.resolved.beta is None:
        return plan
    files = {"training": plan.training, "validation": plan.validation}
    return replace(plan, **with_reference(kept_for_resuming(folder, "reference.json"), compute, files))


def take_step(training: Training, step: int, batch: list[Row]) -> dict[str, float]:
    """What was measured before and after it."""
    plan, compute, method = training.plan, training.compute, training.method
    dropout = compute.packed.dropout
    with dropout.at_step(step) if dropout else nullcontext():
        metrics = computed(compute, method.learn, batch)
    check_finite(step, [*metrics.values()])
    rate = learning_rate_at(step, plan.total_steps, plan.resolved)
    apply_gradients(training.optimizer, step, rate, plan.resolved.max_grad_norm)

    def measure(rows: list[Row]) -> tuple[float, float]:
        return computed(compute, method.measure, rows)

    measured = validation_metrics(measure, training.validation, step, plan.epoch_ends(step))
    check_finite(step, [*measured.values()])
    return metrics | measured


def write_checkpoint(training: Training, position: Position) -> None:
    """A training that just fits into memory has none left to save with, but for what its last step has freed."""
    what = (training.folder, training.spec.base.path, training.model, training.optimizer, position)
    try:
        save_checkpoint(*what)
        return
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    give_back_freed_memory()
    save_checkpoint(*what)


def save(training: Training, position: Position) -> None:
    check_finite(position.step, [weight.detach().sum().item() for weight in trainable(training.model)])
    write_checkpoint(training, position)
    if training.plan.epoch_ends(position.step):
        announce_checkpoint(training.journal, position)
    drop_old_checkpoints(training.folder, training.plan.steps_per_epoch)


def run_steps(training: Training, position: Position, progress: Progress, board: Board) -> Position:
    """To the last step, or to the one at which a pause was asked for."""
    plan, journal = training.plan, training.journal
    before, began = position.train_seconds, time.monotonic()
    saved = began
    progress.step = position.step
    for step, epoch, batch in batches_after(plan, training.spec.seed, position.step):
        progress.stage = "training"
        metrics = take_step(training, step, batch)
        seconds = time.monotonic() - began
        tokens = position.tokens + sum(row.token_count for row in batch)
        position = Position(step, epoch, tokens, before + seconds, metrics)
        progress.step = step
        announce_step(journal, plan, position, seconds)
        board.log(step, metrics)
        is_paused = step < plan.total_steps and pause_is_asked(training.folder)
        if is_paused or plan.epoch_ends(step) or time.monotonic() - saved >= SAVE_SECONDS:
            progress.stage = "saving"
            save(training, position)
            saved = time.monotonic()
        if is_paused:
            break
    return position


def prepare(spec: Spec, folder: Path, journal: Journal, progress: Progress) -> Training:
    progress.stage = "loading"
    base = load_model(spec.base.path, best_device(), spec.hyperparameters.quantization or "none")
    progress.stage = "reading"
    plan = make_plan(spec, load_chat_format(spec.base.path), base.num_parameters())
    check_vocabulary(plan, base.get_input_embeddings().num_embeddings)
    announce_plan(journal, plan)
    model = attach_adapter(base, spec.adapter, spec.seed, plan.adapter)
    compute = prepare_compute(spec, folder, journal, plan, model)
    progress.stage = "measuring the start"
    plan = compared_with_its_start(plan, folder, compute)
    return Training(
        spec=spec,
        folder=folder,
        journal=journal,
        plan=plan,
        method=method_of(plan.resolved.beta),
        compute=compute,
        optimizer=create_optimizer(model, plan.resolved.weight_decay),
        validation=[row for row in plan.validation if row.teaches],
    )


def finish(training: Training, position: Position) -> None:
    plan, folder, peak = training.plan, training.folder, peak_memory_bytes(training.model.device)
    publish_adapter(folder, position.step)
    rows = [probed(row) for row in plan.validation or plan.training]
    if (training.spec.hyperparameters.quantization or "none") == "none":
        chat = load_chat_format(training.spec.base.path)
        write_fidelity(training.model.eval(), chat, rows, folder / "fidelity.json")
    else:
        write_fidelity_as_served(training.spec, plan.adapter, rows, folder)
    announce_finish(training.journal, plan, position, peak)


def train(spec: Spec, job_folder: Path, journal: Journal, progress: Progress) -> None:
    keep_freed_memory()
    torch.set_num_threads(training_threads())
    torch.set_flush_denormal(True)
    training = prepare(spec, job_folder, journal, progress)
    position = resume(job_folder, training.model, training.optimizer)
    announce_if_missed(job_folder, journal, training.plan, position)
    board = open_board(spec, job_folder, journal, training.plan.resolved)
    try:
        position = run_steps(training, position, progress, board)
        if position.step < training.plan.total_steps:
            journal.append("paused", step=position.step)
            return
        progress.stage = "finishing"
        finish(training, position)
    finally:
        board.close()
