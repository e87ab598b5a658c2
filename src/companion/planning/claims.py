"""What the documents claim in figures, worked out again: agreeing or not, and why.

table(rows())                 # from companion.learning: all of them
print(check("saving-1000"))   # one, with the lines that say how

A claim agrees where what comes out lies within what was said, give or take five per cent; in part,
where the two only overlap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from companion.errors import ConfigError
from companion.planning.bills import figure
from companion.planning.recomputed import RECOMPUTED, Result
from companion.planning.tables import read_table
from companion.resources import configs
from companion.sections.claims import Claim

Verdict: TypeAlias = Literal["agrees", "agrees in part", "does not agree"]

LEEWAY = 0.05
"""The share by which rounded figures may miss."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim, and what came out instead, with the lines by which a reader can follow."""

    name: str
    claim: Claim
    result: Result

    @property
    def verdict(self) -> Verdict:
        """Whether what came out is what was said."""
        low, high = self.claim.low, self.claim.high
        least, most = self.result.low, self.result.high
        spare = LEEWAY * max(abs(low), abs(high or 0))
        above = least >= low - (spare if high is not None else 0)
        below = high is None or most <= high + spare
        if above and below:
            return "agrees"
        apart = most < low - (spare if high is not None else 0)
        apart = apart or (high is not None and least > high + spare)
        return "does not agree" if apart else "agrees in part"

    def lines(self) -> Iterator[str]:
        """The claim, what came out, and how."""
        one, out = self.claim, self.result
        yield f"{self.name}: {self.verdict}"
        figures = f"{_range(one.low, one.high)} {one.unit}"
        yield f"  Said: {one.said}: {figures} [{one.source}, {one.date}]"
        yield f"  Found: {_range(out.low, out.high)} {one.unit}"
        yield from (f"    {line}" for line in out.how)
        if one.note:
            yield f"  Note: {one.note}."

    def __str__(self) -> str:
        return "\n".join(self.lines())


def claims() -> dict[str, Claim]:
    """The claims by name, from `configs/catalogue/claims.yaml`."""
    return dict(read_table("catalogue/claims", Claim))


def check(name: str) -> Checked:
    """One claim, worked out again. Raises ConfigError for one that is not known."""
    found = claims()
    if name not in found:
        where = str(configs() / "catalogue" / "claims.yaml")
        raise ConfigError(f"There is no claim named {name!r}", where=where, repair=_names(found))
    claim = found[name]
    return Checked(name, claim, _added_up(claim) if claim.parts else RECOMPUTED[name]())


def check_all() -> tuple[Checked, ...]:
    """Every claim, worked out again, in the file's order."""
    return tuple(check(name) for name in claims())


def rows() -> list[dict[str, str]]:
    """Every claim as a row of a table: what was said, what was found, and whether they agree."""
    return [
        {
            "claim": one.claim.said,
            "said": f"{_range(one.claim.low, one.claim.high)} {one.claim.unit}",
            "found": f"{_range(one.result.low, one.result.high)} {one.claim.unit}",
            "verdict": one.verdict,
            "document": one.claim.source,
        }
        for one in check_all()
    ]


def _added_up(claim: Claim) -> Result:
    """The sum of the parts that the claim's own document gives."""
    how = [f"{part.what}: {_range(part.low, part.high)}" for part in claim.parts]
    if claim.times != 1:
        how.append(f"times {figure(claim.times)}, {claim.times_of}")
    low, high = (
        claim.times * sum(end) for end in zip(*((p.low, p.high) for p in claim.parts), strict=True)
    )
    return Result(low, high, tuple(how))


def _range(low: float, high: float | None) -> str:
    if high is None:
        return f"more than {low:,.5g}" if low < 1e5 else f"more than {low:,.0f}"
    ends = [f"{end:,.0f}" if abs(end) >= 1000 else f"{end:.3g}" for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _names(found: dict[str, Claim]) -> str:
    return f"Use one of: {', '.join(found)}."
