"""Runs llama.cpp's HTTP server (the xllamacpp wheel) until stdin closes.

The first line of stdin is the settings as JSON: arguments would show the key to every user of the machine.
The first line of stdout is {"pid": ..., "origin": ...}, printed once the model is loaded and the port listens.
"""

import json
import os
import sys
import threading

# Before the import. Decode, tokens/s, with an adapter, alone and beside two busy processes: 88 and 1.5 with threads that
# spin as they like, 14 and 14 with threads that sleep at once, 85 and 33 with this bound.
os.environ.setdefault("GOMP_SPINCOUNT", "50000")

import xllamacpp  # noqa: E402

ERRORS_ONLY = 1


def adapter(path: str) -> xllamacpp.CommonAdapterLoraInfo:
    info = xllamacpp.CommonAdapterLoraInfo()
    info.path = path
    info.scale = 0.0
    return info


def parameters(settings: dict) -> xllamacpp.CommonParams:
    params = xllamacpp.CommonParams()
    params.model.path = settings["model"]
    params.lora_adapters = [adapter(path) for path in settings["adapters"]]
    params.lora_init_without_apply = True
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["api_key"]]
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["slots"] * settings["context_tokens"]
    # In a shared pool, one request too many fails all that are in flight.
    params.kv_unified = False
    params.n_batch = settings["batch_tokens"]
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    # Keyed on tokens alone: it would hand one adapter's keys and values to another.
    params.cache_ram_mib = 0
    params.ctx_shift = False
    params.use_jinja = True
    params.default_template_kwargs = {name: json.dumps(value) for name, value in settings["template"].items()}
    params.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    params.sse_ping_interval = -1
    params.endpoint_slots = True
    params.endpoint_metrics = True
    params.ui = False
    # Chattier levels write prompts to the log.
    params.verbosity = ERRORS_ONLY
    return params


def exit_with_the_control_plane() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    threading.Thread(target=exit_with_the_control_plane, daemon=True).start()
    try:
        server = xllamacpp.Server(parameters(settings))
    except RuntimeError as error:
        sys.exit(str(error))
    print(json.dumps({"pid": os.getpid(), "origin": server.listening_address}), flush=True)
    threading.Event().wait()


main()
