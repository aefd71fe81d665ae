"""LoRA's scale at the narrow place of PEFT's layers.

PEFT multiplies what comes out: then the gradient of every output is written a second time, scaled, to be multiplied by
the adapter. Of `rank` numbers a token the product is as good, and costs nothing.
"""

from peft import PeftModel
from peft.tuners.lora import LoraLayer
from peft.tuners.lora.layer import LoraVariant
from torch import Tensor

ADAPTER = "default"


class ScaledEarly(LoraVariant):
    @staticmethod
    def forward(module: LoraLayer, active_adapter: str, x: Tensor, result: Tensor, **_) -> Tensor:
        """x [..., in]; `result` [..., out] is the base's; gives the layer's."""
        dropped = module.lora_dropout[active_adapter](x)
        reduced = module.lora_A[active_adapter](dropped) * module.scaling[active_adapter]
        return result + module.lora_B[active_adapter](reduced)


def scale_early(model: PeftModel) -> None:
    """From here on its layers compute so; what they are saved as stays the same."""
    for layer in model.modules():
        if isinstance(layer, LoraLayer):
            layer.lora_variant[ADAPTER] = ScaledEarly()
