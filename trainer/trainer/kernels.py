"""The arithmetic of a decoder layer as few, large operations, each with its own gradient. float32 on a CPU."""

import torch
from torch import Tensor


def multiply(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x weight' + bias; oneDNN is a tenth faster here than the BLAS behind `torch.mm`, on transposed weights too."""
    if x.device.type == "cpu" and x.dtype == torch.float32 and torch.backends.mkldnn.is_available():
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return torch.nn.functional.linear(x, weight, bias)


class RmsNorm(torch.autograd.Function):
    """x [T, H]; the gain is frozen."""

    @staticmethod
    def forward(ctx, x: Tensor, gain: Tensor, epsilon: float) -> Tensor:
        inverse = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_().div_(x.shape[-1]).add_(epsilon).rsqrt_()
        ctx.save_for_backward(x, gain, inverse)
        return (x * inverse).mul_(gain)

    @staticmethod
    def backward(ctx, grad: Tensor):
        x, gain, inverse = ctx.saved_tensors
        grad = grad * gain
        along_x = torch.linalg.vecdot(grad, x).unsqueeze_(-1).mul_(inverse.pow(3)).div_(-x.shape[-1])
        return grad.mul_(inverse).addcmul_(x, along_x), None, None


class SwiGlu(torch.autograd.Function):
    """gate_up [T, 2 * I]: silu(gate) * up, keeping nothing but its input."""

    @staticmethod
    def forward(ctx, gate_up: Tensor) -> Tensor:
        ctx.save_for_backward(gate_up)
        gate, up = gate_up.chunk(2, dim=-1)
        return torch.nn.functional.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (gate_up,) = ctx.saved_tensors
        gate, up = gate_up.chunk(2, dim=-1)
        grad_gate_up = torch.empty_like(gate_up)
        grad_gate, grad_up = grad_gate_up.chunk(2, dim=-1)
        torch.mul(torch.nn.functional.silu(gate), grad, out=grad_up)
        torch.ops.aten.silu_backward.grad_input(grad * up, gate, grad_input=grad_gate)
        return grad_gate_up


def rotate(heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """heads [T, n, D] turned by their positions; cos and sin [T, 1, D / 2]. With -sin it turns back."""
    low, high = heads.chunk(2, dim=-1)
    turned = torch.empty_like(heads, memory_format=torch.contiguous_format)
    turned_low, turned_high = turned.chunk(2, dim=-1)
    torch.mul(low, cos, out=turned_low).addcmul_(high, sin, value=-1)
    torch.mul(high, cos, out=turned_high).addcmul_(low, sin)
    return turned
