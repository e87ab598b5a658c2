"""What Ollama's published OpenAPI document says of a request or an answer (tests/data/ollama)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import jsonschema  # type: ignore[import-untyped]
import yaml

Method = Literal["get", "post"]


def check_request(path: str, body: Any) -> None:
    """Raises ValidationError for a body that may not be posted there, KeyError for no such path."""
    _check(_operation(path, "post")["requestBody"], body)


def check_answer(path: str, method: Method, body: Any) -> None:
    """Raises ValidationError for what is no answer from there, KeyError for no such path.

    A line of a streamed answer is held to the schema of a whole one: the document's own schema of
    such a line leaves out what the last one tells.
    """
    _check(_operation(path, method)["responses"]["200"], body)


@cache
def _document() -> Any:
    """The document, in which a field that it does not name is an error.

    As published, unknown fields are merely not described; `options` alone says that it takes more.
    """
    text = Path(__file__).with_name("data").joinpath("ollama", "openapi.yaml").read_text("utf-8")
    return _closed(yaml.safe_load(text))


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    schema = node.get("type") == "object" and "properties" in node
    return ({"additionalProperties": False} if schema else {}) | {
        key: _closed(value) for key, value in node.items()
    }


def _operation(path: str, method: Method) -> Any:
    return _document()["paths"][path][method]


def _check(described: Any, body: Any) -> None:
    schema = described["content"]["application/json"]["schema"]
    jsonschema.validate(body, {**schema, "components": _document()["components"]})
