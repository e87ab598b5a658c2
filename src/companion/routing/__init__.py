"""Assemblies: one `ChatModel` made of several."""

from companion.routing.fallback import Fallback

__all__ = ["Fallback"]
