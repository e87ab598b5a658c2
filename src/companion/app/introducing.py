"""Who the companion is, before the first word: an AI, where it runs, and how it greets."""

from __future__ import annotations

import re
from html import escape

import httpx

from companion.app.cast import Character
from companion.app.strings import word
from companion.config import HttpModel, Settings
from companion.safety import neutral
from companion.types import Language

LONGEST = 320
"""Characters of the greeting on a card that was brought; what comes behind is left out."""

_MARKUP = re.compile(r"[^\w\s]|_")


def placeholder(character: Character, language: Language) -> str:
    """What stands in a conversation in which nobody has said a word, as Markdown with HTML."""
    greeting = word(language, "greeting", name=as_text(character.name))
    return f'<div class="orb"></div>\n\n## {greeting}\n{_invitation(character, language)}'


def about(settings: Settings, character: Character, language: Language) -> str:
    """The line at the foot of the page, as HTML: an AI, that can err, and who else may read."""
    hosts = ", ".join(elsewhere(settings))
    key = "elsewhere" if hosts else "here"
    return escape(word(language, key, name=character.name, hosts=hosts))


def elsewhere(settings: Settings) -> list[str]:
    """The hosts other than this machine that a message may be sent to."""
    if settings.routing.privacy == "local_only":
        return []
    asked = (settings.models[name] for name in settings.asked())
    far = (one for one in asked if isinstance(one, HttpModel) and not one.is_local)
    return sorted({httpx.URL(one.base_url).host for one in far if one.key() or not one.key_env})


def as_text(text: str) -> str:
    """Somebody's text as HTML, on one line, in which Markdown finds nothing to do."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", " ".join(text.split()))


def _invitation(character: Character, language: Language) -> str:
    """How the character goes on: our own ask something; a card's own greeting is quoted."""
    greeting = character.greeting.get(language, "")
    if greeting and not character.persona.greetings:
        return f"<q>{as_text(_short(neutral(greeting)))}</q>"
    _, _, asks = greeting.partition(". ")
    return as_text(asks) if asks else word(language, "invitation")


def _short(text: str) -> str:
    """The beginning of a text, cut at the end of a word."""
    text = " ".join(text.split())
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST].rpartition(' ')[0]} …"
