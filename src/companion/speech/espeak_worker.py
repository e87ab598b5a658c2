"""eSpeak NG in a process of its own; `python -m companion.speech.espeak_worker` runs it.

eSpeak NG is GPL-3.0, so it is loaded here and nowhere else, and no code of ours is linked with it:
what the companion and this program have in common is a pipe. The program stands alone on purpose.

It reads one request a line, in JSON: `{"text", "voice", "rate", "pitch"}`. It answers with frames:
a line of JSON, and as many bytes of sound behind it as its `bytes` says. After each frame it waits
for one byte, `+` to go on or `-` to stop. The last frame is `{"done": true}` or `{"error": …}`.
It ends when its input does, and so with whoever started it.

Events come from `espeak_Initialize` with phoneme events: the newer `espeak_ng_Initialize` cannot
enable them (github.com/espeak-ng/espeak-ng/issues/1387). Names and numbers are those of
`speak_lib.h`, version 1.52.
"""

from __future__ import annotations

import ctypes
import json
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

SYNCHRONOUS = 2  # espeak_Synth returns when all is spoken, and the sound goes to our callback
BUFFER_MS = 100  # of sound in each frame
PHONEME_EVENTS, PHONEME_IPA, DONT_EXIT = 0x0001, 0x0002, 0x8000
RATE, PITCH = 1, 3  # espeak_PARAMETER
UTF8, CHARACTERS = 1, 1
WORD, PHONEME = 1, 7  # espeak_EVENT_TYPE


class Name(ctypes.Union):
    """What an event is about: eight bytes of UTF-8 for a phoneme."""

    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class Event(ctypes.Structure):
    """`espeak_EVENT`: `sample` counts from the first one of the text, `position` from 1."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", Name),
    )


Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event)
)


CHANCE = 1
"""Some voices breathe by chance: with the same one each time, what a process says first is the same
sound in every process."""


class Worker:
    """Answers the requests on standard input, one after another."""

    def __init__(self) -> None:
        """Raises ImportError without espeakng-loader, OSError where the library cannot start."""
        loader = import_module("espeakng_loader")
        self._data = Path(loader.get_data_path())
        self._espeak = ctypes.CDLL(loader.get_library_path())
        options = PHONEME_EVENTS | PHONEME_IPA | DONT_EXIT
        data = str(self._data)
        self.rate = self._espeak.espeak_Initialize(SYNCHRONOUS, BUFFER_MS, data.encode(), options)
        if self.rate <= 0:
            raise OSError(f"eSpeak NG cannot start with the data in {data}")
        self._callback = Callback(self._chunk)  # kept, for the library only borrows it
        self._espeak.espeak_SetSynthCallback(self._callback)
        self._gone: Exception | None = None

    def answer(self, request: dict[str, Any]) -> None:
        """Speak one text, frame by frame."""
        if fault := self._voice(request["voice"]):
            send({"error": fault})
            return
        self._espeak.espeak_ng_SetRandSeed(ctypes.c_long(CHANCE))
        self._espeak.espeak_SetParameter(RATE, request["rate"], 0)
        self._espeak.espeak_SetParameter(PITCH, request["pitch"], 0)
        text = request["text"].encode("utf-8", "replace").replace(b"\0", b" ")
        self._spoken = 0
        code = self._espeak.espeak_Synth(text, len(text) + 1, 0, CHARACTERS, 0, UTF8, None, None)
        if self._gone:  # what is raised in a callback goes no further by itself
            raise self._gone
        send({"error": f"espeak_Synth returned {code}"} if code else {"done": True})

    def _voice(self, name: str) -> str:
        """Choose a voice; what is wrong with it, or nothing. An unknown variant is ignored by
        the library without a word, so it is looked for here."""
        variant = name.partition("+")[2]
        if variant and not (self._data / "voices" / "!v" / variant).is_file():
            return f"there is no variant {variant!r} of a voice"
        code = self._espeak.espeak_SetVoiceByName(name.encode())
        return f"there is no voice {name!r}" if code else ""

    def _chunk(self, samples: Any, count: int, events: Any) -> int:
        """What the library calls with each stretch of sound; 1 makes it stop."""
        try:
            pcm = ctypes.string_at(samples, 2 * count) if samples and count else b""
            told = self._told(events)
            self._spoken += count
            if not pcm and not told:
                return 0
            send({"bytes": len(pcm), "rate": self.rate, "events": told}, pcm)
            return 0 if sys.stdin.buffer.read(1) == b"+" else 1
        except Exception as error:
            self._gone = error
            return 1

    def _told(self, events: Any) -> list[tuple[str, float, int | str]]:
        """("word", second, character from 0) and ("phoneme", second, IPA), within this stretch."""
        told: list[tuple[str, float, int | str]] = []
        for event in iter_events(events):
            second = max(0, event.sample - self._spoken) / self.rate
            if event.type == WORD:
                told.append(("word", second, event.position - 1))
            elif event.type == PHONEME:
                ipa = bytes(event.id.string).decode("utf-8", "ignore")
                told.append(("phoneme", second, ipa))
        return told


def iter_events(events: Any) -> Any:
    """The events of an array that ends with one of type 0."""
    index = 0
    while events[index].type:
        yield events[index]
        index += 1


def send(frame: dict[str, Any], pcm: bytes = b"") -> None:
    """Write one frame."""
    sys.stdout.buffer.write(json.dumps(frame).encode() + b"\n" + pcm)
    sys.stdout.buffer.flush()


def main() -> None:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started it
    try:
        worker = Worker()
    except (ImportError, OSError) as error:
        send({"error": f"{type(error).__name__}: {error}"})
        return
    for line in iter(sys.stdin.buffer.readline, b""):
        worker.answer(json.loads(line))


if __name__ == "__main__":
    with suppress(BrokenPipeError, ValueError):  # whoever asked is gone in the middle of it
        main()
