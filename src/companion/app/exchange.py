"""What is kept for a visitor as files: taken away, and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from companion.app.strings import preferred, translated, word
from companion.app.visitors import token_of
from companion.app.voice import same_origin
from companion.errors import CompanionError, JournalError
from companion.memory import Imported, Journal, Memory
from companion.memory.limits import IMPORT
from companion.types import Language

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from companion.app.talk import Visits


def routes(journal: Journal | None, visits: Visits, otherwise: Language) -> list[Route]:
    """`memory/export.json`, `memory/conversation.md?id=…`, `memory/import`, for the cookie's user.

    What cannot be done is answered with a sentence in the visitor's language, and status 400.
    """
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    def download(content: str, kind: str, name: str) -> Response:
        attached = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=kind, headers=attached)

    async def exported(request: Request, memory: Memory, language: Language) -> Response:
        assert journal
        if request.url.path.endswith(".json"):
            text = await journal.aside(memory.export_json)
            return download(text, "application/json", "companion-memory.json")
        name = request.query_params.get("id", "")
        text = await journal.aside(memory.export_markdown, name, language)
        return download(text, "text/markdown; charset=utf-8", "conversation.md")

    async def imported(request: Request, memory: Memory, language: Language) -> Response:
        assert journal
        if not same_origin(request.headers):
            raise JournalError("Only this page can bring a file here")
        file = await body_of(request, IMPORT)
        if len(file) > IMPORT:
            raise JournalError(f"The file is larger than {IMPORT >> 20} MB")
        done = await journal.aside(_brought, memory, file)
        for visit in [one for one in visits.values() if one.keeper.token == _token(request)]:
            await visit.refresh()
        return PlainTextResponse(_told(done, language))

    async def served(request: Request) -> Response:
        language = preferred(request.headers.get("accept-language"), otherwise)
        work = imported if request.method == "POST" else exported
        try:
            if journal is None:
                raise JournalError("Nothing is kept here", where="memory.keep")
            return await work(request, journal.user(_token(request)), language)
        except CompanionError as error:
            return PlainTextResponse(translated(str(error), language), status_code=400)

    return [
        Route("/memory/export.json", served),
        Route("/memory/conversation.md", served),
        Route("/memory/import", served, methods=["POST"]),
    ]


def _token(request: Request) -> str:
    return token_of(request.headers.get("cookie", ""))


async def body_of(request: Request, most: int) -> bytes:
    """The body of a request, of which no more is read than tells that it is longer than `most`."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            break
    return bytes(body)


def _told(done: Imported, language: Language) -> str:
    """What became of a file."""
    added = word(language, "imported", count=str(len(done.conversations)))
    here = word(language, "imported_here", count=str(done.here)) if done.here else ""
    return f"{added} {here}".rstrip()


def _brought(memory: Memory, file: bytes) -> Imported:
    """An export is JSON; anything else may be a conversation in Markdown."""
    if file.lstrip()[:1] == b"{":
        return memory.import_json(file)
    return memory.import_markdown(file)
