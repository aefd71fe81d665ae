"""Fine-tunes with TRL what the job folder's spec asks for, and prints what it took as one line of JSON.

    python trl_run.py JOB_DIR [--parts N] [--no-checkpointing]

--parts: in how many parts a batch is computed, where its logits do not fit into memory at once.
--no-checkpointing: keeps what the backward pass needs instead of computing it again, as TRL does of itself: faster,
with more memory.

TRL's defaults, but for what makes the two trainings the same: rank, targets, rows a batch, epochs, float32, the
learning rate, and a loss on the answers alone. Rows are not packed: TRL's packing needs FlashAttention to keep rows apart.
"""

import argparse
import json
import os
import resource
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from datasets import load_dataset
from peft import LoraConfig
from transformers import AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer


class LossCurve(TrainerCallback):
    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_log(self, args, state, control, logs=None, **_):
        if logs and "loss" in logs:
            self.losses.append(logs["loss"])


def with_generation_marks(template: str) -> str:
    """The embedded base's template, with the answers marked as TRL looks for them."""
    body = "{{- '<|im_start|>' + role + '\\n' + content -}}"
    marked = (
        "{{- '<|im_start|>' + role + '\\n' -}}"
        "{%- if role == 'assistant' -%}{%- generation -%}{{- content + '<|im_end|>' -}}{%- endgeneration -%}{{- '\\n' -}}"
        "{%- else -%}{{- content + '<|im_end|>\\n' -}}{%- endif -%}"
    )
    end = "{{- '<|im_end|>\\n' -}}\n{%- endif -%}\n{%- endfor -%}"
    assert body in template and template.count(end) == 1
    return template.replace(end, "{%- endif -%}\n{%- endfor -%}").replace(body, marked)


def main(job_folder: Path, parts: int, checkpointing: bool) -> None:
    output = job_folder / "trl"
    spec = json.loads((job_folder / "spec.json").read_text())
    numbers = spec["hyperparameters"]
    rows = load_dataset(
        "json", data_files=spec["training_file"], split="train", cache_dir=str(output / "cache"), keep_in_memory=True
    )
    tokenizer = AutoTokenizer.from_pretrained(spec["base"]["path"], local_files_only=True)
    tokenizer.chat_template = with_generation_marks(tokenizer.chat_template)
    config = SFTConfig(
        output_dir=str(output),
        per_device_train_batch_size=numbers["batch_size"] // parts,
        gradient_accumulation_steps=parts,
        num_train_epochs=numbers["n_epochs"],
        learning_rate=numbers["learning_rate"],
        lr_scheduler_type="linear",
        warmup_steps=0.1,
        max_length=None,
        assistant_only_loss=True,
        bf16=False,
        gradient_checkpointing=checkpointing,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        seed=spec["seed"],
        model_init_kwargs={"dtype": torch.float32, "local_files_only": True},
    )
    lora = LoraConfig(r=16, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")
    curve = LossCurve()
    trainer = SFTTrainer(
        model=spec["base"]["path"],
        args=config,
        train_dataset=rows,
        processing_class=tokenizer,
        peft_config=lora,
        callbacks=[curve],
    )
    tokens = sum(len(row["input_ids"]) for row in trainer.train_dataset)
    result = trainer.train()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        json.dumps(
            {
                "dataset_tokens": tokens * numbers["n_epochs"],
                "seconds": result.metrics["train_runtime"],
                "peak_memory_bytes": peak,
                "steps": result.global_step,
                "losses": curve.losses,
            }
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("job_folder", type=Path)
    parser.add_argument("--parts", type=int, default=1)
    parser.add_argument("--no-checkpointing", dest="checkpointing", action="store_false")
    main(**vars(parser.parse_args()))
