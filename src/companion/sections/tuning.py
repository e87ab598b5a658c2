"""What the settings say about teaching a model that others trained."""

from __future__ import annotations

from pydantic import Field

from companion.sections.base import Section


class Tuning(Section):
    """`base` is the model to begin with, `rank` and `alpha` are those of the pairs beside it.

    A base is a folder of `models.yaml` by its name there, or `owner/name` on the Hub: of those,
    only what is on this disk already is taken, and nothing is downloaded.
    """

    base: str = Field(default="companion-tiny", min_length=1)
    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
