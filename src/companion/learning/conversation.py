"""Talking to the companion in a notebook cell."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from companion import tracing
from companion.errors import IncompleteAnswer
from companion.pipeline import Companion
from companion.types import Degraded, Language, Message, TextDelta, TurnDone, Withdrawn


async def say(
    companion: Companion,
    text: str,
    history: Sequence[Message] = (),
    language: Language | None = None,
) -> TurnDone:
    """Say something, print the answer while it comes, and return the finished turn.

    The turn is kept as a trace in the tracking store. Raises what `Companion.turn` raises.
    """
    done: TurnDone | None = None
    async with aclosing(
        tracing.traced(companion.turn(text, history, language), companion.settings)
    ) as events:
        async for event in events:
            match event:
                case TextDelta(piece):
                    print(piece, end="", flush=True)
                case Withdrawn(reason):
                    print(f"\n[{reason}: the answer starts again]")
                case Degraded(what, why):
                    print(f"[{what}: {why}]")
                case TurnDone():
                    done = event
                    print()
    if done is None:
        raise IncompleteAnswer("The answer broke off without its end", where=companion.model.name)
    return done
