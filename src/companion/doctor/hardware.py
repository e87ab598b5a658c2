"""The machine: processor, memory, disk and GPU, and what each is good for."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator

from companion.doctor.findings import Check, Status
from companion.errors import MissingExtra
from companion.resources import (
    choose_device,
    cpu_flags,
    free_memory_bytes,
    machine,
    project_root,
)

GIGABYTE = 1e9
ENOUGH_MEMORY = 2 * GIGABYTE
"""The page with the embedded model takes less than one; the rest is for a browser beside it."""
ENOUGH_DISK = 1 * GIGABYTE
NO_DISK = 0.1 * GIGABYTE

FLAGS = {
    "avx2": ("AVX2", "8 numbers at a time: models run at a good speed", True),
    "avx512_bf16": ("AVX512_BF16", "bfloat16 in hardware: larger models in half the memory", False),
}
"""Flag as /proc/cpuinfo writes it: its usual name, what it is good for, whether it counts."""


def hardware() -> Iterator[Check]:
    """Processor, memory, disk and GPU."""
    yield Check("machine", "processor", "ok", machine())
    yield from _flags()
    yield _memory()
    yield _disk()
    yield _gpu()


def _flags() -> Iterator[Check]:
    known = cpu_flags()
    if not known & {"sse", "sse2"}:  # an ARM processor, or a system that does not tell
        fact = f"{platform.machine()}: this system does not tell of AVX"
        yield Check("machine", "CPU flags", "missing", fact, counts=False)
        return
    for flag, (name, good_for, counts) in FLAGS.items():
        yield Check("machine", name, "ok" if flag in known else "missing", good_for, counts=counts)


def _memory() -> Check:
    free = free_memory_bytes()
    if not free:
        return Check("machine", "memory", "missing", "not known here", "pip install psutil")
    fact = f"{free / GIGABYTE:.1f} GB free"
    if free >= ENOUGH_MEMORY:
        return Check("machine", "memory", "ok", fact)
    return Check("machine", "memory", "missing", fact, "Close other programs: 2 GB are comfortable")


def _disk() -> Check:
    root = project_root()
    free = shutil.disk_usage(root if root.exists() else root.anchor).free
    fact = f"{free / GIGABYTE:.1f} GB free for {root}"
    if free >= ENOUGH_DISK:
        return Check("machine", "disk", "ok", fact)
    status: Status = "fail" if free < NO_DISK else "missing"
    return Check("machine", "disk", status, fact, "Free some disk: runs and artifacts are kept")


def _gpu() -> Check:
    """None is no fault: everything runs without one."""
    try:
        device = choose_device()
    except MissingExtra as error:
        return Check("machine", "GPU", "missing", "not known without torch", error.repair, False)
    except Exception as error:  # a broken torch must not end the examination
        return Check("machine", "GPU", "missing", f"torch does not start: {error}", counts=False)
    if device.kind == "cpu":
        return Check("machine", "GPU", "missing", device.reason, counts=False)
    fact = f"{device.reason} {device.memory_bytes / GIGABYTE:.1f} GB of its memory are free."
    return Check("machine", "GPU", "ok", fact, counts=False)
