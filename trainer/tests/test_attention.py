"""Both kernels give the attention of a dense mask in float64, and the same bits each time."""

import random

import pytest
import torch
from torch import Tensor

from tests.exact import assert_close
from tests.tiny import VOCABULARY
from trainer.attention import Kernel, TreeAttention
from trainer.block_attention import BlockKernel, dense_mask
from trainer.heads import Heads
from trainer.native import find_library
from trainer.native_attention import NativeKernel
from trainer.prefix_tree import Segment, TrainRow, build_tree

KERNELS = ["pytorch", "native"]
HEADS = [Heads(9, 3, 64), Heads(4, 4, 64), Heads(8, 1, 64), Heads(4, 2, 128)]


def rows_of(seed: int) -> list[TrainRow]:
    """Rows that share starts of many lengths, some of them longer than a tile and a chunk of the kernel."""
    draw = random.Random(seed)
    known: list[tuple[int, ...]] = [()]
    for _ in range(draw.randint(1, 8)):
        start = draw.choice(known)
        start = start[: draw.randint(0, len(start))]
        known.append((*start, *draw.choices(range(VOCABULARY), k=draw.choice([1, 7, 47, 48, 49, 150, 260]))))
    return [TrainRow(tokens, ((len(tokens) - 1, 0),)) for tokens in known[1:]]


def kernel_of(name: str, segments: list[Segment], heads: Heads) -> Kernel:
    if name == "pytorch":
        return BlockKernel(segments, heads)
    library = find_library()
    if library is None:
        pytest.skip("this machine has no g++ or no AVX-512")
    return NativeKernel(library, segments, heads)


def attend(kernel: Kernel, qkv: Tensor, turn: tuple[Tensor, Tensor], grad_out: Tensor) -> tuple[Tensor, Tensor]:
    leaf = qkv.clone().requires_grad_()
    out = TreeAttention.apply(leaf, *turn, kernel)
    out.backward(grad_out)
    return out.detach(), leaf.grad


class DenseKernel:
    """Everything at once, in float64."""

    def __init__(self, segments: list[Segment], heads: Heads) -> None:
        self.heads, self.mask = heads, dense_mask(segments)

    def attention(self, turned: Tensor, values: Tensor) -> Tensor:
        queries, keys = turned.split([self.heads.queries, self.heads.keys], 1)
        wide = [x.double().repeat_interleave(self.heads.group, 1).transpose(0, 1) for x in (keys, values)]
        scores = queries.double().transpose(0, 1) @ wide[0].transpose(1, 2) / self.heads.size**0.5
        return (scores.masked_fill(~self.mask, -torch.inf).softmax(-1) @ wide[1]).transpose(0, 1)

    def forward(self, turned: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        return self.attention(turned, values).float(), torch.zeros(())

    def backward(
        self, turned: Tensor, values: Tensor, out: Tensor, lse: Tensor, grad_out: Tensor, grad: Tensor
    ) -> None:
        with torch.enable_grad():
            leaves = [x.detach().double().requires_grad_() for x in (turned, values)]
            self.attention(*leaves).backward(grad_out.double())
        grad.copy_(torch.cat([leaf.grad for leaf in leaves], 1))


def inputs_of(length: int, heads: Heads) -> tuple[Tensor, tuple[Tensor, Tensor], Tensor]:
    torch.manual_seed(length)
    qkv = torch.randn(length, (heads.queries + 2 * heads.keys) * heads.size) * 2
    angles = torch.rand(length, 1, heads.size // 2) * 6
    return qkv, (angles.cos(), angles.sin()), torch.randn(length, heads.queries * heads.size)


@pytest.mark.parametrize("heads", HEADS, ids=lambda heads: f"{heads.queries}x{heads.keys}x{heads.size}")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", KERNELS)
def test_attention_over_any_tree_is_that_of_its_dense_mask(name: str, seed: int, heads: Heads) -> None:
    segments = build_tree(rows_of(seed)).segments
    inputs = inputs_of(segments[-1].end, heads)
    kernel = kernel_of(name, segments, heads)
    out, grad = attend(kernel, *inputs)
    expected_out, expected_grad = attend(DenseKernel(segments, heads), *inputs)
    assert_close([out, grad], [expected_out, expected_grad], 1e-5)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", KERNELS)
def test_the_same_call_gives_the_same_bits(name: str, threads: int) -> None:
    segments, heads = build_tree(rows_of(2)).segments, HEADS[0]
    inputs = inputs_of(segments[-1].end, heads)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        first, *others = [attend(kernel_of(name, segments, heads), *inputs) for _ in range(3)]
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, same) for other in others for one, same in zip(first, other, strict=True))


@pytest.mark.parametrize("name", KERNELS)
def test_a_query_sees_nothing_of_its_neighbours_rows(name: str) -> None:
    segments, heads = build_tree([TrainRow((1,) * 9 + (n,) * 40, ((48, 0),)) for n in range(3)]).segments, HEADS[0]
    qkv, turn, grad_out = inputs_of(segments[-1].end, heads)
    kernel, second = kernel_of(name, segments, heads), slice(segments[2].start, segments[2].end)
    out, _ = attend(kernel, qkv, turn, grad_out)
    qkv[second] = 1e4
    changed, _ = attend(kernel, qkv, turn, grad_out)
    assert torch.equal(out[: second.start], changed[: second.start])
    assert torch.equal(out[second.stop :], changed[second.stop :])


def test_without_a_compiler_or_when_told_off_pytorch_does_it(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name, value in [("PERENNIAL_NATIVE_KERNELS", "off"), ("PATH", ""), ("XDG_CACHE_HOME", "/dev/null/none")]:
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert find_library.__wrapped__() is None
