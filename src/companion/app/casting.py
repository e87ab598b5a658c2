"""The panel in which a visitor chooses whom to talk with, and what it asks the server for."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from companion.app.cast import Cast, Character, folder_of
from companion.app.exchange import body_of
from companion.app.strings import preferred, translated, word
from companion.app.visitors import token_of
from companion.app.voice import same_origin
from companion.cards import MAX_BYTES
from companion.chat import reads_briefly
from companion.config import PERSONA, Settings
from companion.errors import CardError, CompanionError, InputError
from companion.memory import Journal
from companion.safety import one_line
from companion.types import Language

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from companion.app.talk import Visit, Visits

WORDS_OF_CAST = ("cast", "cast_bring", "cast_formats", "cast_remove", "cut")


def cast_of(settings: Settings, journal: Journal | None, token: str) -> Cast:
    """The characters of the visitor with that token."""
    try:
        return Cast(settings, folder_of(journal, token))
    except InputError:  # no token of ours
        return Cast(settings)


def panel(visit: Visit) -> str:
    """What the panel of this page shows, as JSON."""
    current, language, companion = visit.character, visit.language, visit.companion
    rows = [_row(one, companion.settings, language) for one in visit.cast.characters]
    brief = current.brought and reads_briefly(companion.model.capabilities.context)
    return json.dumps(
        {
            "current": current.id,
            "name": current.name,
            "characters": rows,
            "note": word(language, "cast_brief") if brief else "",
            "keeps": visit.cast.keeps,
        }
    )


def _row(one: Character, settings: Settings, language: Language) -> dict[str, Any]:
    spoken = ", ".join(word(language, f"language_{each}") for each in one.persona.about)
    facts = [spoken, *_voice(one, settings, language), *_models(one, settings, language)]
    if one.brought:
        facts.append(word(language, "cast_brought"))
    return {"id": one.id, "name": one.name, "facts": facts, "brought": one.brought}


def _voice(one: Character, settings: Settings, language: Language) -> list[str]:
    """Whether a woman's or a man's, which eSpeak NG's names for its variants tell."""
    usual = settings.speaking.espeak.get(language)
    voice = one.persona.voices.get(language) or (usual.voice if usual else "")
    kind = re.search(r"\+([fm])\d", voice)
    return [word(language, f"cast_voice_{kind[1]}")] if kind else []


def _models(one: Character, settings: Settings, language: Language) -> list[str]:
    """What its models were chosen for, where the settings leave them to its agent."""
    if settings.agent != PERSONA or not one.persona.agent:
        return []
    return [word(language, f"cast_models_{settings.agents[one.persona.agent].task}")]


async def pick(visit: Visit, change: dict[str, Any]) -> None:
    """Talk with that `character`, or `dismiss` it. Raises CardError for what cannot be kept."""
    character = str(change.get("character"))
    await (visit.dismiss(character) if change.get("dismiss") else visit.choose(character))


def routes(settings: Settings, journal: Journal | None, visits: Visits) -> list[Route]:
    """`personas/portrait?id=…` and `personas/import?name=…`, for the cookie's visitor.

    A card that cannot be used is answered with a sentence in the visitor's language and status 400.
    """
    from starlette.responses import JSONResponse, PlainTextResponse, Response
    from starlette.routing import Route

    def mine(request: Request) -> tuple[str, Cast]:
        token = token_of(request.headers.get("cookie", ""))
        return token, cast_of(settings, journal, token)

    async def portrait(request: Request) -> Response:
        _, cast = await asyncio.to_thread(mine, request)
        one, rig = cast.of(request.query_params.get("id", "")), "rig" in request.query_params
        kind, content = await asyncio.to_thread(one.portrait, rig)
        return Response(content, media_type=kind, headers={"cache-control": "no-cache"})

    async def bring(request: Request) -> Response:
        language = preferred(request.headers.get("accept-language"), settings.language)
        name = one_line(request.query_params.get("name", "")) or "card"
        try:
            if not same_origin(request.headers):
                raise CardError("Only this page can bring a card here")
            content = await body_of(request, MAX_BYTES)
            token, cast = await asyncio.to_thread(mine, request)
            one = await asyncio.to_thread(cast.bring, content, name)
        except CompanionError as error:
            return PlainTextResponse(translated(str(error), language), status_code=400)
        for visit in [visit for visit in visits.values() if visit.keeper.token == token]:
            await visit.refresh()
        return JSONResponse({"id": one.id, "note": word(language, "cast_came", name=one.name)})

    return [
        Route("/personas/portrait", portrait),
        Route("/personas/import", bring, methods=["POST"]),
    ]
