"""The model card: what the model is, what it was made of, how it did; every figure is the run's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from companion.training.corpora import HELD_OUT_PERCENT, Corpus, licences
from companion.training.evaluation import Score
from companion.training.exam import PROMPTS, Verdict, passed
from companion.training.history import Lesson
from companion.training.recipe import GUIDANCE, Recipe
from companion.training.talking import conversation
from companion.types import Language

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


SYSTEM = {language: prompt.format(companion="Lia") for language, prompt in PROMPTS.items()}
# Asked in every run, in this order, easy and hard; the card shows whatever came out.
QUESTIONS: tuple[tuple[Language, tuple[str, ...]], ...] = (
    ("en", ("Hi! I'm Amina.", "I went hiking today.", "What is my name?")),
    ("en", ("Are you a human?", "What can you do?", "Who won the match last night?")),
    ("en", ("I feel sad today.", "I had a fight with my sister.", "Thank you. Goodbye!")),
    ("en", ("Do you like the sea?", "Why is the sky blue?", "What is 12 times 9?")),
    ("fr", ("Bonjour !", "Parles-tu français ?", "J'habite à Lyon.", "Quelle heure est-il ?")),
)
SAMPLING = f"temperature 0.4, top-p 0.9, guidance {GUIDANCE:g}"

_TEXT = """\
---
license: apache-2.0
language: [en, fr]
library_name: transformers
pipeline_tag: text-generation
tags: [conversational, llama]
---

# companion-tiny

A small chat model that is trained from nothing on an ordinary computer, so that the companion has
something of its own to say without a network, a key or a download. Llama architecture,
{parameters:,} parameters, {layers} layers of width {width}, a context of {context} tokens, its own
byte-level BPE of {vocabulary:,} tokens. Stored in float16, loaded in float32.

It is small, and weak beside any model that fills a gigabyte. It holds simple everyday talk in
English, and simpler talk in French.

## How it was trained

{lessons}

Each row is a run; a later one goes on with the weights and the tokenizer of the one before. The
loss of the last part counts the companion's words only. {kept}The same again:

{commands}

A budget in minutes gives more steps on a faster or idler machine, so figures will differ a little.

## What it was trained on, and how well it foresees what it has not seen

{held_out} % of the conversations of each corpus, chosen by a hash of their words, were kept out of
training. Bits per byte are over the turns of both sides (lower is better) of at most 100 of them.
The 5-gram model (interpolated Kneser-Ney, same tokens) counted the training parts of the corpora
in which people talk.{others}

| corpus | licence | conversations | judged | {names} |
|---|---|---:|---:|{rule}|
{rows}

The corpora whose names begin with `grammar`, `answers` or `translations` are made when training
begins: from templates, from people's sentences with answers of this project, from sentence pairs.
The figures of the first two show how well it knows the templates, not how well it talks. The
shipped corpora and their licences are in `companion/data/corpora`.

## What it can do

{exam}

## Samples

One run of fixed questions, sampled with {sampling}, seed 0; nothing was chosen or
left out.

{samples}

## How to prompt it

The system prompt names the companion; a sentence with the user's name may follow.

    {english}
    The user's name is Amina.

    {french}
    L'utilisateur s'appelle Amina.

## Limits

- It knows next to nothing. What it says about the world, dates and numbers is often wrong.
- It may call people by other names, or forget what it was told, above all after several turns.
- People's chats about films, music and American sport taught it its English; it drifts there.
- It may speak of a human life it has not got. It is an AI; the system prompt reminds it, not always
  with success.
- Its French is simpler than its English.
- It must not be relied on for health, law, money or safety. A filter took obscenities out of
  the corpora; that is no guarantee about what it says.
"""
_EXAM = """\
| exam | passed | of them in French |
|---|---:|---:|
{rows}

Each is sixty short scripted conversations, never trained on: thirty kinds, two of each, fifteen of
them in French (`companion/data/exam`). Checks are patterns that a reply must or must not have,
nearness of meaning to what was said, language, loops, an end, and no claim to be human; a pass is
no proof of a good conversation. One run, seed 0, sampled with {sampling}.

The first was written before any of these models. Whoever wrote the later templates of the grammars
knew its kinds and the subjects of some conversations that an earlier model had failed, so it is no
longer a blind one. The second was written by someone who had seen neither templates nor failures,
and the answers to people's sentences by others who had seen neither exam. How strongly replies are
guided away from what would be said had nothing been asked was chosen by trying both exams.

What failed in the first exam:

{failures}"""


def write(
    model: PreTrainedModel,
    recipe: Recipe,
    corpora: Sequence[Corpus],
    scores: Mapping[str, Mapping[str, Score]],
    verdicts: Mapping[str, Sequence[Verdict]],
    talks: str,
    lessons: Sequence[Lesson],
) -> str:
    """The card in Markdown, filled with the figures of these runs.

    `scores` holds, for this model and those beside it, a score for each corpus; `verdicts` what
    came of each exam.
    """
    shape = recipe.shape
    others = list(scores)[2:]
    return _TEXT.format(
        parameters=model.num_parameters(),
        layers=shape.layers,
        width=shape.width,
        context=shape.context,
        vocabulary=shape.vocabulary,
        lessons=_lessons(lessons),
        commands=_commands(lessons),
        kept=_kept(lessons),
        held_out=HELD_OUT_PERCENT,
        others=f" Trained before, with their own tokens: {', '.join(others)}." if others else "",
        names=" | ".join(scores),
        rule="|".join("---:" for _ in scores),
        rows="\n".join(_row(corpus, list(scores.values())) for corpus in corpora),
        exam=exam_report(verdicts),
        sampling=SAMPLING,
        samples=talks,
        english=SYSTEM["en"],
        french=SYSTEM["fr"],
    )


def _lessons(lessons: Sequence[Lesson]) -> str:
    """A table of the runs that taught the model."""
    head = "| date | machine | steps | tokens | minutes | of processor | tokens/s | seed | loss |"
    rows = [
        f"| {one.date} | {one.machine} ({one.device}) | {one.steps:,} | {one.tokens:,}"
        f" | {one.minutes:.1f} | {one.processor_minutes:.1f}"
        f" | {one.tokens / max(one.minutes * 60, 1e-9):,.0f} | {one.seed}"
        f" | {one.first_loss:.2f} to {one.last_loss:.2f} |"
        for one in lessons
    ]
    return "\n".join([head, "|---|---|---:|---:|---:|---:|---:|---:|---|", *rows])


def _kept(lessons: Sequence[Lesson]) -> str:
    """What the last run mixed into its weights, as a paragraph's end; "" where it mixed nothing."""
    if not (share := lessons[-1].kept):
        return ""
    return (
        f"Of the weights that the last\nrun began with, {share:.0%} were mixed into those it ended"
        " with (arXiv:2109.01903); the share\nwas chosen by trying three on the exams.\n\n"
    )


def _commands(lessons: Sequence[Lesson]) -> str:
    """The commands that would teach it again, each going on where the one before ended."""
    return "\n".join(
        f"    companion train tiny --minutes {one.budget:g} --seed {one.seed}"
        f"{f' --from FOLDER_{number}' if number else ''}"
        f"{f' --keep {one.kept:g}' if one.kept else ''} --output FOLDER_{number + 1}"
        for number, one in enumerate(lessons)
    )


def _row(corpus: Corpus, scores: Sequence[Mapping[str, Score]]) -> str:
    """One line of the table of corpora."""
    licence = licences().get(corpus.name, "Apache-2.0, written for this project")
    judged = max((of[corpus.name].conversations for of in scores if corpus.name in of), default=0)
    bits = [f"{of[corpus.name].bits_per_byte:.2f}" if corpus.name in of else "" for of in scores]
    count = f"{len(corpus.conversations):,} | {judged}"
    return f"| {corpus.name} | {licence} | {count} | {' | '.join(bits)} |"


def exam_report(verdicts: Mapping[str, Sequence[Verdict]]) -> str:
    """How many passed in each exam, and what failed in the first, with the replies."""
    failed = [verdict for verdict in next(iter(verdicts.values())) if not verdict.passed]
    return _EXAM.format(
        rows="\n".join(_result(name, held) for name, held in verdicts.items()),
        sampling=SAMPLING,
        failures="\n\n".join(_failure(verdict) for verdict in failed) or "nothing.",
    )


def _result(name: str, verdicts: Sequence[Verdict]) -> str:
    french = [verdict for verdict in verdicts if verdict.conversation.language == "fr"]
    share = passed(verdicts) / len(verdicts)
    return (
        f"| {name} | {passed(verdicts)} of {len(verdicts)} ({share:.0%})"
        f" | {passed(french)} of {len(french)} |"
    )


def _failure(verdict: Verdict) -> str:
    talk = verdict.conversation
    lines = [
        f"> **You:** {turn.say} **{talk.companion}:** {said.text}"
        for turn, said in zip(talk.turns, verdict.replies, strict=True)
    ]
    faults = "; ".join(fault.replace("|", "/") for fault in verdict.faults)
    return "\n>\n".join([f"> *{talk.kind} ({talk.language}): {faults}*", *lines])


def samples(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> str:
    """The fixed questions with this model's answers, as Markdown quotes."""
    import torch

    torch.manual_seed(0)
    return "\n\n".join(
        "\n>\n".join(_talk(model, tokenizer, SYSTEM[language], asked))
        for language, asked in QUESTIONS
    )


def _talk(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, system: str, asked: Sequence[str]
) -> list[str]:
    """One conversation, a quoted line a turn."""
    replies = conversation(model, tokenizer, system, asked, GUIDANCE)
    return [
        line
        for question, said in zip(asked, replies, strict=True)
        for line in (f"> **You:** {question}", f"> **Lia:** {said.text}")
    ]
