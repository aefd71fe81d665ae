"""What the trainer itself answers on a few rows, for the serving engine to be held against.

Computed by Transformers' and PEFT's own forward passes, row by row: an independent check of the packed one too.
"""

import json
from pathlib import Path

import torch
from peft import PeftModel
from torch import Tensor

from trainer.dataset import ChatFormat, as_served
from trainer.durable import write_json
from trainer.engine_numbers import as_engine_writes
from trainer.example import Example

ROWS = 12
ANSWER_TOKENS = 24
# A row of more tokens is asked only where there are no others, and then but few.
LONGEST = 2048
FEW = 3


def can_be_asked(example: Example) -> bool:
    """An engine would continue an assistant message that ends the prompt, not answer it."""
    place = example.answer_messages[-1] if example.answers else 0
    return place > 0 and example.messages[place - 1]["role"] != "assistant"


def within_reach(examples: list[Example]) -> list[Example]:
    """Of rows in the order of their lengths, those that an engine on a processor reads in seconds, or the first few."""
    short = [example for example in examples if example.answers[-1][1] <= LONGEST]
    return short or examples[:FEW]


def trained_prompt(example: Example) -> list[int]:
    return example.tokens[: example.answers[-1][0]]


def choose_rows(examples: list[Example]) -> list[Example]:
    """Spread over the shorter half, so that the check stays quick and still sees different rows."""
    candidates = within_reach(
        sorted(filter(can_be_asked, examples), key=lambda example: (example.answers[-1][0], example.line))
    )
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
    """As a client sends them: JSON keeps each number as it was written, and says what is a text."""
    if "tool_calls" not in message:
        return message
    calls = [
        call | {"function": {**call["function"], "arguments": json.dumps(arguments, ensure_ascii=False)}}
        for call in message["tool_calls"]
        for arguments in [call["function"]["arguments"]]
    ]
    return message | {"tool_calls": calls}


def asked_text(chat: ChatFormat, messages: list[dict], tools: list[dict] | None) -> str:
    """What an engine makes of the messages before an answer: the numbers of earlier calls are written its way."""
    return as_served(chat).render(as_engine_writes(messages), tools, True)


def asked_prompt(chat: ChatFormat, example: Example) -> list[int]:
    """To an engine it is one text, also where the model learned to write the earlier answers in other tokens."""
    text = asked_text(chat, example.messages[: example.answer_messages[-1]], example.tools)
    return chat.encode_batch([text])[0]


def probe_row(model: PeftModel, example: Example, prompt: list[int]) -> dict:
    start, end = example.answers[-1]
    end = min(end, start + ANSWER_TOKENS)
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
def write_fidelity(model: PeftModel, chat: ChatFormat, examples: list[Example], path: Path) -> None:
    prompts = [(example, asked_prompt(chat, example)) for example in choose_rows(examples)]
    # With another prompt than the trained one, a row that fills the context may have no room for its answer.
    asked = [one for one in prompts if one[0].truncated_tokens == 0 or one[1] == trained_prompt(one[0])]
    write_json(path, {"rows": [probe_row(model, *one) for one in asked]})
