"""Writes a tuned model without its adapter: the base's weights with the adapter's change added.

    python -m trainer.merge gguf --base FILE --adapter FOLDER --out FILE
    python -m trainer.merge safetensors --base FOLDER --adapter FOLDER --out FOLDER

Prints one line of JSON: `{"merged": …}` or `{"error": …}`. One tensor is held at a time, so memory follows the largest
of them and not the model. No torch here.
"""

import argparse
import sys
import traceback
from pathlib import Path

from trainer.failures import is_disk_full
from trainer.one_answer import print_answer

ADVICE = "The disk of the data folder is full, so the merged model could not be written. Free some space and try again."


def size_of(path: Path) -> dict:
    files = [path] if path.is_file() else [found for found in path.iterdir() if found.is_file()]
    return {"files": len(files), "bytes": sum(found.stat().st_size for found in files)}


def merge(options: argparse.Namespace) -> dict:
    # Numpy takes a while to load; by now whoever asked may have gone, which is watched for.
    from trainer.merge_gguf import write_merged_gguf
    from trainer.merge_safetensors import write_merged_folder

    write = write_merged_gguf if options.form == "gguf" else write_merged_folder
    try:
        write(options.base, options.adapter, options.out)
    except Exception as error:
        if not is_disk_full(error):
            raise
        traceback.print_exception(error)
        return {"error": {"code": "disk_full", "message": ADVICE}}
    return {"merged": size_of(options.out)}


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trainer.merge")
    parser.add_argument("form", choices=["gguf", "safetensors"])
    for name in ("--base", "--adapter", "--out"):
        parser.add_argument(name, type=Path, required=True)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    return print_answer(lambda: merge(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
