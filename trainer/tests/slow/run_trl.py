"""TRL's own trainer on batches that are laid out already; runs in TRL's environment.

    python run_trl.py TASK.json

Writes the loss of every step to TASK.json's `losses` file and the adapter to its `out` folder.
"""

import json
import sys
from pathlib import Path

import torch
from datasets import Dataset
from peft import PeftModel
from torch.utils.data import SequentialSampler
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer


class InOrder:
    """Takes the rows as they lie, and keeps every step's loss unrounded."""

    def _get_train_sampler(self, dataset=None):
        return SequentialSampler(dataset if dataset is not None else self.train_dataset)

    def training_step(self, *arguments, **more):
        loss = super().training_step(*arguments, **more)
        self.losses.append(loss.item())
        return loss


class InOrderSFT(InOrder, SFTTrainer):
    losses: list[float]


class InOrderDPO(InOrder, DPOTrainer):
    losses: list[float]

    def _prepare_dataset(self, dataset, *_):
        return dataset


def settings(task: dict) -> dict:
    return {
        "output_dir": task["out"],
        "per_device_train_batch_size": task["batch_size"],
        "num_train_epochs": 1,
        "learning_rate": task["learning_rate"],
        "lr_scheduler_type": task["lr_scheduler"],
        "warmup_steps": 0,
        "weight_decay": task["weight_decay"],
        "max_grad_norm": task["max_grad_norm"],
        "gradient_checkpointing": False,
        "bf16": False,
        "use_cpu": True,
        "report_to": [],
        "save_strategy": "no",
        "max_length": None,
        "disable_tqdm": True,
    }


def main(task: dict) -> None:
    torch.set_num_threads(task["threads"])
    base = AutoModelForCausalLM.from_pretrained(task["base"], dtype=torch.float32)
    model = PeftModel.from_pretrained(base, task["adapter"], is_trainable=True)
    common = {
        "model": model,
        "train_dataset": Dataset.from_list(task["rows"]),
        "processing_class": AutoTokenizer.from_pretrained(task["base"]),
    }
    if task["method"] == "dpo":
        trainer = InOrderDPO(args=DPOConfig(beta=task["beta"], **settings(task)), **common)
    else:
        trainer = InOrderSFT(args=SFTConfig(**settings(task)), **common)
    trainer.losses = []
    trainer.train()
    model.save_pretrained(task["out"], selected_adapters=["default"])
    Path(task["losses"]).write_text(json.dumps(trainer.losses))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
