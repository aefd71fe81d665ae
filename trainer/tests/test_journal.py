from pathlib import Path

import pytest

from tests.contract import FIXTURES
from trainer.job import JobError, read_spec
from trainer.journal import Journal, read_events


def test_half_a_line_of_a_killed_process_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"type":"step","step":1}\n{"type":"ste')
    Journal(path).append("started", pid=1, resumed_from_step=0)
    assert [event["type"] for event in read_events(path)] == ["step", "started"]
    assert path.read_bytes().splitlines()[1] == b'{"type":"ste'


def test_a_whole_last_line_gets_no_blank_one_after_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for step in (1, 2):
        Journal(path).append("heartbeat", stage=f"step {step}")
    assert len(path.read_bytes().splitlines()) == 2


@pytest.mark.parametrize("last", ["finished", "stopped", "error"])
def test_nothing_follows_the_end_of_a_job(tmp_path: Path, last: str) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    assert journal.append(last, step=3)
    assert not journal.append("heartbeat", stage="training")
    assert [event["type"] for event in read_events(tmp_path / "journal.jsonl")] == [last]


def test_a_line_that_is_not_json_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Journal(tmp_path / "journal.jsonl").append("step", train_loss=float("nan"))
    assert (tmp_path / "journal.jsonl").read_bytes() == b""


def test_the_contract_s_spec_is_read(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text((FIXTURES / "spec.json").read_text())
    spec = read_spec(tmp_path)
    assert spec.base.context_length == 8192
    assert (spec.hyperparameters.n_epochs, spec.hyperparameters.batch_size) == ("auto", 16)


@pytest.mark.parametrize("text", ["", "{}", '{"version": 2}', "[]"])
def test_a_spec_that_cannot_be_read_is_an_error_for_good(tmp_path: Path, text: str) -> None:
    (tmp_path / "spec.json").write_text(text)
    with pytest.raises(JobError) as caught:
        read_spec(tmp_path)
    assert caught.value.code == "invalid_spec"
