"""The sections of `configs/shapes.yaml` and `hardware.yaml`: what memory is planned with."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from companion.sections.base import Section


class Shape(Section):
    """A published model without its weights: what its config.json says about sizes.

    `billions` are the weights that its maker tells, by which ours are checked; `also` are further
    names of `models.yaml` for it, and `without` what of it is not counted.
    """

    name: str = Field(min_length=1)
    billions: float = Field(gt=0)
    config: dict[str, int | float | bool | str | None]
    also: tuple[str, ...] = ()
    without: str = ""
    source: str = Field(min_length=1)
    date: date


class Memory(Section):
    """A GPU or a computer: gigabytes of 10^9 bytes, and the share of them that a model may take."""

    name: str = Field(min_length=1)
    kind: Literal["gpu", "ram"] = "gpu"
    memory_gb: float = Field(gt=0)
    share: float = Field(default=0.9, gt=0, le=1)
    source: str = Field(min_length=1)
    date: date
