"""Guidance of a local model: the same tokens as transformers' own, only where it is asked for."""

from __future__ import annotations

import asyncio
import queue
import time
from typing import Any

import pytest
import torch

from companion.chat.generation import SLOTS, Generator, Wishes
from companion.chat.jobs import Finished, News, Place, Token
from companion.chat.local import LocalModel
from companion.config import TransformersModel, load
from companion.resources import choose_device, packaged
from companion.training.recipe import GUIDANCE
from companion.types import ChatRequest, Message, Text

FOLDER = packaged("data/companion-tiny")
ASKED = (Message("system", "You are Lia."), Message("user", "I bought a kite today."))


class Collected(queue.Queue[News]):
    """What a job tells."""

    def __call__(self, news: News) -> None:
        self.put(news)

    def whole(self) -> list[int]:
        """The answer's tokens, when it is over; again the same when asked again."""
        said: list[int] = []
        while not isinstance(news := self.get(timeout=60), Finished):
            assert isinstance(news, Token | Place), news
            said += [news.id] if isinstance(news, Token) else []
        for token in said:
            self.put(Token(token))
        self.put(news)
        return said


def said(guidance: float) -> str:
    """What companion-tiny answers, the likeliest token each time."""
    settings = TransformersModel(
        kind="transformers",
        path="package:data/companion-tiny",
        languages=frozenset({"en"}),
        guidance=guidance,
    )

    async def heard() -> str:
        stream = LocalModel("tiny", settings).stream(
            ChatRequest(ASKED, max_tokens=24, temperature=0)
        )
        return "".join([chunk.text async for chunk in stream if isinstance(chunk, Text)])

    return asyncio.run(heard())


def generated(guidance: float) -> str:
    """The same by transformers' own `generate`."""
    generator = Generator("tiny", FOLDER, choose_device(), Wishes(guidance=GUIDANCE))
    model: Any = generator._model
    prompt = generator.prompt(ASKED, 24)
    ids = torch.tensor([prompt.ids])
    out = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        negative_prompt_ids=torch.tensor([prompt.unasked]),
        guidance_scale=guidance,
        do_sample=False,
        max_new_tokens=24,
    )
    told = generator._tokenizer.decode(out[0, len(prompt.ids) :], skip_special_tokens=True)
    return str(told)


@pytest.mark.parametrize("guidance", [1.0, 1.6, 3.0])
def test_a_guided_answer_is_that_of_transformers(guidance: float) -> None:
    assert said(guidance).strip() == generated(guidance).strip() != ""


def test_many_are_guided_at_once_each_as_if_alone() -> None:
    """More than there are places for, of many lengths, so that rows come, go and move."""
    generator = Generator("tiny", FOLDER, choose_device(), Wishes(guidance=GUIDANCE))

    def answers(together: bool) -> list[list[int]]:
        told: list[Collected] = []
        for number in range(SLOTS + 3):
            asked = (*ASKED[:1], Message("user", "And a boat, and a kite. " * (1 + number % 4)))
            request = ChatRequest(asked, max_tokens=5 + number, temperature=0)
            told.append(Collected())
            generator.engine.submit(generator.job(generator.prompt(asked, 40), request, told[-1]))
            if not together:
                told[-1].whole()
        return [one.whole() for one in told]

    assert answers(together=True) == answers(together=False)
    while generator.engine.alive:  # the last one was told before its rows are given back
        time.sleep(0.01)
    assert generator.engine._service.batch.slots.rows == 0


def test_guidance_changes_what_is_said() -> None:
    assert said(1.0) != said(4.0)


def test_nothing_was_asked_in_the_prompt_that_it_is_led_away_from() -> None:
    generator = Generator("tiny", FOLDER, choose_device(), Wishes(guidance=GUIDANCE))
    prompt = generator.prompt(ASKED, 24)
    words = generator._tokenizer.decode(prompt.unasked)
    assert "You are Lia." in words
    assert "kite" not in words


def test_the_settings_guide_companion_tiny_as_its_exams_do() -> None:
    settings = load().models["companion-tiny"]
    assert isinstance(settings, TransformersModel)
    assert settings.guidance == GUIDANCE
