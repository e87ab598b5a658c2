"""The stage: face, voice and ears of the companion in one component, beside the conversation.

Its value is the key of the visit, with which the script asks for the visit's line (`voice.py`).
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import gradio as gr

from companion.app.cast import Character
from companion.app.strings import WORDS
from companion.avatar import rig
from companion.images import portrait

HERE = Path(__file__).parent

SCRIPTS = tuple(
    f"stage_{name}.js"
    for name in ("resampler", "player", "captions", "channel", "microphone", "portrait")
)
"""What `stage.js` is made of, in the order in which they know each other."""

WORDS_OF_STAGE = tuple(key for key in WORDS["en"] if key.startswith("stage_"))


def stage(character: Character) -> gr.HTML:
    """The component, with the face of that character until another is chosen.

    Without the package that serves WebSockets it is a face that says so.
    """
    seed = character.name if character.persona.seed is None else character.persona.seed
    line = importlib.util.find_spec("websockets") is not None
    words = {
        language: {key.removeprefix("stage_"): table[key] for key in WORDS_OF_STAGE}
        for language, table in WORDS.items()
    }
    return gr.HTML(
        elem_id="stage",
        html_template=_read("stage.html").replace("<!-- portrait -->", portrait(seed)),
        js_on_load="\n".join([rig(), *map(_read, SCRIPTS), _read("stage.js")]),
        apply_default_css=False,
        words=words,
        worklet=_read("stage_resampler.js") + _read("stage_worklet.js"),
        silent=not line,
        persona="" if character.picture else character.id,
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
