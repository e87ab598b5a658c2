"""Ways of saving a file are judged by what stands under its name at each moment."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from companion.learning.saving import CALLS, WRONG_WAYS, Save, saved, why_unsafe


def by_pathlib(path: Path, pieces: Iterable[bytes]) -> None:
    draft = path.with_suffix(".new")
    draft.write_bytes(b"".join(pieces))
    draft.replace(path)


def tidied(path: Path, pieces: Iterable[bytes]) -> None:
    """Without a draft left behind when the disk is full."""
    draft = Path(f"{path}.tmp")
    try:
        saved(draft, pieces)
        os.replace(draft, path)
    except OSError:
        draft.with_name(draft.name + ".draft").unlink()
        raise


@pytest.mark.parametrize("way", [saved, by_pathlib, tidied])
def test_more_than_one_way_is_right(way: Save) -> None:
    assert why_unsafe(way) is None


@pytest.mark.parametrize("way", WRONG_WAYS.values())
def test_what_was_watched_is_itself_again(way: Save) -> None:
    before = [getattr(os, name) for name in CALLS]
    assert why_unsafe(way)
    assert [getattr(os, name) for name in CALLS] == before
