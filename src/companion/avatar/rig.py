"""The script that moves a face."""

from __future__ import annotations

from companion.resources import packaged


def rig() -> str:
    """The script that moves a portrait in a browser: it defines `createFace(root, now)`."""
    return packaged("avatar/face.js").read_text(encoding="utf-8")
