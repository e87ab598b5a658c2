"""What torch and bitsandbytes say when something is wrong, in words that help."""

from __future__ import annotations

from companion.chat.weights import AGAIN

NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc")

BITS = "Run: pip install --upgrade 'companion-lab[quantized,tuning]', and restart Python."

KNOWN = (
    (
        ("no kernel image is available", "not compatible with the current pytorch"),
        "this torch was not built for this GPU",
        "Install a torch that still has its compute capability, or set CUDA_VISIBLE_DEVICES=''.",
    ),
    (
        ("driver version is insufficient", "driver is too old", "no nvidia driver"),
        "the driver of the GPU is older than torch's CUDA, or there is none",
        "Update the driver, or run: pip install torch --index-url with an older CUDA version.",
    ),
    (
        ("libcudart", "libcublas", "libnvjitlink", "cuda setup failed", "libbitsandbytes"),
        "bitsandbytes does not find the CUDA libraries that torch came with",
        BITS,
    ),
    (
        (
            "latest version of bitsandbytes",
            "requires bitsandbytes",
            "no module named 'bitsandbytes",
        ),
        "bitsandbytes is missing, too old, or was installed after it was looked for",
        BITS,
    ),
    (
        ("requires accelerate", "no module named 'accelerate"),
        "accelerate is missing, which puts quantised weights into place",
        "Run: pip install 'companion-lab[tuning]'",
    ),
    (
        ("is invalid for input of size", "named symbol not found", "quant_state"),
        "bitsandbytes has no kernel for the shapes of this model on this machine",
        "Set precision: bfloat16 or float32 for it in configs/models.yaml.",
    ),
    (
        ("trust_remote_code", "contains custom code"),
        "it brings code of its own along, which is not run here",
        "Give a model of an architecture that transformers itself has.",
    ),
    (
        ("model type", "unrecognized model", "does not recognize this architecture"),
        "its architecture is not known to this transformers",
        "Run: pip install --upgrade transformers, or give a model of a known architecture.",
    ),
    (
        ("device-side assert", "cublas_status", "cuda error"),
        "the GPU failed in the middle of a computation, and stays unusable for this process",
        "Restart Python. If it comes again, set precision: float32 to see where.",
    ),
)
"""Words in a message, what is wrong, and what mends it; the first that is found counts."""


def explained(error: BaseException) -> tuple[str, str]:
    """What is wrong, and what mends it."""
    if out_of_memory(error):
        return "memory ran out", "Set precision: nf4 for it, free memory, or take a smaller model."
    said = str(error).lower()
    for words, what, repair in KNOWN:
        if any(word in said for word in words):
            return f"{what} ({_first_line(error)})", repair
    return _first_line(error), AGAIN


def out_of_memory(error: BaseException) -> bool:
    """Whether it is memory that ran out, the GPU's or the machine's."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in said for words in NO_MEMORY)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
