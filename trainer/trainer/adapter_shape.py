"""Which layers an adapter changes, by how much, and what a job may ask of one that is there already. No torch here."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from trainer.job import Hyperparameters, JobError

ALL_LINEAR = "all-linear"
LINEAR_LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
RANK = 16
ALPHA_PER_RANK = 2


@dataclass(frozen=True)
class AdapterShape:
    r: int = RANK
    alpha: float = RANK * ALPHA_PER_RANK
    dropout: float = 0.0
    targets: str | list[str] = field(default=ALL_LINEAR)


def layer_names(targets: str | list[str]) -> set[str]:
    return set(LINEAR_LAYERS) if targets == ALL_LINEAR else set(targets)


def in_order(names: set[str]) -> str | list[str]:
    return ALL_LINEAR if names >= set(LINEAR_LAYERS) else [name for name in LINEAR_LAYERS if name in names]


def fresh_shape(asked: Hyperparameters) -> AdapterShape:
    r = asked.lora_r or RANK
    return AdapterShape(
        r=r,
        alpha=ALPHA_PER_RANK * r if asked.lora_alpha is None else asked.lora_alpha,
        dropout=asked.lora_dropout or 0.0,
        targets=in_order(layer_names(asked.lora_target_modules or ALL_LINEAR)),
    )


def read_shape(folder: Path) -> AdapterShape:
    """Of a PEFT adapter's folder."""
    try:
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        targets = config["target_modules"]
        names = layer_names(targets) if targets == ALL_LINEAR else {name.rsplit(".", 1)[-1] for name in targets}
        return AdapterShape(int(config["r"]), float(config["lora_alpha"]), 0.0, in_order(names))
    except FileNotFoundError as error:
        raise JobError("model_not_available", "The adapter to continue from is not there any more.", "model") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"The adapter to continue from cannot be read: {error!r}."
        raise JobError("model_not_available", message, "model") from error


def refuse_other(name: str, asked: object, own: object) -> None:
    raise JobError(
        "invalid_hyperparameters",
        f"The model to continue from was trained with {name} {own}, which cannot become {asked}: leave {name} out, "
        "or train from the base model.",
        f"hyperparameters.{name}",
    )


def continued_shape(asked: Hyperparameters, own: AdapterShape) -> AdapterShape:
    """Rank, alpha and layers are those of the adapter; only the dropout is the new job's."""
    if asked.lora_r not in (None, own.r):
        refuse_other("lora_r", asked.lora_r, own.r)
    if asked.lora_alpha not in (None, own.alpha):
        refuse_other("lora_alpha", asked.lora_alpha, own.alpha)
    wanted = asked.lora_target_modules
    if wanted is not None and layer_names(wanted) != layer_names(own.targets):
        refuse_other("lora_target_modules", wanted, own.targets)
    return AdapterShape(own.r, own.alpha, asked.lora_dropout or 0.0, own.targets)


def adapter_shape(asked: Hyperparameters, continue_from: Path | None) -> AdapterShape:
    return fresh_shape(asked) if continue_from is None else continued_shape(asked, read_shape(continue_from))
