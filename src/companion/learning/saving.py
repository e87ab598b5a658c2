"""Judge a way of saving a file: under its name stands the old or the new one, whole, at any time.

Killing a process at every moment would take long and hit by chance. So the way is watched instead:
between the pieces, when the disk is full, and after each call that moves or deletes a file.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from companion.learning.advice import advice

Save = Callable[[Path, Iterable[bytes]], None]
CALLS = ("replace", "rename", "remove", "unlink")
"""What moves or deletes files in `os`; `pathlib` and `shutil` call these, too."""


def why_unsafe(save: Save) -> str | None:
    """What is wrong with that way of saving, in a sentence, or None."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kept"
        try:
            save(path, iter([b"ol", b"d"]))
            if _content(path) != b"old":
                return "`save` has returned, and the file does not hold the new bytes."
            return _why_torn(path, save) or _why_not_replaced(path, save)
        except Exception as error:  # whatever a learner's code raises is feedback for them
            told = advice(error) or "`path` is a `Path`, and each piece is of type `bytes`."
            return f"`save` raises {type(error).__name__}: {error}. {told}"


def saved(path: Path, pieces: Iterable[bytes]) -> None:
    """The right way, with which the notebook goes on."""
    draft = path.with_name(path.name + ".draft")
    with draft.open("wb") as file:
        file.writelines(pieces)
    os.replace(draft, path)


def _why_torn(path: Path, save: Save) -> str | None:
    """What is wrong when the writing breaks off in the middle."""
    seen: list[bytes | None] = []

    def pieces() -> Iterator[bytes]:
        for piece in (b"ne" * 10_000, b"w"):
            yield piece
            seen.append(_content(path))
        raise OSError("no space left on the disk")

    try:
        save(path, pieces())
    except OSError:
        seen.append(_content(path))
        if None in seen:
            return "`save`: the old file was gone before the new one was whole."
        if any(content != b"old" for content in seen):
            return "`save`: the old file had other bytes in it before the new one was whole."
        return None
    return "The disk was full and `save` kept quiet: whoever called it must learn that."


def _why_not_replaced(path: Path, save: Save) -> str | None:
    """A file that was exchanged is another file, and one that was written into is the same."""
    os.link(path, path.with_name("same"))  # so that its place on the disk is not given away
    with _watched(path, (b"old", b"new")) as wrong:
        save(path, iter([b"ne", b"w"]))
    if wrong:
        return wrong[0]
    if _content(path) != b"new":
        return "`save` has returned again, and the file does not hold the new bytes."
    if os.path.samefile(path, path.with_name("same")):
        return "`save`: the old file was written into. Killed then, half of each is left."
    return None


@contextmanager
def _watched(path: Path, whole: Sequence[bytes]) -> Iterator[list[str]]:
    """Note what is wrong with the file after each call that moves or deletes one."""
    wrong: list[str] = []
    calls = {name: getattr(os, name) for name in CALLS}

    def watching(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*told: Any, **options: Any) -> Any:
            result = call(*told, **options)
            wrong.extend(_wrong_now(path, whole, told))
            return result

        return called

    try:
        for name, call in calls.items():
            setattr(os, name, watching(call))
        yield wrong
    finally:
        for name, call in calls.items():
            setattr(os, name, call)


def _wrong_now(path: Path, whole: Sequence[bytes], told: Sequence[Any]) -> Iterator[str]:
    content = _content(path)
    if content is None:
        yield (
            "`save`: for a moment neither file stands under the name. One call can do both: it "
            "moves the new one there and takes the old one away."
        )
    elif content not in whole:
        yield (
            "`save`: it was moved while it was open, and some of its bytes were still in memory. "
            "Close it first: move it after the `with`."
        )
    elif len(told) == 2 and Path(told[0]).resolve().parent != path.resolve().parent:
        yield (
            "`save`: the new file came from another folder. That may be another disk, from which "
            "a move is a copy, and a copy can be torn. Write it beside the old one."
        )


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _in_place(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)


def _deleted_first(path: Path, pieces: Iterable[bytes]) -> None:
    path.unlink(missing_ok=True)
    saved(path, pieces)


def _joined_in_place(path: Path, pieces: Iterable[bytes]) -> None:
    path.write_bytes(b"".join(pieces))


def _quiet(path: Path, pieces: Iterable[bytes]) -> None:
    try:
        saved(path, pieces)
    except OSError:
        path.with_name(path.name + ".draft").unlink()


def _draft_only(path: Path, pieces: Iterable[bytes]) -> None:
    path.with_name(path.name + ".draft").write_bytes(b"".join(pieces))


def _moved_while_open(path: Path, pieces: Iterable[bytes]) -> None:
    draft = path.with_name(path.name + ".draft")
    with draft.open("wb") as file:
        file.writelines(pieces)
        os.replace(draft, path)


def _removed_before_the_move(path: Path, pieces: Iterable[bytes]) -> None:
    draft = path.with_name(path.name + ".draft")
    with draft.open("wb") as file:
        file.writelines(pieces)
    path.unlink(missing_ok=True)
    draft.rename(path)


def _from_elsewhere(path: Path, pieces: Iterable[bytes]) -> None:
    handle, draft = tempfile.mkstemp()
    with os.fdopen(handle, "wb") as file:
        file.writelines(pieces)
    shutil.move(draft, path)


def _as_text(path: Path, pieces: Iterable[bytes]) -> None:
    path.write_text("".join(pieces))  # type: ignore[arg-type]


WRONG_WAYS: dict[str, Save] = {
    "had other bytes in it": _in_place,
    "was gone": _deleted_first,
    "written into": _joined_in_place,
    "quiet": _quiet,
    "does not hold the new": _draft_only,
    "in memory": _moved_while_open,
    "neither file": _removed_before_the_move,
    "another folder": _from_elsewhere,
    "`bytes`": _as_text,
}
"""Ways that people try, by words of what is wrong with them."""
