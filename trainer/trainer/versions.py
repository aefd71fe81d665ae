"""What a training was made with: part of its recipe. No torch here."""

import platform
from importlib.metadata import PackageNotFoundError, version

TRAINER = "0.1.0"
PACKAGES = ("torch", "transformers", "peft", "safetensors", "tokenizers", "gguf", "numpy", "bitsandbytes")


def installed_versions() -> dict[str, str]:
    versions = {"trainer": TRAINER, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
