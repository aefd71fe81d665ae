"""What a job will take, from what it is made of and from a few of its own passes, timed on this machine."""

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from trainer.adapter import attach_adapter
from trainer.base import best_device, load_chat_format, load_model
from trainer.cpu import keep_freed_memory, training_threads
from trainer.dataset import ChatFormat
from trainer.device_memory import gpu_memory, peak_memory_bytes
from trainer.estimate.counting import (
    Counter,
    Work,
    count_training,
    count_validation,
    looked_at,
    validation_times,
)
from trainer.estimate.fit import Cost, fit
from trainer.estimate.measure import Job, time_checkpoint, time_fidelity, time_learning, time_looking, time_optimizer
from trainer.estimate.memory_need import estimate_memory
from trainer.estimate.passes import kind_of
from trainer.estimate.sample import Sample, draw, renumbered
from trainer.estimate.shape import read_model_shape
from trainer.job import JobError, Spec
from trainer.journal import Journal
from trainer.method import probed
from trainer.optimize import create_optimizer
from trainer.plan import Plan, Row, make_plan
from trainer.schedule import Setting, resolve, steps_per_epoch
from trainer.train import prepare_compute

# Whatever is read of a validation file beyond this tells nothing new of its cost.
MOST_VALIDATION_ROWS = 2_000


@dataclass(frozen=True)
class Files:
    """The job's files or what was drawn of them, and the plan that they give."""

    plan: Plan
    training: Sample
    validation: Sample | None
    total_steps: int
    steps_per_epoch: int
    # Of the whole files.
    reading_seconds: float

    @property
    def teaching(self) -> list[Row]:
        return [row for row in self.plan.validation if row.teaches]


def full_size(plan: Plan, spec: Spec, rows: int, parameters: int) -> Plan:
    """What follows from the number of rows, for all the file's rows."""
    setting = Setting(spec.method, rows, parameters, plan.resolved.context_length, plan.adapter)
    resolved = resolve(spec.hyperparameters, setting)
    return replace(plan, resolved=resolved, steps_per_epoch=steps_per_epoch(len(plan.training), resolved.batch_size))


def read_files(spec: Spec, chat: ChatFormat, parameters: int, folder: Path) -> Files:
    training = draw(spec.training_file, folder / "training.sample")
    validation = None
    if spec.validation_file is not None:
        validation = draw(spec.validation_file, folder / "validation.sample", MOST_VALIDATION_ROWS)
    began = time.monotonic()
    some = replace(spec, training_file=training.path, validation_file=validation and validation.path)
    try:
        plan = make_plan(some, chat, parameters)
    except JobError as error:
        sample = validation if error.param == "validation_file" and validation else training
        raise renumbered(error, sample) from error
    seconds = time.monotonic() - began
    plan = full_size(plan, spec, training.rows, parameters)
    per_epoch = steps_per_epoch(training.rows, plan.resolved.batch_size)
    all_rows = training.rows + (validation.rows if validation else 0)
    return Files(
        plan=plan,
        training=training,
        validation=validation,
        total_steps=per_epoch * plan.resolved.n_epochs,
        steps_per_epoch=per_epoch,
        reading_seconds=seconds * all_rows / (len(plan.training) + len(plan.validation)),
    )


def seconds_of(work: Work, cost: Cost) -> float:
    return work.scale * cost.of(sum(one.operations for one in work.passes), len(work.passes))


def looking_cost(counter: Counter, rows: list[Row]) -> Cost:
    return fit(time_looking(counter, rows)) if rows else Cost(0.0, 0.0)


def validation_seconds(counter: Counter, files: Files, cost: Cost) -> float:
    rows = files.teaching
    if not rows or files.validation is None:
        return 0.0
    times = validation_times(files.total_steps, files.steps_per_epoch)
    whole = seconds_of(looked_at(counter, rows), cost) / files.validation.share
    return seconds_of(count_validation(counter, rows, times), cost) + files.plan.resolved.n_epochs * whole


def reference_seconds(counter: Counter, files: Files, cost: Cost) -> float:
    """DPO looks once at every pair before the first step."""
    if files.plan.resolved.beta is None:
        return 0.0
    training = seconds_of(looked_at(counter, files.plan.training), cost) / files.training.share
    if files.validation is None:
        return training
    return training + seconds_of(looked_at(counter, files.teaching), cost) / files.validation.share


def tokens_of(files: Files, work: Work) -> dict[str, int]:
    epochs = files.plan.resolved.n_epochs
    per_epoch = round(files.plan.tokens_per_epoch / files.training.share)
    return {
        "dataset_per_epoch": per_epoch,
        "dataset_total": per_epoch * epochs,
        "computed_per_epoch": round(work.computed_tokens / epochs),
        "computed_total": work.computed_tokens,
    }


def peak_memory(counter: Counter, work: Work, dataset_tokens: int) -> int:
    """A pass whose blocks are computed twice may need less than a shorter one."""
    passes = {(one.size.tokens, counter.is_recomputed(one.size)) for one in work.passes}
    shape, adapter = counter.shape, counter.adapter
    return max(estimate_memory(shape, adapter, tokens, dataset_tokens, twice) for tokens, twice in passes)


def truncation(files: Files) -> dict[str, int]:
    cut = [row.truncated_tokens for row in files.plan.training if row.truncated_tokens > 0]
    scale = 1 / files.training.share
    return {"examples": round(scale * len(cut)), "tokens": round(scale * sum(cut))}


def estimate(spec: Spec, folder: Path, began: float) -> dict:
    """`began`: when this process did, by the monotonic clock; a trainer's takes as long until it is here."""
    keep_freed_memory()
    torch.set_num_threads(training_threads())
    torch.set_flush_denormal(True)
    device = best_device()
    gpu = gpu_memory(device)
    base = load_model(spec.base.path, device, spec.hyperparameters.quantization or "none")
    parameters = base.num_parameters()
    chat = load_chat_format(spec.base.path)
    loaded = time.monotonic()
    files = read_files(spec, chat, parameters, folder)
    plan = files.plan
    read = time.monotonic()
    model = attach_adapter(base, spec.adapter, spec.seed, plan.adapter)
    compute = prepare_compute(spec, folder, Journal(folder / "journal.jsonl"), plan, model)
    starting = loaded - began + time.monotonic() - read

    shape = read_model_shape(spec.base.path, parameters)
    counter = Counter(shape, plan.adapter, kind_of(plan.resolved.beta), compute.packed)
    work = count_training(counter, plan, spec.seed, files.total_steps)
    job = Job(counter, plan, spec.seed, create_optimizer(model, plan.resolved.weight_decay))
    learned = time_learning(job, work.passes)
    optimizer_seconds = time_optimizer(job)
    is_dpo = plan.resolved.beta is not None
    cost = looking_cost(counter, files.teaching or (plan.training[:MOST_VALIDATION_ROWS] if is_dpo else []))
    tokens = tokens_of(files, work)
    seconds = {
        "starting": starting + files.reading_seconds + reference_seconds(counter, files, cost),
        "training": seconds_of(work, fit(learned)) + files.total_steps * optimizer_seconds,
        "validation": validation_seconds(counter, files, cost),
        "checkpoints": plan.resolved.n_epochs * time_checkpoint(job, spec.base.path, folder),
        "finishing": time_fidelity(job, [probed(row) for row in plan.validation or plan.training]),
    }
    resolved = {name: value for name, value in asdict(plan.resolved).items() if value is not None}
    return {
        "hyperparameters": resolved,
        "steps": files.total_steps,
        "examples": files.training.rows,
        "validation_examples": files.validation.rows if files.validation else 0,
        "tokens": tokens,
        "truncated": truncation(files),
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "peak_memory_bytes": peak_memory_bytes(device)
        if gpu
        else peak_memory(counter, work, tokens["dataset_per_epoch"]),
        "gpu": gpu,
        "sampled": {
            "examples": None if files.training.lines is None else len(plan.training),
            "steps": None if work.is_exact else work.steps,
        },
        "timed": {"passes": len(learned), "seconds": round(sum(one.seconds for one in learned), 3)},
    }
