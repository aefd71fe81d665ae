"""What the preview shows is what the trainer reads, and its quick way to open a base is Transformers' own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from tests.conversations import CONVERSATIONS, TEXTS
from tests.tiny import write_tiny_base
from trainer.base import load_chat_format
from trainer.chat_format import is_verbatim, open_chat_format, open_tokenizer
from trainer.dataset import ChatFormat, read_examples
from trainer.example import Example
from trainer.job import JobError
from trainer.preview import main, pieces_of

REAL = Path(__file__).parents[2] / "data" / "bases" / "smollm2-135m-instruct" / "hf"
ANSWER = {"role": "assistant", "content": "Yes \U0001f44d\U0001f3fd, Köln."}
CHATS = [{**row, "messages": [*row["messages"], ANSWER]} for row in CONVERSATIONS.values()] + [
    {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": text + "x"}]} for text in TEXTS
]
PAIRS = [
    {
        "input": {"messages": row["messages"], "tools": row.get("tools")},
        "preferred_output": [ANSWER],
        "non_preferred_completion": [{"role": "assistant", "content": "No."}],
    }
    for row in CONVERSATIONS.values()
]
COMPLETIONS = [{"prompt": text, "completion": f" {text}!"} for text in TEXTS]
LENGTH = 150


@pytest.fixture(scope="module", params=["tiny", "real"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "tiny":
        return write_tiny_base(tmp_path_factory.mktemp("base"))
    if not REAL.exists():
        pytest.skip("run `npm run setup` first: no base model")
    return REAL


@pytest.fixture(scope="module")
def slow(base: Path) -> ChatFormat:
    return load_chat_format(base)


def write(path: Path, rows: list[object]) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def told(capsys: pytest.CaptureFixture, what: str, base: Path, file: Path, *more: str) -> list[dict]:
    options = ["--base", str(base), "--file", str(file), "--context-length", str(LENGTH)]
    assert main([what, *options, *more]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_quick_format_is_that_of_transformers(base: Path, slow: ChatFormat) -> None:
    assert is_verbatim(base)
    quick, _ = open_chat_format(base)
    assert quick.special_tokens == slow.special_tokens
    assert quick.encode_batch(TEXTS) == slow.encode_batch(TEXTS)
    for row in CONVERSATIONS.values():
        for ask in (True, False):
            given = (row["messages"], row.get("tools"), ask)
            assert quick.render(*given) == slow.render(*given)


def need_reader(rows: list) -> None:
    """Pairs and completions are read where the trainer reads them."""
    if rows is not CHATS:
        pytest.importorskip("trainer.pairs")


def branches_of(row: dict) -> Iterator[tuple[str, dict]]:
    for branch in row["branches"]:
        yield branch["name"], branch


def assert_same(branch: dict, example: Example, tokenizer: Tokenizer) -> None:
    assert branch["ids"] == example.tokens
    assert branch["trained"] == [list(span) for span in example.answers]
    assert branch["tokens_cut"] == example.truncated_tokens
    assert "".join(branch["texts"]) == tokenizer.decode(example.tokens, skip_special_tokens=False)
    assert len(branch["texts"]) == len(example.tokens)


@pytest.mark.parametrize("rows", [CHATS, COMPLETIONS], ids=["chats", "completions"])
def test_rows_are_shown_as_they_are_trained(
    rows: list, base: Path, slow: ChatFormat, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    need_reader(rows)
    file = write(tmp_path / "rows.jsonl", rows)
    *shown, end = told(capsys, "rows", base, file, "--limit", "100")
    examples = read_examples(slow, file, LENGTH, "training_file")
    assert rows is COMPLETIONS or any(example.truncated_tokens for example in examples)
    assert end == {"has_more": False}
    assert [row["line"] for row in shown] == [example.line for example in examples]
    for row, example in zip(shown, examples, strict=True):
        [(name, branch)] = branches_of(row)
        assert name == "row"
        assert_same(branch, example, open_tokenizer(base))


def test_pairs_are_shown_as_two_branches(
    base: Path, slow: ChatFormat, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    read_pairs = pytest.importorskip("trainer.pairs").read_pairs
    file = write(tmp_path / "pairs.jsonl", PAIRS)
    *shown, _ = told(capsys, "rows", base, file, "--limit", "100")
    for row, pair in zip(shown, read_pairs(slow, file, LENGTH, "training_file"), strict=True):
        [(one, preferred), (other, non_preferred)] = branches_of(row)
        assert (one, other) == ("preferred", "non_preferred")
        assert_same(preferred, pair.preferred, open_tokenizer(base))
        assert_same(non_preferred, pair.non_preferred, open_tokenizer(base))
    [bad, _] = told(capsys, "rows", base, write(tmp_path / "bad.jsonl", [{"input": {}}]))
    assert bad["error"] == 'it has no "input" with "messages"'


@pytest.mark.parametrize("rows", [CHATS, PAIRS, COMPLETIONS], ids=["chats", "pairs", "completions"])
def test_counts_are_those_of_the_rows_shown(
    rows: list, base: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    need_reader(rows)
    file = write(tmp_path / "rows.jsonl", rows)
    *shown, _ = told(capsys, "rows", base, file, "--limit", "100")
    counts = told(capsys, "count", base, file)[-1]
    branches = [branch for row in shown for branch in row["branches"]]
    cut = [row["line"] for row in shown if any(branch["tokens_cut"] for branch in row["branches"])]
    lengths = [(len(branch["ids"]) + branch["tokens_cut"]) for branch in branches]
    assert counts["rows"] == len(rows) and counts["unreadable_rows"] == 0 and counts["is_complete"]
    assert counts["tokens"] == sum(len(branch["ids"]) for branch in branches)
    assert counts["trained_tokens"] == sum(end - start for branch in branches for start, end in branch["trained"])
    assert counts["tokens_cut"] == sum(branch["tokens_cut"] for branch in branches)
    assert (counts["over_rows"], counts["over_lines"]) == (len(cut), cut)
    assert counts["longest_tokens"] == max(lengths)
    assert counts["untaught_rows"] == sum(any(not branch["trained"] for branch in row["branches"]) for row in shown)
    assert counts["error"] is None


def test_pages_follow_the_line_and_bad_rows_say_why(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    file = write(tmp_path / "rows.jsonl", [CHATS[0], "{", "[]", {"messages": 1}, {"messages": []}, CHATS[1]])
    *first, end = told(capsys, "rows", base, file, "--limit", "4")
    assert [row["line"] for row in first] == [1, 2, 3, 4] and end == {"has_more": True}
    assert [row["error"] for row in first] == [
        None,
        "it is not valid JSON in UTF-8",
        "it is not a JSON object",
        'it has no "messages"',
    ]
    *rest, end = told(capsys, "rows", base, file, "--after", "4")
    assert [row["line"] for row in rest] == [5, 6] and end == {"has_more": False}
    assert rest[0]["error"] == 'it has no "messages"'
    counts = told(capsys, "count", base, file)[-1]
    assert (counts["rows"], counts["unreadable_rows"]) == (6, 4)
    assert counts["error"] == "Line 2 cannot be trained on: it is not valid JSON in UTF-8"
    assert told(capsys, "rows", base, file, "--after", "6") == [{"has_more": False}]


def test_counts_tell_what_a_training_would_refuse_the_file_for(
    base: Path, slow: ChatFormat, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    rows = [{"messages": [{"role": "user", "content": "word " * 200}, ANSWER]}] * 3
    file = write(tmp_path / "rows.jsonl", rows)
    counts = told(capsys, "count", base, file)[-1]
    assert counts["untaught_rows"] == counts["over_rows"] == 3
    with pytest.raises(JobError) as caught:
        read_examples(slow, file, LENGTH, "training_file")
    assert caught.value.message.endswith(f" {counts['error']}.")
    counts = told(capsys, "count", base, write(tmp_path / "more.jsonl", [*rows, CHATS[0]]))[-1]
    assert (counts["untaught_rows"], counts["error"]) == (3, None)


def test_counting_ends_when_its_time_is_over(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    file = write(tmp_path / "rows.jsonl", [CHATS[0]] * 600)
    counts = told(capsys, "count", base, file, "--seconds", "0")[-1]
    assert 0 < counts["rows"] < 600 and not counts["is_complete"]


def test_characters_of_several_tokens_stand_at_the_last(base: Path) -> None:
    tokenizer = open_tokenizer(base)
    ids = tokenizer.encode("a\U0001f468\u200d\U0001f469é日", add_special_tokens=False).ids
    pieces = pieces_of(tokenizer, ids)
    assert "".join(pieces) == "a\U0001f468\u200d\U0001f469é日"
    assert "" in pieces and not any("\ufffd" in piece for piece in pieces)
    # What a cut row leaves of a character is shown as broken, not held back.
    [broken] = pieces_of(tokenizer, tokenizer.encode("日", add_special_tokens=False).ids[:1])
    assert broken != ""


def test_the_preview_needs_neither_torch_nor_transformers() -> None:
    script = "import sys, trainer.preview; sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_other_bases_are_opened_as_the_trainer_does(tmp_path: Path) -> None:
    base = write_tiny_base(tmp_path)
    config = base / "tokenizer_config.json"
    config.write_text(config.read_text().replace("PreTrainedTokenizerFast", "Qwen2Tokenizer"))
    assert not is_verbatim(base)


def test_a_line_too_long_for_any_tokenizer_is_told(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = {"messages": [{"role": "user", "content": "a" * (2 << 20)}, ANSWER]}
    monkeypatch.setattr("trainer.rows.MOST_BYTES", 1 << 20)
    *shown, _ = told(capsys, "rows", base, write(tmp_path / "rows.jsonl", [long, CHATS[0]]))
    assert [row["error"] for row in shown] == ["its line is longer than 1 MiB", None]
