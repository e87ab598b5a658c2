"""Whether more is to come, by the words so far."""

from __future__ import annotations

import pytest

from companion.speech.endings import Ending, ending
from companion.types import Language


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("I had a long day.", "en", "finished"),
        ("Where are you from?", "en", "finished"),
        ("Stop!", "en", "finished"),
        ("I went to see my", "en", "unfinished"),
        ("I went to see my.", "en", "unfinished"),
        ("I had a long day,", "en", "unknown"),
        ("I was thinking...", "en", "unfinished"),
        ("Well, I’m", "en", "unfinished"),
        ("i had a long day", "en", "unknown"),
        ("", "en", "unknown"),
        ("Je reviens de la plage.", "fr", "finished"),
        ("Je reviens de la", "fr", "unfinished"),
        ("C’est parce que.", "fr", "unfinished"),
        ("je reviens de la plage", "fr", "unknown"),
    ],
)
def test_an_ending_is_told(text: str, language: Language, expected: Ending) -> None:
    assert ending(text, language) == expected
