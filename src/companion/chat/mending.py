"""What torch and bitsandbytes say when something is wrong, in words that help."""

from __future__ import annotations

NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc")


def out_of_memory(error: BaseException) -> bool:
    """Whether it is memory that ran out, the GPU's or the machine's."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in said for words in NO_MEMORY)
