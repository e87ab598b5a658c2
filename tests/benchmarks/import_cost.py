"""What importing the package costs, in seconds and memory, against importing httpx.

    python -m tests.benchmarks.import_cost [ROUNDS]

Every figure is the median over fresh processes; the rounds take the modules in turn, so that a
machine that is busy for a while is unfair to none. Fails when one of our imports costs more than
twice `import httpx`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from dataclasses import dataclass

from companion.resources import machine

YARDSTICK = "httpx"
MODULES = (YARDSTICK, "companion", "companion.config", "companion.pipeline", "companion.cli")
LIMIT = 2.0

MEASURE = """
import resource, sys, time
def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
before, started = peak(), time.perf_counter()
import {module}
print(time.perf_counter() - started, peak() - before)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that one import took, and bytes by which the process grew."""

    seconds: float
    bytes: float


def measured(rounds: int) -> dict[str, Cost]:
    """The median cost of each of `MODULES`."""
    samples: dict[str, list[Cost]] = {module: [] for module in MODULES}
    for _ in range(rounds):
        for module, costs in samples.items():
            costs.append(_once(module))
    return {
        module: Cost(
            statistics.median(cost.seconds for cost in costs),
            statistics.median(cost.bytes for cost in costs),
        )
        for module, costs in samples.items()
    }


def _once(module: str) -> Cost:
    command = [sys.executable, "-c", MEASURE.format(module=module)]
    seconds, growth = subprocess.run(
        command, capture_output=True, text=True, check=True
    ).stdout.split()
    return Cost(float(seconds), float(growth))


def main(arguments: list[str]) -> int:
    """Print the table; the exit status is 1 when the limit is broken."""
    rounds = int(arguments[0]) if arguments else 15
    costs = measured(rounds)
    yardstick = costs[YARDSTICK]
    print(f"{machine()}, Python {sys.version.split()[0]}, median of {rounds} fresh processes")
    for module, cost in costs.items():
        time, memory = cost.seconds / yardstick.seconds, cost.bytes / yardstick.bytes
        print(
            f"import {module:<20} {cost.seconds * 1e3:7.1f} ms {time:6.2f} x"
            f" {cost.bytes / 1e6:7.1f} MB {memory:6.2f} x"
        )
    worst = max(_ratio(costs[module], yardstick) for module in MODULES[1:])
    print(f"The worst costs {worst:.2f} x import {YARDSTICK}; at most {LIMIT:g} x is allowed")
    return int(worst > LIMIT)


def _ratio(cost: Cost, yardstick: Cost) -> float:
    return max(cost.seconds / yardstick.seconds, cost.bytes / yardstick.bytes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
