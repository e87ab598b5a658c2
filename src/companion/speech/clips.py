"""Recordings of people, to measure recognisers with: three sentences of FLEURS, in the package."""

from __future__ import annotations

import lzma
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from companion.errors import InputError
from companion.resources import packaged
from companion.speech.sounds import read_wav
from companion.types import Audio, Language


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording, and the words that were read."""

    name: str
    audio: Audio
    text: str
    language: Language


def clips(folder: Path | None = None) -> list[Clip]:
    """The shipped clips, or those of a folder: `en-NAME.wav`, or `.wav.xz`, each beside its .txt.

    Raises InputError for a file that is none, or whose name begins with no language.
    """
    folder = folder or packaged("data/hearing/clips")
    return [_clip(file) for file in sorted((*folder.glob("*.wav"), *folder.glob("*.wav.xz")))]


def _clip(file: Path) -> Clip:
    name = file.name.split(".")[0]
    language = next((one for one in get_args(Language) if name.startswith(f"{one}-")), None)
    if language is None:
        raise InputError("The name of a clip begins with its language", where=str(file))
    text = file.with_name(f"{name}.txt")
    try:
        data = file.read_bytes()
        sound = lzma.decompress(data) if file.suffix == ".xz" else data
        words = text.read_text(encoding="utf-8").strip()
    except (OSError, lzma.LZMAError, EOFError) as error:
        raise InputError(f"A clip cannot be read: {error}", where=str(file)) from None
    return Clip(name, read_wav(sound), words, language)
