"""The panel: what is remembered of the user, since when and from which words."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from companion.app.strings import WORDS, word
from companion.app.talk import Visit
from companion.memory import Fact
from companion.memory.sentences import RELATIONS
from companion.types import Language

WORDS_OF_PANEL = (
    *("remembered", "nothing_known", "correct", "forget_fact", "forget_fact_title"),
    *("forget_fact_hint", "forget_all", "forget_all_title", "forget_all_hint"),
    *("forget_do", "forget_keep"),
)


def remembered(visit: Visit) -> str:
    """What the panel of this page shows, as JSON."""
    facts = [
        {
            "id": fact.id,
            "what": _what(fact, visit.language),
            "value": fact.value,
            "at": fact.at,
            "source": _source(fact, visit.language),
        }
        for fact in reversed(visit.facts)
    ]
    return json.dumps({"facts": facts, "keeps": visit.keeper.memory is not None})


async def mend(visit: Visit, change: dict[str, Any]) -> None:
    """Something is remembered wrongly (`fact`, `value`), or is to be forgotten (`fact`, or all)."""
    fact = change.get("fact")
    if change.get("forget"):
        await visit.stop()
        await visit.keeper.forget(fact)
        if fact is None:
            await asyncio.to_thread(visit.cast.forget)
    else:
        await visit.keeper.correct(int(change["fact"]), str(change["value"]))
    for one in (visit, *visit.others()):
        await one.follow(one.conversation.id)


def _what(fact: Fact, language: Language) -> str:
    """What the value is to the user."""
    key = f"fact_{fact.about}"
    if not fact.about or key in WORDS[language]:
        return word(language, key if fact.about else f"fact_{fact.kind}")
    about = RELATIONS.get(fact.about, fact.about) if language == "fr" else fact.about
    return about[:1].upper() + about[1:]


def _source(fact: Fact, language: Language) -> str:
    """In which words it was told; when, `{when}`, is for the page, which knows the user's clock."""
    key = "known_since" if fact.words else "known_from_here"
    return word(language, key, when="{when}", words=fact.words)
