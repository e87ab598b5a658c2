"""What the companion remembers, on this machine's disk: conversations and facts, a user at a time.

    journal = build(load())                              # mlruns/memory.db, or None: keep nothing
    token = new_token()                                  # the browser keeps it, the file its hash
    memory = journal.user(token)                         # nobody else's can be reached from here

    turn = memory.conversations.begin("c1", "My name is Mia.")      # on disk when it returns
    memory.facts.learn(turn)                                        # the user's name is Mia
    memory.conversations.finish(turn, Answer("Hello Mia!", model="companion-tiny"))
    memory.conversations.begin("c1", "Hello again", number=0)       # edits turn 0
    recalled(memory.facts.current(), "Who am I?", "en", 120)        # "The user's name is Mia."
    memory.forget_everything()                                      # and no byte of it is left

In asyncio, `await journal.aside(memory.conversations.begin, "c1", "Hello")` keeps the order of
calls and does not let the loop wait for the disk. A call that fails raises JournalError and has
changed nothing, so that a page can say so and go on without memory.
"""

from companion.errors import JournalError
from companion.memory.conversations import Conversations
from companion.memory.exchange import Imported
from companion.memory.facts import Facts
from companion.memory.forgetting import Answered, forget
from companion.memory.journal import Journal, Memory, build, journal_file
from companion.memory.limits import new_token
from companion.memory.local import local_user
from companion.memory.noticing import noticed
from companion.memory.recall import meaning, recalled
from companion.memory.records import (
    Answer,
    Conversation,
    Fact,
    Found,
    Kind,
    Noticed,
    Summary,
    Turn,
)
from companion.memory.requests import ForgetRequest, forget_request

__all__ = [
    "Answer",
    "Answered",
    "Conversation",
    "Conversations",
    "Fact",
    "Facts",
    "ForgetRequest",
    "Found",
    "Imported",
    "Journal",
    "JournalError",
    "Kind",
    "Memory",
    "Noticed",
    "Summary",
    "Turn",
    "build",
    "forget",
    "forget_request",
    "journal_file",
    "local_user",
    "meaning",
    "new_token",
    "noticed",
    "recalled",
]
