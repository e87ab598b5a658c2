"""The thread that answers: together as alone, in order, and nobody waits for what is gone."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from companion.chat import local
from companion.chat.generation import Generator, Wishes
from companion.chat.jobs import Finished, Job, News, Place, Token
from companion.chat.local import LocalModel
from companion.config import load
from companion.errors import ModelBusy, ModelError, ModelUnavailable
from companion.pipeline import Companion
from companion.resources import choose_device
from companion.types import Attempt, ChatRequest, Chunk, End, Message, Text, TurnDone, Waiting
from tests.unit.test_chat_local import model_of

QUESTIONS = ("hi", "hello there, how are you?", "bonjour, ça va ?", "a b c d", "who", "you are")


def request(question: str, tokens: int = 12, **options: Any) -> ChatRequest:
    return ChatRequest(
        (Message("user", question),), max_tokens=tokens, **({"temperature": 0.0} | options)
    )


async def collect(model: LocalModel, asked: ChatRequest) -> list[Chunk]:
    return [chunk async for chunk in model.stream(asked)]


def text_of(chunks: Sequence[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Text))


def together(model: LocalModel, asked: Sequence[ChatRequest]) -> list[list[Chunk]]:
    async def gather() -> list[list[Chunk]]:
        return await asyncio.gather(*(collect(model, one) for one in asked))

    return asyncio.run(gather())


def generator_of(model: LocalModel) -> Generator:
    model.load()
    return model._generator()


class Heard:
    """What one job was told, and when it was over."""

    def __init__(self) -> None:
        self.news: list[News] = []
        self.over = threading.Event()
        self.begun = threading.Event()

    def __call__(self, news: News) -> None:
        self.news.append(news)
        if isinstance(news, Token):
            self.begun.set()
        if isinstance(news, Finished | ModelError):
            self.over.set()

    @property
    def last(self) -> News:
        assert self.over.wait(20)
        return self.news[-1]


def job(generator: Generator, question: str, tokens: int = 12, **options: Any) -> tuple[Job, Heard]:
    asked, heard = request(question, tokens, **options), Heard()
    made = generator.job(generator.prompt(asked.messages, asked.max_tokens), asked, heard)
    made.ends = frozenset()  # so that it is known how long it takes
    return made, heard


@pytest.fixture
def model(tiny_folder: Path) -> LocalModel:
    return model_of(tiny_folder)


@pytest.fixture
def held(model: LocalModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A model that is held before each step until the event is set."""
    go, batch = threading.Event(), generator_of(model).engine._service.batch
    step = batch.step

    def later(tokens: Sequence[int]) -> Any:
        assert go.wait(20)
        return step(tokens)

    monkeypatch.setattr(batch, "step", later)
    yield go
    go.set()


def test_together_as_alone_token_for_token(model: LocalModel) -> None:
    """Different lengths, more of them than there are places, each as transformers writes it."""
    generator = generator_of(model)
    jobs = [job(generator, question, 5 + 7 * n) for n, question in enumerate(QUESTIONS * 2)]
    prompts = [list(made.tokens) for made, _ in jobs]
    for made, _ in jobs:
        generator.engine.submit(made)
    for (made, told), ids in zip(jobs, prompts, strict=True):
        assert told.last == Finished("length")
        said = [news.id for news in told.news if isinstance(news, Token)]
        assert said == _plainly(generator, ids, made.limit)
        assert made.tokens == ids + said


def _plainly(generator: Generator, ids: list[int], tokens: int) -> list[int]:
    """The answer as `generate` of transformers gives it, one request alone."""
    import torch

    prompt, network = torch.tensor([ids]), generator._model
    whole: list[list[int]] = network.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=tokens,
        do_sample=False,
        eos_token_id=-1,
    ).tolist()
    return whole[0][len(ids) :]


def test_a_seed_repeats_the_answer_whoever_is_answered_beside_it(model: LocalModel) -> None:
    mine = request("hi", 20, temperature=1.0, seed=3)
    alone = text_of(together(model, [mine])[0])
    others = [request(question, 25, temperature=1.0) for question in QUESTIONS]
    assert text_of(together(model, [*others[:3], mine, *others[3:]])[3]) == alone


def test_a_long_prompt_is_read_in_parts_while_others_are_answered(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = text_of(together(model, [request("hello there " * 6)])[0])
    for module in ("batch", "engine"):
        monkeypatch.setattr(f"companion.chat.{module}.PART", 4)
    fresh = model_of(model.folder())
    answers = together(fresh, [request("hi", 30), request("hello there " * 6)])
    assert text_of(answers[1]) == whole


def test_who_comes_first_is_answered_first(model: LocalModel, held: threading.Event) -> None:
    generator, order = generator_of(model), list[int]()
    heard = []
    for number in range(12):
        made, told = job(generator, "hi", 3)
        tell = made.tell

        def noted(news: News, number: int = number, tell: Any = tell) -> None:
            if isinstance(news, Token) and number not in order:
                order.append(number)
            tell(news)

        made.tell = noted
        generator.engine.submit(made)
        heard.append(told)
    held.set()
    assert all(told.last == Finished("length") for told in heard)
    assert order == list(range(12))


def test_who_waits_hears_how_many_are_ahead_until_it_is_its_turn(
    model: LocalModel, held: threading.Event
) -> None:
    generator = generator_of(model)
    jobs = [job(generator, "hi", 3 + number) for number in range(11)]
    for made, _ in jobs:
        generator.engine.submit(made)
    held.set()
    assert all(told.last == Finished("length") for _, told in jobs)
    places = [[n.ahead for n in told.news if isinstance(n, Place)] for _, told in jobs]
    assert places[0] == []
    last = places[-1]
    assert last, "eight have a place, two are before it"
    assert last == sorted(last, reverse=True)
    assert max(last) <= 10
    assert min(last) == 8, "it is next when only those who have a place are ahead"


def test_the_listeners_of_a_turn_hear_that_they_wait_and_nothing_is_weaker_for_it(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = generator_of(model)
    engine, batch = generator.engine, generator.engine._service.batch
    step, come = batch.step, threading.Event()
    submit = engine.submit

    def not_before_it_has_come(tokens: Sequence[int]) -> Any:
        assert come.wait(20)
        return step(tokens)

    def then_go(made: Job) -> None:
        submit(made)
        come.set()

    monkeypatch.setattr(batch, "step", not_before_it_has_come)
    for made, _ in [job(generator, "hi", 30) for _ in range(batch.most)]:
        submit(made)
    monkeypatch.setattr(engine, "submit", then_go)
    companion = Companion(load(chat={"max_tokens": 3, "temperature": 0}), model)

    async def turn() -> list[object]:
        return [event async for event in companion.turn("hi")]

    events = asyncio.run(turn())
    assert any(isinstance(event, Waiting) and event.ahead >= 8 for event in events)
    assert isinstance(events[-1], TurnDone)
    assert events[-1].degraded == ()


def test_when_too_many_wait_the_next_is_told_that_it_is_busy(
    model: LocalModel, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = generator_of(model)
    monkeypatch.setattr(generator.engine, "_queue", 2)
    first, told = job(generator, "hi")
    generator.engine.submit(first)
    assert told.begun.wait(20)
    monkeypatch.setattr(generator.engine._service.batch, "most", 1)
    more = [job(generator, "hi") for _ in range(2)]
    for made, _ in more:
        generator.engine.submit(made)
    with pytest.raises(ModelBusy, match="2 wait already"):
        asyncio.run(collect(model, request("hi")))
    held.set()
    assert all(one.last == Finished("length") for _, one in more)


def test_who_leaves_gives_its_place_back(model: LocalModel, held: threading.Event) -> None:
    generator = generator_of(model)
    batch = generator.engine._service.batch
    jobs = [job(generator, "hi", 90) for _ in range(batch.most)]
    for made, _ in jobs:
        generator.engine.submit(made)
    waits, told = job(generator, "hello", 3)
    generator.engine.submit(waits)
    for made, _ in jobs[:3]:
        made.left.set()
    held.set()
    assert told.last == Finished("length")
    assert [isinstance(n, Finished) for _, heard in jobs[:3] for n in heard.news].count(True) == 0
    for made, _ in jobs:
        made.left.set()


def test_what_answers_have_freed_is_given_back_when_nobody_is_answered(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from companion.chat import engine

    given_back = threading.Event()
    monkeypatch.setattr(engine, "give_back", given_back.set)
    together(model, [request(question, 4) for question in QUESTIONS])
    assert given_back.wait(20)


def test_a_stream_that_is_closed_leaves_no_work_behind(model: LocalModel) -> None:
    async def leave() -> None:
        stream: AsyncGenerator[Chunk, None] = model.stream(request("hi", 100))
        async for chunk in stream:
            if isinstance(chunk, Text):
                break
        await stream.aclose()

    asyncio.run(leave())
    engine = generator_of(model).engine
    if (thread := engine._thread) is not None:
        thread.join(20)
    assert engine._service.jobs == []
    assert engine._service.batch.slots.rows == 0
    assert not engine.alive


def test_the_memory_of_conversations_is_bounded_by_places_and_context(model: LocalModel) -> None:
    together(model, [request(question, 500) for question in QUESTIONS * 3])
    generator = generator_of(model)
    batch, config = generator.engine._service.batch, generator._model.config
    one_token = 2 * config.num_hidden_layers * config.hidden_size * 4
    assert 0 < batch.slots.bytes <= batch.most * generator.context * one_token
    assert batch.prefixes.bytes <= batch.prefixes.most


def test_a_thread_that_dies_is_reported_and_half_an_answer_is_none(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = generator_of(model).engine._service
    say, said = service.say, list[int]()

    def dies() -> None:
        said.append(1)
        if len(said) > 3:
            raise SystemExit("killed")
        say()

    monkeypatch.setattr(service, "say", dies)
    heard: list[Chunk] = []

    async def listen() -> None:
        async for chunk in model.stream(request("hi", 50)):
            heard.append(chunk)

    with pytest.raises(ModelUnavailable, match="has died: killed"):
        asyncio.run(listen())
    assert isinstance(heard[0], Attempt)
    assert not any(isinstance(chunk, End) for chunk in heard)
    monkeypatch.undo()
    assert isinstance(together(model, [request("hi")])[0][-1], End), "the next starts another"


def test_a_thread_that_is_gone_without_a_word_is_noticed(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator_of(model).engine, "_run", lambda: None)
    monkeypatch.setattr(local, "WATCH", 0.05)
    with pytest.raises(ModelUnavailable, match="is gone"):
        asyncio.run(collect(model, request("hi")))


def test_what_breaks_one_answer_breaks_no_other(model: LocalModel) -> None:
    generator = generator_of(model)
    good, told = job(generator, "hi", 30)
    bad, bad_told = job(generator, "hello", 30)

    def broken(*_: object) -> int:
        raise ValueError("no such token")

    bad.chooser = broken  # type: ignore[assignment]
    for made in (good, bad):
        generator.engine.submit(made)
    assert told.last == Finished("length")
    assert isinstance(bad_told.last, ModelError)
    assert "no such token" in str(bad_told.last)


def conversation(turns: int) -> list[tuple[Message, ...]]:
    """The messages of each turn, with all that was said before."""
    said, each = [Message("system", "You are Lia.")], []
    for number in range(turns):
        said.append(Message("user", f"hello {number}"))
        each.append(tuple(said))
        said.append(Message("assistant", f"you said {number}"))
    return each


def test_what_was_read_before_is_not_read_again_and_the_answer_is_the_same(
    tiny_folder: Path,
) -> None:
    kept, fresh = model_of(tiny_folder), model_of(tiny_folder)
    forgetful = generator_of(fresh).engine._service.batch
    forgetful.prefixes.most = 0
    batch = generator_of(kept).engine._service.batch
    read, lanes = batch.begin, list[tuple[int, int]]()

    def noted(tokens: Sequence[int]) -> Any:
        lane = read(tokens)
        lanes.append((lane.read, len(tokens)))
        return lane

    batch.begin = noted  # type: ignore[method-assign]
    for messages in conversation(4):
        asked = ChatRequest(messages, max_tokens=12, temperature=0.0)
        assert together(kept, [asked]) == together(fresh, [asked])
    assert lanes[0][0] == 0
    assert all(reused > 0 for reused, _ in lanes[1:])
    before = [whole for _, whole in lanes]
    assert all(now[0] >= then for now, then in zip(lanes[1:], before, strict=False)), (
        "all of the prompt before is shared"
    )
    assert forgetful.prefixes.bytes == 0


def test_conversations_that_share_a_system_prompt_share_what_was_read(tiny_folder: Path) -> None:
    model, fresh = model_of(tiny_folder), model_of(tiny_folder)
    asked = [
        ChatRequest((Message("system", "You are Lia."), Message("user", text)), max_tokens=9)
        for text in ("hi", "who are you?", "hello there", "hi")
    ]
    asked = [replace(one, temperature=0.0) for one in asked]
    batch = generator_of(model).engine._service.batch
    for one in asked:
        assert together(model, [one]) == together(fresh, [one])
        cache, shared = batch.prefixes.longest(generator_of(model).prompt(one.messages, 9).ids)
        assert shared > 0
        assert cache.get_seq_length() == shared


def test_what_is_kept_is_bounded_and_the_oldest_goes_first() -> None:
    import torch

    from companion.chat.prefixes import MANY, Prefixes

    def states(tokens: int) -> Any:
        return [(torch.zeros(1, 1, tokens, 4), torch.zeros(1, 1, tokens, 4))]

    kept = Prefixes(most=3 * 10 * 32)
    for start in (100, 200, 300):
        kept.keep(range(start, start + 10), states(10))
    assert kept.longest(range(100, 111))[1] == 10, "used: now 200 is the oldest"
    kept.keep(range(400, 410), states(10))
    assert kept.bytes <= kept.most
    assert kept.longest(range(200, 211))[1] == 0
    assert kept.longest(range(100, 111))[1] == 10
    kept.keep(range(100, 120), states(20))
    assert kept.longest(range(100, 125))[1] == 20, "it stands for the shorter one, too"
    kept.keep(range(500, 600), states(100))
    assert kept.bytes == 0, "more than there is room for is not kept"
    many = Prefixes(most=10**9)
    for start in range(0, 1000, 10):
        many.keep(range(start, start + 10), states(10))
    assert many.bytes == MANY * 10 * 32


def test_a_network_that_forgets_answers_one_at_a_time_as_transformers_does(
    tiny_folder: Path, tmp_path: Path
) -> None:
    """Mistral with a window shorter than what is said: its cache is not made of plain layers."""
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    folder = shutil.copytree(tiny_folder, tmp_path / "mistral")
    tiny = json.loads((tiny_folder / "config.json").read_text())
    sizes: dict[str, Any] = {
        key: tiny[key] for key in ("vocab_size", "hidden_size", "num_hidden_layers")
    }
    sizes |= {"num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 64}
    torch.manual_seed(0)
    config = MistralConfig(**sizes, sliding_window=8, max_position_embeddings=128)
    MistralForCausalLM(config).save_pretrained(folder)
    generator = generator_of(model_of(folder))
    assert generator.engine._service.batch.most == 1
    with pytest.raises(ModelUnavailable, match="cannot be guided"):
        Generator("mistral", folder, choose_device(), Wishes(guidance=1.5))
    jobs = [job(generator, question, 15) for question in QUESTIONS[:3]]
    prompts = [list(made.tokens) for made, _ in jobs]
    for made, _ in jobs:
        generator.engine.submit(made)
    for (_, told), ids in zip(jobs, prompts, strict=True):
        assert told.last == Finished("length")
        said = [news.id for news in told.news if isinstance(news, Token)]
        assert said == _plainly(generator, ids, 15)
