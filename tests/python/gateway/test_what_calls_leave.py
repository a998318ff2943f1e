"""A call that has ended leaves nothing for the garbage collector: its prompt, its answer and the values of its
placeholders go at once, and a process that serves large answers is no larger for it.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from support.factories import config
from support.resilient import wait_until
from support.serving import served
from support.upstream import Behaviour, Exchange, Upstream, answer_with, chunk
from tokenfoundry.factory import TokenFactory

CALLS = 5
OF_A_CALL = frozenset(
    [
        "Answer",
        "Attempt",
        "Call",
        "CallRecord",
        "ChunkRestorer",
        "ClientWatch",
        "EventStream",
        "Exchange",
        "Flight",
        "OpenReply",
        "OpenStream",
        "Opened",
        "PlaceholderMap",
        "RedactionSession",
        "Refused",
        "Relay",
        "ReplyBuilder",
        "ReplyLost",
        "ReplyParser",
        "Request",
        "Said",
        "Stay",
        "StreamAnswer",
        "StreamRestorer",
        "UpstreamReply",
        "WireRequest",
    ]
)


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Fails when what ended in the block was only collectable: objects of calls that refer to each other. A factory of
    an earlier test may go in the same moment.
    """
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield
        gc.collect()
        ours = Counter(
            name
            for each in gc.garbage
            if type(each).__module__.startswith("tokenfoundry") and (name := type(each).__qualname__) in OF_A_CALL
        )
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert not ours


async def refuse(exchange: Exchange) -> None:
    await exchange.answer({"error": {"message": "no"}}, status=500)


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def hang(exchange: Exchange) -> None:
    await asyncio.sleep(20)


async def no_json(exchange: Exchange) -> None:
    await exchange.answer(b"<html>")


async def _begin(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"role": "assistant", "content": "Ecco [EMAIL_ADDRESS_1]"}))


async def begin_and_reset(exchange: Exchange) -> None:
    await _begin(exchange)
    await asyncio.sleep(0.02)
    exchange.reset()


async def begin_and_hang(exchange: Exchange) -> None:
    await _begin(exchange)
    await asyncio.sleep(20)


async def begin_and_break(exchange: Exchange) -> None:
    await _begin(exchange)
    await exchange.event(b"{broken")
    await exchange.end_stream()


async def begin_and_err(exchange: Exchange) -> None:
    await _begin(exchange)
    await exchange.event({"error": {"message": "overloaded"}})
    await exchange.end_stream()


async def trickle(exchange: Exchange) -> None:
    await exchange.start_stream()
    for _ in range(300):
        await exchange.event(chunk({"content": "parola "}))
        await asyncio.sleep(0.01)


Post = Callable[..., Awaitable[None]]


async def whole(post: Post) -> None:
    await post()


async def streamed(post: Post) -> None:
    await post(stream=True)


async def the_same(post: Post) -> None:
    await post(headers={"cache-control": "max-age=60"}, messages=[{"role": "user", "content": "sempre"}])


async def a_new_one(post: Post) -> None:
    await post(headers={"cache-control": "max-age=60"}, messages=[{"role": "user", "content": f"nuovo {uuid4()}"}])


async def a_new_stream(post: Post) -> None:
    messages = [{"role": "user", "content": f"nuovo {uuid4()}"}]
    await post(headers={"cache-control": "max-age=60"}, messages=messages, stream=True)


async def left(post: Post) -> None:
    await post(stream=True, leave=True)


async def mistaken(post: Post) -> None:
    await post(model="nobody")


async def never_fits(post: Post) -> None:
    await post(max_tokens=50_000)


@pytest.mark.parametrize(
    ("behave", "ask"),
    [
        *((behave, whole) for behave in (answer_with("ok"), refuse, reset, hang, no_json)),
        *((behave, streamed) for behave in (answer_with("ok"), refuse, reset, hang)),
        *((behave, streamed) for behave in (begin_and_reset, begin_and_hang, begin_and_break, begin_and_err)),
        (answer_with("ok"), the_same),
        *((behave, ask) for behave in (answer_with("ok"), refuse, no_json) for ask in (a_new_one, a_new_stream)),
        (trickle, left),
        (answer_with("ok"), mistaken),
        (answer_with("ok"), never_fits),
    ],
    ids=lambda value: value.__name__,
)
def test_a_call_leaves_nothing_to_be_collected(
    upstream: Upstream, tmp_path: Path, behave: Behaviour, ask: Callable[[Post], Awaitable[None]]
) -> None:
    upstream.behave = behave
    made = config(upstream.base_url, tmp_path / "data")
    made["providers"]["upstream"]["timeout_s"] = {"connect": 2, "first_byte": 0.1, "read": 0.1, "total": 5}
    made["budgets"] = [{"name": "all", "unit": "tokens", "window": {"kind": "lifetime"}, "hard": 20_000}]
    with TokenFactory.from_config(made) as gateway, served(gateway.app()) as url:
        key = gateway.create_key()

        async def calls(number: int) -> None:
            async with aiohttp.ClientSession(headers={"authorization": f"Bearer {key}"}) as session:

                async def post(*, headers: Any = None, leave: bool = False, **fields: Any) -> None:
                    messages = [{"role": "user", "content": "Scrivi a mario.rossi@example.it."}]
                    body = {"model": "fast", "max_tokens": 50, "messages": messages, **fields}
                    headers = headers or {"cache-control": "no-store"}
                    async with session.post(f"{url}/v1/chat/completions", json=body, headers=headers) as reply:
                        await (reply.content.readany() if leave else reply.read())
                        if leave:
                            reply.close()

                for _ in range(number):
                    await ask(post)

        asyncio.run(calls(1))  # What the first call makes, stays.
        with nothing_left_behind():
            asyncio.run(calls(CALLS))
            wait_until(lambda: gateway.health().in_progress == 0)
