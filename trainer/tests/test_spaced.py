"""Tokenizers that open every text with a space, as Llama 2's does: an answer goes on, and opens with none."""

import json
import string
from pathlib import Path

import pytest

from tests.tiny import write_tiny_base
from trainer.base import load_chat_format
from trainer.dataset import encode_rows, render_row

SPECIAL = ("<unk>", "<s>", "</s>")
WORDS = ("▁yes", "▁no", "yes", "no")
TURNS = [("user", "no"), ("assistant", "yes no"), ("user", "yes"), ("assistant", "no")]
ROW = {"messages": [{"role": role, "content": content} for role, content in TURNS]}

ZEPHYR = (
    "{% for message in messages %}{{ '|' + message.role + '|\n' + message.content + eos_token + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '|assistant|\n' }}{% endif %}"
)
LLAMA_2 = (
    "{% for message in messages %}{% if message.role == 'user' %}"
    "{{ bos_token + '[INST] ' + message.content + ' [/INST]' }}"
    "{% else %}{{ ' ' + message.content + ' ' + eos_token }}{% endif %}{% endfor %}"
)
SPACES = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
FORMS = {
    "after every special token": {
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, SPACES]}
    },
    "at the beginning": {
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}
    },
}


def merges() -> list[str]:
    pairs = [f"{word[:end]} {word[end]}" for word in WORDS for end in range(1, len(word))]
    return list(dict.fromkeys(["▁ ▁", *pairs]))


def tokenizer(form: dict) -> dict:
    letters = ["▁", *string.ascii_letters, *string.punctuation]
    numbers = [f"<0x{byte:02X}>" for byte in range(256)]
    joined = [pair.replace(" ", "") for pair in merges()]
    vocabulary = list(dict.fromkeys([*SPECIAL, *numbers, *letters, *joined]))
    flags = dict.fromkeys(("normalized", "single_word", "lstrip", "rstrip"), False)
    model = {"type": "BPE", "merges": merges(), "byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}
    return {
        "version": "1.0",
        "added_tokens": [{"id": id, "content": token, "special": True, **flags} for id, token in enumerate(SPECIAL)],
        "model": {**model, "vocab": {token: id for id, token in enumerate(vocabulary)}},
        **form,
    }


def write_base(folder: Path, form: str, template: str) -> Path:
    write_tiny_base(folder)
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer(FORMS[form])))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512, **names})
    )
    (folder / "chat_template.jinja").write_text(template)
    return folder


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("template", "answers"), [
    (ZEPHYR, [["yes", "▁no", "</s>"], ["no", "</s>"]]),
    (LLAMA_2, [["▁yes", "▁no", "▁", "</s>"], ["▁no", "▁", "</s>"]]),
])  # fmt: skip
def test_a_row_is_learned_in_the_tokens_of_its_whole_text(
    template: str, answers: list[list[str]], form: str, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    folder = write_base(tmp_path / "base", form, template)
    chat, names = load_chat_format(folder), AutoTokenizer.from_pretrained(folder).convert_ids_to_tokens
    [example] = encode_rows(chat, [render_row(chat, ROW, 1)], 512)
    assert [names(example.tokens[start:end]) for start, end in example.answers] == answers
    assert example.tokens == chat.encode_batch([chat.render(ROW["messages"], None, False)])[0]
