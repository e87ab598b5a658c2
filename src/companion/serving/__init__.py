"""The mind as an OpenAI-compatible endpoint, for every program that can talk to one."""

from companion.serving.server import serve, serve_in_background

__all__ = ["serve", "serve_in_background"]
