"""Whole DPO jobs: they learn what people preferred, from a base or from a tuned model."""

import json
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from tests.contract import assert_follows_contract
from tests.jobs import PREFERENCES, adapter_bytes, events, run_here, write_dpo_job, write_job

SETTINGS = {"n_epochs": 6, "batch_size": 6, "learning_rate_multiplier": 30, "beta": 0.2}
LN_2 = 0.6931471805599453


@pytest.fixture(scope="module")
def preferred(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_dpo_job(tmp_path_factory.mktemp("dpo") / "job", base, hyperparameters=SETTINGS)
    run_here(folder)
    return folder


def test_it_says_all_that_the_contract_asks_for(preferred: Path) -> None:
    assert_follows_contract(events(preferred))
    [resolved] = events(preferred, "resolved")
    assert resolved["hyperparameters"]["beta"] == 0.2
    steps = events(preferred, "step")
    assert steps[0]["train_loss"] == pytest.approx(LN_2)
    assert steps[0]["train_preferred_reward"] == pytest.approx(0, abs=1e-5)
    assert steps[-1]["tokens"] == 6 * resolved["tokens_per_epoch"] == events(preferred, "finished")[0]["trained_tokens"]


def test_it_learns_what_people_preferred(preferred: Path) -> None:
    measured = [event for event in events(preferred, "step") if "full_valid_loss" in event]
    losses = [event["full_valid_loss"] for event in measured]
    assert losses[-1] < losses[0] < LN_2
    assert measured[-1]["full_valid_mean_token_accuracy"] == 1.0
    last = events(preferred, "step")[-1]
    assert last["train_mean_token_accuracy"] == 1.0
    assert last["train_preferred_reward"] > last["train_non_preferred_reward"]


def test_the_engine_is_asked_about_the_preferred_answers(preferred: Path, base: Path) -> None:
    rows = json.loads((preferred / "fidelity.json").read_text())["rows"]
    tokenizer = AutoTokenizer.from_pretrained(base)
    answers = {tokenizer.decode(row["answer_tokens"]) for row in rows}
    assert len(rows) >= 4 and answers == {f"{good}<|im_end|>" for good, _ in PREFERENCES}


def test_the_same_job_gives_the_same_bits(preferred: Path, base: Path, tmp_path: Path) -> None:
    again = write_dpo_job(tmp_path / "again", base, hyperparameters=SETTINGS)
    run_here(again)
    assert adapter_bytes(again) == adapter_bytes(preferred)


def test_after_supervised_training_the_reference_is_the_tuned_model(base: Path, tmp_path: Path) -> None:
    supervised = {"n_epochs": 3, "batch_size": 6, "learning_rate_multiplier": "auto"}
    tuned = write_job(tmp_path / "tuned", base, hyperparameters=supervised)
    run_here(tuned)
    folder = write_dpo_job(tmp_path / "dpo", base, adapter=str(tuned / "adapter"), hyperparameters=SETTINGS)
    run_here(folder)
    assert events(folder, "step")[0]["train_loss"] == pytest.approx(LN_2)
    assert events(folder, "step")[-1]["train_loss"] < 0.6


def test_a_chat_file_is_no_preference_file(base: Path, tmp_path: Path) -> None:
    from trainer.job import JobError

    folder = write_job(tmp_path / "job", base, method="dpo")
    with pytest.raises(JobError, match='Line 1 cannot be trained on: it has no "input" with "messages"'):
        run_here(folder)
