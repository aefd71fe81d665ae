"""Finds by trial how llama.cpp has to cut a text for the tokens of a Hugging Face tokenizer.

llama.cpp knows ways of cutting by their names. Instead of telling them from a tokenizer's rules, each is tried on a
model that has the tokens and next to no weights: the one that makes the same tokens of every text is the one.
"""

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy
from gguf import GGUFWriter, TokenType
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from trainer.convert_base import HF_NAMES
from trainer.dataset import TEMPLATE_SETTINGS, ChatFormat
from trainer.gguf_from_hf import GgufTokenizer, Unsupported, add_tokenizer
from trainer.messages import BadRow

WAYS = ("qwen2", "llama-bpe", "smollm", "tekken", "gpt-2", "deepseek-llm", "deepseek-v3", "falcon3")
TEXTS = (
    "Hello, world! It's 12:45 on 2026-11-27; that's $1,234.50 or 99%.",
    "don't I'LL we've THEY'RE o'clock",
    "a  b   c\t\td\n\n e \r\n\r\nf    ",
    "    def f(x):\n        return [x**2 for _ in range(10)]  # 12345678\n",
    '{"city": "Köln", "n": [1, 2.5, -3e10], "ok": true}',
    "Straße, naïve, façade, Zürich, coöperate",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u041a\u0430\u043a \u0434\u0435\u043b\u0430?",
    "日本語のテスト、漢字とカタカナ。\uff11\uff12\uff13",
    "안녕하세요 세계",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645 \u0663\u0664\u0665",
    "\U0001f44d\U0001f3fd \U0001f468\u200d\U0001f469\u200d\U0001f467 ok \U0001f389",
    "\u00bd \u00b2 \u2167 \u2460 \U0001d7d8\U0001d7d9",
    "https://example.org/a?b=c&d=%20#e user@example.org",
    "-----====***___///\\\\\\...!!!???",
)
CHATS = (
    [{"role": "user", "content": "Hi"}],
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": " Hi \n"}],
    [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Bye"},
    ],
)
Ask = Callable[[str, dict], dict]
JSON = {"content-type": "application/json"}
WIDTH = 32


def kind_of_token(number: int, tokenizer: PreTrainedTokenizerBase, known: dict[int, str]) -> TokenType:
    added = tokenizer.added_tokens_decoder.get(number)
    if added is not None:
        return TokenType.CONTROL if added.special else TokenType.USER_DEFINED
    return TokenType.NORMAL if number in known else TokenType.UNUSED


def special_numbers(tokenizer: PreTrainedTokenizerBase) -> dict[str, int]:
    found = {
        "bos": tokenizer.bos_token_id,
        "eos": tokenizer.eos_token_id,
        "padding": tokenizer.pad_token_id,
        "unknown": tokenizer.unk_token_id,
    }
    return {name: number for name, number in found.items() if number is not None}


def merges_of(folder: Path) -> list[str]:
    model = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    if model["type"] != "BPE" or model.get("byte_fallback"):
        raise Unsupported("Its tokenizer is no byte-level BPE: convert it with llama.cpp's own converter.")
    return [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]


def read_tokenizer(folder: Path) -> GgufTokenizer:
    if not (folder / "tokenizer.json").is_file():
        raise Unsupported("It has no tokenizer.json: save its tokenizer with Transformers first.")
    merges, tokenizer = merges_of(folder), AutoTokenizer.from_pretrained(folder, local_files_only=True)
    known = {number: token for token, number in tokenizer.get_vocab().items()}
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    numbers = range(config["vocab_size"])
    if max(known, default=0) >= config["vocab_size"]:
        raise Unsupported("Its tokenizer has more tokens than its config.json says.")
    return GgufTokenizer(
        pre="",
        tokens=[known.get(number, f"[PAD{number}]") for number in numbers],
        kinds=[int(kind_of_token(number, tokenizer, known)) for number in numbers],
        merges=merges,
        special=special_numbers(tokenizer),
        adds_bos=tokenizer.bos_token_id is not None and tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id],
        template=tokenizer.get_chat_template(),
    )


def write_trial(tokenizer: GgufTokenizer, path: Path) -> None:
    """A model of one layer that knows nothing but the tokens."""
    writer = GGUFWriter(path, "llama")
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(1)
    writer.add_layer_norm_rms_eps(1e-5)
    add_tokenizer(writer, tokenizer)
    writer.add_tensor("token_embd.weight", numpy.zeros((len(tokenizer.tokens), WIDTH), numpy.float16))
    writer.add_tensor("output_norm.weight", numpy.ones(WIDTH, numpy.float32))
    for part in HF_NAMES:
        shape = WIDTH if part.endswith("norm") else (WIDTH, WIDTH)
        writer.add_tensor(f"blk.0.{part}.weight", numpy.zeros(shape, numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@contextlib.contextmanager
def served(path: Path) -> Iterator[Ask]:
    try:
        import xllamacpp
    except ImportError as error:
        raise Unsupported("It needs the Python package xllamacpp, which `npm run setup` brings.") from error
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.hostnames, parameters.port = ["127.0.0.1"], 0
    parameters.n_ctx, parameters.n_parallel, parameters.use_jinja = 512, 1, True
    parameters.default_template_kwargs = {name: json.dumps(value) for name, value in TEMPLATE_SETTINGS.items()}
    parameters.warmup, parameters.verbosity = False, 1
    servers = [xllamacpp.Server(parameters)]
    address = servers[0].listening_address

    def ask(where: str, body: dict) -> dict:
        request = urllib.request.Request(address + where, json.dumps(body).encode(), JSON)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    yield ask
    # It ends when nobody holds it.
    servers.clear()


def agrees(ask: Ask, chat: ChatFormat) -> bool:
    """Special tokens among the text, too."""
    texts = [*TEXTS, "x".join(chat.special_tokens)]
    wanted = chat.encode_batch(texts)
    return all(
        ask("/tokenize", {"content": text, "add_special": False, "parse_special": True})["tokens"] == tokens
        for text, tokens in zip(texts, wanted, strict=True)
    )


def differs(ask: Ask, chat: ChatFormat, messages: list[dict]) -> bool:
    """Where the template refuses a chat there is nothing to compare."""
    try:
        text = chat.render(messages, None, True)
    except BadRow:
        return False
    try:
        prompt = ask("/apply-template", {"messages": messages})["prompt"]
    except urllib.error.HTTPError:
        return True
    tokens = ask("/tokenize", {"content": prompt, "add_special": True, "parse_special": True})["tokens"]
    return tokens != chat.encode_batch([text])[0]


def trial(tokenizer: GgufTokenizer, chat: ChatFormat, path: Path) -> tuple[bool, bool]:
    """Whether llama.cpp makes the same tokens of a text, and whether of a chat."""
    write_trial(tokenizer, path)
    try:
        with served(path) as ask:
            is_right = agrees(ask, chat)
            return is_right, is_right and not any(differs(ask, chat, messages) for messages in CHATS)
    finally:
        path.unlink()


def find_tokenizer(folder: Path, chat: ChatFormat, scratch: Path) -> tuple[GgufTokenizer, bool]:
    """And whether llama.cpp writes chats otherwise. `scratch`: a folder for the trial's file, which is gone then."""
    plain, path = read_tokenizer(folder), scratch / "trial.gguf"
    for way in WAYS:
        tokenizer = replace(plain, pre=way)
        texts, chats = trial(tokenizer, chat, path)
        if not texts:
            continue
        # A template that does not write the first token says that chats have none, whatever texts have.
        bare = replace(tokenizer, adds_bos=False)
        if not chats and tokenizer.adds_bos and all(trial(bare, chat, path)):
            return bare, False
        return tokenizer, not chats
    raise Unsupported("llama.cpp cuts text otherwise in every way that is known here: use its own converter.")
