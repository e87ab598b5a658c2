"""Programs talk to the page through `/chat`, with gradio_client, and see the same truth."""

from __future__ import annotations

from itertools import pairwise

import pytest
from gradio_client import Client  # type: ignore[import-untyped]
from gradio_client.exceptions import AppError  # type: ignore[import-untyped]

from companion.app.server import Running
from tests.browser.test_talking import WORDS, slowly, told
from tests.chat_server import ChatServer


@pytest.fixture
def client(with_remote: Running) -> Client:
    return Client(with_remote.url, verbose=False)


def test_a_whole_answer_with_its_truth(client: Client, remote: ChatServer) -> None:
    text, truth = client.predict("Hello", api_name="/chat")
    assert text == "Hello you"
    assert truth["model"] == "remote"
    assert truth["finish_reason"] == "stop"
    assert truth["completion_tokens"] == 3
    assert truth["cost"] == 0.0
    assert 0 < truth["first_token_seconds"] <= truth["total_seconds"]
    assert truth["degraded"] == []


def test_an_answer_streams_after_a_history(client: Client, remote: ChatServer) -> None:
    slowly(remote, 0.05)
    history = [{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}]
    job = client.submit("Count", history, "fr", api_name="/chat")
    seen = [text for text, _ in job]
    assert seen[-1] == "".join(WORDS)
    assert len(set(seen)) >= 3
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))
    assert told(remote) == [("user", "A"), ("assistant", "B"), ("user", "Count")]


@pytest.mark.parametrize(
    ("message", "history", "language", "says"),
    [
        ("", [], "en", "The message is empty. Write something first."),
        ("Hello", [], "de", "language: Input should be 'en' or 'fr', found 'de'"),
        ("Hello", [{"role": "judge", "content": "x"}], "en", "history.0.role: Input should be"),
    ],
)
def test_a_wrong_question_is_an_error_that_says_what_to_do(
    client: Client, message: str, history: list[dict[str, str]], language: str, says: str
) -> None:
    with pytest.raises(AppError, match=says):
        client.predict(message, history, language, api_name="/chat")


def test_only_chat_is_public(client: Client) -> None:
    described = client.view_api(return_format="dict", print_info=False)
    assert isinstance(described, dict)
    assert list(described["named_endpoints"]) == ["/chat"]
    assert described["unnamed_endpoints"] == {}
