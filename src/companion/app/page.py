"""The page: what stands where, and what happens at each click.

`build` lays it out; `dress` says how it looks. A conversation lives in the shelf (`shelf.js`, kept
by the browser), comes along with every click, and goes back as the shelf's new value.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
from gradio.components.chatbot import ExampleMessage

from companion.app.api import chat_endpoint
from companion.app.conversation import Conversation, Turn
from companion.app.strings import WORDS, preferred, translated, word
from companion.app.talk import Speaking, answer
from companion.app.transcript import messages, turn_at
from companion.config import OpenAIModel, Settings
from companion.pipeline import Companion
from companion.types import Language

HERE = Path(__file__).parent
Updates = dict[Any, Any]


def build(companion: Companion) -> gr.Blocks:
    """The whole page of one companion, with its `/chat` endpoint for `gradio_client`."""
    blocks = gr.Blocks(
        title=companion.settings.persona.name, analytics_enabled=False, fill_height=True
    )
    with blocks:
        _Page(companion)
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
        "css_paths": HERE / "style.css",
        "head": f"<script>{_read('page.js')}</script>",
        "i18n": gr.I18n(**WORDS),
        "footer_links": [],
        "run_history": False,
    }


class _Page:
    """The components, and what each of them does when it is used."""

    def __init__(self, companion: Companion) -> None:
        self.companion = companion
        self.name = companion.settings.persona.name
        self.speaking: dict[str, Speaking] = {}
        self._lay_out()
        self._wire()

    def _lay_out(self) -> None:
        say = gr.I18n(**WORDS)
        with gr.Row(elem_id="page"):
            with gr.Column(elem_id="side", scale=0, min_width=0):
                self.shelf = _shelf()
            with gr.Column(elem_id="talk"):
                self.chatbot = gr.Chatbot(
                    elem_id="chat",
                    label=self.name,
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

    def _wire(self) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        shown = [self.shelf, self.chatbot, self.box, self.notice, self.send, self.stop, self.about]
        how = quiet | {"outputs": shown, "concurrency_limit": None, "trigger_mode": "multiple"}
        for said in (self.box.submit, self.send.click):
            said(self._say, [self.box, self.shelf], **how)
        self.chatbot.example_select(self._suggested, [self.shelf], **how)
        for again in (self.chatbot.retry, self.chatbot.option_select):
            again(self._again, [self.shelf], **how)
        self.chatbot.edit(self._edited, [self.shelf], **how)
        self.chatbot.clear(self._clear, [self.shelf], **how)
        self.shelf.open(self._open, None, **how)
        self.stop.click(self._stop, None, None, queue=False, **quiet)

    # ---- what the user does ----------------------------------------------------------------------

    async def _say(
        self, text: str, stored: Any, request: gr.Request
    ) -> AsyncGenerator[Updates, None]:
        kept = await self._taken_over(stored, request)
        async with aclosing(self._answered(kept, kept, text, request)) as paints:
            async for updates in paints:
                yield updates

    async def _suggested(
        self, stored: Any, event: gr.SelectData, request: gr.Request
    ) -> AsyncGenerator[Updates, None]:
        async for updates in self._say(event.value["text"], stored, request):
            yield updates

    async def _again(self, stored: Any, request: gr.Request) -> AsyncGenerator[Updates, None]:
        kept = await self._taken_over(stored, request)
        last = len(kept.turns) - 1
        text = kept.turns[last].user
        async for updates in self._answered(kept, kept.before(last), text, request):
            yield updates

    async def _edited(
        self, stored: Any, event: gr.EditData, request: gr.Request
    ) -> AsyncGenerator[Updates, None]:
        kept = await self._taken_over(stored, request)
        assert isinstance(event.index, int)  # a pair only in a Chatbot of tuples, long gone
        number = turn_at(kept, event.index, self.name)
        async for updates in self._answered(kept, kept.before(number), event.value, request):
            yield updates

    async def _clear(self, stored: Any, request: gr.Request) -> Updates:
        kept = await self._taken_over(stored, request)
        return self._shown(kept.before(0), request)

    async def _open(self, event: gr.EventData, request: gr.Request) -> Updates:
        """The shelf opens a conversation, also when the page is loaded.

        It is the one event of a page that loads: of two at once, Gradio's client may lose one.
        """
        await self._taken_over(None, request)
        conversation = Conversation.read(event.conversation)
        return self._shown(conversation, request) | self._introduced(conversation, request)

    def _stop(self, request: gr.Request) -> None:
        if speaking := self.speaking.get(str(request.session_hash)):
            speaking.stop.set()

    # ---- what comes of it ------------------------------------------------------------------------

    async def _taken_over(self, stored: Any, request: gr.Request) -> Conversation:
        """The conversation of this page; a reply that is still being given is stopped first."""
        speaking = self.speaking.get(str(request.session_hash))
        if speaking is None:
            return Conversation.read(stored)
        speaking.stop.set()
        await speaking.over.wait()
        return speaking.conversation

    async def _answered(
        self, kept: Conversation, before: Conversation, text: str, request: gr.Request
    ) -> AsyncGenerator[Updates, None]:
        """Answer `text` said after `before`; a refused text leaves `kept` as it was."""
        turn = Turn(user=text)
        conversation = Conversation(id=before.id, turns=[*before.turns, turn])
        session = str(request.session_hash)
        speaking = self.speaking[session] = Speaking(conversation)
        language = self._language(request)
        paints = answer(self.companion, turn, before.history(), language, speaking.stop)
        try:
            async with aclosing(paints):
                async for _ in paints:
                    if turn.state == "refused":
                        speaking.conversation = kept
                        yield self._shown(kept, request, notice=turn.trouble) | {self.box: text}
                    else:
                        yield self._shown(conversation, request)
        finally:
            speaking.over.set()
            if self.speaking.get(session) is speaking:
                del self.speaking[session]

    def _shown(self, conversation: Conversation, request: gr.Request, notice: str = "") -> Updates:
        """Everything on the page that tells of the conversation."""
        language = self._language(request)
        live = str(request.session_hash) in self.speaking
        answering = live and conversation.turns[-1].state == "open"
        return {
            self.shelf: conversation.model_dump(),
            self.chatbot: messages(conversation, self.name, language, live),
            self.box: "",
            self.notice: gr.HTML(escape(translated(notice, language)), visible=bool(notice)),
            self.send: gr.Button(visible=not answering),
            self.stop: gr.Button(visible=answering),
        }

    def _introduced(self, conversation: Conversation, request: gr.Request) -> Updates:
        """Who this is, in the language of the page: an AI, where it runs, and that it can err."""
        language = self._language(request)
        hosts = ", ".join(elsewhere(self.companion.settings))
        about = word(language, "elsewhere" if hosts else "here", name=self.name, hosts=hosts)
        greeting = word(language, "greeting", name=self.name)
        invitation = word(language, "invitation")
        examples: list[ExampleMessage] = [
            {"text": word(language, f"example_{number}")} for number in (1, 2, 3)
        ]
        return {
            self.about: escape(about),
            self.chatbot: gr.Chatbot(
                value=[*messages(conversation, self.name, language)],
                placeholder=f'<div class="orb"></div>\n\n## {greeting}\n{invitation}',
                examples=examples,
            ),
        }

    def _language(self, request: gr.Request) -> Language:
        header = request.headers.get("accept-language")
        return preferred(header, self.companion.settings.language)


def elsewhere(settings: Settings) -> list[str]:
    """The hosts other than this machine that a message may be sent to."""
    used = (settings.models[name] for name in settings.chat.models)
    hosts = (httpx.URL(model.base_url).host for model in used if isinstance(model, OpenAIModel))
    return sorted({host for host in hosts if host not in ("127.0.0.1", "localhost", "::1")})


def _shelf() -> gr.HTML:
    """The list of conversations, which also carries the one on the page."""
    words = {
        language: {key: table[key] for key in ("conversations", "new", "kept", "not_kept")}
        for language, table in WORDS.items()
    }
    return gr.HTML(
        elem_id="shelf",
        html_template=_read("shelf.html"),
        js_on_load=_read("shelf.js"),
        apply_default_css=False,
        words=words,
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
