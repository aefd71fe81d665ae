"""Makes a base model of a folder in Hugging Face's layout, without needing llama.cpp's own converter.

    python -m trainer.import_base --from FOLDER --out FOLDER --id NAME [--type T] [--context-length N] [--license L]

Prints JSON lines: `{"doing": …, "done": n, "total": n}`, `{"warning": …}`, at the end `{"base": …}` or, where it cannot
be done, `{"refused": …}`. The base is complete or absent: its folder gets its name last.
"""

import argparse
import json
import os
import re
import shutil
import sys
import time
from pathlib import Path

from trainer.base import load_chat_format, obstacle
from trainer.durable import folder_written_aside, write_json
from trainer.gguf_from_hf import FILE_TYPES, Source, Unsupported, rope_factors, write_gguf
from trainer.job import JobError
from trainer.one_answer import take_standard_output
from trainer.tokenizer_trial import find_tokenizer

# Engines keep room for a whole context in every place: that of some models would fill the machine.
USUAL_CONTEXT = 8192
KEPT = re.compile(r"^(config|generation_config|tokenizer.*|special_tokens_map|chat_template|added_tokens|vocab)\.json$")
KEPT_OTHERS = ("merges.txt", "chat_template.jinja", "tokenizer.model", "LICENSE", "LICENSE.txt")


def is_kept(path: Path) -> bool:
    """What is trained with; weights in other formats stay behind."""
    is_weights = ".safetensors" in path.name and not path.name.startswith(("consolidated", "adapter"))
    return path.is_file() and bool(KEPT.match(path.name) or path.name in KEPT_OTHERS or is_weights)


def link_or_copy(source: Path, target: Path) -> None:
    """Weights take no second room on the same disk."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)


def check_source(folder: Path) -> dict:
    if not (folder / "config.json").is_file():
        raise Unsupported(f"{folder} has no config.json: give a folder in Hugging Face's layout.")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if "model_type" not in config:
        raise Unsupported(f"{folder}/config.json does not say what kind of model it is: it has no model_type.")
    reason = obstacle(config)
    if reason is not None:
        raise Unsupported(reason)
    if not list(folder.glob("*.safetensors")):
        raise Unsupported(f"{folder} has no *.safetensors: save the model's weights in that format.")
    rope_factors(config)
    return config


def license_of(folder: Path) -> str | None:
    """As the model's card says it."""
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    found = re.search(r"\A---\n.*?^license: *([\w.-]+)", text, re.DOTALL | re.MULTILINE)
    return found[1] if found else None


def say(output: int, value: dict) -> None:
    os.write(output, json.dumps(value, ensure_ascii=True).encode() + b"\n")


def import_base(options: argparse.Namespace, output: int) -> dict:
    config = check_source(options.source)
    length = min(options.context_length or USUAL_CONTEXT, config["max_position_embeddings"])
    chat = load_chat_format(options.source)
    with folder_written_aside(options.out) as folder:
        say(output, {"doing": "finding how its text becomes tokens", "done": 0, "total": 1})
        tokenizer, differs = find_tokenizer(options.source, chat, folder)
        if differs:
            say(output, {"warning": "llama.cpp writes some chats otherwise than Transformers does with its template."})
        source = Source(options.source, config, tokenizer)
        parameters = write_gguf(
            source, folder / "model.gguf", options.type, lambda d, t: say(output, told_weights(d, t))
        )
        (folder / "hf").mkdir()
        for path in filter(is_kept, options.source.iterdir()):
            link_or_copy(path, folder / "hf" / path.name)
        base = {
            "id": options.id,
            "format": "safetensors",
            "gguf": "model.gguf",
            "hf": "hf",
            "context_length": length,
            "parameters": parameters,
            "license": options.license or license_of(options.source),
            "created": int(time.time()),
        }
        write_json(folder / "base.json", base)
    return base


def told_weights(done: int, total: int) -> dict:
    return {"doing": "writing its weights for llama.cpp", "done": done, "total": total}


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trainer.import_base")
    parser.add_argument("--from", dest="source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--id", required=True)
    parser.add_argument("--type", choices=sorted(FILE_TYPES), default="q8_0")
    parser.add_argument("--context-length", type=int)
    parser.add_argument("--license")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    output = take_standard_output()
    try:
        say(output, {"base": import_base(parse_arguments(arguments), output)})
    except (Unsupported, JobError) as error:
        say(output, {"refused": str(error)})
    except OSError as error:
        say(output, {"refused": f"It could not be written: {error.strerror or error}."})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
