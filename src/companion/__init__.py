"""Companion Lab: learn and prototype a 100 % open-source virtual companion.

`import companion` is cheap on purpose: each room is imported by the code that needs it.
Start with `companion.config.load()` and `companion.pipeline.Companion`.
"""

__version__ = "0.1.0"
