"""Exercises of the first notebook: what a turn takes, and what is told of the past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from companion.learning.exercises import Exercise, FunctionExercise, Mistake, NumberExercise
from companion.types import Message, TurnDone, Usage

NOTEBOOK = "0_start/01_welcome"


def an_example_turn() -> TurnDone:
    """A finished turn with given figures: half a second of waiting, then 20 tokens a second."""
    return TurnDone(
        text="Hello! It is good to meet you.",
        model="example",
        reason="first choice",
        finish_reason="stop",
        usage=Usage(prompt_tokens=24, completion_tokens=41),
        first_token_seconds=0.5,
        total_seconds=2.5,
        tokens_per_second=20.0,
    )


@dataclass
class WaitingShare(NumberExercise):
    """Which share of a turn passes before anything can be read?"""

    turn: TurnDone

    variable = "waiting_share"
    hints = (
        "Two fields of `turn` are enough: look at how the first turn ended, `TurnDone(…)`.",
        "A share is a part divided by the whole, so it lies between 0 and 1.",
        "The part is `turn.first_token_seconds`.",
    )
    code = "waiting_share = turn.first_token_seconds / turn.total_seconds"

    @classmethod
    def example(cls) -> WaitingShare:
        return cls(an_example_turn())

    def reference(self) -> float:
        return self.turn.first_token_seconds / self.turn.total_seconds

    def mistakes(self) -> Sequence[Mistake[float]]:
        share = self.reference()
        return [
            Mistake(1 / share, "that is the whole divided by the part. Turn it round."),
            Mistake(100 * share, "that is a percentage. A share of the whole is 1 at most."),
            Mistake(1 - share, "that is the share that passes while words appear."),
            Mistake(self.turn.first_token_seconds, "those are seconds, not yet a share."),
        ]


@dataclass
class AnswerSeconds(FunctionExercise):
    """How long will an answer take, from the two figures that a turn reports?"""

    variable = "answer_seconds"
    hints = (
        "The wait for the first token comes first; then the other tokens follow at a steady pace.",
        "At 20 tokens a second, one token takes 1/20 of a second.",
        "The first token comes at the end of the wait, so `tokens - 1` are left.",
    )
    code = """
        def answer_seconds(tokens, first_token_seconds, tokens_per_second):
            return first_token_seconds + (tokens - 1) / tokens_per_second
    """

    @classmethod
    def example(cls) -> AnswerSeconds:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(1, 0.5, 20.0), (41, 0.5, 20.0), (100, 2.0, 8.0)]

    def reference(self) -> Callable[..., float]:
        return lambda tokens, first, pace: first + (tokens - 1) / pace

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(lambda tokens, first, pace: tokens / pace, "Where is the wait?"),
            Mistake(
                lambda tokens, first, pace: first + tokens / pace,
                "The first token is counted twice: in the wait, and in the pace.",
            ),
            Mistake(
                lambda tokens, first, pace: first + (tokens - 1) * pace,
                "A faster model should need less time: look at what the pace does.",
            ),
            Mistake(lambda tokens, first, pace: (tokens - 1) / pace, "The wait is left out."),
            Mistake(
                lambda tokens, first, pace: first + pace / tokens,
                "More tokens should need more time: look at what they are divided into.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        tokens, first, pace = arguments
        if tokens == 1:
            return f"A single token is there when the wait is over, after {first} s."
        return f"After {first} s one token is there; {tokens - 1} follow, {pace:g} each second."


@dataclass
class History(Exercise[list[Message]]):
    """What must the companion be given, to know what was said before?"""

    question: str
    turn: TurnDone

    NOT_MESSAGES = (
        "`history` should hold messages, which say who spoke: use `Message(role, content)`."
    )

    variable = "history"
    hints = (
        "Two messages were said: one by you, one by the companion. The older one comes first.",
        'A message is `Message(role, content)`; the roles are `"user"` and `"assistant"`.',
        'The first one is `Message("user", question)`. The words of the answer are `turn.text`.',
    )
    code = 'history = [Message("user", question), Message("assistant", turn.text)]'

    @classmethod
    def example(cls) -> History:
        return cls("Hello!", an_example_turn())

    def reference(self) -> list[Message]:
        return [Message("user", self.question), Message("assistant", self.turn.text)]

    def mistakes(self) -> Sequence[Mistake[Any]]:
        user, assistant = self.reference()
        return [
            Mistake([assistant, user], "`history` runs backwards: the oldest message comes first."),
            Mistake([user], "`history` lacks what the companion answered."),
            Mistake(
                [Message("assistant", user.content), Message("user", assistant.content)],
                "`history` has the roles the wrong way round: who said what?",
            ),
            Mistake([user.content, assistant.content], self.NOT_MESSAGES),
        ]

    def why_wrong(self, answer: Any) -> str | None:
        if not isinstance(answer, (list, tuple)):
            return f"`history` should be a list of messages, not {type(answer).__name__}."
        if list(answer) == self.reference():
            return None
        if not all(isinstance(one, Message) for one in answer):
            return self.NOT_MESSAGES
        for mistake in self.mistakes():
            if list(answer) == mistake.answer:
                return mistake.why
        if len(answer) != 2:
            return f"`history` should hold two messages, not {len(answer)}."
        return self._why_a_message_is_wrong(answer)

    def _why_a_message_is_wrong(self, answer: Sequence[Message]) -> str:
        both = zip(("first", "second"), answer, self.reference(), strict=True)
        place, said, right = next(one for one in both if one[1] != one[2])
        if said.role != right.role:
            return f"`history`: who said the {place} message? Its role is {said.role!r}."
        if not isinstance(said.content, str):
            kind = type(said.content).__name__
            return f"`history`: the {place} message should hold words, not a whole {kind}."
        return f"`history`: the words of the {place} message are not those that were said."
