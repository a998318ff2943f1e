"""A call that only calls in progress keep out waits for them, in bounds, and then says that waiting helps."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from support.clocked import MESSAGES, PROMPT_TOKENS, budget, clocked_gateway
from support.factories import factory
from support.upstream import Exchange, Upstream, answer_with

WORST_TOKENS = PROMPT_TOKENS + 50


async def answer_slowly(exchange: Exchange) -> None:
    """Long enough for every concurrent call to arrive; uses a fifth of what is held."""
    await asyncio.sleep(0.05)
    await answer_with("ok", prompt_tokens=PROMPT_TOKENS, completion_tokens=1)(exchange)


def test_calls_that_do_not_fit_at_once_pass_one_after_the_other(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = answer_slowly
    only_one_at_once = budget(hard=WORST_TOKENS + 8 * (PROMPT_TOKENS + 1))
    limits = {"hold_wait": "20s"}
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[only_one_at_once], limits=limits) as gateway:
        statuses = [reply.status for reply in gateway.ask_at_once(8)]
        assert statuses == [200] * 8
        assert {record.outcome for record in gateway.records} == {"answered"}


@pytest.mark.parametrize("hold_wait", ["0", "30ms"])
def test_when_the_wait_is_over_the_caller_is_told_to_come_again(
    upstream: Upstream, tmp_path: Path, hold_wait: str
) -> None:
    async def behave(exchange: Exchange) -> None:
        await asyncio.sleep(0.5)
        await answer_with("ok")(exchange)

    upstream.behave = behave
    made = {"budgets": [budget(hard=WORST_TOKENS)], "limits": {"hold_wait": hold_wait}}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        replies = gateway.ask_at_once(4)
        assert Counter(reply.status for reply in replies) == {200: 1, 429: 3}
        for reply in replies:
            if reply.status == 429:
                assert reply.code == "budget_busy"
                assert reply.headers["retry-after"] == "1"
                assert reply.headers["retry-after-ms"] == "1000"
                assert reply.headers["x-should-retry"] == "true"
                assert "until the calls in progress end" in reply.message
        assert [record.refused_by for record in gateway.records if record.outcome == "refused"] == ["claims"] * 3


async def test_a_call_that_is_cancelled_while_it_waits_leaves_no_hold(upstream: Upstream, tmp_path: Path) -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def behave(exchange: Exchange) -> None:
        while not release.is_set():
            await asyncio.sleep(0.01)
        await answer_with("ok")(exchange)

    upstream.behave = behave
    made = {"budgets": [budget(hard=WORST_TOKENS)], "limits": {"hold_wait": "20s"}}
    with factory(upstream.base_url, tmp_path / "data", **made) as gateway:
        key = gateway.create_key(project="claims")
        first = loop.create_task(call(gateway.app(), key))
        while not upstream.received:
            await asyncio.sleep(0.01)
        second = loop.create_task(call(gateway.app(), key))
        await asyncio.sleep(0.1)
        assert not second.done()
        second.cancel()
        assert await asyncio.gather(second, return_exceptions=True) != [None]
        assert len(gateway.ledger.holds()) == 1
        release.set()
        assert (await first)[0]["status"] == 200
        assert gateway.ledger.holds() == []
        await gateway.aclose()


async def call(app: Any, key: str) -> list[Any]:
    """The ASGI messages of one answer."""
    body = json.dumps({"model": "fast", "messages": MESSAGES, "max_tokens": 50}).encode()
    headers = [(b"authorization", f"Bearer {key}".encode())]
    sent: list[Any] = []
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return messages.pop() if messages else await asyncio.Event().wait()  # The client stays.

    async def send(message: Any) -> None:
        sent.append(message)

    path = "/v1/chat/completions"
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "root_path": "", "headers": headers}
    await app(scope, receive, send)
    return sent
