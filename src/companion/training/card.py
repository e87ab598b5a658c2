"""The model card: what the model is, what it was made of, how it did; every figure is the run's."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from companion import resources
from companion.training.corpora import HELD_OUT_PERCENT, Corpus, licences
from companion.training.evaluation import Score
from companion.training.exam import PROMPTS
from companion.training.recipe import Recipe
from companion.training.talking import conversation
from companion.types import Language

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

    from companion.training.trainer import Outcome

SYSTEM = {language: prompt.format(companion="Lia") for language, prompt in PROMPTS.items()}
# Asked in every run, in this order, easy and hard; the card shows whatever came out.
QUESTIONS: tuple[tuple[Language, tuple[str, ...]], ...] = (
    ("en", ("Hi! I'm Amina.", "I went hiking today.", "What is my name?")),
    ("en", ("Are you a human?", "What can you do?", "Who won the match last night?")),
    ("en", ("I feel sad today.", "I had a fight with my sister.", "Thank you. Goodbye!")),
    ("en", ("Do you like the sea?", "Why is the sky blue?", "What is 12 times 9?")),
    ("fr", ("Bonjour !", "Parles-tu français ?", "J'habite à Lyon.", "Quelle heure est-il ?")),
)
SAMPLING = "temperature 0.4, top-p 0.9"

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

It is weak. It holds simple everyday talk in English and a few sentences of French.

## How it was trained

{steps:,} steps, {tokens:,} tokens, {minutes:.1f} minutes of training on {machine} ({device}), in
which it had {cpu_minutes:.1f} minutes of processor time;
{rate:,.0f} tokens a second, seed {seed}, on {date}. The training loss went from {first_loss:.2f}
to {last_loss:.2f} (the last part counts the companion's words only). The same again:

    python -m companion.training --minutes {budget:g} --seed {seed} --output FOLDER

A budget in minutes gives more steps on a faster or idler machine, so figures will differ a little.

## What it was trained on, and how well it foresees what it has not seen

{held_out} % of the conversations of each corpus, chosen by a hash of their words, were kept out of
training. Bits per byte are over the turns of both sides (lower is better) of at most 100 of them.

| corpus | licence | conversations | held out, judged | loss per token | bits per byte |
|---|---|---:|---:|---:|---:|
{rows}

The `grammar` corpora are made from templates that training has seen, with other words in them;
their figures show how well it knows the templates, not how well it talks. The shipped corpora and
their licences are in `companion/data/corpora`.

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
- It does not keep what it is told: it calls people by other names, asks about other hobbies than
  theirs, and now and then gives itself another name. It loses the thread after a few turns.
- People's chats about films, music and American sport taught it its English; it drifts there.
- It may speak of a human life it has not got. It is an AI; the system prompt reminds it, not always
  with success.
- French: greetings and simple sentences only.
- It must not be relied on for health, law, money or safety. A filter took obscenities out of
  the corpora; that is no guarantee about what it says.
"""


def write(
    outcome: Outcome,
    recipe: Recipe,
    corpora: Sequence[Corpus],
    scores: Mapping[str, Score],
    talks: str,
) -> str:
    """The card in Markdown, filled with the figures of this run."""
    shape = recipe.shape
    return _TEXT.format(
        parameters=outcome.model.num_parameters(),
        layers=shape.layers,
        width=shape.width,
        context=shape.context,
        vocabulary=shape.vocabulary,
        steps=outcome.steps,
        tokens=outcome.tokens,
        minutes=outcome.seconds / 60,
        machine=resources.machine(),
        cpu_minutes=outcome.cpu_seconds / 60,
        device=outcome.device,
        rate=outcome.tokens_per_second,
        seed=recipe.seed,
        date=datetime.date.today().isoformat(),
        first_loss=outcome.losses[0][1],
        last_loss=outcome.losses[-1][1],
        budget=recipe.minutes,
        held_out=HELD_OUT_PERCENT,
        rows="\n".join(_row(corpus, scores.get(corpus.name)) for corpus in corpora),
        sampling=SAMPLING,
        samples=talks,
        english=SYSTEM["en"],
        french=SYSTEM["fr"],
    )


def _row(corpus: Corpus, score: Score | None) -> str:
    """One line of the table of corpora."""
    licence = licences().get(corpus.name, "Apache-2.0, written for this project")
    judged = (
        f"{score.conversations} | {score.loss:.2f} | {score.bits_per_byte:.2f}"
        if score
        else "0 | | "
    )
    return f"| {corpus.name} | {licence} | {len(corpus.conversations):,} | {judged} |"


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
    replies = conversation(model, tokenizer, system, asked)
    return [
        line
        for question, said in zip(asked, replies, strict=True)
        for line in (f"> **You:** {question}", f"> **Lia:** {said.text}")
    ]
