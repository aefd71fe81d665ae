"""Opens a base model: its weights and its way to write chats."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import torch
from jinja2 import TemplateError
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils.chat_template_utils import render_jinja_template
from transformers.utils.logging import disable_progress_bar

from trainer.dataset import TEMPLATE_SETTINGS, ChatFormat
from trainer.failures import is_out_of_memory
from trainer.job import JobError
from trainer.messages import BadRow

# What the prefix tree and the GGUF adapter are known to be right for.
TRAINABLE = ("llama", "mistral", "qwen2", "qwen3")
# What Transformers takes for a window where config.json does not say.
WINDOWS = {"mistral": 4096}
# Both names of the activation that the kernels compute, and engines for these models.
SILU = ("silu", "swish")
# Rows of a batch share their positions, and a shorter row would get those of a longer one.
LENGTH_BOUND = "longrope"


def best_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def best_dtype(device: torch.device) -> torch.dtype:
    """On a CPU float32 multiplies as fast as bfloat16 or faster, and so it does on a GPU that only emulates that."""
    has_bfloat16 = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if has_bfloat16 else torch.float32


def slides(config: dict) -> bool:
    """Whether a token sees no further back than some window."""
    kind = config["model_type"]
    if kind in WINDOWS:
        return config.get("sliding_window", WINDOWS[kind]) is not None
    return bool(config.get("use_sliding_window"))


def obstacle(config: dict) -> str | None:
    """Why a model of this `config.json` would be computed wrongly; None: it would not."""
    kind, activation = config["model_type"], config.get("hidden_act") or "silu"
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if kind not in TRAINABLE or slides(config):
        known, window = f"{', '.join(TRAINABLE[:-1])} and {TRAINABLE[-1]}", " with a sliding window"
        return (
            f"Only {known} models with full attention can be trained; this one is {kind}"
            f"{window if kind in TRAINABLE else ''}."
        )
    if activation not in SILU:
        return f"Only models with the activation silu can be trained; this one has {activation}."
    if LENGTH_BOUND in (rope.get("rope_type"), rope.get("type")):
        return f"Models whose positions follow the length of a text ({LENGTH_BOUND}) cannot be trained."
    if config.get("quantization_config"):
        method = config["quantization_config"].get("quant_method", "quantized")
        return f"Its weights are quantized ({method}): add it with the weights it had before, such as bfloat16."
    return None


def check_trainable(path: Path) -> None:
    reason = obstacle(json.loads((path / "config.json").read_text(encoding="utf-8")))
    if reason is not None:
        raise JobError("model_not_trainable", reason, "model")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """What a damaged or missing file makes the libraries throw, as an error for good."""
    try:
        yield
    # Their classes for it are many, and not all of them are those of Python.
    except Exception as error:
        if isinstance(error, JobError) or is_out_of_memory(error):
            raise
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        message = f"The base model at {path} cannot be read ({reason}). Add it anew, or repair its files."
        raise JobError("base_unreadable", message, "model") from error


def quantization_config(quantization: str, device: torch.device) -> BitsAndBytesConfig | None:
    if quantization == "none":
        return None
    if device.type != "cuda" or find_spec("bitsandbytes") is None:
        raise JobError(
            "quantization_not_available",
            f"{quantization} needs an NVIDIA GPU with CUDA and the Python package bitsandbytes, and this machine's "
            "trainer lacks one of them. Leave quantization out, or set it to none.",
            "hyperparameters.quantization",
        )
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=best_dtype(device),
    )


def load_model(path: Path, device: torch.device, quantization: str = "none") -> nn.Module:
    config = quantization_config(quantization, device)
    disable_progress_bar()
    with readable(path):
        check_trainable(path)
        model, found = AutoModelForCausalLM.from_pretrained(
            path,
            dtype=best_dtype(device),
            attn_implementation="sdpa",
            local_files_only=True,
            output_loading_info=True,
            # Straight to where it computes, and not by way of a machine's memory that may be the smaller.
            **({"device_map": {"": device}} if device.type == "cuda" else {}),
            **({} if config is None else {"quantization_config": config}),
        )
        # Transformers would go on with random numbers.
        if found["missing_keys"]:
            raise ValueError(f"{len(found['missing_keys'])} of its weights are missing")
    return model.requires_grad_(False)


def load_chat_format(path: Path) -> ChatFormat:
    with readable(path):
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        # Here, where one that is missing is an error of the base.
        tokenizer.get_chat_template()
        names = tokenizer.special_tokens_map

    def render(messages: list[dict], tools: list[dict] | None, add_generation_prompt: bool) -> str:
        # Some bases have a second template, for chats with tools.
        template = tokenizer.get_chat_template(tools=tools)
        # `apply_chat_template` refuses the empty conversation that comes before an assistant's opening words.
        try:
            [[text], _] = render_jinja_template(
                [messages],
                tools,
                chat_template=template,
                add_generation_prompt=add_generation_prompt,
                **TEMPLATE_SETTINGS,
                **names,
            )
        except (TemplateError, TypeError, ValueError, LookupError) as error:
            raise BadRow(f"the model's chat template refuses it: {error}") from error
        return text

    def encode_batch(texts: list[str]) -> list[list[int]]:
        return tokenizer(texts, add_special_tokens=False, return_attention_mask=False)["input_ids"]

    return ChatFormat(render, encode_batch, tuple(tokenizer.all_special_tokens))
