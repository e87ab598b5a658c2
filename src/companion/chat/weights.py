"""The files of a model, looked at before they are loaded: that they are safetensors, and whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from companion.errors import ModelUnavailable

AGAIN = "The files may be broken or incomplete: download or train the model again."
INDEX = "model.safetensors.index.json"
LONGEST_HEADER = 100_000_000
"""Bytes; safetensors' own limit."""


def check(folder: Path) -> dict[str, Any]:
    """What config.json says of a folder that can be loaded. Raises ModelUnavailable otherwise."""
    files = sorted(folder.glob("*.safetensors"))
    packed = sorted(folder.glob("*.gguf"))
    if packed and not files:
        raise _gguf(packed[0])
    if not files or not (folder / "config.json").is_file():
        raise ModelUnavailable(
            "The folder holds no config.json with *.safetensors",
            where=str(folder),
            repair="Download or train the model again, in safetensors.",
        )
    for file in [*files, *_missing(folder)]:
        _whole(file)
    return _told(folder / "config.json")


def _told(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _broken(f"config.json cannot be read, {error}", file) from None
    if not isinstance(told, dict):
        raise _broken("config.json is no object", file)
    return told


def _missing(folder: Path) -> list[Path]:
    """Shards that the index names and the folder does not have."""
    if not (folder / INDEX).is_file():
        return []
    shards = _told(folder / INDEX).get("weight_map", {})
    named = set(shards.values()) if isinstance(shards, dict) else set()
    return [folder / str(name) for name in sorted(named) if not (folder / str(name)).is_file()]


def _whole(file: Path) -> None:
    """Raises ModelUnavailable for what is no safetensors, or ends before its last tensor.

    A file is 8 bytes with the length of a header in JSON, the header, and the tensors at the
    offsets that it names (safetensors, "Format").
    """
    if not file.is_file():
        raise _broken("the index names a file that is not there", file)
    size = file.stat().st_size
    with file.open("rb") as opened:
        start = opened.read(8)
        if start.startswith(b"GGUF"):
            raise _gguf(file)
        length = int.from_bytes(start, "little")
        if size < 8 or not 2 <= length <= min(LONGEST_HEADER, size - 8):
            raise _broken("the file has no header of safetensors", file)
        header = opened.read(length)
    needed = 8 + length + _end(header, file)
    if size < needed:
        raise _broken(f"the file ends after {size:,} of {needed:,} bytes", file)


def _end(header: bytes, file: Path) -> int:
    """Where the last tensor ends, counted from behind the header."""
    try:
        told = json.loads(header)
        ends = (one["data_offsets"][1] for key, one in told.items() if key != "__metadata__")
        return int(max(ends))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise _broken("the file has no header of safetensors", file) from None


def _broken(what: str, file: Path) -> ModelUnavailable:
    return ModelUnavailable(f"The model cannot be loaded: {what}", where=str(file), repair=AGAIN)


def _gguf(file: Path) -> ModelUnavailable:
    return ModelUnavailable(
        "These weights are GGUF, which llama.cpp reads and transformers does not",
        where=str(file),
        repair=f"Serve them: llama-server -m {file.name} --port 8081, and choose the profile "
        "llama-cpp; or give the same model as safetensors.",
    )
