"""What no model is asked stands in front of the endpoint too: crisis, and whether this is a human.

A client is a program, but who wrote the message may be a person in need. The answer is a completion
like any other, by the model "rules", in one piece or streamed.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from companion.config import Settings
from companion.pipeline import RULES, WRITTEN
from companion.safety import guard, honest
from companion.safety.claims import CLAIMED
from companion.safety.replies import written
from companion.types import Attempt, Chunk, End, Guarded, Language, Message, Restart, Text, Usage

_ENGLISH = "i am you the a to my me is are it of and not want do have this that"
_FRENCH = "je tu le la les un une de des mon ma est suis es et pas ne veux me à"
_COMMON: dict[Language, set[str]] = {"en": {*_ENGLISH.split()}, "fr": {*_FRENCH.split()}}
"""Words that nearly every sentence of a language has some of."""


def by_rule(messages: Sequence[Message], settings: Settings) -> Guarded | None:
    """The answer that no model may give to the last message of the user; None: then ask one.

    It is in the language of that message. Without `safety.endpoint` there is none.
    """
    spoken = [message for message in messages if message.role != "system"]
    asked = [number for number, message in enumerate(spoken) if message.role == "user"]
    if not asked or not settings.safety.endpoint:
        return None
    text, history = spoken[asked[-1]].content, spoken[: asked[-1]]
    language, country = language_of(text, settings.language), settings.safety.country
    return guard(text, history, language, name=settings.persona.name, country=country)


async def honestly(
    chunks: AsyncGenerator[Chunk, None], language: Language, name: str
) -> AsyncGenerator[Chunk, None]:
    """As `safety.honest`, for a client who cannot forget what was said.

    A sentence that turned out to claim that this is a human may have begun: then it breaks off
    there, and the truth follows. Nothing that claims it was ever passed on.
    """
    truth, told, corrected = written("human", language=language).format(name=name), "", False
    async with aclosing(honest(chunks, language, name)) as stream:
        async for chunk in stream:
            if isinstance(chunk, Restart):
                corrected = chunk.reason == CLAIMED
                if corrected:
                    continue
                told = ""
            elif isinstance(chunk, Text) and corrected:
                true = chunk.text.removesuffix(truth)
                rest = true[len(told) :] + truth if len(true) >= len(told) else f"… {truth}"
                chunk, corrected = Text(rest), False
            if isinstance(chunk, Text):
                told += chunk.text
            yield chunk


def language_of(text: str, otherwise: Language) -> Language:
    """The one of our languages whose common words are in it more often.

    >>> language_of("Je ne veux plus vivre", "en"), language_of("ok", "en")
    ('fr', 'en')
    """
    words = re.findall(r"\w+", text.lower())
    english, french = (sum(word in common for word in words) for common in _COMMON.values())
    if english == french:
        return otherwise
    return "fr" if french > english else "en"


async def said(reply: Guarded) -> AsyncGenerator[Chunk, None]:
    """The answer as a model would give it."""
    yield Attempt(RULES, WRITTEN)
    yield Text(reply.text)
    yield End(RULES, "stop", Usage(0, 0))
