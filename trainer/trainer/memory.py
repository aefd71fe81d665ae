"""Goes on with less at once where memory runs out. The batch stays what it is: it is computed in more passes."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch

from trainer.durable import write_json
from trainer.failures import MEMORY_ADVICE, is_out_of_memory
from trainer.journal import Journal
from trainer.packed import PackedModel
from trainer.plan import Row

Result = TypeVar("Result")

# With so few, every longer row is computed alone and its layers twice: nothing is left to save.
SMALLEST_BUDGET = 32


@dataclass
class Compute:
    """The model under a token budget that only falls; `path` keeps it for a resumed run."""

    packed: PackedModel
    path: Path
    journal: Journal


def create_compute(packed: PackedModel, path: Path, journal: Journal) -> Compute:
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))["token_budget"]
        packed = replace(packed, token_budget=min(kept, packed.token_budget))
    return Compute(packed, path, journal)


def shrink(compute: Compute, tokens: int) -> None:
    """`tokens` of the rows that did not fit: a budget above them would change nothing."""
    budget = min(compute.packed.token_budget, tokens)
    if budget <= SMALLEST_BUDGET:
        raise MEMORY_ADVICE
    smaller = max(SMALLEST_BUDGET, budget // 2)
    compute.packed.model.zero_grad(set_to_none=True)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    compute.packed = replace(compute.packed, token_budget=smaller)
    compute.path.parent.mkdir(parents=True, exist_ok=True)
    write_json(compute.path, {"token_budget": smaller})
    compute.journal.append(
        "warning",
        code="smaller_micro_batch",
        message=f"The machine had too little memory for {budget} tokens at once; {smaller} at a time are computed "
        "from here on. Batches keep their size, so the result stays the same; only the training gets slower.",
    )


def computed(compute: Compute, work: Callable[[PackedModel, Sequence[Row]], Result], rows: Sequence[Row]) -> Result:
    """`work` on the rows, begun anew with a smaller budget as often as memory runs out."""
    while True:
        try:
            return work(compute.packed, rows)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        # Not in the handler: the error's frames hold the tensors of the pass that failed.
        shrink(compute, sum(row.token_count for row in rows))
