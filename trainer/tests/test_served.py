"""What llama.cpp makes of the real base is what the trainer makes of it: text, tokens, probabilities."""

import json
import os
import socket
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from gguf import GGMLQuantizationType
from peft import PeftModel
from torch import nn

from tests.conversations import CONVERSATIONS, RESULT, TEXTS, USER
from tests.small_gguf import small_llama, write_gguf
from tests.tiny import TEMPLATE
from trainer.adapter import attach_adapter
from trainer.base import load_chat_format, load_model
from trainer.checkpoint import write_adapter
from trainer.convert_base import convert
from trainer.dataset import parse_json, read_examples, render_row
from trainer.fidelity import asked_prompt, asked_text, with_text_arguments, write_fidelity
from trainer.messages import normal_messages, normal_tools

BASES = Path(os.environ.get("PERENNIAL_BASES", Path(__file__).parents[2] / "data" / "bases"))
BASE = BASES / "smollm2-135m-instruct"
needs_base = pytest.mark.skipif(not BASE.exists(), reason=f"the embedded base is not at {BASE}")

# On Q8_0 weights llama.cpp rounds the activations to 8 bits, which moves an answer token's ln p by 0.1 on average; on
# float32 weights only its float16 cache is left of the difference.
MEAN_TOLERANCE, WORST_TOLERANCE = 0.2, 2.0
FLOAT32_TOLERANCE = 0.02

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


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict]]:
    folder = tmp_path_factory.mktemp("adapter")
    model = disturbed(load_model(BASE / "hf", torch.device("cpu")), 0.1)
    return folder / "adapter.gguf", write_probe(model, BASE / "hf", folder)


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


def test_on_float32_weights_llama_cpp_computes_an_adapter_as_the_trainer_does(tmp_path: Path) -> None:
    write_gguf(small_llama(), tmp_path / "source.gguf", GGMLQuantizationType.F32)
    convert(tmp_path / "source.gguf", tmp_path / "base", "small", TEMPLATE.read_text())
    model = disturbed(load_model(tmp_path / "base" / "hf", torch.device("cpu")), 0.3)
    rows = write_probe(model, tmp_path / "base" / "hf", tmp_path / "adapter")
    server, ask = serve(tmp_path / "base" / "model.gguf", tmp_path / "adapter" / "adapter.gguf")
    found, without = differences(ask, rows, "logprobs"), differences(ask, rows, "base_logprobs")
    del server
    assert found.max() < FLOAT32_TOLERANCE
    assert without.max() > 10 * FLOAT32_TOLERANCE
