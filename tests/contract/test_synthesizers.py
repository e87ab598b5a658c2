"""Every synthesizer keeps the same promises, whatever speaks behind it."""

from __future__ import annotations

import array
import asyncio
import itertools
import math
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import aclosing

import pytest

from companion.errors import SpeechError
from companion.routing.speaking import Voices, voices
from companion.sections.speaking import FASTEST, EspeakVoice
from companion.speech import Espeak, SpeechSynthesizer
from companion.types import Language, Speech

SAID: dict[Language, str] = {
    "en": "She's sitting in the kitchen, and tells them five stories of the old house.",
    "fr": "L'ami de la voisine est là : il boit un café, et n'a plus froid aujourd'hui.",
}
LANGUAGES: tuple[Language, ...] = ("en", "fr")
MADE: dict[str, Callable[[], SpeechSynthesizer | Voices]] = {
    "espeak": Espeak,
    "espeak with a persona's voice": lambda: Espeak(voice="+m3"),
    "espeak, as fast as may be": lambda: Espeak(
        {
            "en": EspeakVoice(voice="en-us", rate=FASTEST),
            "fr": EspeakVoice(voice="fr", rate=FASTEST),
        }
    ),
    "several": voices,
    "several, of which the first fails": lambda: voices(voice="no-such+voice"),
}


@pytest.fixture(params=MADE)
def synthesizer(request: pytest.FixtureRequest) -> SpeechSynthesizer | Voices:
    return MADE[request.param]()


async def _all(one: SpeechSynthesizer | Voices, text: str, language: Language) -> list[Speech]:
    async with aclosing(one.stream(text, language)) as stretches:
        return [speech async for speech in stretches if isinstance(speech, Speech)]


def heard(
    one: SpeechSynthesizer | Voices, text: str = SAID["en"], language: Language = "en"
) -> list[Speech]:
    """All that is said of a text."""
    return asyncio.run(_all(one, text, language))


def seconds(speech: Speech) -> float:
    """How long a stretch sounds."""
    return len(speech.audio.pcm) / 2 / speech.audio.rate


def onsets(speeches: Sequence[Speech]) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """Words and mouths with the second at which they begin, from the first sound on."""
    words, mouths, begun = list[tuple[str, float]](), list[tuple[str, float]](), 0.0
    for speech in speeches:
        words += [(word.text, begun + word.start) for word in speech.words]
        mouths += [(viseme.shape, begun + viseme.start) for viseme in speech.visemes]
        begun += seconds(speech)
    return words, mouths


def _loudness(pcm: bytes) -> float:
    samples = array.array("h", pcm)
    return math.sqrt(sum(sample**2 for sample in samples) / len(samples))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_heard(synthesizer: SpeechSynthesizer | Voices, language: Language) -> None:
    said = heard(synthesizer, SAID[language], language)
    assert {speech.audio.rate for speech in said} == {22_050}
    assert all(len(speech.audio.pcm) % 2 == 0 for speech in said)
    assert _loudness(b"".join(speech.audio.pcm for speech in said)) > 500
    assert sum(map(seconds, said)) > 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_words_come_in_order_and_within_the_sound(
    synthesizer: SpeechSynthesizer | Voices, language: Language
) -> None:
    said = heard(synthesizer, SAID[language], language)
    words, _ = onsets(said)
    assert [word for word, _ in words] == [w for w in SAID[language].split() if re.search(r"\w", w)]
    starts = [start for _, start in words]
    assert starts == sorted(starts)
    assert all(0 <= word.start <= seconds(speech) for speech in said for word in speech.words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mouth_moves_from_the_first_sound_to_rest(
    synthesizer: SpeechSynthesizer | Voices, language: Language
) -> None:
    said = heard(synthesizer, SAID[language], language)
    _, mouths = onsets(said)
    starts = [start for _, start in mouths]
    assert starts == sorted(starts)
    assert starts[0] < 0.1
    assert mouths[-1][0] == "X"
    assert max(b - a for a, b in itertools.pairwise(starts)) < 0.6
    assert len({shape for shape, _ in mouths}) >= 6


def test_sound_comes_in_small_stretches(synthesizer: SpeechSynthesizer | Voices) -> None:
    assert all(0 < seconds(speech) <= 0.2 for speech in heard(synthesizer))


def test_the_same_text_is_said_in_the_same_way(synthesizer: SpeechSynthesizer | Voices) -> None:
    """Times differ by a few samples: eSpeak NG varies them a little."""
    once, again = onsets(heard(synthesizer)), onsets(heard(synthesizer))
    for first, second in zip(once, again, strict=True):
        assert [what for what, _ in first] == [what for what, _ in second]
        assert [at for _, at in first] == pytest.approx([at for _, at in second], abs=0.01)


def test_closing_it_stops_it(synthesizer: SpeechSynthesizer | Voices) -> None:
    """Ten thousand characters are begun ten times, and the next text is not kept waiting."""

    async def leave() -> None:
        for _ in range(10):
            async with aclosing(synthesizer.stream(SAID["en"] * 130, "en")) as stretches:
                await anext(stretches)
        assert await _all(synthesizer, "Yes.", "en")

    asyncio.run(asyncio.wait_for(leave(), 60))


@pytest.mark.parametrize("text", ["", " \n", "😊🎉", "…", "—"])
def test_what_has_no_words_is_no_sound(synthesizer: SpeechSynthesizer | Voices, text: str) -> None:
    assert heard(synthesizer, text) == []


def test_ten_thousand_characters_are_said_to_the_end(
    synthesizer: SpeechSynthesizer | Voices,
) -> None:
    text = ("and " * 2500).strip()
    words, _ = onsets(heard(synthesizer, text))
    assert len(words) == 2500


@pytest.mark.parametrize(
    "text", ["\0nul\0 bytes", "日本語とالعربية", "a" * 3000, "<ssml/> [[h@]] &amp;", "\ud800 half"]
)
def test_strange_texts_do_no_harm(synthesizer: SpeechSynthesizer | Voices, text: str) -> None:
    heard(synthesizer, text)
    assert heard(synthesizer, "Still here.")


def test_threads_and_event_loops_may_ask_together(
    synthesizer: SpeechSynthesizer | Voices,
) -> None:
    alone = [word for word, _ in onsets(heard(synthesizer))[0]]
    results: list[list[str]] = []

    def ask() -> None:
        results.append([word for word, _ in onsets(heard(synthesizer))[0]])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone] * 4


def test_it_loads_before_it_is_needed(synthesizer: SpeechSynthesizer | Voices) -> None:
    try:
        synthesizer.load()
    except SpeechError:
        pytest.fail("what can speak can be loaded")
    assert synthesizer.languages == {"en", "fr"}
