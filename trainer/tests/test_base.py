"""Which bases are trained, and what the others are refused with."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from tests.jobs import run_here, write_job
from tests.tiny import write_tiny_base
from trainer.base import load_chat_format, load_model
from trainer.chat_format import is_verbatim
from trainer.job import JobError

SETTINGS = {"n_epochs": 1, "batch_size": 8, "learning_rate_multiplier": 1}


@pytest.fixture
def own(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "own"))


def configure(folder: Path, **changes: object) -> None:
    """None takes a setting away."""
    path = folder / "config.json"
    whole = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({name: value for name, value in whole.items() if value is not None}))


def refusal(folder: Path) -> JobError:
    with pytest.raises(JobError) as caught:
        load_model(folder, torch.device("cpu"))
    assert caught.value.param == "model" and caught.value.message.endswith(".") and "\n" not in caught.value.message
    return caught.value


LONGROPE = {"rope_type": "longrope", "factor": 2.0, "short_factor": [1.0] * 4, "long_factor": [2.0] * 4}
UNTRAINABLE = [
    ({"model_type": "gemma3_text"}, "gemma3_text"),
    ({"model_type": "qwen2", "use_sliding_window": True}, "full attention"),
    ({"hidden_act": "gelu"}, "gelu"),
    ({"rope_parameters": LONGROPE | {"rope_theta": 10000.0}}, "longrope"),
    ({"rope_parameters": None, "rope_scaling": {"type": "longrope"}}, "longrope"),
    ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "gptq"),
    ({"quantization_config": {"quant_method": "fp8"}}, "fp8"),
]


@pytest.mark.parametrize(("changes", "word"), UNTRAINABLE)
def test_a_base_that_would_be_computed_wrongly_is_refused(changes: dict, word: str, own: Path) -> None:
    configure(own, **changes)
    error = refusal(own)
    assert error.code == "model_not_trainable" and word in error.message


def test_a_setting_of_another_type_is_an_unreadable_base(own: Path) -> None:
    configure(own, num_attention_heads="six")
    assert refusal(own).code == "base_unreadable"


def test_tokens_that_the_weights_do_not_know_are_an_unreadable_base(tmp_path: Path) -> None:
    own = write_tiny_base(tmp_path / "own", vocab_size=50)
    with pytest.raises(JobError) as caught:
        run_here(write_job(tmp_path / "job", own, hyperparameters=SETTINGS))
    assert (caught.value.code, caught.value.param) == ("base_unreadable", "model")
    assert "tokenizer" in caught.value.message


def test_a_configuration_may_leave_out_that_every_head_has_its_own_keys(tmp_path: Path) -> None:
    own = write_tiny_base(tmp_path / "own", num_key_value_heads=6)
    configure(own, num_key_value_heads=None)
    events = run_here(write_job(tmp_path / "job", own, hyperparameters=SETTINGS))
    assert events[-1]["type"] == "finished"


def test_chats_with_tools_are_written_by_the_template_for_them(own: Path) -> None:
    assert is_verbatim(own)
    (own / "additional_chat_templates").mkdir()
    (own / "additional_chat_templates" / "tool_use.jinja").write_text("{{ tools[0].function.name }}")
    chat, asked = load_chat_format(own), [{"role": "user", "content": "Hi"}]
    assert chat.render(asked, [{"type": "function", "function": {"name": "look"}}], True) == "look"
    assert "Hi" in chat.render(asked, None, True)
    assert not is_verbatim(own)
