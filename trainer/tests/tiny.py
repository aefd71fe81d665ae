"""A random model of a few thousand weights, complete with tokenizer and chat template."""

import json
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM

TEMPLATE = Path(__file__).parents[1] / "templates" / "smollm2.jinja"
THOUGHT = "<think>\n\n</think>\n\n"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
VOCABULARY = 3 + 256

SHAPE = {
    "vocab_size": VOCABULARY,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
}


def byte_letters() -> list[str]:
    """GPT-2's printable letter for every byte."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + index) for index in range(len(others))]


def tokenizer() -> dict:
    added = [
        {"id": index, "content": token, "special": True, "normalized": False}
        | dict.fromkeys(("single_word", "lstrip", "rstrip"), False)
        for index, token in enumerate(SPECIAL)
    ]
    vocabulary = {token: index for index, token in enumerate([*SPECIAL, *byte_letters()])}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "added_tokens": added,
        "pre_tokenizer": byte_level,
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
    }


KINDS = ("llama", "mistral", "qwen2", "qwen3")
# Mistral's layers are Llama's.
LAYERS = ("llama", "qwen2", "qwen3")


def random_model(kind: str = "llama", **sizes: int) -> torch.nn.Module:
    torch.manual_seed(1)
    config = AutoConfig.for_model(kind, **SHAPE | ({"sliding_window": None} if kind == "mistral" else {}) | sizes)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")
    for name, weight in model.named_parameters():
        # As they are made, norms do nothing and biases are nothing.
        if weight.ndim == 1:
            torch.nn.init.uniform_(weight, 0.5, 1.5) if "norm" in name else torch.nn.init.normal_(weight, std=0.1)
    return model


def thinking_template() -> str:
    """As Qwen3's: a last answer opens with a thought, empty where none is wanted, and loses it once more follows."""
    opening, asking = "{{- '<|im_start|>' + role + '\\n' + content -}}", "{{- '<|im_start|>assistant\\n' -}}"
    thought = f"{{{{- {THOUGHT!r} -}}}}"
    thinks = f"{{%- if role == 'assistant' and loop.last -%}}{thought}{{%- endif -%}}"
    unasked = f"{{%- if enable_thinking is defined and not enable_thinking -%}}{thought}{{%- endif -%}}"
    template = TEMPLATE.read_text()
    assert opening in template and asking in template
    template = template.replace(opening, "{{- '<|im_start|>' + role + '\\n' -}}" + thinks + "{{- content -}}")
    return template.replace(asking, asking + unasked)


def write_tiny_base(folder: Path, kind: str = "llama", template: str | None = None, **sizes: int) -> Path:
    random_model(kind, **sizes).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer()))
    names = {"bos_token": SPECIAL[1], "eos_token": SPECIAL[2], "pad_token": SPECIAL[2], "unk_token": SPECIAL[0]}
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512, **names})
    )
    (folder / "chat_template.jinja").write_text(template or TEMPLATE.read_text())
    return folder
