"""What a model takes before it is loaded: weights, KV cache, activations and overhead, in bytes.

model = find("llama2-13b")
plan(model, PRECISIONS["nf4-dq"], context=4096, users=1).total
"""

from companion.planning.anatomy import Anatomy, Tensor, dissect
from companion.planning.catalogue import Room, everything, find, free_notebooks, room, rooms
from companion.planning.fitting import fits, largest_model, widest
from companion.planning.memory import Plan, largest_context, most_users, plan
from companion.planning.precisions import PRECISIONS, Precision

__all__ = [
    "PRECISIONS",
    "Anatomy",
    "Plan",
    "Precision",
    "Room",
    "Tensor",
    "dissect",
    "everything",
    "find",
    "fits",
    "free_notebooks",
    "largest_context",
    "largest_model",
    "most_users",
    "plan",
    "room",
    "rooms",
    "widest",
]
