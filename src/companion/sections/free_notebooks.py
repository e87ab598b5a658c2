"""The section of `configs/free_notebooks.yaml`: places that lend a GPU for nothing."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from companion.sections.base import Section


class FreeNotebooks(Section):
    """A hosted notebook without a price: what it lends, for how long, and what stays afterwards.

    Hours are None where the host promises none. `gpu_hours` may be used within `period_days`.
    """

    name: str = Field(min_length=1)
    gpu: str = Field(min_length=1)
    session_hours: float | None = Field(gt=0)
    gpu_hours: float | None = Field(gt=0)
    period_days: int | None = Field(gt=0)
    stays: str = Field(min_length=1)
    note: str = ""
    source: str = Field(min_length=1)
    date: date
