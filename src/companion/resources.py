"""What this machine has, and where our files are.

Choices come back with a sentence that says why, so that a page or a notebook can show it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from companion.errors import ConfigError, MissingExtra

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parents[1]


def packaged(relative: str) -> Path:
    """A file or folder shipped inside the package, such as `data/companion-tiny`."""
    path = PACKAGE / relative
    if not path.exists():
        raise ConfigError(
            "A file that belongs to the package is missing",
            where=str(path),
            repair="Install the package again, or check out the whole repository.",
        )
    return path


def in_checkout() -> bool:
    """Whether the package runs from a checkout (editable) rather than from a wheel."""
    return (CHECKOUT / "configs" / "companion.yaml").is_file()


def configs() -> Path:
    """The folder of YAML settings: the checkout's own, or the copy inside an installed wheel."""
    return CHECKOUT / "configs" if in_checkout() else packaged("configs")


def project_root() -> Path:
    """Where this project writes: `COMPANION_HOME`, else the checkout, else the current folder."""
    home = os.environ.get("COMPANION_HOME")
    if home:
        return Path(home).expanduser().resolve()
    return CHECKOUT if in_checkout() else Path.cwd()


@dataclass(frozen=True, slots=True)
class Device:
    """Where a model runs. `memory_bytes` is what is free for it; `reason` is a whole sentence.

    `index` tells GPUs of one kind apart, None where there is no choice.
    """

    kind: Literal["cuda", "mps", "cpu"]
    dtype: Literal["float32", "float16", "bfloat16"]
    memory_bytes: int
    reason: str
    index: int | None = None

    @property
    def name(self) -> str:
        """The device in torch's words: "cuda:0", "cpu"."""
        return self.kind if self.index is None else f"{self.kind}:{self.index}"


def choose_device(
    gpu: int | None = None, visible: str | None = None, memory_fraction: float | None = None
) -> Device:
    """The best device that torch sees, and the number format that suits it. Needs `torch`.

    `visible` is CUDA_VISIBLE_DEVICES, unless it is set; it counts until CUDA is used for the first
    time. `gpu` is one of the visible GPUs, and `memory_fraction` what this process may take of it.
    Raises ConfigError for a GPU that is not there.
    """
    if visible is not None:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", visible)
    try:
        import torch
    except ImportError:
        raise MissingExtra("torch", "local") from None
    if torch.cuda.is_available():
        return _cuda(gpu, memory_fraction)
    if torch.backends.mps.is_available():
        memory = free_memory_bytes()
        return Device("mps", "float16", memory, "Apple GPU found: float16 halves its memory.")
    why = f"No GPU found: {os.cpu_count()} CPU cores in float32, exact and fast for a small model."
    return Device("cpu", "float32", free_memory_bytes(), why)


def _cuda(gpu: int | None, memory_fraction: float | None) -> Device:
    """bfloat16 from Ampere (compute capability 8.0) on; before it, as on a T4, float16."""
    import torch

    index, there = gpu or 0, torch.cuda.device_count()
    if index >= there:
        raise ConfigError(
            f"There is no GPU {index}: {there} can be seen, counted from 0",
            where="hardware.gpu",
            repair="Correct it, or hardware.visible_devices.",
        )
    if memory_fraction is not None:
        torch.cuda.set_per_process_memory_fraction(memory_fraction, index)
    name, capability = torch.cuda.get_device_name(index), torch.cuda.get_device_capability(index)
    dtype, why = suits(name, capability, torch.cuda.get_arch_list())
    if dtype is None:
        instead = f"{os.cpu_count()} CPU cores in float32 instead."
        return Device("cpu", "float32", free_memory_bytes(), f"{why} {instead}")
    free, whole = torch.cuda.mem_get_info(index)
    return Device("cuda", dtype, min(free, int(whole * (memory_fraction or 1))), why, index)


def suits(
    name: str, capability: tuple[int, int], built_for: Sequence[str]
) -> tuple[Literal["float16", "bfloat16"] | None, str]:
    """What a GPU computes in, and the sentence why; None where this torch has no code for it.

    `built_for` is `torch.cuda.get_arch_list()`, such as ["sm_75", "sm_80"]; empty is unknown.
    """
    found = f"{name} found: compute capability {capability[0]}.{capability[1]}"
    if built_for and not any(_runs(built, capability) for built in built_for):
        return None, f"{found}, for which this torch was not built."
    if capability >= (8, 0):
        return "bfloat16", f"{found} has bfloat16."
    return "float16", f"{found} lacks bfloat16."


def _runs(built: str, capability: tuple[int, int]) -> bool:
    """Machine code runs on its own generation from its own step on, PTX on all that came later."""
    kind, _, number = built.partition("_")
    digits = number.rstrip("abcdefghijklmnopqrstuvwxyz")
    made_for = (int(digits[:-1]), int(digits[-1]))
    if kind == "compute":
        return made_for <= capability
    return made_for[0] == capability[0] and made_for[1] <= capability[1]


@cache
def usual_threads() -> int:
    """With how many threads torch computes: asked for before anybody changes it for themselves."""
    import torch

    return torch.get_num_threads()


def free_memory_bytes() -> int:
    """Memory a new process may take without swapping, in bytes; 0 where it cannot be read."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024
    try:
        import psutil
    except ImportError:
        return 0
    return int(psutil.virtual_memory().available)


@cache
def cpu_flags() -> frozenset[str]:
    """The instruction sets the CPU names, in lower case; empty where the system does not tell."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return frozenset()
    for line in cpuinfo.read_text().splitlines():
        if line.startswith(("flags", "Features")):
            return frozenset(line.split(":", 1)[1].lower().split())
    return frozenset()


def machine() -> str:
    """This machine in a few words, for the line beside a measured figure."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    cpu = names[0] if names else platform.processor() or platform.machine()
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}"
