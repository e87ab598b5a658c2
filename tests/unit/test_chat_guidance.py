"""Guidance of a local model: the same tokens as transformers' own, only where it is asked for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import torch

from companion.chat.generation import Generator, Wishes
from companion.chat.local import LocalModel
from companion.config import TransformersModel, load
from companion.resources import choose_device, packaged
from companion.training.recipe import GUIDANCE
from companion.types import ChatRequest, Message, Text

FOLDER = packaged("data/companion-tiny")
ASKED = (Message("system", "You are Lia."), Message("user", "I bought a kite today."))


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
