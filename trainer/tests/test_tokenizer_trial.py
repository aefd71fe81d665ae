"""By trial it is found how llama.cpp has to cut a text, for each way that tokenizers have."""

import json
from pathlib import Path

import pytest

from tests.tiny import SPECIAL, byte_letters, write_tiny_base
from trainer.base import load_chat_format
from trainer.gguf_from_hf import Unsupported
from trainer.tokenizer_trial import find_tokenizer

# They join what some ways of cutting keep apart: digits, a mark and the end of its line.
MERGES = [
    ("1", "2"),
    ("12", "3"),
    ("123", "4"),
    (":", "Ċ"),
    ("Ġ", "Ġ"),
    ("Ċ", "Ċ"),
    ("I", "'"),
    ("'", "L"),
    ("'L", "L"),
]
WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def byte_level(use_regex: bool) -> dict:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


def split(pattern: str) -> dict:
    first = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [first, byte_level(False)]}


def digits() -> dict:
    return {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level(True)]}


WAYS = {
    "qwen2": split(WORDS + r"\p{N}" + REST),
    "llama-bpe": split(WORDS + r"\p{N}{1,3}" + REST),
    "smollm": digits(),
    "gpt-2": byte_level(True),
}


def write_base(folder: Path, pre_tokenizer: dict) -> Path:
    write_tiny_base(folder)
    tokens = [*SPECIAL, *byte_letters(), *("".join(merge) for merge in MERGES)]
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["pre_tokenizer"] = pre_tokenizer
    tokenizer["model"] |= {"vocab": {token: n for n, token in enumerate(tokens)}, "merges": [list(m) for m in MERGES]}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    config = json.loads((folder / "config.json").read_text())
    # Models have room for more tokens than they have.
    (folder / "config.json").write_text(json.dumps(config | {"vocab_size": len(tokens) + 5}))
    return folder


@pytest.mark.parametrize("way", WAYS)
def test_the_way_is_found(way: str, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", WAYS[way])
    found, differs = find_tokenizer(base, load_chat_format(base), tmp_path)
    assert (found.pre, differs) == (way, False)
    assert len(found.tokens) == len(found.kinds) == 3 + 256 + len(MERGES) + 5
    assert found.tokens[-1] == f"[PAD{len(found.tokens) - 1}]"
    assert list(tmp_path.glob("*.gguf")) == []


@pytest.mark.parametrize("is_written", [True, False])
def test_what_opens_every_text_stands_in_a_chat_once_or_as_its_template_has_it(
    is_written: bool, tmp_path: Path
) -> None:
    base = write_base(tmp_path / "base", WAYS["llama-bpe"])
    opening = {"id": SPECIAL[0], "ids": [0], "tokens": [SPECIAL[0]]}
    single = [{"SpecialToken": {"id": SPECIAL[0], "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    process = {"type": "TemplateProcessing", "single": single, "pair": single, "special_tokens": {SPECIAL[0]: opening}}
    tokenizer = json.loads((base / "tokenizer.json").read_text())
    (base / "tokenizer.json").write_text(json.dumps(tokenizer | {"post_processor": process}))
    config = json.loads((base / "tokenizer_config.json").read_text())
    (base / "tokenizer_config.json").write_text(json.dumps(config | {"bos_token": SPECIAL[0]}))
    if is_written:
        template = (base / "chat_template.jinja").read_text()
        (base / "chat_template.jinja").write_text("{{- bos_token -}}" + template)
    found, differs = find_tokenizer(base, load_chat_format(base), tmp_path)
    assert (found.adds_bos, differs) == (is_written, False)


def test_a_tokenizer_that_cuts_in_no_known_way_is_refused(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", split(r"[a-z]|[^a-z]+"))
    with pytest.raises(Unsupported, match="cuts text otherwise"):
        find_tokenizer(base, load_chat_format(base), tmp_path)


def test_a_tokenizer_of_another_kind_is_refused(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", WAYS["gpt-2"])
    tokenizer = json.loads((base / "tokenizer.json").read_text())
    tokenizer["model"]["byte_fallback"] = True
    (base / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(Unsupported, match="no byte-level BPE"):
        find_tokenizer(base, load_chat_format(base), tmp_path)
