"""The shelf: the list of kept conversations, searched, taken away and brought back."""

from __future__ import annotations

import json
from typing import Any

from companion.app.conversation import Conversation
from companion.app.strings import translated, word
from companion.app.talk import Visit

WORDS_OF_SHELF = (
    "conversations",
    "rename",
    "title",
    "drop",
    "new",
    "search",
    "search_none",
    "export",
    "export_one",
    "import",
)


def shelved(visit: Visit) -> str:
    """What the shelf of this page shows, as JSON."""
    return json.dumps(
        {
            "id": visit.conversation.id,
            "turns": len(visit.conversation.turns),
            "first": visit.first,
            "kept": any(turn.kept for turn in visit.conversation.turns),
            "conversations": [(one.id, one.title) for one in visit.listed],
            "searched": visit.searched,
            "found": [(one.conversation, one.title, one.snippet, one.hits) for one in visit.found],
            "note": _note(visit),
            "trouble": not visit.keeper.keeps,
        }
    )


async def arrange(visit: Visit, change: dict[str, Any]) -> None:
    """Look for `words`, or give a `conversation` its `title`, `drop` it, or open it ("" is new)."""
    conversation = str(change.get("conversation", ""))
    if "words" in change:
        await visit.search(str(change["words"]))
    elif "title" in change:
        await visit.rename(conversation, str(change["title"]))
    elif "drop" in change:
        await visit.delete(conversation)
    else:
        await visit.open(await visit.keeper.read(conversation) or Conversation())


def _note(visit: Visit) -> str:
    if visit.keeper.trouble:
        why = translated(visit.keeper.trouble, visit.language)
        return word(visit.language, "not_kept_why", why=why)
    return word(visit.language, "kept" if visit.keeper.keeps else "not_kept")
