"""Plays the package of Weights & Biases: writes down what it is told, fails or hangs where it is asked to."""

import json
import os
import time


def note(entry: dict) -> None:
    with open(os.environ["FAKE_WANDB_NOTES"], "a") as notes:
        notes.write(json.dumps(entry) + "\n")


class Run:
    def log(self, metrics: dict, step: int) -> None:
        if os.environ.get("FAKE_WANDB") == "fails later" and step > 3:
            raise ConnectionError("the network is gone")
        note({"log": metrics, "step": step})

    def finish(self) -> None:
        note({"finish": True})


def init(**settings: object) -> Run:
    if os.environ.get("FAKE_WANDB") == "fails":
        raise SystemExit("no API key")
    if os.environ.get("FAKE_WANDB") == "hangs":
        time.sleep(3600)
    note({"init": settings})
    return Run()
