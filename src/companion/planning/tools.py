"""What stands beside the model: voices, ears, pictures and films that fit, and what runs it all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from companion.planning.memory import GIGABYTE
from companion.planning.parts import part, parts
from companion.planning.picking import MIDDLE, Chosen, Pick, against, pick
from companion.planning.places import Place, usable_ram
from companion.planning.situation import Goal, Situation, Want
from companion.sections.catalogue import Kind, Part

SENSES: dict[Want, tuple[Kind, ...]] = {
    "speech": ("voice", "recognizer"),
    "images": ("image",),
    "video": ("video",),
}
"""The kinds of part that it takes to give what is wanted."""

HOUSE: dict[Goal, tuple[Kind, ...]] = {
    "learn": ("mlops",),
    "prototype": ("mlops", "ci"),
    "product": ("interface", "mlops", "ci"),
    "scale": ("interface", "mlops", "ci"),
}
"""One of each of these, by the goal."""

RENTED: tuple[Kind, ...] = ("iac", "configuration")
"""One of each of these too, where a product runs on rented machines."""

ALL_OF: tuple[Kind, ...] = ("storage", "operations")
"""Kinds whose parts do different work, so that a product takes several of them."""


@dataclass(slots=True)
class Free:
    """Gigabytes that are left on one machine, of its GPU where it has one, and of its RAM."""

    gpu: bool
    vram_gb: float
    ram_gb: float

    def unfit(self, one: Part) -> str:
        """Why the part has no room, in a sentence; empty where it has."""
        vram, ram = self.taken(one)
        if one.form == "weights" and not self.told(one):
            return f"Nothing says how much memory {one.title} takes."
        if one.needs.gpu and not self.gpu:
            return f"{one.title} needs a GPU."
        if vram > self.vram_gb:
            return f"{one.title} needs {vram:g} GB of the GPU, {self.vram_gb:.3g} are left."
        if ram > self.ram_gb:
            return f"{one.title} needs {ram:g} GB of RAM, {self.ram_gb:.3g} are left."
        return ""

    @staticmethod
    def told(one: Part) -> bool:
        """Whether the catalogue says what the part takes."""
        return bool(one.needs.vram_gb or one.needs.ram_gb)

    def take(self, one: Part) -> None:
        """What the part takes is no longer left."""
        vram, ram = self.taken(one)
        self.vram_gb, self.ram_gb = self.vram_gb - vram, self.ram_gb - ram

    def taken(self, one: Part) -> tuple[float, float]:
        """What the part takes of the GPU and of the RAM; without a GPU, RAM does its work."""
        vram, ram = one.needs.vram_gb or 0.0, one.needs.ram_gb or 0.0
        return (vram, ram) if self.gpu else (0.0, max(vram, ram))


def free(place: Place, taken: int) -> Free:
    """What a model of so many bytes leaves of the machine."""
    left = (place.room.bytes_there - taken) / GIGABYTE
    if place.room.kind == "gpu":
        return Free(True, left, usable_ram(place.ram_gb))
    return Free(False, 0.0, left)


@dataclass(frozen=True, slots=True)
class Tools:
    """The parts that were picked, those that were left, and the wants that are not met."""

    chosen: tuple[Chosen, ...] = ()
    rejected: tuple[Chosen, ...] = ()
    unmet: tuple[Want, ...] = ()

    @property
    def quality(self) -> float:
        """The marks for quality of all that was chosen, added; the middle where there is none."""
        return sum(one.part.scores.get("quality", MIDDLE) for one in self.chosen)

    def __add__(self, other: Tools) -> Tools:
        return Tools(
            self.chosen + other.chosen, self.rejected + other.rejected, self.unmet + other.unmet
        )


def senses(situation: Situation, left: Free) -> Tools:
    """What gives the wants of the situation within the memory that is left, one after the other."""
    found = Tools()
    for want in situation.wants:
        picks = [_sense(kind, situation, left) for kind in SENSES[want]]
        unmet = () if all(one.chosen for one in picks) else (want,)
        found += Tools(_chosen(picks), _rejected(picks), unmet)
    return found


def house(situation: Situation, place: Place, left: Free) -> Tools:
    """What a companion of that goal has around it: a page, records, tests, servers."""
    product = situation.goal in ("product", "scale")
    rented = RENTED if product and place.offer else ()
    picks = [_house(kind, situation, left) for kind in (*HOUSE[situation.goal], *rented)]
    found = Tools(_chosen(picks), _rejected(picks))
    return found + _several(situation) if product else Tools((_page(),)) + found


def _house(kind: Kind, situation: Situation, left: Free) -> Pick:
    return pick(kind, situation, lambda one: left.unfit(one) or _useless(one))


def _useless(one: Part) -> str:
    """Why it is left out everywhere: a price that no bill has, or no page for people."""
    if one.form == "service":
        return f"{one.title} has a price that depends on use, and that no bill here counts."
    if one.kind == "interface" and one.scores.get("quality", MIDDLE) < MIDDLE:
        return f"{one.title}: {one.weaknesses[0]}."
    return ""


def _page() -> Chosen:
    """Who tries a companion has a page already."""
    own = part("companion-page")
    return Chosen(own, f"`companion demo` shows it with the same profile: {own.strengths[0]}.")


def _sense(kind: Kind, situation: Situation, left: Free) -> Pick:
    """What is wanted goes before what is easy."""
    found = pick(kind, situation, left.unfit, easy=False)
    if found.chosen:
        left.take(found.chosen.part)
    return found


def _several(situation: Situation) -> Tools:
    """Of the kinds whose parts do different work, all that a product of that size is run with."""
    found = [one for kind in ALL_OF for one in parts(kind)]
    why = {
        one.name: against(one, situation) or _useless(one) or _too_much(one, situation)
        for one in found
    }
    chosen = (Chosen(one, f"For its own work: {one.strengths[0]}.") for one in found)
    rejected = (Chosen(one, why[one.name]) for one in found)
    return Tools(
        tuple(one for one in chosen if not why[one.part.name]),
        tuple(one for one in rejected if one.why),
    )


def _too_much(one: Part, situation: Situation) -> str:
    if situation.goal == "product" and one.skills == "expert":
        return f"{one.title} is for many machines, and asks for an expert."
    return ""


def _chosen(picks: Iterable[Pick]) -> tuple[Chosen, ...]:
    return tuple(one.chosen for one in picks if one.chosen)


def _rejected(picks: Iterable[Pick]) -> tuple[Chosen, ...]:
    return tuple(left for one in picks for left in one.rejected)
