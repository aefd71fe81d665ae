"""Puts an adapter on a base model: a fresh one, or the one that the job continues from."""

from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict, load_peft_weights
from safetensors import SafetensorError
from torch import nn

from trainer.adapter_shape import AdapterShape
from trainer.failures import is_out_of_memory
from trainer.job import JobError

DEFAULT_SHAPE = AdapterShape()


def fresh_adapter(model: nn.Module, shape: AdapterShape, seed: int) -> PeftModel:
    torch.manual_seed(seed)
    config = LoraConfig(
        r=shape.r,
        lora_alpha=shape.alpha,
        lora_dropout=shape.dropout,
        target_modules=shape.targets,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def check_complete(model: PeftModel, folder: Path) -> None:
    """PEFT only warns when weights are missing or are of other layers."""
    wanted, found = set(get_peft_model_state_dict(model)), set(load_peft_weights(str(folder), device="cpu"))
    if wanted != found:
        raise ValueError(f"{len(wanted ^ found)} of its weights are missing or do not belong to this base")


def continued_adapter(model: nn.Module, shape: AdapterShape, folder: Path) -> PeftModel:
    """PEFT would look for a missing folder on the hub: `read_shape` has seen that it is there."""
    try:
        config = LoraConfig.from_pretrained(str(folder))
        config.lora_dropout, config.inference_mode = shape.dropout, False
        adapted = PeftModel.from_pretrained(model, str(folder), is_trainable=True, config=config)
        check_complete(adapted, folder)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise
        message = f"The adapter to continue from cannot be read: {error}."
        raise JobError("model_not_available", message, "model") from error
    return adapted


def attach_adapter(
    model: nn.Module, continue_from: Path | None, seed: int, shape: AdapterShape = DEFAULT_SHAPE
) -> PeftModel:
    if continue_from is None:
        return fresh_adapter(model, shape, seed)
    return continued_adapter(model, shape, continue_from)
