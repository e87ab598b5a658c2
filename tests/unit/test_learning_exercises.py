"""Every exercise of the course proves itself: not tried, wrong in each expected way, and right."""

from __future__ import annotations

import doctest
import inspect
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.learning import Exercise, Verdict, journal, progress, values
from companion.learning.course import registered
from companion.learning.course.four_bits import Absmax
from companion.learning.course.gradio_demo import SlowerThan, TypicalWait
from companion.learning.course.semantic_search import Fuse, Rarity, Recall, ReciprocalRank
from companion.learning.course.text_as_numbers import BytesPerCharacter, Cosine, Fertility, Merge
from companion.learning.course.welcome import AnswerSeconds, History, WaitingShare, an_example_turn
from companion.learning.exercises import LAST_HINT
from companion.learning.journal import best
from companion.learning.values import LONGEST, quoted
from companion.types import Message

TURN = an_example_turn()
QUESTION, ANSWER = Message("user", "Hello!"), Message("assistant", TURN.text)

EXERCISES = [exercise for exercises in registered().values() for exercise in exercises]


every = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda kind: kind.__name__)


def blank(first: Any = None, second: Any = None, third: Any = None) -> Any: ...


@every
@pytest.mark.parametrize("answer", [..., [..., ...], blank], ids=["dots", "in a list", "function"])
def test_not_tried_is_never_wrong(exercise: type[Exercise[Any]], answer: Any) -> None:
    verdict, why = exercise.example().judge(answer)
    assert verdict is Verdict.UNTRIED
    assert f"`{exercise.variable}`" in why


@every
def test_each_expected_mistake_is_wrong_and_is_told_why(exercise: type[Exercise[Any]]) -> None:
    asked = exercise.example()
    told = [asked.judge(mistake.answer) for mistake in asked.mistakes()]
    assert told, "an exercise must expect at least one mistake"
    for (verdict, why), mistake in zip(told, asked.mistakes(), strict=True):
        assert verdict is Verdict.WRONG
        assert asked.variable in why
        assert mistake.why in why
    assert len({why for _, why in told}) == len(told), "two mistakes get the same words"


@every
@pytest.mark.parametrize("answer", [None, "text", print, 7j, [], {}, -1e9, True], ids=str)
def test_nonsense_is_wrong_and_names_the_variable(
    exercise: type[Exercise[Any]], answer: object
) -> None:
    verdict, why = exercise.example().judge(answer)
    assert verdict is Verdict.WRONG
    assert exercise.variable in why


@every
def test_feedback_does_not_give_the_answer_away(exercise: type[Exercise[Any]]) -> None:
    asked = exercise.example()
    answer = asked.reference()
    secret = f"{answer:.3g}" if isinstance(answer, float) else exercise.code.split("=", 1)[-1]
    for mistake in asked.mistakes():
        assert secret.strip() not in asked.judge(mistake.answer)[1]


@every
def test_the_shown_solution_is_right(exercise: type[Exercise[Any]]) -> None:
    asked = exercise.example()
    names: dict[str, Any] = {"Message": Message, **vars(asked)}
    exec(inspect.cleandoc(exercise.code), names)
    assert asked.judge(names[exercise.variable])[0] is Verdict.RIGHT
    assert asked.judge(asked.reference())[0] is Verdict.RIGHT


@every
def test_hints_come_one_by_one(
    exercise: type[Exercise[Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = exercise.example()
    for _ in range(len(exercise.hints) + 1):
        asked.hint()
    lines = capsys.readouterr().out.strip().splitlines()
    shown = [line.split(": ", 1)[1] for line in lines]
    assert len(exercise.hints) >= 2
    last = f"{exercise.hints[-1]} {LAST_HINT}"
    assert shown == [*exercise.hints[:-1], last, last]
    assert "exercise.solution()" in last
    assert lines[0].startswith(f"Hint 1 of {len(exercise.hints)}: ")


def test_check_goes_on_with_a_right_value_in_any_case(capsys: pytest.CaptureFixture[str]) -> None:
    exercise = TypicalWait([3.0, 1.0, 2.0])
    assert exercise.check() == 2.0
    assert exercise.check(3.0) == 2.0
    mine = 2.0 + 1e-9
    assert exercise.check(mine) == mine
    skipped, wrong, right = capsys.readouterr().out.splitlines()
    assert skipped.startswith("… Not tried yet")
    assert skipped.endswith("goes on with ours.")
    assert wrong.startswith("✗ Not yet. `typical_wait`: that is the worst wait")
    assert right == "✓ Right. `typical_wait` is right. The notebook goes on with yours."


def test_a_function_that_raises_is_told_with_its_arguments() -> None:
    verdict, why = AnswerSeconds().judge(lambda tokens, first, pace: tokens / 0)
    assert verdict is Verdict.WRONG
    assert "answer_seconds(1, 0.5, 20.0)` raises ZeroDivisionError" in why


def written(body: str) -> Any:
    """What a learner's cell defines."""
    cell: dict[str, Any] = {}
    exec(f"waited = 0.5\ndef answer_seconds(tokens, first, pace):\n    {body}", cell)
    return cell["answer_seconds"]


@pytest.mark.parametrize(
    ("body", "near"),
    [
        ("return first + (tokns - 1) / pace", "tokens"),
        ("return sum([tokns for _ in range(2)])", "tokens"),
        ("return waitd + tokens / pace", "waited"),
        ("return rond(tokens)", "round"),
    ],
    ids=["argument", "within a list", "of another cell", "of Python"],
)
def test_a_name_that_is_written_wrongly_is_told_with_the_nearest_one(body: str, near: str) -> None:
    verdict, why = AnswerSeconds().judge(written(body))
    assert verdict is Verdict.WRONG
    assert f"is not defined. Did you mean `{near}`? If not, " in why


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        ("return words_each_second * tokens", "Nothing that was run so far defines `words_each_"),
        ("return np.mean(tokens)", "defines `np`: is a cell above still to be run?"),
        ("summed += tokens", "not before this line: begin with one."),
        ("return first + [].append(tokens)", "what a function without a `return` gives"),
        ("return [3, 1].sort()[0]", "what a function without a `return` gives"),
        ("return print().upper()", "what a function without a `return` gives"),
    ],
)
def test_an_error_that_learners_meet_comes_with_advice(body: str, advice: str) -> None:
    why = AnswerSeconds().judge(written(body))[1]
    assert advice in why
    assert "Did you mean" not in why


def test_another_error_speaks_for_itself() -> None:
    why = AnswerSeconds().judge(lambda tokens, first, pace: "a" + tokens)[1]
    assert why.endswith('raises TypeError: can only concatenate str (not "int") to str.')


def test_what_was_passed_is_shown_shorter_in_the_middle_and_never_otherwise_than_it_was() -> None:
    assert doctest.testmod(values).failed == 0
    assert quoted(list(range(1, 11))) == "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
    assert quoted(["a" * 90, "b" * 90], 40) == "['aaa'…'aaa', 'bbb'…'bbb']", "none is left out"
    assert quoted(("word " * 20,), 20).startswith("('word'…")
    assert quoted(np.arange(200.0), 40) == "np.array([0.0, 1.0, …, 198.0, 199.0])"
    assert quoted({n: n * n for n in range(99)}, 40) == "{0: 0, 1: 1, …, 97: 9409, 98: 9604}"
    assert quoted(np.eye(40), 60).count("[") == 3


@pytest.mark.parametrize(
    "value",
    [list(range(1000)), "long " * 99, np.ones((99, 99)), {"a": [1] * 99}, {*range(999)}, 10**400],
    ids=["list", "text", "array", "dictionary", "set", "number"],
)
def test_a_long_value_shows_its_begin_and_its_end(value: Any) -> None:
    whole = repr(value.tolist() if isinstance(value, np.ndarray) else value)
    begin, *_, end = quoted(value).removeprefix("np.array(").split("…")
    assert whole.startswith(begin.rstrip(" '"))
    assert whole.endswith(end.removesuffix(")").lstrip(" '"))
    assert len(quoted(value)) <= 2 * LONGEST


def test_a_loop_without_an_end_that_is_stopped_is_told_so() -> None:
    def endless(token: str) -> int:
        while True:
            signal.raise_signal(signal.SIGINT)  # as the button that stops a cell does

    verdict, why = BytesPerCharacter().judge(endless)
    assert verdict is Verdict.WRONG
    assert "was still running when you stopped it" in why


def test_a_function_without_a_return_is_told_so() -> None:
    def answer_seconds(tokens: int, first: float, pace: float) -> None:
        _ = first + (tokens - 1) / pace

    assert "Is there a `return`?" in AnswerSeconds().judge(answer_seconds)[1]


def test_a_return_that_only_one_way_lacks_is_told_so() -> None:
    def reciprocal_rank(found: list[int], right: int) -> float | None:
        return 1 / (found.index(right) + 1) if right in found else None

    assert "a `return` on every way" in ReciprocalRank().judge(reciprocal_rank)[1]


def test_the_right_values_in_too_many_bytes_are_told_so() -> None:
    verdict, why = Absmax().judge(lambda weights: np.rint(weights / abs(weights).max() * 127))
    assert verdict is Verdict.WRONG
    assert "`float64`" in why
    assert "`int8`" in why


@every
@pytest.mark.parametrize(
    "result",
    [np.arange(3.0), np.array([]), [np.arange(2), [1]], {"a": np.eye(2)}, 10**400, float("nan")],
    ids=["array", "empty array", "ragged", "dictionary", "enormous", "not a number"],
)
def test_no_answer_stops_the_checker(exercise: type[Exercise[Any]], result: Any) -> None:
    for answer in (result, lambda *arguments: result):
        verdict, why = exercise.example().judge(answer)
        assert verdict is Verdict.WRONG
        assert exercise.variable in why


@pytest.mark.parametrize(
    ("exercise", "answer", "reason"),
    [
        (Recall, lambda found, right: np.isin(found, right), "That is an array, and a number is"),
        (Recall, lambda found, right: [0.5], r"That is a list, and a number is wanted"),
        (Rarity, lambda texts, having: np.log(having / texts), "returns -4.61, which is not right"),
        (Fuse, lambda rankings: np.array([4]), "That is an array, and a list is wanted"),
        (Merge, lambda pieces, pair: "cat", "That is a string, and a list is wanted"),
        (Merge, lambda pieces, pair: [], "stands 1 time in it"),
        (Cosine, lambda a, b: len(a), r"`cosine(np.array([1.0, 0.0]), np.array([0.0, 1.0]))`"),
        (Cosine, lambda a, b: np.array([Cosine().reference()(a, b)]), "and a number is wanted"),
        (Fertility, lambda words, tokens: tokens / words, "Make one number out of each"),
        (ReciprocalRank, lambda found, right: 1 / found.index(right), "Ranks begin with 1"),
        (BytesPerCharacter, lambda text: text.encode() / len(text), "raises TypeError"),
    ],
)
def test_a_verdict_says_what_came_and_what_was_wanted(
    exercise: type[Exercise[Any]], answer: Any, reason: str
) -> None:
    assert reason in exercise.example().judge(answer)[1]


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (Cosine, lambda a, b: a @ b / (np.linalg.norm(a) * np.linalg.norm(b))),
        (Cosine, lambda a, b: sum(a * b) / (sum(a**2) ** 0.5 * sum(b**2) ** 0.5)),
        (Fertility, lambda words, tokens: np.sum(tokens) / np.sum(words)),
        (Rarity, lambda texts, having: np.array(np.log(texts / having))),
        (Recall, lambda found, right: np.isin(right, found).mean()),
    ],
)
def test_an_answer_in_numpy_is_as_right(exercise: type[Exercise[Any]], answer: Any) -> None:
    assert exercise.example().judge(answer)[0] is Verdict.RIGHT


def test_a_solution_is_markdown_code_in_a_notebook_and_plain_text_outside(
    capsys: pytest.CaptureFixture[str],
) -> None:
    History.example().solution()
    assert capsys.readouterr().out.strip() == inspect.cleandoc(History.code)


def test_progress_counts_what_is_solved_and_never_goes_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    exercise = WaitingShare.example()
    assert "0/3" in progress().text
    exercise.check(exercise.reference())
    exercise.check()  # a later run from the top must not take the solved one away
    assert best() == {exercise.key: Verdict.RIGHT}
    line = next(
        line for line in progress().text.splitlines() if exercise.key.split("/W")[0] in line
    )
    assert line.split() == ["0_start/01_welcome", "●", "·", "·", "1/3"]


def test_a_broken_journal_loses_only_its_broken_lines(own_place: Path) -> None:
    exercise = WaitingShare.example()
    exercise.check(exercise.reference())
    file = own_place / "mlruns" / "progress.jsonl"
    file.write_bytes(b"\xff\xfe not json\n[1]\n" + file.read_bytes() + b'{"exercise": "cut of')
    assert best() == {exercise.key: Verdict.RIGHT}


def test_progress_lives_in_memory_where_nothing_can_be_written(
    own_place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(journal, "_unwritten", {})
    (own_place / "mlruns").write_text("a file where the folder should be")
    exercise = History.example()
    exercise.check(exercise.reference())
    assert best()[exercise.key] is Verdict.RIGHT
    assert "in memory only" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("exercise", "answer", "reason"),
    [
        (SlowerThan, lambda waits, limit: any(w > limit for w in waits), "not how many"),
        (SlowerThan, lambda waits, limit: max(waits, default=0) > limit, "not how many"),
        (SlowerThan, lambda waits, limit: 0, "Compare each of these 3 waits with 1.0"),
        (SlowerThan, lambda waits, limit: 1, "no waits in this list"),
        (AnswerSeconds, lambda tokens, first, pace: (tokens - 1) / pace, "wait is left out"),
        (AnswerSeconds, lambda tokens, first, pace: first * tokens, "40 follow, 20 each second"),
        (AnswerSeconds, lambda tokens, first, pace: first + pace, "there when the wait is over"),
    ],
)
def test_an_unforeseen_function_is_told_what_a_right_one_does(
    exercise: type[Exercise[Any]], answer: Any, reason: str
) -> None:
    assert reason in exercise.example().judge(answer)[1]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([], "two messages, not 0"),
        ([QUESTION, ANSWER, QUESTION], "two messages, not 3"),
        ([QUESTION, Message("user", ANSWER.content)], "who said the second message?"),
        ([Message("system", "Hello!"), ANSWER], "who said the first message?"),
        ([QUESTION, Message("assistant", TURN)], "words, not a whole TurnDone"),  # type: ignore[arg-type]
        ([QUESTION, Message("assistant", "turn.text")], "words of the second message"),
    ],
)
def test_an_unforeseen_history_is_told_where_it_is_wrong(answer: Any, reason: str) -> None:
    assert reason in History.example().judge(answer)[1]
