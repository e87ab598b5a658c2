"""Make the shipped corpora from the public data sets' own folders (run once by a maintainer).

Each reader knows one raw folder and yields conversations as they stand there; cleaning and the
removal of doubles are the same for all.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from companion.training import cleaning, corpora
from companion.training.corpora import Conversation, CorpusError
from companion.training.grammar import first_names

Reader = Callable[[Path], Iterator[Conversation]]


class Source(NamedTuple):
    """A raw folder by its name, who reads it, and into which folder of the output it goes."""

    name: str
    read: Reader
    into: str = ""


# Of chatterbot-corpus only what a truthful companion may say: no claims about itself, no insults.
CHATTERBOT_FILES = {
    "en": "computers conversations food greetings health history literature science tech_support "
    "trivia",
    "fr": "greetings conversations trivia",
}
_FRENCH_SPELLING = {
    r"\b[Cc]a\b": "ça",
    r"\bprefere\b": "préféré",
    r"\bderange\b": "dérange",
    r"\brepond": "répond",
    r"\breponse\b": "réponse",
    r"\ba laquelle\b": "à laquelle",
    r"\bvoudrais\b": "voudrait",
    r"\ba l'aise\b": "à l'aise",
    r"\bBien sur\b": "Bien sûr",
    r"\bspecial\b": "spécial",
    r"\bannee\b": "année",
    r"\bpresident\b": "président",
    r"\bete\b": "été",
    r"\bassas+in[eé]\b": "assassiné",
    r"\bEtats\b": "États",
    r"\betait\b": "était",
    r"\bconnaitre\b": "connaître",
    r"\bcoté\b": "côté",
}


def import_all(raw: Path, output: Path) -> dict[str, int]:
    """Read every folder of SOURCES that is under `raw`; write each as <name>.jsonl.xz in `output`.

    Returns the number of conversations kept per corpus.

    Raises:
        CorpusError: none of the folders is there, or a file in one is not what it should be.
    """
    found = [source for source in SOURCES if (raw / source.name).is_dir()]
    if not found:
        raise CorpusError(
            "No raw corpus is here",
            where=str(raw),
            repair=f"Expected one of: {', '.join(source.name for source in SOURCES)}.",
        )
    return {source.name: _import_one(source, raw, output / source.into) for source in found}


def _import_one(source: Source, raw: Path, output: Path) -> int:
    """Read, clean, drop doubles, save."""
    folder = raw / source.name
    try:
        cleaned = [kept for one in source.read(folder) if (kept := _cleaned(one))]
    except (OSError, UnicodeDecodeError, ValueError, KeyError, yaml.YAMLError) as error:
        raise CorpusError(
            f"The raw corpus cannot be read: {error}",
            where=str(folder),
            repair="Fetch its files again; they must be UTF-8 as published.",
        ) from error
    distinct = cleaning.without_doubles([list(one.turns) for one in cleaned])
    output.mkdir(parents=True, exist_ok=True)
    return corpora.save((cleaned[at] for at in distinct), output / f"{source.name}.jsonl.xz")


def _cleaned(conversation: Conversation) -> Conversation | None:
    """The conversation after cleaning, None when it is refused."""
    turns = cleaning.clean(conversation.turns, english=conversation.language == "en")
    personas = tuple(tuple(map(cleaning.tidy, part)) for part in conversation.personas)
    if turns is None or cleaning.refusal("\n".join(sum(personas, ()))):
        return None
    return Conversation(tuple(turns), conversation.language, personas)


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_self_dialogues(folder: Path) -> Iterator[Conversation]:
    """People who wrote both sides of a chat."""
    for record in _json_lines(folder / "dialogues.jsonl.gz"):
        yield Conversation(tuple(record["turns"]))


def read_topical_chat(folder: Path) -> Iterator[Conversation]:
    """Two people chatting; what one says in a row is one turn; badly rated talk is left out."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        for record in _json_lines(path):
            if {"Poor", "Not Good"} & {*record.get("rating", {}).values()}:
                continue
            speakers = groupby(record["turns"], key=lambda turn: str(turn[0]))
            yield Conversation(tuple(" ".join(turn[1] for turn in said) for _, said in speakers))


def read_coffee_orders(folder: Path) -> Iterator[Conversation]:
    """Orders at a coffee bar; the assistant stands behind it."""
    for record in _json_lines(folder / "dialogues.jsonl.gz"):
        speakers = groupby(record["turns"], key=lambda turn: str(turn[0]))
        turns = [" ".join(turn[1] for turn in said) for _, said in speakers]
        yield Conversation(tuple(turns if record["turns"][0][0] == "U" else turns[1:]))


def read_persona_chat(folder: Path) -> Iterator[Conversation]:
    """Two invented people with five sentences about each; name placeholders get first names."""
    chance = random.Random(0)
    for path in sorted(folder.glob("*.csv*")):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                names = chance.sample(first_names("en"), 2)
                yield _persona_conversation(row, names)


def _persona_conversation(row: dict[str, str], names: list[str]) -> Conversation:
    """One row of Synthetic-Persona-Chat with its turns merged per speaker."""
    lines = re.findall(r"^User ([12]): *(.+)$", row["Best Generated Conversation"], re.MULTILINE)
    named = [(speaker, _with_names(text, speaker, names)) for speaker, text in lines]
    speakers = groupby(named, key=lambda turn: turn[0])
    turns = [" ".join(text for _, text in said) for _, said in speakers]
    columns = ("user 1 personas", "user 2 personas")
    personas = tuple(tuple(row[column].strip().split("\n")) for column in columns)
    swapped = bool(named) and named[0][0] == "2"
    return Conversation(tuple(turns), personas=personas[::-1] if swapped else personas)


def _with_names(text: str, speaker: str, names: list[str]) -> str:
    """Put a first name for "[User 1's name]"; a bare "[name]" is the speaker's own after "I'm"."""

    def numbered(found: re.Match[str]) -> str:
        return names[int(found[1]) - 1]

    def bare(found: re.Match[str]) -> str:
        own = found[1] is not None
        return (found[1] or "") + names[int(speaker) - 1 if own else 2 - int(speaker)]

    text = re.sub(r"\[user ?([12])(?:'s)?(?: name)?\]", numbered, text, flags=re.IGNORECASE)
    return re.sub(
        r"((?:I'm|I am|name is|name's|this is) )?\[(?:your |their )?(?:user)?name\]",
        bare,
        text,
        flags=re.IGNORECASE,
    )


def read_chatterbot(folder: Path) -> Iterator[Conversation]:
    """Questions with one answer; only the files of CHATTERBOT_FILES."""
    for language, title in (("en", "english"), ("fr", "french")):
        paths = (folder / title / f"{name}.yml" for name in CHATTERBOT_FILES[language].split())
        for path in filter(Path.exists, paths):
            for turns in yaml.safe_load(path.read_text(encoding="utf-8"))["conversations"]:
                # Mostly the third line on are other answers to the first, not what came next.
                said = turns if (language, path.stem) == ("en", "conversations") else turns[:2]
                if isinstance(said, list) and all(isinstance(turn, str) for turn in said):
                    words = map(_french, said) if language == "fr" else said
                    yield Conversation(tuple(words), language)


def _french(text: str) -> str:
    """The accents that contributors left out."""
    for wrong, right in _FRENCH_SPELLING.items():
        text = re.sub(wrong, right, text)
    return text


def read_instructions(folder: Path) -> Iterator[Conversation]:
    """Single instructions with their answers."""
    for record in json.loads((folder / "instruction-data.json").read_text(encoding="utf-8")):
        yield Conversation((f"{record['instruction']} {record['input']}", record["output"]))


def read_tatoeba(folder: Path) -> Iterator[Conversation]:
    """(English, French) sentences of at most twelve words; "tu" before "vous" where both are there.

    Contributors write of Tom, Mary and Boston in every tenth sentence; a model would do so too.
    """
    with zipfile.ZipFile(folder / "fra-eng.zip") as archive:
        lines = archive.read("fra.txt").decode("utf-8").splitlines()
    pairs = [(english, french) for english, french, *_ in (line.split("\t") for line in lines)]
    for english, french in sorted(pairs, key=lambda pair: (pair[0], bool(_FORMAL.search(pair[1])))):
        short = max(len(english.split()), len(french.split())) <= 12
        if short and not _TATOEBA_NAMES.search(english) and not _LITERARY.search(french):
            yield Conversation((english, french), "fr")


_TATOEBA_NAMES = re.compile(r"\b(?:Tom|Mary|Boston)\b")
_FORMAL = re.compile(r"\b(?:vous|votre|vos|\w{2,}ez)\b", re.IGNORECASE)
_LITERARY = re.compile(
    r"\b\w+(?:èrent|irent|urent|âmes|îmes|ûmes)\b|\b(?:fut|fit|eut|dit-il|prit|mit)\b"
)

SOURCES = (
    Source("self_dialogue_corpus", read_self_dialogues),
    Source("topical_chat", read_topical_chat),
    Source("synthetic_persona_chat", read_persona_chat),
    Source("taskmaster4_coffee", read_coffee_orders),
    Source("chatterbot_corpus", read_chatterbot),
    Source("instruction_data", read_instructions),
    Source("tatoeba_fra_eng", read_tatoeba, into="pairs"),
)
