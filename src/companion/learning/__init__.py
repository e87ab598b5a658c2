"""What a notebook needs beside the companion itself: exercises, progress, tables, a warm start."""

from companion.learning.conversation import say
from companion.learning.course import progress
from companion.learning.display import table
from companion.learning.environment import ready, versions
from companion.learning.exercises import Exercise
from companion.learning.journal import Verdict

__all__ = ["Exercise", "Verdict", "progress", "ready", "say", "table", "versions"]
