"""The user asks for something to be forgotten, in words, and it is done before it is answered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from companion.memory.folding import folded
from companion.memory.journal import Memory
from companion.memory.requests import ForgetRequest, forget_request
from companion.types import Forgotten, Language, Message

SURE: dict[Language, str] = {
    "en": "Shall I forget everything: all that I know of you, and all our conversations? It cannot "
    "be brought back. Say “yes”, and it is done.",
    "fr": "Dois-je tout oublier : tout ce que je sais de toi, et toutes nos conversations ? Rien "
    "ne pourra revenir. Dis « oui », et c'est fait.",
}
"""Nothing of it can be undone, so this is asked first."""

DONE: dict[Language, dict[str, str]] = {
    "en": {
        "everything": "It is done: I have forgotten all that you told me, and our conversations "
        "are deleted.",
        "that": "It is done: the last thing you told me is deleted, with what I knew from it.",
        "facts": "It is done: I have forgotten it, and deleted the words that told it.",
        "nothing": "There is nothing like that in my memory, so nothing was deleted.",
    },
    "fr": {
        "everything": "C'est fait : j'ai oublié tout ce que tu m'as dit, et nos conversations sont "
        "effacées.",
        "that": "C'est fait : ta dernière phrase est effacée, avec ce que j'en savais.",
        "facts": "C'est fait : je l'ai oublié, et j'ai effacé les mots qui le disaient.",
        "nothing": "Il n'y a rien de tel dans ma mémoire, donc rien n'a été effacé.",
    },
}

_YES = re.compile(
    r"(?:(?:yes|yeah|yep|sure|ok|okay|please|oui|ouais|d'accord|vas-y|do it|go ahead|fais-le"
    r"|i am sure|i'm sure|j'en suis sure?|forget (?:it all|everything)|oublie tout|s'il te plait"
    r"|stp|svp|merci|thanks)[\s,.!]*)+"
)


@dataclass(frozen=True, slots=True)
class Answered:
    """What is said to a request, and what was forgotten; None where it is asked first."""

    text: str
    forgotten: Forgotten | None = None


def forget(
    memory: Memory,
    text: str,
    history: Sequence[Message] = (),
    language: Language = "en",
    conversation: str = "",
) -> Answered | None:
    """Do what `text` asks to be forgotten and say what was done; None where it asks for nothing.

    Everything is only forgotten once the user has said yes. "That" is what was said last in the
    `conversation`, before `text` itself. Raises JournalError, and then nothing is forgotten.
    """
    asked = bool(history) and history[-1].content in SURE.values()
    request = forget_request(text)
    if asked and _YES.fullmatch(folded(text)):
        request = ForgetRequest("everything")
    elif request and request.what == "everything" and not asked:
        return Answered(SURE[language])
    if request is None:
        return None
    last = request.what == "that"
    count = _last(memory, text, conversation) if last else memory.forget(request)
    if not count and request.what != "everything":
        return Answered(DONE[language]["nothing"])
    return Answered(DONE[language][request.what], Forgotten(request.what, count))


def _last(memory: Memory, text: str, conversation: str) -> int:
    """Forget what was said before the request, which may be on disk already; how many turns."""
    if not conversation or all(one.id != conversation for one in memory.conversations.list(10**6)):
        return 0
    turns = memory.conversations.read(conversation).turns
    if turns and turns[-1].state == "open" and turns[-1].said == text:
        turns = turns[:-1]
    for turn in turns[-1:]:
        memory.forget_turn(turn.id)
    return len(turns[-1:])
