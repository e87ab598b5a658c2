"""Assemblies: one `ChatModel` made of several, which survives the failure of each of them."""

from companion.routing.accounts import Savings, export, savings
from companion.routing.bookkeeping import Books
from companion.routing.by_task import ByTask
from companion.routing.candidates import Candidate, candidate, candidates
from companion.routing.choosing import Choice, best_local, choose, room_for_models
from companion.routing.health import Health
from companion.routing.ledger import Entry, Ledger
from companion.routing.router import Router
from companion.routing.tasks import Task, Tasks
from companion.routing.walk import Walk, first_answer

__all__ = [
    "Books",
    "ByTask",
    "Candidate",
    "Choice",
    "Entry",
    "Health",
    "Ledger",
    "Router",
    "Savings",
    "Task",
    "Tasks",
    "Walk",
    "best_local",
    "candidate",
    "candidates",
    "choose",
    "export",
    "first_answer",
    "room_for_models",
    "savings",
]
