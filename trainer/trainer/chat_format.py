"""A base's way to write chats, opened in a tenth of a second: by its tokenizer.json and template, without Transformers.

Only where Transformers would take both as they are; tests hold the two against each other.
"""

import json
import re
from datetime import datetime
from pathlib import Path

from jinja2 import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from trainer.dataset import TEMPLATE_SETTINGS, ChatFormat
from trainer.messages import BadRow

# Classes that Transformers makes of tokenizer.json alone; others it builds anew, by rules of their own.
VERBATIM = ("PreTrainedTokenizerFast", "TokenizersBackend")
NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def text_of(token: str | dict) -> str:
    return token if isinstance(token, str) else token["content"]


def compile_template(source: str):
    """The environment in which chat templates are written to run."""

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment.from_string(source)


def open_tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def is_verbatim(path: Path) -> bool:
    if not all((path / name).is_file() for name in FILES):
        return False
    config = json.loads((path / "tokenizer_config.json").read_text(encoding="utf-8"))
    template = (path / "chat_template.jinja").read_text(encoding="utf-8")
    has_more_templates = (path / "additional_chat_templates").exists()
    has_extras = config.get("extra_special_tokens") or config.get("additional_special_tokens")
    marks_answers = re.search(r"\{%-?\s*generation\b", template)
    return config.get("tokenizer_class") in VERBATIM and not (has_extras or has_more_templates or marks_answers)


def read_chat_format(path: Path, tokenizer: Tokenizer) -> ChatFormat:
    config = json.loads((path / "tokenizer_config.json").read_text(encoding="utf-8"))
    names = {name: text_of(config[name]) for name in NAMED if config.get(name)}
    template = compile_template((path / "chat_template.jinja").read_text(encoding="utf-8"))

    def render(messages: list[dict], tools: list[dict] | None, add_generation_prompt: bool) -> str:
        try:
            return template.render(
                messages=messages,
                tools=tools,
                documents=None,
                add_generation_prompt=add_generation_prompt,
                **TEMPLATE_SETTINGS,
                **names,
            )
        except (TemplateError, TypeError, ValueError, LookupError) as error:
            raise BadRow(f"the model's chat template refuses it: {error}") from error

    def encode_batch(texts: list[str]) -> list[list[int]]:
        return [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]

    return ChatFormat(render, encode_batch, tuple(dict.fromkeys(names.values())))


def open_chat_format(path: Path) -> tuple[ChatFormat, Tokenizer]:
    """The format that the trainer uses, and the tokenizer to show its tokens by."""
    if is_verbatim(path):
        tokenizer = open_tokenizer(path)
        return read_chat_format(path, tokenizer), tokenizer
    # Slow to load, and right for every base.
    from trainer.base import load_chat_format

    return load_chat_format(path), open_tokenizer(path)
