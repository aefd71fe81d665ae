"""TRL is the oracle: on the same batches from the same adapter, its loss curve and its adapter are ours.

Needs an environment with trl 1.16: `bench/.venv-trl/bin/python`, or the one that PERENNIAL_TRL_PYTHON names.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.exact import disturb
from tests.jobs import events, run_here, write_dpo_job, write_job
from trainer.adapter import attach_adapter
from trainer.base import load_chat_format, load_model
from trainer.example import Example
from trainer.job import read_spec
from trainer.pairs import Pair
from trainer.plan import Plan, epoch_batches, make_plan

ROOT = Path(__file__).parents[3]
TRL = Path(os.environ.get("PERENNIAL_TRL_PYTHON", ROOT / "bench" / ".venv-trl" / "bin" / "python"))
BASE = Path(os.environ.get("PERENNIAL_BASES", ROOT / "data" / "bases")) / "smollm2-135m-instruct" / "hf"
pytestmark = pytest.mark.skipif(not TRL.exists(), reason=f"no Python with TRL at {TRL}")

HYPERPARAMETERS = {
    "n_epochs": 1,
    "batch_size": 4,
    "learning_rate_multiplier": "auto",
    "learning_rate": 1e-3,
    "warmup_ratio": 0.0,
    "weight_decay": 0.01,
}


def first_adapter(base: Path, folder: Path) -> Path:
    """One that already does something, so that it is also DPO's reference that is compared."""
    model = attach_adapter(load_model(base, torch.device("cpu")), None, seed=1)
    disturb(model, seed=2)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            weight.data *= 0.1
    model.save_pretrained(str(folder))
    return folder


def sft_row(example: Example) -> dict:
    labels = [-100] * len(example.tokens)
    for start, end in example.answers:
        labels[start:end] = example.tokens[start:end]
    return {"input_ids": example.tokens, "labels": labels}


def dpo_row(pair: Pair) -> dict:
    (start, end), (other_start, other_end) = pair.preferred.answers[0], pair.non_preferred.answers[0]
    return {
        "prompt_ids": pair.preferred.tokens[:start],
        "chosen_ids": pair.preferred.tokens[start:end],
        "rejected_ids": pair.non_preferred.tokens[other_start:other_end],
    }


def plan_of(folder: Path, base: Path) -> Plan:
    return make_plan(read_spec(folder), load_chat_format(base), load_model(base, torch.device("cpu")).num_parameters())


def run_trl(job: Path, base: Path, method: str) -> tuple[list[float], dict[str, torch.Tensor]]:
    plan, spec, out = plan_of(job, base), read_spec(job), job / "trl"
    batches = epoch_batches(plan, spec.seed, 0)
    to_row = dpo_row if method == "dpo" else sft_row
    resolved = plan.resolved
    task = {
        "method": method,
        "base": str(base),
        "adapter": str(spec.adapter),
        "rows": [to_row(row) for batch in batches for row in batch],
        "out": str(out),
        "losses": str(job / "losses.json"),
        "threads": int(os.environ["OMP_NUM_THREADS"]),
        **{name: getattr(resolved, name) for name in ("batch_size", "learning_rate", "lr_scheduler", "beta")},
        **{name: getattr(resolved, name) for name in ("weight_decay", "max_grad_norm")},
    }
    (job / "task.json").write_text(json.dumps(task))
    script = str(Path(__file__).with_name("run_trl.py"))
    subprocess.run([str(TRL), script, str(job / "task.json")], check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    return json.loads((job / "losses.json").read_text()), load_file(out / "adapter_model.safetensors")


def compare(job: Path, base: Path, method: str) -> None:
    losses, theirs = run_trl(job, base, method)
    run_here(job)
    assert [event["train_loss"] for event in events(job, "step")] == pytest.approx(losses, rel=1e-3)
    start = load_file(read_spec(job).adapter / "adapter_model.safetensors")
    ours = load_file(job / "adapter" / "adapter_model.safetensors")
    moved = sum((theirs[name] - start[name]).norm() ** 2 for name in start) ** 0.5
    apart = sum((theirs[name] - ours[name]).norm() ** 2 for name in start) ** 0.5
    assert moved > 0 and apart < 0.02 * moved


def write(method: str, folder: Path, base: Path, **extras: object) -> Path:
    more = {"beta": 0.2} if method == "dpo" else {}
    changes = {
        "adapter": str(first_adapter(base, folder.with_name("first"))),
        "validation_file": None,
        "hyperparameters": {**HYPERPARAMETERS, **more, **extras},
    }
    return (write_dpo_job if method == "dpo" else write_job)(folder, base, **changes)


@pytest.mark.parametrize("scheduler", ["linear", "cosine", "constant"])
@pytest.mark.parametrize("method", ["supervised", "dpo"])
def test_a_tiny_model_learns_as_with_trl(method: str, scheduler: str, base: Path, tmp_path: Path) -> None:
    compare(write(method, tmp_path / "job", base, lr_scheduler=scheduler), base, method)


@pytest.mark.skipif(not BASE.exists(), reason=f"the embedded base is not at {BASE}")
@pytest.mark.parametrize("method", ["supervised", "dpo"])
def test_the_embedded_model_learns_as_with_trl(method: str, tmp_path: Path) -> None:
    job = write(method, tmp_path / "job", BASE, learning_rate=2e-4)
    compare(job, BASE, method)
