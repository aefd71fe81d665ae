"""The parts of an estimate: fitting, drawing, counting, memory."""

import json
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from trainer.adapter_shape import AdapterShape
from trainer.estimate.counting import Counter, Work, chosen_batches, some_of, validation_times
from trainer.estimate.fit import Timed, fit
from trainer.estimate.measure import spread, within
from trainer.estimate.memory_need import estimate_memory
from trainer.estimate.sample import count_lines, draw, renumbered, rows_to_draw
from trainer.estimate.shape import ModelShape
from trainer.estimate.work import IN_BLOCKS, NATIVE, PassSize, Trained, forward_operations, size_of, training_operations
from trainer.heads import Heads
from trainer.job import JobError
from trainer.native import find_library
from trainer.prefix_tree import TrainRow

FIXTURES = Path(__file__).parents[2] / "contract" / "fixtures"


def exact(operations: list[float], an_operation: float, a_pass: float) -> list[Timed]:
    return [Timed(count, an_operation * count + a_pass) for count in operations]


@pytest.mark.parametrize(("an_operation", "a_pass"), [(1e-12, 0.0), (1e-12, 0.05), (3e-11, 2.0)])
def test_a_fit_finds_what_made_the_times(an_operation: float, a_pass: float) -> None:
    cost = fit(exact([1e11, 3e11, 9e11], an_operation, a_pass))
    assert cost.of(5e12, 7) == pytest.approx(5e12 * an_operation + 7 * a_pass, rel=1e-6)


def test_passes_of_one_size_are_averaged_and_nothing_is_made_of_their_differences() -> None:
    cost = fit([Timed(1e12, 1.0), Timed(1.01e12, 3.0)])
    assert cost.a_pass == 0 and cost.of(2.01e12) == pytest.approx(4.0)


def test_a_fit_is_never_negative() -> None:
    for seconds in ([1.0, 0.1, 0.01], [0.01, 5.0, 5.1], [3.0, 3.0, 3.0]):
        cost = fit([Timed(count, time) for count, time in zip([1e11, 4e11, 2e12], seconds, strict=True)])
        assert cost.an_operation >= 0 and cost.a_pass >= 0 and cost.of(1e12) > 0


def write_lines(path: Path, count: int, end: str = "\n") -> Path:
    path.write_text("\n".join(json.dumps({"line": line}) for line in range(1, count + 1)) + end)
    return path


def test_a_small_file_is_read_whole(tmp_path: Path) -> None:
    sample = draw(write_lines(tmp_path / "rows", 30), tmp_path / "aside")
    assert sample.lines is None and sample.rows == 30 and sample.share == 1 and sample.path.name == "rows"


@pytest.mark.parametrize("end", ["", "\n"])
def test_of_a_large_one_some_rows_are_drawn_from_all_over_it(tmp_path: Path, end: str) -> None:
    path = write_lines(tmp_path / "rows", 3000, end)
    sample = draw(path, tmp_path / "aside", most=600)
    assert sample.lines is not None and sample.rows == 3000 == count_lines(path) and sample.share == 0.2
    assert [json.loads(line)["line"] for line in sample.path.read_text().splitlines()] == sample.lines
    assert all(any(third * 1000 < line <= third * 1000 + 1000 for line in sample.lines) for third in range(3))


def test_long_rows_are_drawn_fewer_of() -> None:
    assert rows_to_draw(100_000, 100_000 * 200, 10_000) == 10_000
    assert rows_to_draw(100_000, 100_000 * 8000, 10_000) == (32 << 20) // 8000
    assert rows_to_draw(100_000, 100_000 << 20, 10_000) == 512


def test_an_error_names_the_line_of_the_users_file(tmp_path: Path) -> None:
    sample = draw(write_lines(tmp_path / "rows", 3000), tmp_path / "aside", most=600)
    assert sample.lines is not None
    error = JobError("invalid_training_file", "Line 7 cannot be trained on: Line 7 is odd.", "training_file")
    assert renumbered(error, sample).message == f"Line {sample.lines[6]} cannot be trained on: Line 7 is odd."


def test_validation_is_counted_as_the_trainer_measures() -> None:
    for steps_per_epoch, epochs in [(8, 4), (1, 50), (10, 3), (7, 1), (33, 6)]:
        total = steps_per_epoch * epochs
        measured = [step for step in range(1, total + 1) if step % 10 == 0 or step % steps_per_epoch == 0]
        assert validation_times(total, steps_per_epoch) == len(measured)


def test_a_row_alone_is_as_large_as_it_is_and_shared_prefixes_count_once() -> None:
    start = tuple(range(20))
    one, other = TrainRow((*start, 100, 101), ((21, 5),)), TrainRow((*start, 200), ((20, 6),))
    size = size_of([one])
    assert (size.tokens, size.labels, size.pairs, size.blocks) == (22, 1, 22 * 22, 1)
    both = size_of([one, other])
    assert (both.tokens, both.labels) == (23, 2)
    assert both.pairs == 20 * 20 + 2 * 2 + 1 + 3 * 20
    assert size_of([one, other], min_saved=1 << 62).tokens == 43


SMALL = ModelShape(parameters=1, layers=2, hidden=8, intermediate=16, queries=8, keys=4, vocabulary=100)


@pytest.mark.parametrize(("attention", "a_pair", "a_block"), [(IN_BLOCKS, 4, 5_000_000), (NATIVE, 1.4, 0)])
def test_attention_counts_by_the_kernel_that_computes_it(attention, a_pair: float, a_block: float) -> None:
    trained = Trained(SMALL, AdapterShape(), attention)

    def learning(size: PassSize) -> float:
        return training_operations(trained, size, recompute=False)

    none, pairs, blocks = PassSize(9, 1, 0, 0), PassSize(9, 1, 10, 0), PassSize(9, 1, 0, 3)
    assert forward_operations(trained, pairs) - forward_operations(trained, none) == pytest.approx(a_pair * 2 * 2 * 80)
    assert learning(pairs) - learning(none) == pytest.approx(3 * a_pair * 2 * 2 * 80)
    assert learning(blocks) - learning(none) == pytest.approx(3 * a_block * 2)


def test_the_native_kernel_counts_where_it_runs() -> None:
    def attention_of(decoder: object) -> object:
        return Counter(SMALL, AdapterShape(), None, SimpleNamespace(decoder=decoder)).trained.attention

    of_this_machine = IN_BLOCKS if find_library() is None else NATIVE
    assert attention_of(SimpleNamespace(heads=Heads(9, 3, 64))) == of_this_machine
    assert attention_of(SimpleNamespace(heads=Heads(9, 3, 16))) == IN_BLOCKS
    assert attention_of(None) == IN_BLOCKS


def test_memory_is_what_the_control_plane_says_too() -> None:
    cases = json.loads((FIXTURES / "memory-need.json").read_text())
    assert len(cases) >= 12
    for case in cases:
        asked = case["adapter"]
        adapter = AdapterShape(asked["lora_r"], 1.0, 0.0, asked["lora_target_modules"])
        shape = ModelShape(**case["shape"])
        found = estimate_memory(shape, adapter, case["tokens"], case["dataset_tokens"], case["recompute"])
        assert found == case["bytes"]


def test_the_smallest_pass_warms_up_and_the_others_come_from_the_whole_range() -> None:
    from trainer.estimate.counting import Counted

    size = PassSize(1, 1, 1, 1)
    passes = [Counted(1, number, size, float(number + 1)) for number in range(100)]
    chosen = [one.operations for one in spread(passes)]
    assert chosen[0] == 1 and len(chosen) == len(set(chosen))
    assert max(chosen) == 100 and min(chosen[1:]) < 30
    run = []
    found = within(spread(passes), 60.0, lambda one: run.append(one.operations) or 0.5)
    assert [one.operations for one in found] == chosen[1:] and run == chosen


def test_time_that_is_over_still_gives_two_timings() -> None:
    from trainer.estimate.counting import Counted

    passes = [Counted(1, number, PassSize(1, 1, 1, 1), 10.0**number) for number in range(4)]
    assert len(within(spread(passes), 0.0, lambda _: 1.0)) == 2
    assert len(within(passes[:1], 60.0, lambda _: 1.0)) == 2


def test_of_many_batches_an_even_share_is_counted() -> None:
    plan = SimpleNamespace(
        training=list(range(4000)), resolved=SimpleNamespace(n_epochs=50, batch_size=16), steps_per_epoch=250
    )
    wanted = some_of(plan)
    steps = [step for step in range(1, 50 * 250 + 1) if wanted(step)]
    assert steps[0] == 1 and abs(len(steps) - 2500) <= 2
    assert max(b - a for a, b in pairwise(steps)) <= 6
    assert [step for step, _ in chosen_batches(plan, seed=1)] == steps
    assert Work([], 2500, 5.0).is_exact is False
