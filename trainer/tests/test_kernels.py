"""Both forms of a layer's arithmetic give the value and the gradient of their formula in float64."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from trainer.kernels import RmsNorm, SwiGlu, multiply, rotate, rotate_back
from trainer.native import find_library

FORMS = ["native", "pytorch"]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "pytorch":
        monkeypatch.setattr("trainer.kernels.library_for", lambda *tensors: None)
    elif find_library() is None:
        pytest.skip("this machine has no g++ or no AVX-512")
    return request.param


def numbers(*shape: int) -> Tensor:
    """Also such as overflow an exponential, vanish in it, or are nothing at all."""
    torch.manual_seed(3)
    drawn = torch.randn(*shape) * 3
    drawn.view(-1)[:8] = torch.tensor([0.0, -0.0, 90.0, -90.0, 300.0, -300.0, 1e-20, -1e-20])
    return drawn


def assert_same(apply: Callable[[Tensor], Tensor], formula: Callable[[Tensor], Tensor], x: Tensor) -> None:
    found, exact = x.clone().requires_grad_(), x.double().requires_grad_()
    out, expected = apply(found), formula(exact)
    grad = torch.randn(out.shape)
    out.backward(grad)
    expected.backward(grad.double())
    torch.testing.assert_close(out.double(), expected, rtol=2e-6, atol=2e-6)
    torch.testing.assert_close(found.grad.double(), exact.grad, rtol=1e-5, atol=1e-5)


def test_the_norm(form: str) -> None:
    gain = torch.rand(48) + 0.5

    def formula(x: Tensor) -> Tensor:
        return x * (x.square().mean(-1, keepdim=True) + 1e-5).rsqrt() * gain.double()

    assert_same(lambda x: RmsNorm.apply(x, gain, 1e-5), formula, numbers(7, 48))


def test_the_gated_unit(form: str) -> None:
    def formula(x: Tensor) -> Tensor:
        gate, up = x.chunk(2, -1)
        return torch.nn.functional.silu(gate) * up

    assert_same(SwiGlu.apply, formula, numbers(7, 160))


def test_turning_heads_by_their_position_and_back(form: str) -> None:
    wide = numbers(5, 9, 64)
    heads, angles = wide[:, 2:7], torch.rand(5, 1, 32) * 6
    cos, sin = angles.cos(), angles.sin()
    turned = rotate(heads, cos, sin)
    low, high = heads.double().chunk(2, -1)
    expected = torch.cat([low * cos - high * sin, high * cos + low * sin], -1)
    torch.testing.assert_close(turned.double(), expected, rtol=1e-6, atol=1e-4)
    before = wide.clone()
    wide[:, 2:7] = turned
    rotate_back(wide[:, 2:7], cos, sin)
    torch.testing.assert_close(wide, before, rtol=1e-5, atol=1e-4)


def test_a_number_that_is_none_stays_none(form: str) -> None:
    x = torch.full((2, 160), float("nan"))
    assert SwiGlu.apply(x).isnan().all()
    assert RmsNorm.apply(x, torch.ones(160), 1e-5).isnan().all()


def test_without_room_to_compile_a_product_is_computed_without_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_nothing(*_: object) -> None:
        raise RuntimeError("could not create a primitive")

    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", compile_nothing)
    x, weight, bias = torch.randn(5, 32), torch.randn(48, 32), torch.randn(48)
    torch.testing.assert_close(multiply(x, weight, bias), x @ weight.t() + bias)
