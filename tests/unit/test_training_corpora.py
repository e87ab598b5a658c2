"""The shipped corpora: clean, licensed, split the same way everywhere; and how they are made."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import re
import zipfile
from pathlib import Path

import pytest

from companion.resources import packaged
from companion.training import cleaning, corpora, grammar
from companion.training.__main__ import main
from companion.training.corpora import Conversation, CorpusError
from companion.training.importers import import_all

HELD_OUT_OF_150 = [71, 97, 109, 142]  # another split would make published scores void
SHARE_ALIKE = ("sgd", "stsb", "clinc", "wiki")


@pytest.fixture(scope="module")
def shipped() -> list[corpora.Corpus]:
    return corpora.shipped()


def test_the_six_public_corpora_are_there_and_small(shipped: list[corpora.Corpus]) -> None:
    names = {corpus.name for corpus in shipped}
    made = {name for name in corpora.licences() if name.startswith(corpora.MADE)}
    assert names == set(corpora.licences()) - made
    assert made == {"answers_en", "answers_fr", "translations"}
    assert not [name for name in names if any(word in name for word in SHARE_ALIKE)]
    assert "SA" not in "".join(corpora.licences().values())
    assert sum(len(corpus.conversations) for corpus in shipped) > 25_000
    folder = packaged("data/corpora")
    assert sum(path.stat().st_size for path in folder.rglob("*")) < 9_000_000
    assert "Community Data License Agreement" in (folder / "licences/topical_chat.txt").read_text(
        encoding="utf-8"
    )


def test_no_obscenity_address_or_number_is_left(shipped: list[corpora.Corpus]) -> None:
    texts = [
        "\n".join([*one.turns, *sum(one.personas, ())])
        for corpus in shipped
        for one in corpus.conversations
    ]
    everything = "\n".join(texts).lower()
    # Written apart from the cleaner's own patterns, so that a hole in those shows here.
    for word in (
        "fuck", "bullshit", "bitch", "nigger", "faggot", "porn", "putain", "connard", "encul",
        "http:", "https:", "www.", "&amp;", "[user", "[name", "\ufffd", "mturk",
    ):  # fmt: skip
        assert word not in everything
    assert not re.search(r"\d{3}-\d{3}-\d{4}|\d{3}\) ?\d{3}-|\d\d( \d\d){4}", everything)
    assert not re.search(r"\w@\w+\.\w", everything)
    assert [text for text in texts[::20] if cleaning.refusal(text)] == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Call me on 555-867-5309.", "telephone number"),
        ("Appelle le 06 12 34 56 78.", "telephone number"),
        ("See www.example.org", "link"),
        ("Write to me@example.org", "e-mail"),
        ("What a load of bullshit", "obscene"),
        ("Quel connard", "obscene"),
        ("caf\u00c3\u00a9", "broken encoding"),
        ("Hi, I'm [name].", "left-over placeholder"),
        ("In 1963 they scored 222-0 in class 10.", None),
        ("Scunthorpe cocktails, assessed in Essex.", None),
    ],
)
def test_what_is_refused_and_what_is_not(text: str, why: str | None) -> None:
    assert cleaning.refusal(text) == why


def test_tidying_repairs_what_is_safe_to_repair() -> None:
    assert cleaning.tidy("  i think i'm\u2019  late ,sorry") == "I think I'm' late, sorry."
    assert cleaning.tidy("do you like it") == "Do you like it?"
    assert cleaning.tidy("où es-tu ?", english=False) == "Où es-tu ?"


def test_near_doubles_are_dropped_and_others_kept() -> None:
    first = ["I really love the old films of my youth.", "So do I, they were made with great care."]
    nearly = [first[0], "So do I, they were all made with great care."]
    other = ["What did you cook for dinner yesterday?", "A soup with beans and a lot of garlic."]
    assert list(cleaning.without_doubles([first, nearly, other, first])) == [0, 2]


def test_the_held_out_part_is_stable_and_disjoint(shipped: list[corpora.Corpus]) -> None:
    for corpus in shipped:
        training, held_out = corpus.split()
        assert not {one.turns for one in training} & {one.turns for one in held_out}
        assert len(training) + len(held_out) == len(corpus.conversations)
        assert 0.005 < len(held_out) / len(corpus.conversations) < 0.05
    known = [Conversation((f"Hello {n}.", "Hi!")).is_held_out for n in range(150)]
    assert [n for n, held in enumerate(known) if held] == HELD_OUT_OF_150


def test_the_grammar_repeats_itself_never_and_keeps_names() -> None:
    for language in ("en", "fr"):
        made = list(grammar.conversations(language, 400, seed=1))
        assert made == list(grammar.conversations(language, 400, seed=1))
        assert made != list(grammar.conversations(language, 400, seed=2))
        assert len({one.turns for one in made}) == 400
        assert all(len(one.turns) % 2 == 0 and one.system for one in made)
        assert not [one for one in made if re.search(r"[\[\]{}|]", " ".join(one.turns))]


def test_an_invented_name_is_copied_by_the_companion() -> None:
    told = re.compile(r"\bThe user's name is (\w+)\.")
    known = set(grammar.first_names("en"))
    invented = {
        found[1]
        for one in grammar.conversations("en", 500)
        if (found := told.search(one.system)) and found[1] not in known
    }
    assert len(invented) > 20
    said = " ".join(turn for one in grammar.conversations("en", 500) for turn in one.turns[1::2])
    assert sum(name in said for name in invented) > len(invented) / 4


def test_what_was_told_is_asked_back_much_later() -> None:
    distances = []
    for one in grammar.conversations("en", 1500, seed=4):
        for at, turn in enumerate(one.turns):
            if told := re.match(r"I live in (\w+)\.$", turn):
                distances += [
                    later - at
                    for later in range(at + 2, len(one.turns), 2)
                    if re.search(r"(?i)where (?:do|am) I (?:live|from)", one.turns[later])
                    and told[1] in one.turns[later + 1]
                ]
    assert max(distances) >= 6


def test_the_grammar_never_claims_to_be_human() -> None:
    denials = re.compile(r"not (?:a |an )?(?:human|person)|\bAI\b|program|language model")
    asked = re.compile(r"^are you (?:a )?(?:human|real|real person|alive)", re.IGNORECASE)
    answers = [
        one.turns[at + 1]
        for one in grammar.conversations("en", 8000)
        for at, turn in enumerate(one.turns)
        if at % 2 == 0 and asked.match(turn)
    ]
    assert len(answers) > 20
    assert all(answer.startswith("No") and denials.search(answer) for answer in answers)


def raw_folder(root: Path) -> Path:
    """Small raw corpora in the published forms, good lines and bad."""
    dialogues = [
        {"topic": "music", "turns": ["do you like  jazz", "yes i do, very much indeed"]},
        {"topic": "music", "turns": ["do you like jazz", "Yes I do, very much indeed!"]},
        {"topic": "music", "turns": ["what the fuck", "Oh."]},
        {"topic": "music", "turns": ["My number is 555-867-5309", "Thanks a lot."]},
        {"topic": "music", "turns": ["Alone"]},
    ]
    folder = root / "self_dialogue_corpus"
    folder.mkdir()
    with gzip.open(folder / "dialogues.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(one) + "\n" for one in dialogues)
    folder = root / "synthetic_persona_chat"
    folder.mkdir()
    talk = (
        "User 1: Hi, I'm [User 1's name].\nUser 2: Hello [user 1's name], I'm [name].\nUser 2: Tea?"
    )
    with gzip.open(folder / "valid.csv.gz", "wt", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["user 1 personas", "user 2 personas", "Best Generated Conversation"])
        rows.writerow(["I like cats.\nI ski.", "I drink tea.", talk])
    folder = root / "chatterbot_corpus" / "french"
    folder.mkdir(parents=True)
    (folder / "greetings.yml").write_text(
        "conversations:\n- - Ca va ?\n  - Oui\n  - Non\n", "utf-8"
    )
    folder = root / "tatoeba_fra_eng"
    folder.mkdir()
    with zipfile.ZipFile(folder / "fra-eng.zip", "w") as archive:
        archive.writestr("fra.txt", "Go.\tVa !\tCC-BY\nTom is here.\tTom est là.\tCC-BY\n")
    return root


def test_the_importer_cleans_and_writes_whole_files(tmp_path: Path) -> None:
    output = tmp_path / "out"
    raw = tmp_path / "raw"
    raw.mkdir()
    counts = import_all(raw_folder(raw), output)
    assert counts == {
        "self_dialogue_corpus": 1,
        "synthetic_persona_chat": 1,
        "chatterbot_corpus": 1,
        "tatoeba_fra_eng": 1,
    }
    (jazz,) = corpora.load(output / "self_dialogue_corpus.jsonl.xz").conversations
    assert jazz.turns == ("Do you like jazz?", "Yes I do, very much indeed.")
    (people,) = corpora.load(output / "synthetic_persona_chat.jsonl.xz").conversations
    name = re.fullmatch(r"Hi, I'm (\w+)\.", people.turns[0])
    assert name
    assert name[1] in grammar.first_names("en")
    assert re.fullmatch(rf"Hello {name[1]}, I'm (?!{name[1]}\b)\w+\. Tea\?", people.turns[1])
    assert people.personas == (("I like cats.", "I ski."), ("I drink tea.",))
    (french,) = corpora.load(output / "chatterbot_corpus.jsonl.xz").conversations
    assert (french.turns, french.language) == (("Ça va ?", "Oui."), "fr")
    (pair,) = corpora.load(output / "pairs" / "tatoeba_fra_eng.jsonl.xz").conversations
    assert pair.turns == ("Go.", "Va !")
    assert not list(output.rglob("*.draft"))


def test_the_importer_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="Expected one of: self_dialogue_corpus"):
        import_all(tmp_path, tmp_path / "out")
    (tmp_path / "instruction_data").mkdir()
    (tmp_path / "instruction_data" / "instruction-data.json").write_bytes("é".encode("latin-1"))
    with pytest.raises(CorpusError, match="must be UTF-8"):
        import_all(tmp_path, tmp_path / "out")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be read|no conversation"),
        (lzma.compress(b""), "holds no conversation"),
        (b"plain text", "must be xz-compressed UTF-8"),
        (
            lzma.compress('{"turns": ["Où ?", "Là."]}'.encode("latin-1")),
            "must be xz-compressed UTF-8",
        ),
        (lzma.compress(b'{"turns": ["Hi."]}'), "line 1.*A line looks like"),
        (lzma.compress(b'{"turns": ["Hi.", "Hi."]}\n{"words": 1}'), "line 2"),
        (lzma.compress(b'{"turns": ["Hi.", "Hi."], "colour": 1}'), "colour"),
        (lzma.compress(b'{"turns": ["Hi.", "Hi."]}')[:-9], "cannot be read"),
    ],
)
def test_a_bad_corpus_file_is_named_with_the_repair(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "bad.jsonl.xz"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=words) as caught:
        corpora.load(path)
    assert str(path) in str(caught.value)


def test_saving_and_loading_keeps_everything(tmp_path: Path) -> None:
    kept = (
        Conversation(("Salut !", "Ça va ?"), language="fr"),
        Conversation(("Hi.", "Hello."), personas=(("I ski.",), ("I read.",))),
        Conversation(("Hi.", "Hello, I'm Lia."), system="You are Lia."),
    )
    assert corpora.save(kept, tmp_path / "some.jsonl.xz") == 3
    assert corpora.load(tmp_path / "some.jsonl.xz").conversations == kept


def test_the_command_makes_corpora_and_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    wanted = ["--import", str(raw), "--output", str(tmp_path / "out")]
    assert main(wanted) == 1
    assert "No raw corpus is here" in capsys.readouterr().err
    raw_folder(raw)
    assert main(wanted) == 0
    assert "chatterbot_corpus: 1 conversations" in capsys.readouterr().out
