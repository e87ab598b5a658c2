"""The sections of `configs/catalogue/`: what a stack is made of, under which terms, and how old."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from companion.sections.base import Section

Kind: TypeAlias = Literal[
    "engine",
    "model",
    "image",
    "video",
    "voice",
    "recognizer",
    "interface",
    "hosting",
    "iac",
    "configuration",
    "ci",
    "mlops",
    "storage",
    "operations",
]
"""What a part does in a stack; `configs/catalogue/` has one file for each."""

Form: TypeAlias = Literal["library", "program", "weights", "service", "machine"]
"""How a product touches a part: linked in, run beside it, loaded as data, rented, or owned."""

Copyleft: TypeAlias = Literal["none", "weak", "strong", "network"]
"""What must be shared again: nothing, its changed files, what it is linked into, or that even where
it is only used over a network."""

Criterion: TypeAlias = Literal[
    "simplicity", "cost", "performance", "flexibility", "maturity", "quality"
]
"""The documents' five principles, and the quality that they give pictures, voices and ears."""

Document: TypeAlias = Literal["alternatives", "costs", "local-models", "performance", "toolbox"]
"""The five documents that this project began with."""

Text: TypeAlias = Annotated[str, Field(min_length=1)]
Score: TypeAlias = Annotated[int, Field(ge=1, le=5)]
Gigabytes: TypeAlias = Annotated[float | None, Field(gt=0)]


class Licence(Section):
    """Terms of use; `spdx` is empty where the SPDX list has no name for them.

    `conditions` are what whoever uses it must do or leave, in a sentence.
    """

    name: Text
    spdx: str = ""
    commercial: bool
    copyleft: Copyleft = "none"
    conditions: Text
    source: Text
    date: date


class Needs(Section):
    """What a part needs to run: gigabytes of 10^9 bytes, None where nobody says how many.

    `network` is whether it needs one while it runs, `gpu` whether it is of use only with one.
    `source` is who gives the figures.
    """

    ram_gb: Gigabytes = None
    vram_gb: Gigabytes = None
    disk_gb: Gigabytes = None
    network: bool = False
    gpu: bool = False
    source: str = ""

    @model_validator(mode="after")
    def _figures_have_a_source(self) -> Self:
        if (self.ram_gb or self.vram_gb or self.disk_gb) and not self.source:
            raise ValueError("a figure needs its source")
        return self


class Gives(Section):
    """What a machine brings: `gpus` of that name, each with `vram_gb`; gigabytes of 10^9 bytes."""

    gpu: str = ""
    gpus: int = Field(default=0, ge=0)
    vram_gb: Gigabytes = None
    ram_gb: Gigabytes = None
    cpus: int | None = Field(default=None, gt=0)


class Row(Section):
    """A part as its file tells it.

    `source` is where licence and status were looked up on `date`, and `documents` which of the five
    name it. What is not current says in `why` what happened, and in `superseded_by` what does the
    same work today. `instead` is what to take where its licence forbids a use. `shape`, `profile`
    and `room` are its names in shapes.yaml, in profiles/ and among the planner's memories.
    """

    title: Text
    licence: Text
    form: Form
    needs: Needs = Field(default_factory=Needs)
    gives: Gives | None = None
    skills: Literal["beginner", "intermediate", "expert"]
    strengths: tuple[Text, ...] = Field(min_length=1)
    weaknesses: tuple[Text, ...] = Field(min_length=1)
    scores: dict[Criterion, Score] = Field(default_factory=dict)
    source: Text
    date: date
    documents: tuple[Document, ...] = ()
    status: Literal["current", "superseded", "archived"] = "current"
    superseded_by: str | None = None
    why: str = ""
    instead: str | None = None
    billions: float | None = Field(default=None, gt=0)
    shape: str | None = None
    profile: str | None = None
    room: str | None = None

    @model_validator(mode="after")
    def _old_ones_say_why(self) -> Self:
        if self.status != "current" and not self.why:
            raise ValueError("why it is no longer current is not said")
        if self.status == "superseded" and not self.superseded_by:
            raise ValueError("what supersedes it is not said")
        return self


class Part(Row):
    """A part with its name and kind, which its file's key and the file's own name say."""

    name: str
    kind: Kind


class Branch(Section):
    """An answer as people read it, and the node that it leads to."""

    says: Text
    then: Text


class Node(Section):
    """A node of the decision tree: a question with its answers, or a leaf with a profile.

    `parts` are the names of what a leaf is made of, and `why` what speaks for its profile.
    """

    says: Text
    answers: dict[str, Branch] = Field(default_factory=dict)
    profile: str | None = None
    parts: tuple[str, ...] = ()
    why: str = ""
    source: Text
    date: date

    @model_validator(mode="after")
    def _asks_or_ends(self) -> Self:
        if bool(self.answers) == bool(self.profile):
            raise ValueError("a node has either answers or a profile")
        if self.profile and not self.why:
            raise ValueError("why it ends in this profile is not said")
        return self
