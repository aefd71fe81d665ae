"""Shows rows as the trainer reads them: their tokens, and which of them are trained on.

    python -m trainer.preview rows --base FOLDER --file FILE --context-length N [--after LINE] [--limit ROWS]
    python -m trainer.preview count --base FOLDER --file FILE --context-length N [--seconds S]

Writes JSON lines. `rows`: one for each row, then `{"has_more": …}`. `count`: `{"read": bytes}` now and then, at the end
the counts. Reads what `trainer.dataset` reads and by its own functions, so that what is shown is what is trained.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tokenizers import Tokenizer

from trainer.chat_format import open_chat_format
from trainer.dataset import ChatFormat
from trainer.example import Example
from trainer.rows import Row, raw_lines, read_rows
from trainer.token_count import Question, count_tokens

# Rows of an answer end here: a page of long rows is no page any more.
MOST_TOKENS = 60_000


def pieces_of(tokenizer: Tokenizer, ids: list[int]) -> list[str]:
    """What each token adds to the text: a character that several tokens write together stands at the last of them."""
    pieces: list[str] = []
    start = 0
    for end in range(1, len(ids) + 1):
        text = tokenizer.decode(ids[start:end], skip_special_tokens=False)
        # Four bytes are the longest character: what is still broken then is no character at all.
        waits = text.endswith("\ufffd") and end - start < 4 and end < len(ids)
        pieces.append("" if waits else text)
        if not waits:
            start = end
    return pieces


def shown_branch(tokenizer: Tokenizer, name: str, example: Example) -> dict:
    texts = pieces_of(tokenizer, example.tokens)
    trained = [list(span) for span in example.answers]
    return {
        "name": name,
        "ids": example.tokens,
        "texts": texts,
        "trained": trained,
        "tokens_cut": example.truncated_tokens,
    }


def texts_of(name: str, example: Example) -> list[tuple[str, Example]]:
    """The row's own text, and those of its asides."""
    own, *asides = example.texts
    return [(name, own), *(("earlier_answer", aside) for aside in asides)]


def branches_of(row: Row) -> list[tuple[str, Example]]:
    return [text for branch in row.branches for text in texts_of(*branch)]


def show_rows(chat: ChatFormat, tokenizer: Tokenizer, options: argparse.Namespace) -> Iterator[dict]:
    lines = islice(raw_lines(options.file), options.after, None)
    shown = 0
    for count, row in enumerate(read_rows(chat, lines, options.context_length)):
        texts = branches_of(row)
        tokens = sum(len(example.tokens) for _, example in texts)
        if count == options.limit or (count and shown + tokens > MOST_TOKENS):
            yield {"has_more": True}
            return
        shown += tokens
        branches = [shown_branch(tokenizer, *text) for text in texts]
        yield {"line": row.line, "branches": branches, "error": row.error}
    yield {"has_more": False}


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trainer.preview")
    parser.add_argument("what", choices=["rows", "count"])
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--context-length", type=int, required=True)
    parser.add_argument("--after", type=int, default=0)
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--seconds", type=float)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    chat, tokenizer = open_chat_format(options.base)
    found = (
        count_tokens(chat, Question(options.file, options.context_length, options.seconds))
        if options.what == "count"
        else show_rows(chat, tokenizer, options)
    )
    for value in found:
        print(json.dumps(value, ensure_ascii=True), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
