"""The tools that keep the course's notebooks honest: house form, static gate, strict runner."""

from companion.notebooks.cli import main

__all__ = ["main"]
