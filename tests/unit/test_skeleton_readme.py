"""Both READMEs say the same, and what they say exists."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from companion.cli import main
from companion.config import HttpModel, load, profiles
from companion.resources import CHECKOUT

ENGLISH = (CHECKOUT / "README.md").read_text(encoding="utf-8")
FRENCH = (CHECKOUT / "README.fr.md").read_text(encoding="utf-8")
BOTH = pytest.mark.parametrize("text", [ENGLISH, FRENCH], ids=["en", "fr"])
PAGES = ["README.md", "README.fr.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "mlruns/README.md"]

HEADING = re.compile(r"^(#+) ", re.MULTILINE)
FENCED = re.compile(r"^```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLANK = re.compile(r"<[^<>\n]+>")
INLINE = re.compile(r"`([^`\n]+)`")
FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
LINK = re.compile(r"\]\(([^)#]+)\)")


def _inline(text: str) -> Counter[str]:
    return Counter(INLINE.findall(FENCED.sub("", text)))


def _figures(text: str) -> Counter[str]:
    """Every number outside addresses, decimal commas read as points."""
    prose = re.sub(r"<?https?://[^\s>)`]+>?", "", text)
    return Counter(figure.replace(",", ".") for figure in FIGURE.findall(prose))


def _links(text: str) -> list[str]:
    return LINK.findall(text)


def _targets(links: list[str]) -> list[str]:
    """Links without the two that name the other language and that language's picture."""
    return [link for link in links if not link.startswith(("README", "docs/images"))]


def test_both_have_the_same_headings() -> None:
    assert HEADING.findall(ENGLISH) == HEADING.findall(FRENCH)


def test_both_give_the_same_commands() -> None:
    english, french = "".join(FENCED.findall(ENGLISH)), "".join(FENCED.findall(FRENCH))
    assert BLANK.sub("<>", english) == BLANK.sub("<>", french)
    assert not set(BLANK.findall(english)) & set(BLANK.findall(french)), "a blank is prose"
    assert _inline(ENGLISH) == _inline(FRENCH)


def test_both_give_the_same_figures() -> None:
    assert _figures(ENGLISH) == _figures(FRENCH)


def test_both_have_the_same_links() -> None:
    assert _targets(_links(ENGLISH)) == _targets(_links(FRENCH))


@pytest.mark.parametrize("page", PAGES)
def test_no_local_link_is_dead(page: str) -> None:
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    folder = (CHECKOUT / page).parent
    local = [link for link in _links(text) if "://" not in link]
    assert [link for link in local if not (folder / link).is_file()] == []


@BOTH
def test_every_command_exists(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    targets = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake (\w+)", "".join(FENCED.findall(text)) + str(_inline(text))):
        assert re.search(rf"^{target}:", targets, re.MULTILINE), target
    main([])
    known = re.findall(r"^    (\w+)", capsys.readouterr().out, re.MULTILINE)
    for command in re.findall(r"\bcompanion ([a-z]+)\b", str(_inline(text))):
        assert command in known


@BOTH
def test_every_profile_is_told_with_the_address_it_asks(text: str) -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \|.*\| (\S*) ?\|$", text, re.MULTILINE))
    assert rows.keys() == set(profiles())
    for profile, address in rows.items():
        settings = load(profile)
        first = settings.models[settings.chat.models[0]]
        asked = f"`{first.base_url}`" if isinstance(first, HttpModel) else ""
        assert address.strip("|") == asked


@BOTH
def test_every_notebook_is_on_the_map_and_nothing_else(text: str) -> None:
    told = {link for link in _links(text) if link.endswith(".ipynb")}
    there = {
        path.relative_to(CHECKOUT).as_posix() for path in CHECKOUT.glob("notebooks/*/[!.]*.ipynb")
    }
    assert told == there, "repair: name it, in bold and linked, in both READMEs"


def test_the_notice_names_files_that_exist() -> None:
    notice = (CHECKOUT / "NOTICE").read_text(encoding="utf-8")
    named = [path.rstrip(".,)") for path in re.findall(r"src/companion/[\w./-]+", notice)]
    assert named
    assert [path for path in named if not Path(CHECKOUT, path).exists()] == []
