"""llama.cpp on a GGUF file and an adapter, and what it holds of given tokens."""

import json
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from torch import nn

from trainer.adapter import attach_adapter
from trainer.base import load_chat_format
from trainer.checkpoint import write_adapter
from trainer.dataset import TEMPLATE_SETTINGS, read_examples
from trainer.fidelity import write_fidelity

Ask = Callable[[str, dict], dict]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def serve(model: Path, adapter: Path | None) -> tuple[object, Ask]:
    xllamacpp = pytest.importorskip("xllamacpp")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.port, parameters.n_ctx, parameters.n_parallel, parameters.use_jinja = free_port(), 2048, 1, True
    parameters.default_template_kwargs = {name: json.dumps(value) for name, value in TEMPLATE_SETTINGS.items()}
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    if adapter is not None:
        lora = xllamacpp.CommonAdapterLoraInfo()
        lora.path, lora.scale = str(adapter), 1.0
        parameters.lora_adapters = [lora]
    server = xllamacpp.Server(parameters)

    def ask(path: str, body: dict) -> dict:
        request = urllib.request.Request(
            server.listening_address + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    return server, ask


ROWS = [
    ("I lost my card.", "I am sorry to hear that. I have blocked card 4417 for you."),
    ("What is 12 * 12?", "It is 144."),
    ("Name a colour.", "Blue, as the sea on a clear morning."),
    ("Wie geht es dir?", "Gut, danke!"),
]


def disturbed(model: nn.Module, strength: float) -> PeftModel:
    """With an adapter that moves the answers far from the base's."""
    adapted = attach_adapter(model, None, seed=5)
    torch.manual_seed(6)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(weight, std=strength)
    return adapted.eval()


def write_probe(model: PeftModel, hf: Path, folder: Path) -> list[dict]:
    """The adapter as GGUF, and what the trainer says it answers."""
    write_adapter(model, hf, folder)
    messages = [[{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in ROWS]
    (folder / "rows.jsonl").write_text("".join(json.dumps({"messages": row}) + "\n" for row in messages))
    chat = load_chat_format(hf)
    examples = read_examples(chat, folder / "rows.jsonl", 512, "training_file")
    write_fidelity(model, chat, examples, folder / "fidelity.json")
    return json.loads((folder / "fidelity.json").read_text())["rows"]


def served_logprob(ask: Ask, tokens: list[int], wanted: int) -> float:
    """The bias makes llama.cpp pick the token; the probability it reports is the model's own, before any bias."""
    body = {"prompt": tokens, "n_predict": 1, "n_probs": 1, "temperature": 0, "logit_bias": [[wanted, 1000]]}
    [picked] = ask("/completion", body)["completion_probabilities"]
    assert picked["id"] == wanted
    return picked["logprob"]


def served_logprobs(ask: Ask, row: dict) -> list[float]:
    prompt, answer = row["prompt_tokens"], row["answer_tokens"][:12]
    return [served_logprob(ask, prompt + answer[:index], token) for index, token in enumerate(answer)]


def differences(ask: Ask, rows: list[dict], key: str) -> torch.Tensor:
    pairs = [pair for row in rows for pair in zip(served_logprobs(ask, row), row[key], strict=False)]
    return torch.tensor([abs(served - expected) for served, expected in pairs])
