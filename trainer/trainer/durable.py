"""Writes that are complete or absent: aside, synced, renamed."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Files first, then the folders that name them, deepest first."""
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            sync_file(Path(parent, name))
        sync_file(Path(parent))


@contextmanager
def folder_written_aside(final: Path) -> Iterator[Path]:
    """Yields an empty folder beside `final`; it takes that name only once everything in it is on disk."""
    aside = final.with_name(f".{final.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        sync_tree(aside)
    except BaseException:
        # On a full disk its space is needed for the line that says so.
        shutil.rmtree(aside, ignore_errors=True)
        raise
    if final.exists():
        # A folder cannot be renamed over a full one; the old one leaves under a name nobody reads.
        old = final.with_name(f".{final.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        final.rename(old)
        aside.rename(final)
        shutil.rmtree(old)
    else:
        aside.rename(final)
    sync_file(final.parent)


def write_json(path: Path, value: object) -> None:
    """The whole file or none of it, on disk when this returns."""
    aside = path.with_name(f".{path.name}.partial")
    try:
        aside.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        sync_file(aside)
        aside.rename(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_file(path.parent)
