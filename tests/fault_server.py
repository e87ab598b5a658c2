"""A server that answers and breaks on purpose, with what only tests and measurements ask of them.

python -m tests.fault_server        serves what measurements ask, and says where
"""

from __future__ import annotations

import json
from contextlib import suppress

from companion.breaking import Exchange, Fault, broken, hang, healthy, refusing


async def without_prefill(exchange: Exchange) -> None:
    """The whole answer, but no going on: the conversation must end with the user."""
    if exchange.seen.body["messages"][-1]["role"] == "assistant":
        return await exchange.refuse(400, "invalid_prefill")
    return await healthy(exchange)


def saying(count: int) -> Fault:
    """A healthy model with an answer of so many words, streamed or in one piece as it is asked."""

    async def fault(exchange: Exchange) -> None:
        words = exchange.words[:count]
        if exchange.seen.body.get("stream"):
            await exchange.begin()
            await exchange.say(words)
            return await exchange.finish()
        said = {"role": "assistant", "content": "".join(words)}
        choice = {"index": 0, "message": said, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": count, "total_tokens": count + 9}
        whole = {"id": "x", "object": "chat.completion", "created": 0, "model": "m"}
        return await exchange.body(
            json.dumps({**whole, "choices": [choice], "usage": usage}).encode()
        )

    return fault


def main() -> None:
    """Serve until the one who started us closes our standard input."""
    busy = refusing(429, "rate_limit_exceeded", Retry_After="60")
    models = {"short": saying(1), "twenty": saying(20), "busy": busy, "dead": hang}
    with broken(models) as server:
        print(server.url, flush=True)
        with suppress(EOFError):
            input()


if __name__ == "__main__":
    main()
