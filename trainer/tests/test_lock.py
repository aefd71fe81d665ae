import subprocess
import sys
import time
from pathlib import Path

HOLDER = """
import sys, time
from trainer.lock import hold_lock
print(hold_lock(sys.argv[1]), flush=True)
time.sleep(60)
"""


def start_holder(folder: Path) -> subprocess.Popen:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "True\n"
    return holder


def ask(folder: Path, *options: str) -> int:
    return subprocess.run([sys.executable, "-m", "trainer.lock", str(folder), *options], timeout=20).returncode


def test_the_lock_tells_whether_a_trainer_lives(tmp_path: Path) -> None:
    assert ask(tmp_path) == 0
    holder = start_holder(tmp_path)
    assert ask(tmp_path) == 1
    holder.kill()
    holder.wait()
    assert ask(tmp_path) == 0


def test_waiting_ends_when_the_trainer_is_killed(tmp_path: Path) -> None:
    holder = start_holder(tmp_path)
    waiter = subprocess.Popen([sys.executable, "-m", "trainer.lock", str(tmp_path), "--wait"])
    time.sleep(0.3)
    assert waiter.poll() is None
    holder.kill()
    assert waiter.wait(timeout=10) == 0
    holder.wait()


def test_a_second_trainer_leaves_with_75(tmp_path: Path) -> None:
    holder = start_holder(tmp_path)
    assert subprocess.run([sys.executable, "-m", "trainer", str(tmp_path)], timeout=20).returncode == 75
    assert not (tmp_path / "journal.jsonl").exists()
    holder.kill()
    holder.wait()


def test_asking_needs_no_torch() -> None:
    script = "import sys, trainer.lock; sys.exit('torch' in sys.modules or 'argparse' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
