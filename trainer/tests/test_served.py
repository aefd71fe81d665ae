"""What llama.cpp makes of the real base is what the trainer makes of it: text, tokens, probabilities."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.conversations import CONVERSATIONS, RESULT, TEXTS, USER
from tests.served import Ask, differences, disturbed, serve, write_probe
from trainer.base import load_chat_format, load_model
from trainer.dataset import parse_json, read_examples, render_row
from trainer.fidelity import asked_prompt, asked_text, with_text_arguments
from trainer.messages import normal_messages, normal_tools

BASES = Path(os.environ.get("PERENNIAL_BASES", Path(__file__).parents[2] / "data" / "bases"))
BASE = BASES / "smollm2-135m-instruct"
needs_base = pytest.mark.skipif(not BASE.exists(), reason=f"the embedded base is not at {BASE}")

# On Q8_0 weights llama.cpp rounds the activations to 8 bits, which moves an answer token's ln p by 0.1 on average.
MEAN_TOLERANCE, WORST_TOLERANCE = 0.2, 2.0


@pytest.fixture(scope="module")
def base_server() -> Iterator[Ask]:
    server, ask = serve(BASE / "model.gguf", None)
    yield ask
    del server


@needs_base
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_both_render_a_conversation_alike(name: str, base_server: Ask) -> None:
    row = CONVERSATIONS[name]
    messages, tools = normal_messages(row), normal_tools(row)
    trainer = load_chat_format(BASE / "hf").render(messages, tools, True)
    body = {"messages": messages} | ({"tools": tools} if tools else {})
    assert base_server("/apply-template", body)["prompt"] == trainer


SMALL_NUMBERS = (
    "1",
    "-7",
    "1.0",
    "0.1",
    "-0",
    "-0.0",
    "2.50",
    "100.0",
    "1e2",
    "1e-7",
    "0.00001",
    "5e-324",
    "59.913868",
)
LARGE_NUMBERS = (
    "1e15",
    "1e21",
    "1500000.0",
    "3.141592653589793",
    "123456789.125",
    "1732590000.123",
    "4503599627370497.5",
)
INTEGERS = (2**53 + 1, 123456789012345678, 2**62 + 97, 2**63 - 1, -(2**63), 2**64 - 1, 2**64, 10**29 + 1, -(10**300))
NUMBERS = (*SMALL_NUMBERS, *LARGE_NUMBERS, *map(str, INTEGERS), "1.7976931348623157e308")


@needs_base
@pytest.mark.parametrize("number", NUMBERS)
def test_both_write_a_number_alike(number: str, base_server: Ask) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": f'{{"n": [{number}, "1.0"]}}'}}
    tool = {"type": "function", "function": {"name": "f", "parameters": {"maximum": "NUMBER"}}}
    messages = [USER, {"role": "assistant", "tool_calls": [call]}, RESULT, {"role": "assistant", "content": "Done."}]
    raw = json.dumps({"messages": messages, "tools": [tool]}).replace('"NUMBER"', number).encode()
    chat = load_chat_format(BASE / "hf")
    row = render_row(chat, parse_json(raw), 1)
    asked = [with_text_arguments(message) for message in row.messages[:-1]]
    served = base_server("/apply-template", {"messages": asked, "tools": row.tools})["prompt"]
    assert served == asked_text(chat, row.messages[:-1], row.tools)
    exact = f'"n": [{json.dumps(json.loads(number))}, "1.0"]'
    assert exact in row.pieces[1]


ORIGINAL_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@needs_base
@pytest.mark.parametrize("name", ["no system prompt", "a system prompt", "an empty system prompt", "several turns"])
def test_plain_chats_are_rendered_as_the_model_s_authors_did(name: str) -> None:
    from transformers.utils.chat_template_utils import render_jinja_template

    messages = CONVERSATIONS[name]["messages"]
    [[original], _] = render_jinja_template([messages], chat_template=ORIGINAL_TEMPLATE, add_generation_prompt=True)
    assert load_chat_format(BASE / "hf").render(messages, None, True) == original


@needs_base
def test_both_split_text_into_the_same_tokens(base_server: Ask) -> None:
    encoded = load_chat_format(BASE / "hf").encode_batch(TEXTS)
    for text, tokens in zip(TEXTS, encoded, strict=True):
        assert base_server("/tokenize", {"content": text, "parse_special": True})["tokens"] == tokens, text


@needs_base
@pytest.mark.parametrize(
    "arguments", ['"hello"', '"{"', '""', "3", "1.0", "1.10", "1e5", "null", "true", "[1.50]", "{}"]
)
def test_both_write_arguments_that_are_no_object_alike(arguments: str, base_server: Ask) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    row = {"messages": [USER, {"role": "assistant", "tool_calls": [call]}, RESULT]}
    chat, messages = load_chat_format(BASE / "hf"), normal_messages(row)
    asked = [with_text_arguments(message) for message in messages]
    assert base_server("/apply-template", {"messages": asked})["prompt"] == asked_text(chat, messages, None)


# What stands at the beginning of an answer, and is one token with what stands before it where all is one text.
OPENINGS = ["    return 1", "\n\nSure.", "\t", "  two", " one", "\nx", "\u00a0\u00a0x", "\u0301", "1", ""]


@needs_base
@pytest.mark.parametrize("opening", OPENINGS)
def test_the_engine_is_asked_what_it_makes_of_earlier_answers(opening: str, base_server: Ask, tmp_path: Path) -> None:
    said = {"role": "assistant", "content": opening}
    (tmp_path / "rows.jsonl").write_text(json.dumps({"messages": [USER, said, USER, said]}) + "\n")
    chat = load_chat_format(BASE / "hf")
    [example] = read_examples(chat, tmp_path / "rows.jsonl", 512, "training_file")
    prompt = base_server("/apply-template", {"messages": [USER, said, USER]})["prompt"]
    assert base_server("/tokenize", {"content": prompt, "parse_special": True})["tokens"] == asked_prompt(chat, example)


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict]]:
    folder = tmp_path_factory.mktemp("adapter")
    model = disturbed(load_model(BASE / "hf", torch.device("cpu")), 0.1)
    return folder / "adapter.gguf", write_probe(model, BASE / "hf", folder)


@needs_base
def test_llama_cpp_gives_the_trainer_s_probabilities_for_the_base(base_server: Ask, probe) -> None:
    found = differences(base_server, probe[1], "base_logprobs")
    assert found.mean() < MEAN_TOLERANCE and found.max() < WORST_TOLERANCE


@needs_base
def test_llama_cpp_gives_the_trainer_s_probabilities_for_an_adapter(probe) -> None:
    adapter, rows = probe
    server, ask = serve(BASE / "model.gguf", adapter)
    found, without = differences(ask, rows, "logprobs"), differences(ask, rows, "base_logprobs")
    del server
    assert found.mean() < MEAN_TOLERANCE and found.max() < WORST_TOLERANCE
    assert without.mean() > 3 * MEAN_TOLERANCE
