"""A model's measures, as far as time and memory follow from them. No torch here."""

import json
from dataclasses import dataclass
from pathlib import Path

from trainer.adapter_shape import AdapterShape, layer_names

NORMED = ("qwen3",)


@dataclass(frozen=True)
class ModelShape:
    parameters: int
    layers: int
    hidden: int
    intermediate: int
    # Heads times their size: of the queries, of the keys.
    queries: int
    keys: int
    vocabulary: int
    # Each query and key is normed by itself.
    normed: bool = False

    @property
    def linear(self) -> dict[str, tuple[int, int]]:
        """(inputs, outputs) of each linear layer of a decoder block."""
        return {
            "q_proj": (self.hidden, self.queries),
            "k_proj": (self.hidden, self.keys),
            "v_proj": (self.hidden, self.keys),
            "o_proj": (self.queries, self.hidden),
            "gate_proj": (self.hidden, self.intermediate),
            "up_proj": (self.hidden, self.intermediate),
            "down_proj": (self.intermediate, self.hidden),
        }

    @property
    def layer_weights(self) -> int:
        """Of the linear layers of one block."""
        return sum(inputs * outputs for inputs, outputs in self.linear.values())


def adapter_weights(shape: ModelShape, adapter: AdapterShape) -> int:
    """Of one block."""
    return sum(adapter.r * sum(shape.linear[name]) for name in layer_names(adapter.targets))


def read_model_shape(base: Path, parameters: int) -> ModelShape:
    """`base` is a Hugging Face folder."""
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    heads = config["num_attention_heads"]
    size = config.get("head_dim") or config["hidden_size"] // heads
    return ModelShape(
        parameters=parameters,
        layers=config["num_hidden_layers"],
        hidden=config["hidden_size"],
        intermediate=config["intermediate_size"],
        queries=heads * size,
        keys=(config.get("num_key_value_heads") or heads) * size,
        vocabulary=config["vocab_size"],
        normed=config.get("model_type") in NORMED,
    )
