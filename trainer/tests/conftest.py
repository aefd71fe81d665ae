"""Tiny models are quickest on one thread, and the tests must not wait for a second core that others use."""

import os

os.environ["OMP_NUM_THREADS"] = "1"
# Where a test does use two, they must not burn the processor that the other one waits for.
os.environ["GOMP_SPINCOUNT"] = "0"

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.tiny import write_tiny_base

    return write_tiny_base(tmp_path_factory.mktemp("base"))
