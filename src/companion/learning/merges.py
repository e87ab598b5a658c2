"""One step of byte-pair encoding, as it should be and in the ways in which it goes wrong.

The wrong ways are what learners write; the exercise on merging explains them.
"""

from __future__ import annotations


def walk(pieces: list[str], pair: tuple[str, str]) -> list[tuple[bool, str]]:
    """(whether the pair was found here, the piece) from left to right; found pairs use up two."""
    walked, i = [], 0
    while i < len(pieces):
        found = tuple(pieces[i : i + 2]) == pair
        walked.append((found, pieces[i]))
        i += 2 if found else 1
    return walked


def merged(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    """The step as it should be: every such pair, from left to right, becomes one piece."""
    return ["".join(pair) if found else piece for found, piece in walk(pieces, pair)]


def merged_once(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    """Wrong: the first pair alone."""
    for i in range(len(pieces) - 1):
        if (pieces[i], pieces[i + 1]) == pair:
            return [*pieces[:i], "".join(pair), *pieces[i + 2 :]]
    return pieces


def merged_overlapping(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    """Wrong: what comes out when the walk goes on by one place after a merge."""
    ahead = zip(pieces, [*pieces[1:], ""], strict=False)
    return ["".join(pair) if (here, following) == pair else here for here, following in ahead]


def merged_past_the_end(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    """Wrong: looks behind the last piece.

    Raises:
        IndexError: Nearly always, because nothing stands there.
    """
    merged, i = [], 0
    while i < len(pieces):
        found = (pieces[i], pieces[i + 1]) == pair
        merged.append("".join(pair) if found else pieces[i])
        i += 2 if found else 1
    return merged


def merged_without_the_last(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    """Wrong: what comes out when the walk ends where no pair can begin any more."""
    last_alone = not pieces or not walk(pieces[-2:], pair)[0][0]
    return merged(pieces, pair)[: -1 if last_alone else None]


def merged_in_place(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    """Wrong: changes the list that it was given."""
    pieces[:] = merged(pieces, pair)
    return pieces


def merged_either_way(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    """Wrong: takes the two for a pair in either order."""
    return merged(merged(pieces, pair), pair[::-1])
