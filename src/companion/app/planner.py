"""The page that chooses a stack, at `plan`: a form, and the planner's answer under it.

What is asked for stands in its address, and nothing is kept.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from string import Template
from typing import TYPE_CHECKING, Any, get_args

from companion.app.pieces import read
from companion.app.planner_words import KINDS, PLANNER_WORDS
from companion.app.strings import preferred, refusal
from companion.errors import CompanionError, ConfigError
from companion.planning.advice import Stack, advise
from companion.planning.licences import conditions
from companion.planning.situation import Goal, Situation, Skills, Use, Want
from companion.types import Language

if TYPE_CHECKING:
    import gradio as gr
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

NUMBERS = {"ram": "8", "vram": "0", "budget": "0", "users": "1"}
"""The fields for numbers, with what stands in them at first."""

CHOICES: dict[str, tuple[str, ...]] = {
    "goal": get_args(Goal),
    "use": get_args(Use),
    "skills": get_args(Skills),
}

Asked = Mapping[str, Sequence[str]]
"""What the form says, by the names of its fields: a text, and a list for `wants`."""


def link() -> gr.HTML:
    """The way there from the conversation."""
    import gradio as gr

    return gr.HTML(
        elem_id="plan",
        html_template='<a href="plan" style="padding: 0 0.6rem; text-decoration: underline"></a>',
        js_on_load="element.firstChild.textContent = props.words[document.documentElement.lang];",
        apply_default_css=False,
        words={language: table["link"] for language, table in PLANNER_WORDS.items()},
    )


def routes(otherwise: Language) -> list[Route]:
    """`plan`, in the visitor's language. What cannot be advised has a sentence, and status 400."""
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    async def planned(request: Request) -> Response:
        language = preferred(request.headers.get("accept-language"), otherwise)
        asked: Asked = {**request.query_params, "wants": request.query_params.getlist("wants")}
        if not request.query_params:
            return HTMLResponse(page(language, asked, ""))
        try:
            stack = await asyncio.to_thread(lambda: advise(_situation(asked)))
        except CompanionError as error:
            said = f'<p class="alert" role="alert">{escape(refusal(error, language))}</p>'
            return HTMLResponse(page(language, asked, said), status_code=400)
        return HTMLResponse(page(language, asked, _answer(stack, language)))

    return [Route("/plan", planned, methods=["GET"])]


def page(language: Language, asked: Asked, answer: str) -> str:
    """The whole page, with the form as it was sent and `answer`, which is HTML, under it."""
    words = {key: escape(text) for key, text in PLANNER_WORDS[language].items()}
    style = read("page.css") + read("planner.css")
    more = {"language": language, "style": style, "answer": answer}
    return Template(read("planner.html")).substitute(words, **more, fields=_fields(words, asked))


def _situation(asked: Asked) -> Situation:
    told: dict[str, Any] = {name: str(asked[name]) for name in CHOICES if name in asked}
    told |= {"wants": tuple(asked["wants"]), "private": "private" in asked}
    try:
        told["users"] = int(str(asked.get("users", 1)))
        for name, field in (("ram", "ram_gb"), ("vram", "vram_gb"), ("budget", "budget_usd_month")):
            told[field] = float(str(asked.get(name, NUMBERS[name])))
    except ValueError as error:
        raise ConfigError(f"That is no number: {error}", repair="Use digits.") from None
    return Situation(**told)


# ---- the form ------------------------------------------------------------------------------------


def _fields(words: Mapping[str, str], asked: Asked) -> str:
    numbers = [_number(name, words[name], str(asked.get(name, NUMBERS[name]))) for name in NUMBERS]
    choices = [_choice(name, words, str(asked.get(name, ""))) for name in CHOICES]
    return "\n".join([*numbers, *choices, _wants(words, asked["wants"]), _private(words, asked)])


def _number(name: str, label: str, value: str) -> str:
    step = "1" if name == "users" else "any"
    least = "1" if name == "users" else "0"
    value = value if re.fullmatch(r"[\d.]+", value) else ""  # browsers grumble at other text
    field = f'type="number" name="{name}" min="{least}" step="{step}" value="{value}"'
    return f"<label>{label}<input {field} required /></label>"


def _choice(name: str, words: Mapping[str, str], chosen: str) -> str:
    options = "".join(
        f'<option value="{one}"{" selected" * (one == chosen)}>{words[f"{name}_{one}"]}</option>'
        for one in CHOICES[name]
    )
    return f'<label>{words[name]}<select name="{name}">{options}</select></label>'


def _wants(words: Mapping[str, str], chosen: Iterable[str]) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" name="wants" value="{one}"{" checked" * (one in chosen)} />'
        f" {words[f'wants_{one}']}</label>"
        for one in get_args(Want)
    )
    return f"<fieldset><legend>{words['wants']}</legend>{boxes}</fieldset>"


def _private(words: Mapping[str, str], asked: Asked) -> str:
    box = f'<input type="checkbox" name="private" value="yes"{" checked" * ("private" in asked)} />'
    return f"<fieldset><label>{box} {words['private']}</label></fieldset>"


# ---- the answer ----------------------------------------------------------------------------------


def _answer(stack: Stack, language: Language) -> str:
    words = PLANNER_WORDS[language]
    asks = conditions([one.part for one in stack.parts])
    left = [f"{one.part.title}: {one.why}" for one in stack.rejected]
    summary = escape(words["rejected"].format(count=len(left)))
    limits = _list(stack.limits) if stack.limits else f"<p>{escape(words['no_limits'])}</p>"
    return "\n".join(
        (
            f'<p class="quiet">{escape(words["english"])}</p>',
            f"<p>{words['start']} <code>companion chat --profile {stack.profile}</code></p>",
            f"<p>{words['write']} <code>{escape(_command(stack.situation))}</code></p>",
            f"<h2>{escape(words['parts'])}</h2>{_table(stack, language)}",
            f"<h2>{escape(words['bill'])}</h2>{_list(stack.bill.lines(), 'bill')}",
            f"<h2>{escape(words['limits'])}</h2>{limits}",
            f"<h2>{escape(words['licences'])}</h2>{_list(f'{k}: {v}' for k, v in asks.items())}",
            f"<details><summary>{summary}</summary>{_list(left)}</details>",
        )
    )


def _table(stack: Stack, language: Language) -> str:
    words, kinds = PLANNER_WORDS[language], KINDS[language]
    head = "".join(f"<th>{escape(words[key])}</th>" for key in ("kind", "take", "because"))
    rows = "".join(
        f"<tr><td>{escape(kinds[one.part.kind])}</td><td>{escape(one.part.title)}</td>"
        f'<td lang="en">{_text(one.why)}</td></tr>'
        for one in stack.parts
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="wide">{table}</div>'


def _list(lines: Iterable[str], kind: str = "") -> str:
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return f'<ul class="{kind}" lang="en">{items}</ul>'


def _text(line: str) -> str:
    """A sentence of the planner's, with its commands as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(line))


def _command(one: Situation) -> str:
    """The same in a terminal."""
    said = (
        f"companion plan --ram {one.ram_gb:g} --vram {one.vram_gb:g} "
        f"--budget {one.budget_usd_month:g} --goal {one.goal} --use {one.use} "
        f"--users {one.users} --skills {one.skills}"
    )
    wants = f" --wants {','.join(one.wants)}" if one.wants else ""
    return f"{said}{wants}{' --private' if one.private else ''} --write mine"
