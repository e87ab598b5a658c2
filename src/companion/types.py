"""The words that every room speaks: messages, chunks of an answer, events of a turn.

Plain frozen dataclasses without behaviour. Seconds are wall-clock seconds, money is US dollars.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]
Language: TypeAlias = Literal["en", "fr"]
FinishReason: TypeAlias = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do, so that whoever chooses one need not try.

    `prefill`: it goes on right behind the beginning of an answer. `context` is in tokens, None
    where it is not known. `local`: what it is asked never leaves this machine.
    """

    streaming: bool = True
    system_prompt: bool = True
    prefill: bool = False
    json_schema: bool = False
    tools: bool = False
    vision: bool = False
    context: int | None = None
    local: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that was said, and by whom."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a chat model is asked.

    `temperature` 0 is greedy, None the model's own choice; `seed` makes sampling repeatable. Right
    behind `prefill`, a model that can goes on. `brief` is a system prompt for who `reads_briefly`,
    `companion` the name of who answers. Nothing of a `private` request may leave this machine.
    """

    messages: tuple[Message, ...]
    language: Language = "en"
    max_tokens: int = 160
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    prefill: str = ""
    brief: str = ""
    companion: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer and its cost in US dollars; None is "not told", never a guess."""

    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None = 0.0


# ---- chunks: what a ChatModel streams ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """A model was tried: `error` is None when it is about to answer, else why it could not.

    Every model's first chunk is its own attempt; `reason` says how it runs or why it was chosen.
    `brief`: a router gave it the request's brief system prompt.
    """

    model: str
    reason: str
    error: str | None = None
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Restart:
    """What was said so far is withdrawn; another model starts afresh."""

    reason: str


@dataclass(frozen=True, slots=True)
class End:
    """The answer is complete. An answer without its end is not an answer."""

    model: str
    finish_reason: FinishReason
    usage: Usage


@dataclass(frozen=True, slots=True)
class Waiting:
    """The model is busy: so many are ahead, those who are being answered among them.

    It is a chunk, and told to the listeners of a turn as it is: nothing is weaker, only later.
    """

    model: str
    ahead: int


Chunk: TypeAlias = Text | Attempt | Waiting | Restart | End


# ---- sound and face ------------------------------------------------------------------------------

MouthShape: TypeAlias = Literal["A", "B", "C", "D", "E", "F", "G", "H", "X"]
"""The nine mouths of Preston Blair, as Rhubarb Lip Sync names them; X is the mouth at rest."""
Mood: TypeAlias = Literal["calm", "happy", "sad", "surprised", "thinking"]


@dataclass(frozen=True, slots=True)
class Audio:
    """Mono sound: 16-bit little-endian samples, `rate` of them a second."""

    pcm: bytes
    rate: int


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word, and the second at which it begins."""

    text: str
    start: float


@dataclass(frozen=True, slots=True)
class Viseme:
    """A shape of the mouth, and the second at which it begins."""

    shape: MouthShape
    start: float


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch of speech; its times count from the first sample of its own sound."""

    audio: Audio
    words: tuple[SpokenWord, ...] = ()
    visemes: tuple[Viseme, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a recogniser understood; `confidence` is 0 to 1, None where it does not tell."""

    text: str
    recognizer: str
    confidence: float | None = None


# ---- events: what a turn tells its listeners -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """The turn has begun with these words of the user."""

    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Listened:
    """The words of the turn came out of sound, this many seconds after the user fell silent."""

    transcript: Transcript
    seconds: float


@dataclass(frozen=True, slots=True)
class Routed:
    """This model answers, for this reason."""

    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The companion's next words."""

    text: str


@dataclass(frozen=True, slots=True)
class HelpLine:
    """People who help by telephone: whose it is, its number, where and when it answers.

    `country` is an ISO 3166-1 code, "EU", or "" for any; `url` is its page.
    """

    name: str
    number: str
    country: str
    hours: str
    url: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """The answer was written beforehand and no model was asked: its words, why, whom it names."""

    text: str
    why: Literal["crisis", "asked if human"]
    help_lines: tuple[HelpLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Recalled:
    """Out of memory, whoever answers is told this about the user."""

    text: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The user asked for this to be forgotten, and so many facts and turns of the memory went."""

    what: Literal["everything", "that", "facts"]
    count: int


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Forget the words so far: the answer starts again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Degraded:
    """Something is smaller or weaker than configured: what, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class TurnDone:
    """The turn is complete: the whole answer and what it took.

    The seconds count from its beginning; `first_audio_seconds` is None where nothing was said
    aloud. `tokens_per_second` counts those after the first, None where they cannot be counted.
    """

    text: str
    model: str
    reason: str
    finish_reason: FinishReason
    usage: Usage
    first_token_seconds: float
    total_seconds: float
    tokens_per_second: float | None
    degraded: tuple[Degraded, ...] = field(default=())
    first_audio_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SentenceReady:
    """The sentence of that number, from 0, is about to be spoken, in the words that are read."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """The next stretch of the sentence of that number."""

    number: int
    speech: Speech


_Before: TypeAlias = Listened | Heard | Guarded | Recalled | Forgotten | Routed | Waiting
_Answer: TypeAlias = TextDelta | Withdrawn | Degraded | SentenceReady | Spoken | TurnDone
TurnEvent: TypeAlias = _Before | _Answer
