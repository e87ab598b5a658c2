"""Exercises that check themselves: not tried is never wrong, and wrong says why.

An author writes a class with a reference, hints, a solution and the mistakes people make. The
mistakes do double work: they explain a wrong answer to the learner, and they are the wrong answers
that the tests try. In a notebook three lines are enough:

    share = ...                                  # the learner replaces the dots
    exercise = WaitingShare(turn)
    share = exercise.check(share)                # goes on with a right value in any case
"""

from __future__ import annotations

import dis
import inspect
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from types import EllipsisType, FunctionType
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

from companion.learning import journal
from companion.learning.advice import advice
from companion.learning.display import Shown, show
from companion.learning.feedback import feedback
from companion.learning.journal import Verdict
from companion.learning.values import kind_of, plain, quoted, rounded, sort_of

T = TypeVar("T")

LAST_HINT = "That was the last hint; `exercise.solution()` shows one way to solve it."


@dataclass(frozen=True, slots=True)
class Mistake(Generic[T]):
    """A wrong answer that people give, and what to tell them, without giving the answer away."""

    answer: T
    why: str


class Exercise(ABC, Generic[T]):
    """One question of a notebook. What it builds on (a turn, a list of timings) is passed in."""

    variable: ClassVar[str]
    """The name that the notebook gives to the answer."""
    hints: ClassVar[tuple[str, ...]]
    """From a nudge to nearly the solution."""
    _hinted: ClassVar[int] = 0
    code: ClassVar[str]
    """The solution as code that sets `variable`; it may use whatever was passed in, by its name."""

    @classmethod
    @abstractmethod
    def example(cls) -> Exercise[T]:
        """The exercise on given data, for the tests."""

    @abstractmethod
    def reference(self) -> T:
        """A right answer, with which the notebook goes on when there is none."""

    @abstractmethod
    def mistakes(self) -> Sequence[Mistake[Any]]:
        """Wrong answers to expect: at least one."""

    @abstractmethod
    def why_wrong(self, answer: Any) -> str | None:
        """What is wrong with any answer whatever, or None when it is right."""

    @property
    def key(self) -> str:
        """The exercise's name in the course, such as `0_start/01_welcome/WaitingShare`."""
        return f"{sys.modules[type(self).__module__].NOTEBOOK}/{type(self).__name__}"

    def judge(self, answer: T | EllipsisType) -> tuple[Verdict, str]:
        """The verdict and a sentence that explains it."""
        if _untouched(answer):
            return Verdict.UNTRIED, f"`{self.variable}` is still to be written."
        try:
            why = self.why_wrong(answer)
        except Exception as error:  # an answer can be anything, also what cannot be compared
            why = f"`{self.variable}` is {kind_of(answer)}, which cannot be judged: {error}."
        if why is None:
            return Verdict.RIGHT, f"`{self.variable}` is right."
        return Verdict.WRONG, why

    def check(self, answer: T | EllipsisType = ...) -> T:
        """Show the verdict, and return the value to go on with: yours if right, else ours."""
        verdict, why = self.judge(answer)
        journal.record(self.key, verdict)
        show(feedback(verdict, why))
        return cast(T, answer) if verdict is Verdict.RIGHT else self.reference()

    def hint(self) -> None:
        """Show the next hint; the last one again and again, and with it the way to the solution."""
        kind = type(self)  # a cell that is run again makes a new exercise of the same kind
        kind._hinted = min(kind._hinted + 1, len(self.hints))
        text = f"Hint {kind._hinted} of {len(self.hints)}: {self.hints[kind._hinted - 1]}"
        text += f" {LAST_HINT}" * (kind._hinted == len(self.hints))
        show(Shown(text, markdown=text))

    def solution(self) -> None:
        """Show one way to solve it."""
        code = inspect.cleandoc(self.code)
        show(Shown(code, markdown=f"```python\n{code}\n```"))


class NumberExercise(Exercise[float]):
    """The answer is a number; a rounded one, within half a per cent, is as right as a long one."""

    def why_wrong(self, answer: Any) -> str | None:
        answer = plain(answer)
        if isinstance(answer, bool) or not isinstance(answer, (int, float)):
            return f"`{self.variable}` should be a number, and it is {kind_of(answer)}."
        if math.isclose(answer, self.reference(), rel_tol=5e-3):
            return None
        for mistake in self.mistakes():
            if _close(answer, mistake.answer):
                return f"`{self.variable}`: {mistake.why}"
        return f"`{self.variable}` is {answer:.4g}, which is not what these measurements give."


class FunctionExercise(Exercise[Callable[..., Any]]):
    """The answer is a function: it must agree with the reference on every case."""

    if_changed: ClassVar[str] = ""
    """What to say of a function that changes its arguments; without words, it may."""
    dtype: ClassVar[str] = ""
    """The type of an array's numbers, where one is asked for."""

    @classmethod
    def example(cls) -> Self:
        """As in the notebook: what is passed in comes with each case."""
        return cls()

    @abstractmethod
    def cases(self) -> Sequence[tuple[Any, ...]]:
        """Arguments to try, the simplest first."""

    def why_wrong(self, answer: Any) -> str | None:
        if not callable(answer):
            return f"`{self.variable}` should be a function, and it is {kind_of(answer)}."
        tries = (self._why_wrong_in(arguments, answer) for arguments in self.cases())
        return next((why for why in tries if why), None)

    def expected(self, *arguments: Any) -> str:
        """What a right answer does in this case, for wrong ones that no mistake explains."""
        return ""

    def _why_wrong_in(self, arguments: tuple[Any, ...], answer: Callable[..., Any]) -> str | None:
        call = f"`{self.variable}({', '.join(map(quoted, arguments))})`"
        given = deepcopy(arguments)
        try:
            result = answer(*given)
        except KeyboardInterrupt:  # the only way out of a loop without an end
            return f"{call} was still running when you stopped it. Does its loop ever end?"
        except Exception as error:  # whatever a learner's code raises is feedback for them
            told = self._advice(answer, [arguments]) or advice(error)
            return f"{call} raises {type(error).__name__}: {error}. {told}".rstrip()
        if result is None:
            return f"{call} returns nothing. {self._about_return(answer)}"
        right = self.reference()(*deepcopy(arguments))
        if not _same(result, right):
            return f"{call} returns {self._about_result(answer, arguments, result, right)}".rstrip()
        if self.dtype not in ("", str(getattr(result, "dtype", ""))):
            kind = f"numbers of type `{result.dtype}`, and `{self.dtype}` is wanted"
            return f"{call} returns the right values as {kind}."
        return f"{call}: {self.if_changed}" if self.if_changed and given != arguments else None

    def _about_return(self, answer: Callable[..., Any]) -> str:
        outcomes = [_outcome(answer, arguments) for arguments in self.cases()]
        if all(outcome is None for outcome in outcomes):
            return "Is there a `return`?"
        return "For other arguments it does: is there a `return` on every way through the function?"

    def _about_result(
        self, answer: Callable[..., Any], arguments: tuple[Any, ...], result: Any, right: Any
    ) -> str:
        told = self._advice(answer, self.cases())
        if not told and sort_of(result) != sort_of(right):
            single = " `.item()` makes one of it." * (getattr(result, "ndim", None) == 0)
            wanted = f"That is {sort_of(result)}, and {sort_of(right)} is wanted."
            return f"{rounded(result)}. {wanted}{single}"
        return f"{rounded(result)}, which is not right. {told or self.expected(*arguments)}"

    def _advice(self, answer: Callable[..., Any], cases: Sequence[tuple[Any, ...]]) -> str:
        """The words for a known mistake: one that comes to the same in every case."""
        for mistake in self.mistakes():
            if all(_alike(answer, mistake.answer, arguments) for arguments in cases):
                return mistake.why
        return ""


def _untouched(answer: object) -> bool:
    """Whether the dots are still there: alone, inside a collection, or as a function's body."""
    if isinstance(answer, (list, tuple, set)):
        return any(_untouched(item) for item in answer)
    return answer is ... or (isinstance(answer, FunctionType) and _is_blank(answer))


def _is_blank(function: FunctionType) -> bool:
    """Whether the body does nothing: dots, `pass` or a docstring compile to the same few steps."""
    steps = [step for step in dis.get_instructions(function) if step.opname != "NOP"]
    idle = {"RESUME", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    returned = [step.argval for step in steps if "CONST" in step.opname]
    return all(step.opname in idle for step in steps) and set(returned) <= {None, ...}


def _close(one: Any, other: Any) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)


def _same(one: Any, other: Any) -> bool:
    """Whether the two say the same; what cannot be compared does not."""
    try:
        return _equal(plain(one), plain(other))
    except Exception:  # a learner's value may refuse `==`, or refuse to be true or false
        return False


def _equal(one: Any, other: Any) -> bool:
    if hasattr(one, "tolist") or hasattr(other, "tolist"):  # an array equals no number and no list
        arrays = hasattr(one, "tolist") and hasattr(other, "tolist")
        return arrays and _equal(one.tolist(), other.tolist())
    if isinstance(one, (list, tuple)) and type(one) is type(other):
        return len(one) == len(other) and all(map(_same, one, other))
    numbers = all(isinstance(value, (int, float)) for value in (one, other))
    return _close(one, other) if numbers else bool(one == other)


def _alike(one: Callable[..., Any], other: Callable[..., Any], arguments: tuple[Any, ...]) -> bool:
    """Whether two functions return the same, or fail with the same kind of error."""
    mine, theirs = _outcome(one, arguments), _outcome(other, arguments)
    if isinstance(mine, Exception) or isinstance(theirs, Exception):
        return type(mine) is type(theirs)
    return _same(mine, theirs)


def _outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return function(*deepcopy(arguments))
    except Exception as error:
        return error
