"""The adapter's scale on a GPU: the same numbers, and nothing as wide as the layer's output is multiplied by it."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.exact import adapted, assert_close, gradients_of
from tests.test_packed import CASES, rows_of
from trainer.adapter_shape import AdapterShape
from trainer.gpu import create_gpu_model
from trainer.optimize import add_gradients
from trainer.packed import create_packed_model

GIB = 1 << 30


class Scaled(TorchDispatchMode):
    """The widths of what is multiplied by a number."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self.by, self.widths = by, set()

    def __torch_dispatch__(self, function, types, inputs=(), more=None):
        if function.overloadpacket is torch.ops.aten.mul and isinstance(inputs[1], float) and inputs[1] == self.by:
            self.widths.add(inputs[0].shape[-1])
        return function(*inputs, **(more or {}))


def test_an_adapter_is_scaled_where_it_is_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    # FlexAttention lets nobody look on.
    monkeypatch.setattr("trainer.gpu.with_flex", lambda *_: False)
    monkeypatch.setattr("trainer.gpu.free_bytes", lambda _: 8 * GIB)
    model, expected = (adapted(shape=AdapterShape(r=5, alpha=15)) for _ in range(2))
    packed, rows = create_gpu_model(model, print), rows_of(CASES["one long row"])
    with Scaled(by=3) as scaled:
        loss = add_gradients(packed, rows)["train_loss"]
    assert scaled.widths == {5}
    assert loss == pytest.approx(add_gradients(create_packed_model(expected), rows)["train_loss"], rel=1e-5)
    assert_close(gradients_of(model), gradients_of(expected))
