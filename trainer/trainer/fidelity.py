"""What the trainer itself answers on a few rows, for the serving engine to be held against.

Computed by Transformers' and PEFT's own forward passes, row by row: an independent check of the packed one too.
"""

import json
from pathlib import Path

import torch
from peft import PeftModel
from torch import Tensor

from trainer.dataset import Example
from trainer.durable import write_json

ROWS = 12
ANSWER_TOKENS = 24


def can_be_asked(example: Example) -> bool:
    """An engine would continue an assistant message that ends the prompt, not answer it."""
    if example.served_prompt is not None and example.truncated_tokens > 0:
        return False
    place = example.answer_messages[-1] if example.answers else 0
    return place > 0 and example.messages[place - 1]["role"] != "assistant"


def choose_rows(examples: list[Example]) -> list[Example]:
    """Spread over the shorter half, so that the check stays quick and still sees different rows."""
    candidates = sorted(filter(can_be_asked, examples), key=lambda example: (example.answers[-1][0], example.line))
    half = candidates[: max(ROWS, len(candidates) // 2)]
    if len(half) <= ROWS:
        return half
    return [half[index * (len(half) - 1) // (ROWS - 1)] for index in range(ROWS)]


def answer_logprobs(model: PeftModel, tokens: Tensor, answer_length: int) -> list[float]:
    """ln p of the last `answer_length` tokens."""
    logits = model(input_ids=tokens.unsqueeze(0), use_cache=False, logits_to_keep=answer_length + 1).logits[0, :-1]
    answer = tokens[-answer_length:]
    return logits.float().log_softmax(-1).gather(-1, answer.unsqueeze(-1))[:, 0].tolist()


def with_text_arguments(message: dict) -> dict:
    """As a client sends them: text keeps each number as it was written."""
    if "tool_calls" not in message:
        return message
    calls = [
        call | {"function": {**call["function"], "arguments": arguments_text(call)}} for call in message["tool_calls"]
    ]
    return message | {"tool_calls": calls}


def arguments_text(call: dict) -> str:
    arguments = call["function"]["arguments"]
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def probe_row(model: PeftModel, example: Example) -> dict:
    start, end = example.answers[-1]
    end = min(end, start + ANSWER_TOKENS)
    prompt = example.tokens[:start] if example.served_prompt is None else example.served_prompt
    tokens = torch.tensor(prompt + example.tokens[start:end], device=model.device)
    tuned = answer_logprobs(model, tokens, end - start)
    with model.disable_adapter():
        base = answer_logprobs(model, tokens, end - start)
    return {
        "messages": [with_text_arguments(one) for one in example.messages[: example.answer_messages[-1]]],
        "tools": example.tools,
        "prompt_tokens": prompt,
        "answer_tokens": example.tokens[start:end],
        "logprobs": tuned,
        "base_logprobs": base,
    }


@torch.no_grad()
def write_fidelity(model: PeftModel, examples: list[Example], path: Path) -> None:
    rows = [probe_row(model, example) for example in choose_rows(examples)]
    write_json(path, {"rows": rows})
