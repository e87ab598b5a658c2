"""The page's own components: files of ours beside this one, with their words in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from companion.app.strings import WORDS

HERE = Path(__file__).parent


def pulse() -> gr.HTML:
    """The beat of the stream; what it says is shown when the beat stays away."""
    return gr.HTML(
        elem_id="pulse",
        html_template='<p role="status"></p>',
        js_on_load="const words = props.words[document.documentElement.lang];"
        "element.firstChild.textContent = words.cut;"
        "watch('value', () => window.stream.beat());",
        apply_default_css=False,
        words=_words("cut"),
    )


def own(name: str, *words: str) -> gr.HTML:
    """A component of ours: the files of that name beside this one, and its words."""
    return gr.HTML(
        elem_id=name,
        html_template=read(f"{name}.html"),
        js_on_load=read(f"{name}.js"),
        apply_default_css=False,
        words=_words(*words),
    )


def spoken(*keys: str) -> str:
    """Some of the page's words as a script, for `page.js`."""
    return f"window.words = {json.dumps(_words(*keys))};"


def _words(*keys: str) -> dict[str, dict[str, str]]:
    """Some of the page's words for a script, which picks the language."""
    return {language: {key: table[key] for key in keys} for language, table in WORDS.items()}


def read(name: str) -> str:
    """The text of the file of that name beside this one."""
    return (HERE / name).read_text(encoding="utf-8")
