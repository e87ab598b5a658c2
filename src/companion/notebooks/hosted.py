"""What points from and to Colab and Kaggle: addresses, badges, kernel metadata, the badge table."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from companion.notebooks.lesson import Facts, Lesson

TABLE = re.compile(r"(<!-- notebooks: begin -->\n).*?(<!-- notebooks: end -->)", re.DOTALL)


def colab_url(lesson: Lesson, repository: str) -> str:
    """Where Colab opens the notebook straight from the repository."""
    path = f"notebooks/{lesson.name}.ipynb"
    return f"https://colab.research.google.com/github/{repository}/blob/main/{path}"


def kaggle_url(lesson: Lesson, repository: str) -> str:
    """Where Kaggle opens a copy of the notebook."""
    path = f"notebooks/{lesson.name}.ipynb"
    return (
        f"https://kaggle.com/kernels/welcome?src=https://github.com/{repository}/blob/main/{path}"
    )


def badges(lesson: Lesson, repository: str, base: Path) -> str:
    """Both badges in Markdown for a file in `base`.

    Their pictures are our own files: nobody's server is told who reads the course.
    """
    pictures = os.path.relpath(lesson.root / "colab", base).replace(os.sep, "/")
    return (
        f"[![Open in Colab]({pictures}/open-in-colab.svg)]({colab_url(lesson, repository)}) "
        f"[![Open in Kaggle]({pictures}/open-in-kaggle.svg)]({kaggle_url(lesson, repository)})"
    )


def kernel_title(lesson: Lesson) -> str:
    """At most 50 characters, and its slug is the kernel's id, as Kaggle demands."""
    tier, _, name = lesson.name.partition("/")
    number, _, words = name.partition("_")
    return f"Companion Lab {tier[0]}-{number} {words.replace('_', ' ').capitalize()}"


def slug(title: str) -> str:
    """Kaggle's rule: lower case, everything else becomes a hyphen."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def kernel_folder(lesson: Lesson) -> Path:
    """Where `kaggle kernels push -p FOLDER` finds the notebook's metadata."""
    return lesson.root / "colab" / "kaggle" / lesson.name.replace("/", "-")


def kernel_metadata(lesson: Lesson, facts: Facts, repository: str) -> str:
    """`kernel-metadata.json`; a GPU is asked for by name, since today's torch has left the P100."""
    title = kernel_title(lesson)
    code = os.path.relpath(lesson.path, kernel_folder(lesson)).replace(os.sep, "/")
    metadata = {
        "id": f"{repository.split('/')[0]}/{slug(title)}",
        "title": title,
        "code_file": code,
        "language": "python",
        "kernel_type": "notebook",
        "is_private": False,
        "enable_gpu": facts.gpu,
        "enable_internet": True,
        **({"machine_shape": "NvidiaTeslaT4"} if facts.gpu else {}),
        "dataset_sources": [],
        "competition_sources": [],
        "kernel_sources": [],
        "model_sources": [],
    }
    return json.dumps(metadata, indent=2) + "\n"


def badge_table(readme: str, rows: list[tuple[Lesson, Facts]], repository: str, base: Path) -> str:
    """The README with its table of notebooks, needs and badges brought up to date."""
    lines = ["| notebook | time | memory | download | open |", "|---|---|---|---|---|"]
    for lesson, known in rows:
        path = os.path.relpath(lesson.path, base).replace(os.sep, "/")
        lines.append(
            f"| [{lesson.name}]({path}) | {_needs(known)} | {badges(lesson, repository, base)} |"
        )
    return TABLE.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], readme)


def _needs(facts: Facts) -> str:
    if facts.needs is None:
        return "not measured | |"
    needs = facts.needs
    return f"{needs.minutes:g} min | {needs.peak_memory_mb} MB | {needs.download_mb} MB"
