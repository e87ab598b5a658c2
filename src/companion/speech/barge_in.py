"""Whether somebody who speaks while the companion speaks wants it to stop.

A cough does not, nor does "mhm" or "oui": a person who hears one goes on talking. A decision by
frames and words alone, as LiveKit's agents take it: enough speech stops it, less makes it pause,
and words that only say "I am listening" let it go on.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from companion.sections.hearing import BargeIn
from companion.types import Language

Decision: TypeAlias = Literal["pause", "stop", "go on"]


def while_speaking(speech_seconds: float, rules: BargeIn) -> Decision:
    """What to do while the user speaks: pause at once, and stop when it is no short sound.

    `speech_seconds` is `TurnTaking.speech_seconds`, what was speech until now.
    """
    return "stop" if speech_seconds >= rules.speech_seconds else "pause"


def when_it_ended(words: str | None, language: Language, rules: BargeIn) -> Decision:
    """What to do when the sound is over before it was long enough to stop anything.

    `words` are what was recognised, best by `signals`, and None where nothing was: then so short a
    sound is taken for a sign of listening.
    """
    said = words or ""
    silent = not re.search(r"\w", said)
    return "go on" if silent or is_backchannel(said, language, rules) else "stop"


def is_backchannel(words: str, language: Language, rules: BargeIn) -> bool:
    """Whether these words, one or several times, only say that somebody listens.

    >>> is_backchannel("Oui, oui, d'accord.", "fr", BargeIn())
    True
    """
    plain = " ".join(re.findall(r"[\w'-]+", words.lower().replace("’", "'")))
    phrases = sorted(rules.backchannels.get(language, ()), key=len, reverse=True)
    each = "|".join(re.escape(phrase) for phrase in phrases)
    return bool(each and re.fullmatch(rf"(?:(?:{each})(?: |$))+", plain))
