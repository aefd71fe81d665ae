"""Tiny models are quickest on one thread, and the tests must not wait for a second core that others use."""

import os

os.environ["OMP_NUM_THREADS"] = "1"
