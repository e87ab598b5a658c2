"""What a page's ear does with sound: whole turns, a held button, interruptions, echoes, coughs.

Silero listens to what eSpeak NG says; what was understood is what the test wants.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

import pytest

from companion.app.ear import LONGEST_SECONDS, Ear
from companion.app.senses import Senses
from companion.speech import Espeak
from companion.speech.signals import SignalRecognizer
from companion.speech.sounds import RATE, resampled
from companion.types import Audio, Language, Listened
from tests.voices import Telling

LONG = "I have been thinking about the sea all day"


@cache
def said(text: str) -> bytes:
    """The text at 16 kHz, with silence on both sides."""

    async def spoken() -> Audio:
        parts = [part.audio async for part in Espeak().stream(text, "en")]
        return Audio(b"".join(part.pcm for part in parts), parts[0].rate)

    with ThreadPoolExecutor(1) as thread:  # whoever asks may be inside a loop of its own
        audio = thread.submit(asyncio.run, spoken()).result()
    return silence(0.3) + resampled(audio, RATE).pcm + silence(0.8)


def silence(seconds: float) -> bytes:
    return bytes(2 * int(seconds * RATE))


@dataclass
class Room:
    """Whoever has the ear; `saying` is what the companion says meanwhile."""

    saying: str | None = None
    language: Language = "en"
    happened: list[str] = field(default_factory=list)
    turns: list[Listened] = field(default_factory=list)

    def show(self, hears: str) -> None:
        self.happened.append(f"show {hears}".strip())

    def pause(self, paused: bool) -> None:
        if self.saying is not None:
            self.happened.append("pause" if paused else "resume")

    async def interrupt(self) -> None:
        self.happened.append("interrupt")
        self.saying = None

    async def said(self, listened: Listened) -> None:
        self.turns.append(listened)

    def misheard(self) -> None:
        self.happened.append("misheard")

    @property
    def done(self) -> list[str]:
        """What happened, told once, without what is only shown."""
        told = [what for what in self.happened if not what.startswith("show")]
        return [what for before, what in zip(["", *told], told, strict=False) if what != before]


Listening = Callable[[Ear], Coroutine[None, None, None]]


def heard(
    room: Room, ear: Telling, listen: Listening, signals: SignalRecognizer | None = None
) -> None:
    asyncio.run(listen(Ear(Senses(ear=ear, signals=signals), room)))


def frames(sound: bytes) -> Iterator[bytes]:
    """As a page sends them."""
    return (sound[at : at + 1024] for at in range(0, len(sound), 1024))


def open_to(sound: bytes) -> Listening:
    """An open microphone into which this is said."""

    async def listen(ear: Ear) -> None:
        await ear.keep_open(True)
        for frame in frames(sound):
            await ear.hear(frame)
            await asyncio.sleep(0)

    return listen


def test_what_is_said_is_understood_once_and_answered() -> None:
    room, ear = Room(), Telling("hello there")
    heard(room, ear, open_to(said(LONG)))
    [turn] = room.turns
    assert turn.transcript.text == "hello there"
    assert turn.seconds >= 0.448, "the silence that ended it counts"
    assert len(ear.heard) == 1, "the guess at the pause was right"
    assert room.happened == ["show speech", "show understanding", "show"]


def test_how_soon_it_is_answered_depends_on_what_was_said() -> None:
    """In frames of 32 ms: what is whole needs fewer, and who is not done is waited for."""

    def frames_until_answered(text: str) -> int:
        room, fed = Room(), 0

        async def listen(ear: Ear) -> None:
            nonlocal fed
            await ear.keep_open(True)
            for frame in frames(said(LONG)):
                fed += not room.turns
                await ear.hear(frame)
                await asyncio.sleep(0)

        heard(room, Telling(text, text), listen)
        return fed

    usual = frames_until_answered("all day")
    assert frames_until_answered("All day.") == usual - 6
    assert frames_until_answered("all day and") == usual + 11


def test_what_nobody_understood_is_no_turn() -> None:
    room = Room()
    heard(room, Telling(""), open_to(said(LONG)))
    assert (room.turns, room.done) == ([], ["misheard"])


def test_noise_and_silence_are_nothing() -> None:
    room, ear = Room(), Telling("nothing of the sort")
    heard(room, ear, open_to(silence(3)))
    assert (room.happened, ear.heard) == ([], [])


def test_who_speaks_on_makes_the_companion_pause_and_then_stop() -> None:
    room = Room(saying="One two three")
    heard(room, Telling("wait a moment"), open_to(said(LONG)))
    assert room.done == ["pause", "interrupt"]
    assert [turn.transcript.text for turn in room.turns] == ["wait a moment"]


def test_a_word_of_listening_lets_the_companion_go_on() -> None:
    room = Room(saying="One two three")
    heard(room, Telling("okay"), open_to(said("okay")))
    assert (room.turns, room.done) == ([], ["pause", "resume"])


def test_a_short_word_that_wants_something_stops_it() -> None:
    room = Room(saying="One two three")
    heard(room, Telling("stop"), open_to(said("stop")))
    assert [turn.transcript.text for turn in room.turns] == ["stop"]


def test_the_companion_takes_no_turn_from_its_own_voice() -> None:
    room = Room(saying="I like the sea and the boats on it")
    heard(room, Telling("the sea and the boats"), open_to(said("okay")))
    assert (room.turns, room.done) == ([], ["pause", "resume"])


@pytest.mark.parametrize(("word", "happens"), [("okay", "resume"), ("stop", "interrupt")])
def test_short_words_are_told_apart_by_whoever_knows_only_those(word: str, happens: str) -> None:
    room = Room(saying="One two three")
    heard(room, Telling("I am not asked"), open_to(said(word)), SignalRecognizer())
    assert (room.turns, room.done) == ([], ["pause", happens])


def test_an_echo_that_went_on_for_long_is_no_turn_either() -> None:
    room = Room(saying=f"{LONG}, she said.")
    heard(room, Telling(LONG), open_to(said(LONG)))
    assert (room.turns, room.done) == ([], ["pause", "interrupt"])


@pytest.mark.parametrize(("tapped", "turns"), [(False, 1), (True, 0)])
def test_a_held_button_needs_no_pause_and_a_tap_is_nothing(tapped: bool, turns: int) -> None:
    async def listen(ear: Ear) -> None:
        await ear.hold()
        await ear.hear(silence(0.5))
        await ear.release(tapped)
        await ear.hear(silence(0.5))

    room, ear = Room(saying="One"), Telling("now")
    heard(room, ear, listen)
    assert len(room.turns) == turns
    assert room.done == ["interrupt"]
    assert [len(audio.pcm) for audio in ear.heard] == [RATE] * turns


def test_ten_minutes_of_a_held_button_are_cut() -> None:
    async def listen(ear: Ear) -> None:
        await ear.hold()
        for _ in range(600):
            await ear.hear(silence(1))
        await ear.release()

    room, ear = Room(), Telling("so much")
    heard(room, ear, listen)
    assert [len(audio.pcm) / 2 / RATE for audio in ear.heard] == [LONGEST_SECONDS]
    assert len(room.turns) == 1


def test_closing_the_microphone_ends_what_was_being_said() -> None:
    async def listen(ear: Ear) -> None:
        await open_to(said(LONG)[: 2 * RATE * 2])(ear)
        await ear.keep_open(False)
        await ear.hear(said(LONG))

    room = Room()
    heard(room, Telling("half a sentence"), listen)
    assert len(room.turns) == 1
