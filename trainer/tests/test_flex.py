"""FlexAttention over a prefix tree gives what rows give that are computed one by one. On a CPU, by its own arithmetic.

PyTorch refuses FlexAttention's backward pass on CPUs, although its reference implementation does it.
"""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch.nn.attention import flex_attention as pytorch_flex
from torch.nn.attention.flex_attention import BlockMask
from torch.utils._python_dispatch import TorchDispatchMode

from tests.exact import adapted, assert_close, gradients_of
from tests.test_packed import CASES, row_by_row, rows_of, tokens
from tests.tiny import LAYERS, VOCABULARY, random_model
from trainer.adapter import attach_adapter
from trainer.adapter_shape import AdapterShape
from trainer.answer_loss import CHUNK, AnswerLoss, Labels
from trainer.block_attention import dense_mask
from trainer.dropout import install_dropout
from trainer.flex import BLOCK, padded, tree_mask, use_flex
from trainer.optimize import add_gradients, apply_gradients, create_optimizer, trainable
from trainer.packed import PackedModel, create_packed_model, packed_loss
from trainer.prefix_tree import PrefixTree, build_tree, train_row

CPU = torch.device("cpu")
pytestmark = pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")


@pytest.fixture(autouse=True)
def on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pytorch_flex, "_validate_device", lambda *_: None)
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def with_flex(model) -> PackedModel:
    use_flex(model)
    return PackedModel(model, None, token_budget=1 << 20, flex=True)


@pytest.mark.parametrize("kind", LAYERS)
def test_loss_and_gradients_are_those_of_single_rows(kind: str) -> None:
    model = adapted(kind)
    packed = with_flex(model)
    for name, case in CASES.items():
        loss, accuracy, gradients = row_by_row(model, case)
        metrics = add_gradients(packed, rows_of(case))
        assert metrics["train_loss"] == pytest.approx(loss, rel=1e-5), name
        assert metrics["train_mean_token_accuracy"] == pytest.approx(accuracy), name
        assert_close(gradients_of(model), gradients)


def test_a_row_over_the_budget_is_computed_twice_with_the_same_gradients() -> None:
    model, rows = adapted(), rows_of(CASES["one long row"])
    packed = with_flex(model)
    kept = []

    def gradients(budget: int) -> list[torch.Tensor]:
        seen = []
        with torch.autograd.graph.saved_tensors_hooks(lambda x: seen.append(x.numel()) or x, lambda x: x):
            loss, _ = packed_loss(replace(packed, token_budget=budget), rows)
        kept.append(sum(seen))
        loss.backward()
        return gradients_of(model)

    once = gradients(1 << 20)
    assert_close(gradients(32), once, 1e-6)
    assert kept[1] < kept[0] / 4


def test_padding_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model, rows = adapted(), rows_of(CASES["a conversation that goes on differently"])
    packed = with_flex(model)
    loss = add_gradients(packed, rows)["train_loss"]
    gradients = gradients_of(model)

    def with_other_tokens(tree: PrefixTree) -> PrefixTree:
        more = padded(tree)
        length = len(tree.tokens)
        assert len(more.tokens) > length
        return replace(more, tokens=[*tree.tokens, *tokens(len(more.tokens) - length, 99)])

    monkeypatch.setattr("trainer.packed.padded", with_other_tokens)
    monkeypatch.setattr("trainer.flex.LEAST_BLOCKS", 5)
    assert add_gradients(packed, rows)["train_loss"] == pytest.approx(loss, rel=1e-6)
    assert_close(gradients_of(model), gradients, 1e-6)


def random_tree(seed: int) -> PrefixTree:
    drawn = random.Random(seed)
    rows = [[0]]
    for _ in range(drawn.randrange(1, 12)):
        start = drawn.choice(rows)
        rows.append([*start[: drawn.randrange(len(start) + 1)], *tokens(drawn.randrange(1, 300), drawn.random())])
    return padded(build_tree([train_row(row, [(len(row) - 1, len(row))]) for row in rows[1:]]))


@pytest.mark.parametrize("seed", range(20))
def test_a_mask_shows_what_a_dense_one_does_and_skips_all_other_blocks(seed: int) -> None:
    tree = random_tree(seed)
    length = len(tree.tokens)
    assert length % BLOCK == 0 and length >= 2 * BLOCK
    mask, dense = tree_mask(tree.segments, CPU), dense_mask(tree.segments)
    places = torch.arange(length)
    assert torch.equal(mask.mask_mod(0, 0, places[:, None], places[None]), dense)
    blocks = dense.unflatten(0, (-1, BLOCK)).unflatten(2, (-1, BLOCK))
    assert torch.equal(mask.to_dense()[0, 0].bool(), blocks.any(3).any(1))
    assert torch.equal(mask.full_kv_num_blocks[0, 0], blocks.all(3).all(1).sum(1).int())
    assert mask.kv_num_blocks.sum() + mask.full_kv_num_blocks.sum() == blocks.any(3).any(1).sum()


def test_dropped_inputs_are_those_of_the_kernels_for_cpus() -> None:
    model = adapted(shape=AdapterShape(dropout=0.3))
    dropout = install_dropout(model, 0.3, seed=11)
    rows = rows_of(CASES["a conversation that goes on differently"])
    found = []
    for packed in (create_packed_model(model), with_flex(model)):
        with dropout.at_step(5):
            found.append((add_gradients(replace(packed, dropout=dropout), rows)["train_loss"], gradients_of(model)))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-5)
    assert_close(found[1][1], found[0][1])


def test_a_base_in_bfloat16_trains_an_adapter_in_float32() -> None:
    case = [(tokens(400, 31), [(100, 400)]), (tokens(300, 32), [(10, 20)])]
    loss, _, gradients = row_by_row(attach_adapter(random_model().requires_grad_(False), None, 3), case)
    model = attach_adapter(random_model().to(torch.bfloat16).requires_grad_(False), None, 3)
    optimizer = create_optimizer(model)
    metrics = add_gradients(with_flex(model), rows_of(case))
    assert metrics["train_loss"] == pytest.approx(loss, rel=0.01)
    assert {weight.grad.dtype for weight in trainable(model)} == {torch.float32}
    assert_close([weight.grad for weight in trainable(model)], gradients, 0.05)
    apply_gradients(optimizer, 1, 1e-3, 1.0)
    assert {weight.dtype for weight in trainable(model)} == {torch.float32}
    numbers = [value for state in optimizer.state.values() for value in state.values()]
    assert numbers and {value.dtype for value in numbers} == {torch.float32}


class Logits(TorchDispatchMode):
    """Rows of the largest table of logits that is made, and in which precisions there were any."""

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.dtypes = 0, set()

    def __torch_dispatch__(self, function, types, inputs=(), more=None):
        out = function(*inputs, **(more or {}))
        if isinstance(out, torch.Tensor) and out.shape[-1:] == (VOCABULARY,):
            self.rows, self.dtypes = max(self.rows, out.shape[0]), self.dtypes | {out.dtype}
        return out


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_logits_are_made_a_chunk_at_a_time_and_summed_in_float32(precision: torch.dtype) -> None:
    torch.manual_seed(0)
    hidden = torch.randn(300, 48).to(precision).requires_grad_()
    head, count = torch.randn(VOCABULARY, 48).to(precision), hidden.shape[0]
    wanted = torch.tensor(tokens(count, 8))
    places = torch.arange(count)
    with Logits() as logits:
        loss, _ = AnswerLoss.apply(hidden, head, Labels(places, places, wanted, torch.ones(count)))
    loss.backward()
    assert logits.rows == CHUNK and logits.dtypes == {torch.float32, precision}
    exact = hidden.detach().double().requires_grad_()
    expected = torch.nn.functional.cross_entropy(exact @ head.double().t(), wanted, reduction="sum")
    expected.backward()
    tolerance = 1e-5 if precision == torch.float32 else 0.01
    assert loss.dtype == torch.float32 and loss.item() == pytest.approx(expected.item(), rel=tolerance)
    assert_close([hidden.grad.double()], [exact.grad], tolerance)


@pytest.mark.parametrize("case", CASES)
def test_the_blocks_are_those_that_pytorch_would_find(case: str) -> None:
    segments = padded(build_tree(rows_of(CASES[case]) * 3 + rows_of(CASES["one long row"]))).segments
    mask = tree_mask(segments, CPU)
    forward = (mask.kv_num_blocks, mask.kv_indices, mask.full_kv_num_blocks, mask.full_kv_indices)
    expected = BlockMask.from_kv_blocks(*forward, BLOCK_SIZE=BLOCK, mask_mod=mask.mask_mod)
    assert mask.seq_lengths == expected.seq_lengths and mask.BLOCK_SIZE == expected.BLOCK_SIZE
    for name in ("kv", "full_kv", "q", "full_q"):
        for kind in (f"{name}_num_blocks", f"{name}_indices"):
            found, wanted = getattr(mask, kind), getattr(expected, kind)
            assert torch.equal(found, wanted) and found.stride() == wanted.stride() and found.dtype == wanted.dtype
