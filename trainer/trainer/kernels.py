"""The arithmetic of a decoder layer as few, large operations, each with its own gradient. float32 on a CPU.

Each has two forms: one pass of a native kernel, and PyTorch's operations where those kernels are not.
"""

import ctypes

import torch
from torch import Tensor

from trainer.native import address, count, library_for

# oneDNN compiles for each length: where memory has run out, there may be none for that in much smaller passes, too.
NO_ROOM_FOR_CODE = "could not create a primitive"


def multiply(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x weight' + bias; oneDNN is a tenth faster here than the BLAS behind `torch.mm`, on transposed weights too."""
    if x.device.type == "cpu" and x.dtype == torch.float32 and torch.backends.mkldnn.is_available():
        try:
            return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
        except RuntimeError as error:
            if NO_ROOM_FOR_CODE not in str(error):
                raise
    return torch.nn.functional.linear(x, weight, bias)


class RmsNorm(torch.autograd.Function):
    """x [T, H]; the gain is frozen."""

    @staticmethod
    def forward(ctx, x: Tensor, gain: Tensor, epsilon: float) -> Tensor:
        out, inverse = norm_forward(x, gain, epsilon)
        ctx.save_for_backward(x, gain, inverse)
        return out

    @staticmethod
    def backward(ctx, grad: Tensor):
        return norm_backward(grad.contiguous(), *ctx.saved_tensors), None, None


def norm_forward(x: Tensor, gain: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """The result, and 1 / the root of each row's mean square [T, 1]."""
    library = library_for(x, gain)
    if library is None:
        squares = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_()
        inverse = squares.div_(x.shape[-1]).add_(epsilon).rsqrt_()
        return (x * inverse).mul_(gain), inverse
    out, inverse = torch.empty_like(x), x.new_empty(x.shape[0], 1)
    inputs = (address(x), address(gain), ctypes.c_float(epsilon))
    library.rms_norm_forward(*inputs, address(out), address(inverse), *sizes(x), torch.get_num_threads())
    return out, inverse


def norm_backward(grad: Tensor, x: Tensor, gain: Tensor, inverse: Tensor) -> Tensor:
    library = library_for(grad, x, gain)
    if library is None:
        grad = grad * gain
        along_x = torch.linalg.vecdot(grad, x).unsqueeze_(-1).mul_(inverse.pow(3)).div_(-x.shape[-1])
        return grad.mul_(inverse).addcmul_(x, along_x)
    grad_x = torch.empty_like(x)
    tensors = map(address, (grad, x, gain, inverse, grad_x))
    library.rms_norm_backward(*tensors, *sizes(x), torch.get_num_threads())
    return grad_x


class SwiGlu(torch.autograd.Function):
    """gate_up [T, 2 * I]: silu(gate) * up, keeping nothing but its input."""

    @staticmethod
    def forward(ctx, gate_up: Tensor) -> Tensor:
        ctx.save_for_backward(gate_up)
        gate, up = gate_up.chunk(2, dim=-1)
        out = gate_up.new_empty(gate.shape)
        library = library_for(gate_up, out)
        if library is None:
            return torch.nn.functional.silu(gate).mul_(up)
        library.swiglu_forward(address(gate_up), address(out), *sizes(out), torch.get_num_threads())
        return out

    @staticmethod
    def backward(ctx, grad: Tensor):
        (gate_up,), grad = ctx.saved_tensors, grad.contiguous()
        grad_gate_up = torch.empty_like(gate_up)
        library = library_for(gate_up, grad)
        if library is None:
            gate, up = gate_up.chunk(2, dim=-1)
            grad_gate, grad_up = grad_gate_up.chunk(2, dim=-1)
            torch.mul(torch.nn.functional.silu(gate), grad, out=grad_up)
            torch.ops.aten.silu_backward.grad_input(grad * up, gate, grad_input=grad_gate)
            return grad_gate_up
        tensors = map(address, (gate_up, grad, grad_gate_up))
        library.swiglu_backward(*tensors, *sizes(grad), torch.get_num_threads())
        return grad_gate_up


def sizes(rows: Tensor) -> tuple[ctypes.c_int64, ctypes.c_int64]:
    return count(rows.shape[0]), count(rows.shape[1])


def rotate(heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """heads [T, n, D] turned by their positions; cos and sin [T, 1, D / 2]."""
    turned = torch.empty_like(heads, memory_format=torch.contiguous_format)
    turn_into(turned, heads, (cos, sin), 1)
    return turned


def rotate_back(heads: Tensor, cos: Tensor, sin: Tensor) -> None:
    """Undoes `rotate`, in place."""
    turn_into(heads, heads, (cos, sin), -1)


def turn_into(turned: Tensor, heads: Tensor, turn: tuple[Tensor, Tensor], direction: int) -> None:
    cos, sin = turn
    library = library_for(cos, sin)
    if library is None or heads.dtype != torch.float32 or heads.stride()[1:] != (heads.shape[2], 1):
        turn_with_torch(turned, heads, cos, sin * direction)
        return
    tokens, count_of_heads, size = heads.shape
    source = (address(heads), count(heads.stride(0)), address(cos), address(sin))
    target = (address(turned), count(turned.stride(0)))
    shape = (count(tokens), count(count_of_heads), count(size // 2))
    library.rotate_heads(*source, *target, *shape, ctypes.c_float(direction), torch.get_num_threads())


def turn_with_torch(turned: Tensor, heads: Tensor, cos: Tensor, sin: Tensor) -> None:
    low, high = heads.chunk(2, dim=-1)
    turned_low, turned_high = turned.chunk(2, dim=-1)
    new_low = (low * cos).addcmul_(high, sin, value=-1)
    torch.mul(high, cos, out=turned_high).addcmul_(low, sin)
    turned_low.copy_(new_low)
