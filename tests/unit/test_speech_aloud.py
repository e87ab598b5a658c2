"""A turn that is spoken while it is written: order, withdrawal, failure, and leaving."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from companion.chat import build
from companion.config import load
from companion.errors import ModelUnavailable, SpeechError
from companion.pipeline import Companion
from companion.routing.speaking import voices
from companion.speech import Espeak, Voice, spoken
from companion.types import (
    Audio,
    Degraded,
    Heard,
    Language,
    Routed,
    SentenceReady,
    Speech,
    Spoken,
    TextDelta,
    TurnDone,
    TurnEvent,
    Usage,
    Withdrawn,
)

DONE = TurnDone("", "model", "first choice", "stop", Usage(1, 1), 0.1, 0.2, None)
SILENCE = Speech(Audio(bytes(200), 22_050))


class Slow:
    """A voice that says a stretch whenever it is let, as a server far away would."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.closed = 0
        self.begun, self.let = asyncio.Event(), asyncio.Event()

    async def stream(self, text: str, language: Language) -> AsyncGenerator[Speech, None]:
        self.asked.append(text)
        self.begun.set()
        try:
            yield SILENCE
            await self.let.wait()
            yield SILENCE
        finally:
            self.closed += 1


async def _written(*events: TurnEvent | str) -> AsyncGenerator[TurnEvent, None]:
    for event in events:
        yield TextDelta(event) if isinstance(event, str) else event
        await asyncio.sleep(0)


async def _listen(events: AsyncGenerator[TurnEvent, None], voice: Voice) -> list[TurnEvent]:
    async with aclosing(spoken(events, voice)) as told:
        return [event async for event in told]


def told(*events: TurnEvent | str, voice: Voice | None = None) -> list[TurnEvent]:
    """All that is told of a turn."""
    return asyncio.run(_listen(_written(*events), voice or Espeak()))


def sentences(events: Sequence[TurnEvent]) -> list[SentenceReady]:
    """What was read, in order."""
    return [event for event in events if isinstance(event, SentenceReady)]


def test_the_events_of_the_turn_are_all_there_and_in_order() -> None:
    turn: list[TurnEvent] = [
        Heard("hi", "en"),
        Routed("model", "first choice"),
        TextDelta("Hello you. "),
        TextDelta("How are"),
        TextDelta(" you?"),
        DONE,
    ]
    events = told(*turn)
    assert [one for one in events if not isinstance(one, SentenceReady | Spoken)] == turn
    assert sentences(events) == [SentenceReady(0, "Hello you."), SentenceReady(1, "How are you?")]
    assert events[-1] == DONE


def test_each_sentence_is_announced_before_its_sound_and_numbers_never_go_back() -> None:
    events = told("One is here. Two is here. Three is here.", DONE)
    numbers = [one.number for one in events if isinstance(one, SentenceReady | Spoken)]
    assert numbers == sorted(numbers)
    announced = set[int]()
    for event in events:
        if isinstance(event, SentenceReady):
            announced.add(event.number)
        if isinstance(event, Spoken):
            assert event.number in announced
    assert announced == {0, 1, 2}


def test_it_speaks_while_the_model_still_writes() -> None:
    async def listen() -> None:
        more = asyncio.Event()

        async def writing() -> AsyncGenerator[TurnEvent, None]:
            yield TextDelta("The first one is complete. And ")
            await more.wait()
            yield TextDelta("the second.")
            yield DONE

        async with aclosing(spoken(writing(), Espeak())) as events:
            async for event in events:
                if isinstance(event, Spoken):
                    break  # nothing else was written, and yet it is heard
            more.set()

    asyncio.run(asyncio.wait_for(listen(), 30))


def test_the_model_is_never_kept_waiting_by_the_voice() -> None:
    async def listen() -> None:
        voice, written = Slow(), asyncio.Event()

        async def writing() -> AsyncGenerator[TurnEvent, None]:
            for number in range(50):
                yield TextDelta(f"Sentence {number} is here. ")
            written.set()
            yield DONE

        async with aclosing(spoken(writing(), voice)) as events:
            await anext(events)
            await written.wait()
            assert voice.asked[1:] == []
            voice.let.set()
            rest = [event async for event in events]
        assert len(voice.asked) == 50
        assert rest[-1] == DONE

    asyncio.run(asyncio.wait_for(listen(), 30))


def test_what_is_withdrawn_is_not_spoken_any_more() -> None:
    async def listen() -> tuple[Slow, list[TurnEvent]]:
        voice = Slow()

        async def writing() -> AsyncGenerator[TurnEvent, None]:
            yield TextDelta("The wrong answer. It goes on and")
            await voice.begun.wait()
            yield Withdrawn("another model begins")
            yield TextDelta("The right answer.")
            voice.let.set()
            yield DONE

        return voice, [event async for event in spoken(writing(), voice)]

    voice, events = asyncio.run(asyncio.wait_for(listen(), 30))
    assert voice.asked == ["The wrong answer.", "The right answer."]
    assert voice.closed == 2
    after = events[events.index(Withdrawn("another model begins")) :]
    assert {one.number for one in after if isinstance(one, SentenceReady | Spoken)} == {1}


def test_what_is_withdrawn_before_it_is_told_is_never_told() -> None:
    events = told("The wrong answer. And more. ", Withdrawn("again"), "Right. ", DONE)
    at = events.index(Withdrawn("again"))
    assert [one.text for one in sentences(events[at:])] == ["Right."]


def test_leaving_stops_the_model_and_the_voice() -> None:
    async def leave() -> None:
        voice, stopped, before = Slow(), asyncio.Event(), asyncio.all_tasks()

        async def writing() -> AsyncGenerator[TurnEvent, None]:
            try:
                yield TextDelta("A sentence that is complete. ")
                await asyncio.Event().wait()
            finally:
                stopped.set()

        async with aclosing(spoken(writing(), voice)) as events:
            async for event in events:
                if isinstance(event, Spoken):
                    break
        assert stopped.is_set()
        assert voice.closed == 1
        assert asyncio.all_tasks() == before

    asyncio.run(asyncio.wait_for(leave(), 30))


def test_leaving_before_anything_is_said_is_fine() -> None:
    async def leave() -> None:
        events = spoken(_written("Hello. ", DONE), Espeak())
        await events.aclose()

    asyncio.run(leave())


def test_an_error_of_the_turn_is_raised_and_what_was_told_stays_told() -> None:
    async def breaking() -> AsyncGenerator[TurnEvent, None]:
        yield Heard("hi", "en")
        yield TextDelta("Half an ")
        raise ModelUnavailable("The server is gone")

    heard: list[TurnEvent] = []

    async def listen() -> None:
        async for event in spoken(breaking(), Espeak()):
            heard.append(event)

    with pytest.raises(ModelUnavailable):
        asyncio.run(listen())
    assert heard == [Heard("hi", "en"), TextDelta("Half an ")]


class Mute:
    """Fails whenever it should speak."""

    async def stream(self, text: str, language: Language) -> AsyncGenerator[Speech, None]:
        raise SpeechError("No sound")
        yield SILENCE


def test_a_voice_that_fails_is_told_once_and_the_text_stays() -> None:
    events = told("One is here. Two is here. ", DONE, voice=Mute())
    degraded = Degraded("voice", "No sound.")
    assert [one for one in events if isinstance(one, Degraded)] == [degraded]
    assert [one.text for one in events if isinstance(one, TextDelta)]
    assert events[-1] == replace(DONE, degraded=(degraded,))


def test_a_mistake_of_ours_is_not_swallowed() -> None:
    class Wrong:
        async def stream(self, text: str, language: Language) -> AsyncGenerator[Speech, None]:
            raise ZeroDivisionError
            yield SILENCE

    with pytest.raises(ZeroDivisionError):
        told("One is here. ", DONE, voice=Wrong())


def test_it_speaks_the_language_that_was_heard_and_only_what_is_said() -> None:
    events = told(
        Heard("salut", "fr"), "*sourit* Ça coûte 3,50 € 😊. ", "```\nx = 1\n```\n", "Voilà.", DONE
    )
    assert [one.text for one in sentences(events)] == ["Ça coûte trois euros cinquante.", "Voilà."]


def test_a_real_turn_is_heard() -> None:
    """The embedded model, through the pipeline, with the voice of the settings."""
    settings = load(chat={"seed": 1, "max_tokens": 40})
    companion = Companion(settings, build("companion-tiny", settings))
    voice = voices(settings.speaking)
    events = asyncio.run(_listen(companion.turn("hello"), voice))
    done = events[-1]
    assert isinstance(done, TurnDone)
    assert done.degraded == ()
    assert sentences(events)
    assert sum(len(one.speech.audio.pcm) for one in events if isinstance(one, Spoken)) > 22_050
