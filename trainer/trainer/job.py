"""What a job asks for: `spec.json`, as contract/training.ts defines it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Auto = Literal["auto"]
MethodName = Literal["supervised", "dpo"]
METHODS = ("supervised", "dpo")


class JobError(Exception):
    """The job cannot succeed however often it is tried; `message` is for the user."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


@dataclass(frozen=True)
class Base:
    id: str
    path: Path
    context_length: int


@dataclass(frozen=True)
class Hyperparameters:
    """Extras of Perennial's own are None where the trainer's default holds."""

    n_epochs: int | Auto
    batch_size: int | Auto
    learning_rate_multiplier: float | Auto
    beta: float | Auto = "auto"
    learning_rate: float | None = None
    lora_r: int | None = None
    lora_alpha: float | None = None
    lora_dropout: float | None = None
    lora_target_modules: str | list[str] | None = None
    warmup_ratio: float | None = None
    lr_scheduler: str | None = None
    weight_decay: float | None = None
    max_grad_norm: float | None = None
    context_length: int | None = None
    packing: bool | None = None
    quantization: str | None = None


@dataclass(frozen=True)
class Wandb:
    """Where on Weights & Biases the job's run goes."""

    project: str
    name: str | None
    entity: str | None
    tags: list[str]


@dataclass(frozen=True)
class Spec:
    job_id: str
    method: MethodName
    base: Base
    adapter: Path | None
    training_file: Path
    validation_file: Path | None
    hyperparameters: Hyperparameters
    seed: int
    wandb: Wandb | None


def optional_path(value: str | None) -> Path | None:
    return None if value is None else Path(value)


def parse_spec(raw: dict) -> Spec:
    if raw["version"] != 1 or raw["method"] not in METHODS:
        raise ValueError(f"version {raw['version']} with method {raw['method']} is not known")
    base, wandb = raw["base"], raw.get("wandb")
    return Spec(
        job_id=raw["job_id"],
        method=raw["method"],
        base=Base(base["id"], Path(base["path"]), base["context_length"]),
        adapter=optional_path(raw["adapter"]),
        training_file=Path(raw["training_file"]),
        validation_file=optional_path(raw["validation_file"]),
        hyperparameters=Hyperparameters(**raw["hyperparameters"]),
        seed=raw["seed"],
        wandb=None if wandb is None else Wandb(**wandb),
    )


def read_spec(job_folder: Path) -> Spec:
    try:
        return parse_spec(json.loads((job_folder / "spec.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JobError("invalid_spec", f"spec.json cannot be used: {error!r}.") from error
