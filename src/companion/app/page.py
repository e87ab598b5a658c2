"""The page: what stands where, and what happens at each click.

`build` lays it out; `dress` says how it looks. While the page is open its conversation lives in a
`Visit`; for good it lives in the journal, under the token in the visitor's cookie.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from html import escape
from typing import Any

import gradio as gr
from gradio.components.chatbot import ExampleMessage

from companion.app import planner
from companion.app.api import chat_endpoint
from companion.app.casting import WORDS_OF_CAST, cast_of, panel, pick
from companion.app.conversation import Conversation
from companion.app.introducing import about, placeholder
from companion.app.keeping import Keeper
from companion.app.pieces import HERE, own, pulse, read, spoken
from companion.app.remembered import WORDS_OF_PANEL, mend, remembered
from companion.app.shelf import WORDS_OF_SHELF, arrange, shelved
from companion.app.stage import stage
from companion.app.strings import WORDS, preferred, refusal, word
from companion.app.talk import Visit, Visits
from companion.app.transcript import messages, turn_at
from companion.app.visitors import token_of
from companion.errors import CardError, InputError
from companion.memory import Journal
from companion.pipeline import Companion
from companion.types import Language

STYLES = ("page", "shelf", "talk", "stage", "forget", "remembered", "cast")
Updates = dict[Any, Any]


def build(
    companion: Companion, visits: Visits | None = None, journal: Journal | None = None
) -> gr.Blocks:
    """The whole page of one companion, with its `/chat` endpoint for `gradio_client`.

    `visits` is where open pages are listed, for a server that wants to end them; without a
    `journal`, nothing is kept.
    """
    blocks = gr.Blocks(
        title=companion.settings.persona.name, analytics_enabled=False, fill_height=True
    )
    with blocks:
        _Page(companion, blocks, Visits() if visits is None else visits, journal)
        chat_endpoint(companion)
    return blocks


def dress() -> dict[str, Any]:
    """How the page looks and which words it knows, as `gr.mount_gradio_app` takes them."""
    system = ("ui-sans-serif", "system-ui", "sans-serif")
    return {
        "theme": gr.themes.Base(
            primary_hue="teal",
            neutral_hue="stone",
            radius_size="lg",
            font=system,
            font_mono=("ui-monospace", "monospace"),
        ),
        "css_paths": [HERE / f"{name}.css" for name in STYLES],
        "head": f"<script>{spoken('you')}{read('page.js')}</script>",
        "i18n": gr.I18n(**WORDS),
        "footer_links": [],
        "run_history": False,
    }


class _Page:
    """The components, and what each of them does when it is used."""

    def __init__(
        self, companion: Companion, blocks: gr.Blocks, visits: Visits, journal: Journal | None
    ) -> None:
        self.companion = companion
        self.journal = journal
        self.visits = visits
        self._lay_out()
        self._wire(blocks)

    def _lay_out(self) -> None:
        say = gr.I18n(**WORDS)
        with gr.Row(elem_id="page"):
            with gr.Column(elem_id="side", scale=0, min_width=0):
                self.cast = own("cast", *WORDS_OF_CAST)
                self.shelf = own("shelf", *WORDS_OF_SHELF, "cut")
                self.remembered = own("remembered", *WORDS_OF_PANEL)
                planner.link()
            with gr.Column(elem_id="talk"):
                self.who = gr.HTML(elem_id="who")
                self.unfold = gr.Button(say("unfold"), elem_id="unfold", size="sm", visible=False)
                self.chatbot = gr.Chatbot(
                    elem_id="chat",
                    label=self.companion.settings.persona.name,
                    show_label=False,
                    container=False,
                    height="100%",
                    buttons=[],
                    editable="user",
                    latex_delimiters=[],
                    feedback_options=None,
                )
                self.notice = gr.HTML(elem_id="notice", visible=False)
                with gr.Row(elem_id="composer"):
                    self.box = gr.Textbox(
                        elem_id="message",
                        label=say("message"),
                        show_label=False,
                        container=False,
                        placeholder=say("placeholder"),
                        max_lines=8,
                        autofocus=True,
                    )
                    self.send = gr.Button(say("send"), elem_id="send", variant="primary")
                    self.stop = gr.Button(say("stop"), elem_id="stop", visible=False)
                self.about = gr.HTML(elem_id="about")
                self.pulse = pulse()
                self.forget = own("forget", "forget", "forget_hint", "forget_yes", "forget_no")
            self.stage = stage(cast_of(self.companion.settings, None, "").characters[0])

    def _wire(self, blocks: gr.Blocks) -> None:
        """Clicks go in as plain requests; what is to be seen comes back on one stream a page.

        One stream keeps the paints in order, and never closes while an event is on its way:
        Gradio's client may lose that event.
        """
        blocks.load(
            self._live,
            inputs=self.shelf,
            outputs=[
                *(self.shelf, self.chatbot, self.send, self.stop, self.about, self.pulse),
                *(self.stage, self.remembered, self.cast, self.who, self.unfold),
            ],
            js="() => [window.kept.current()]",
            show_progress="hidden",
            show_progress_on=self.pulse,
            concurrency_limit=None,
            api_visibility="private",
        )
        click: dict[str, Any] = {
            "outputs": self.notice,
            "show_progress": "hidden",
            "queue": False,
            "api_visibility": "private",
        }
        said = click | {"outputs": [self.box, self.notice]}
        self.box.submit(self._say, self.box, **said)
        self.send.click(self._say, self.box, **said)
        self.chatbot.example_select(self._suggested, **click)
        self.chatbot.retry(self._again, **click)
        self.chatbot.option_select(self._again, **click)
        self.chatbot.edit(self._edited, **click)
        self.stop.click(self._stop, **click)
        self.unfold.click(self._unfold, **click, js="() => window.talk.toBeginning()")
        for asked in (self.shelf.open, self.shelf.search, self.shelf.rename, self.forget.drop):
            asked(self._arrange, **click)
        self.remembered.mend(self._mend, **click)
        self.cast.pick(self._pick, **click)

    # ---- what is seen ----------------------------------------------------------------------------

    async def _live(self, current: Any, request: gr.Request) -> AsyncGenerator[Updates, None]:
        """All that this page shows, for as long as it is open."""
        visit = await self._opened(str(current), request)
        self.visits.add(str(request.session_hash), visit)
        try:
            yield self._introduced(visit) | {self.stage: visit.key}
            known = visit.character
            async with aclosing(visit.paints()) as paints:
                async for changed in paints:
                    if changed and visit.character != known:
                        known = visit.character
                        yield self._introduced(visit)
                    yield (self._shown(visit) if changed else {}) | {self.pulse: time.time()}
        finally:
            del self.visits[str(request.session_hash)]
            await visit.close()

    async def _opened(self, current: str, request: gr.Request) -> Visit:
        """The page with what its tab showed last; in a new tab, what was talked about last."""
        token = token_of(request.headers.get("cookie", ""))
        learn = self.companion.settings.memory.learn
        visit = Visit(
            self.companion,
            self._language(request),
            Conversation(),
            Keeper(self.journal, token, learn),
            await asyncio.to_thread(cast_of, self.companion.settings, self.journal, token),
        )
        await visit.refresh()
        if not current:
            current = next((one.id for one in visit.listed), "")
        visit.conversation = await visit.keeper.read(current) or visit.conversation
        return visit

    def _shown(self, visit: Visit) -> Updates:
        conversation, turns = visit.conversation, visit.conversation.turns
        name, language, first = visit.character.name, visit.language, visit.first
        answering = bool(turns) and turns[-1].state == "open" and visit.answering
        return {
            self.shelf: shelved(visit),
            self.cast: panel(visit),
            self.remembered: remembered(visit),
            self.unfold: gr.Button(visible=first > 0),
            self.chatbot: messages(conversation, name, language, answering, first),
            self.send: gr.Button(visible=not (busy := answering or visit.speaking)),
            self.stop: gr.Button(visible=busy),
        }

    def _introduced(self, visit: Visit) -> Updates:
        """Who this is, in the language of the page: an AI, where it runs, and that it can err."""
        one, language = visit.character, visit.language
        examples: list[ExampleMessage] = [
            {"text": word(language, f"example_{number}")} for number in (1, 2, 3)
        ]
        greeting = placeholder(one, language)
        return {
            self.who: f"<h1>{escape(one.name)}</h1>",
            self.about: about(visit.companion.settings, one, language),
            self.chatbot: gr.Chatbot(label=one.name, placeholder=greeting, examples=examples),
        }

    # ---- what the user does ----------------------------------------------------------------------

    async def _say(self, text: str, request: gr.Request) -> tuple[Any, Any]:
        """What is refused stays in the box, to be mended."""
        notice = await self._said(text, None, request)
        return gr.skip() if notice["visible"] else "", notice

    async def _suggested(self, event: gr.SelectData, request: gr.Request) -> Any:
        return await self._said(event.value["text"], None, request)

    async def _again(self, request: gr.Request) -> Any:
        turns = self._visit(request).conversation.turns
        return await self._said(turns[-1].user, len(turns) - 1, request)

    async def _edited(self, event: gr.EditData, request: gr.Request) -> Any:
        assert isinstance(event.index, int)  # a pair only in a Chatbot of tuples, long gone
        visit = self._visit(request)
        number = turn_at(visit.conversation, event.index, visit.first)
        return await self._said(event.value, number, request)

    async def _said(self, text: str, number: int | None, request: gr.Request) -> Any:
        """Answer `text`; the notice says why it was refused, or nothing."""
        visit = self._visit(request)
        try:
            await visit.say(text, number)
        except InputError as error:
            visit.repaint()
            return gr.update(value=escape(refusal(error, visit.language)), visible=True)
        return gr.update(visible=False)

    async def _arrange(self, event: gr.EventData, request: gr.Request) -> Any:
        await arrange(self._visit(request), event._data)
        return gr.update(visible=False)

    async def _mend(self, event: gr.EventData, request: gr.Request) -> Any:
        await mend(self._visit(request), event._data)
        return gr.update(visible=False)

    async def _pick(self, event: gr.EventData, request: gr.Request) -> Any:
        visit = self._visit(request)
        try:
            await pick(visit, event._data)
        except CardError as error:
            return gr.update(value=escape(refusal(error, visit.language)), visible=True)
        return gr.update(visible=False)

    async def _stop(self, request: gr.Request) -> Any:
        await self._visit(request).stop()
        return gr.update(visible=False)

    async def _unfold(self, request: gr.Request) -> Any:
        self._visit(request).unfold()
        return gr.update(visible=False)

    def _visit(self, request: gr.Request) -> Visit:
        """The open page that a click came from; what was typed stays there when it has gone."""
        visit = self.visits.get(str(request.session_hash))
        if visit is None:
            lost = word(self._language(request), "cut")
            raise gr.Error(lost, title="", print_exception=False)
        return visit

    def _language(self, request: gr.Request) -> Language:
        header = request.headers.get("accept-language")
        return preferred(header, self.companion.settings.language)
