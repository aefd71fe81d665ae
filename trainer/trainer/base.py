"""Opens a base model: its weights and its way to write chats."""

import json
from pathlib import Path

import torch
from jinja2 import TemplateError
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.chat_template_utils import render_jinja_template
from transformers.utils.logging import disable_progress_bar

from trainer.dataset import ChatFormat
from trainer.job import JobError
from trainer.messages import BadRow

# What the prefix tree and the GGUF adapter are known to be right for.
TRAINABLE = ("llama", "qwen2")


def best_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def best_dtype(device: torch.device) -> torch.dtype:
    """On a CPU float32 multiplies as fast as bfloat16 or faster."""
    return torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float32


def check_trainable(path: Path) -> None:
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    if config["model_type"] not in TRAINABLE or config.get("use_sliding_window"):
        known = " and ".join(TRAINABLE)
        raise JobError(
            "model_not_trainable",
            f"Only {known} models with full attention can be trained; this one is {config['model_type']}.",
            "model",
        )


def load_model(path: Path, device: torch.device) -> nn.Module:
    check_trainable(path)
    disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(
        path, dtype=best_dtype(device), attn_implementation="sdpa", local_files_only=True
    )
    return model.to(device).requires_grad_(False)


def load_chat_format(path: Path) -> ChatFormat:
    tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
    template, names = tokenizer.get_chat_template(), tokenizer.special_tokens_map

    def render(messages: list[dict], tools: list[dict] | None, add_generation_prompt: bool) -> str:
        # `apply_chat_template` refuses the empty conversation that comes before an assistant's opening words.
        try:
            [[text], _] = render_jinja_template(
                [messages], tools, chat_template=template, add_generation_prompt=add_generation_prompt, **names
            )
        except (TemplateError, TypeError, ValueError, LookupError) as error:
            raise BadRow(f"the model's chat template refuses it: {error}") from error
        return text

    def encode_batch(texts: list[str]) -> list[list[int]]:
        return tokenizer(texts, add_special_tokens=False, return_attention_mask=False)["input_ids"]

    return ChatFormat(render, encode_batch, tuple(tokenizer.all_special_tokens))
