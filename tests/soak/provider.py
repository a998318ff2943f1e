"""A provider that goes wrong at random, in every way we know of, and keeps count of what it answered and billed.

Two of its models mean something: callers of `steady-1` and `stormy-1` always stay until the end, so that what it
reported must be in the books to the token. Callers of `leaver-1` hang up whenever they like.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from support.upstream import Exchange, Upstream, chunk, completion, last_content, usage_of

_HANG_S = 4.0  # Longer than the gateway waits.
_LATE_S = 0.75  # The gateway may have given up on an answer that took so long.
_FAULTS = {"steady-1": 0.06, "stormy-1": 0.45, "leaver-1": 0.06}
_TAIL = " — perché no? già 🙂"  # Characters of two, three and four bytes.
_LEAST_PROMPT = 8


class Bill(NamedTuple):
    model: str
    input_tokens: int
    output_tokens: int


Fault = Callable[["Provider", Exchange, Bill], Awaitable[None]]


class Provider:
    """Use `behave` as the behaviour of an `Upstream`; the counts are its loop's."""

    def __init__(self, seed: int) -> None:
        self.requests: Counter[str] = Counter()
        self.billed: Counter[Bill] = Counter()
        """What it reported, to the end, as used: answers, and errors that state usage."""
        self.doubtful: Counter[Bill] = Counter()
        """Of these, what came so late that the gateway may no longer have listened."""
        self.faults: Counter[str] = Counter()
        self.leaked = 0
        """Requests in which an address stood that should have been redacted."""
        self.storms = False
        self._random = random.Random(seed)

    async def behave(self, exchange: Exchange) -> None:
        model = str(exchange.body["model"])
        self.requests[model] += 1
        self.leaked += b"@example.it" in exchange.raw
        await asyncio.sleep(self._random.random() * 0.02)
        if exchange.path.endswith("/embeddings"):
            await self._embed(exchange, model)
            return
        limit = exchange.body.get("max_tokens") or exchange.body.get("max_completion_tokens") or 16
        bill = Bill(model, self._random.randint(1, _LEAST_PROMPT), self._random.randint(1, limit))
        if self._random.random() < (0.9 if self.storms and model != "leaver-1" else _FAULTS[model]):
            faults = _FAULTS_OF_STREAMS if exchange.body.get("stream") else _FAULTS_OF_BODIES
            fault = self._random.choice(_STORM if self.storms else faults)
            self.faults[fault.__name__] += 1
            await fault(self, exchange, bill)
        else:
            await self.answer(exchange, bill)

    async def answer(self, exchange: Exchange, bill: Bill, *, bytes_apart: bool = False) -> None:
        begun_s = asyncio.get_running_loop().time()
        if exchange.body.get("stream"):
            await self._stream(exchange, bill, bytes_apart=bytes_apart)
        else:
            await exchange.answer(_reply(exchange, bill))
        self.bill(bill, since_s=begun_s)

    def bill(self, bill: Bill, *, since_s: float) -> None:
        self.billed[bill] += 1
        if asyncio.get_running_loop().time() - since_s > _LATE_S:
            self.doubtful[bill] += 1

    async def _embed(self, exchange: Exchange, model: str) -> None:
        begun_s = asyncio.get_running_loop().time()
        given = exchange.body["input"]
        inputs = given if isinstance(given, list) else [given]
        bill = Bill(model, self._random.randint(1, 3 * len(inputs)), 0)
        data = [{"object": "embedding", "index": at, "embedding": [0.5, 0.25]} for at in range(len(inputs))]
        usage = {"prompt_tokens": bill.input_tokens, "total_tokens": bill.input_tokens}
        await exchange.answer({"object": "list", "model": model, "data": data, "usage": usage})
        self.bill(bill, since_s=begun_s)

    async def _stream(self, exchange: Exchange, bill: Bill, *, bytes_apart: bool) -> None:
        await exchange.start_stream()
        deltas = [{"role": "assistant", "content": ""}, *_deltas(exchange)]
        events = [*map(chunk, deltas), chunk({}, finish=_finish(exchange))]
        events.append({**chunk({}), "choices": [], "usage": usage_of(bill.input_tokens, bill.output_tokens)})
        for event in events:
            data = b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n"
            step = 7 if bytes_apart else len(data)  # Seven bytes split characters everywhere.
            for start in range(0, len(data), step):
                await exchange.piece(data[start : start + step])
                if bytes_apart:
                    await asyncio.sleep(0)
        await exchange.event(b"[DONE]")
        await exchange.end_stream()


def _said(exchange: Exchange) -> str:
    return last_content(exchange)[-300:] + _TAIL


def _finish(exchange: Exchange) -> str:
    return "tool_calls" if exchange.body.get("tools") else "stop"


def _tool_call(exchange: Exchange, **fields: Any) -> dict[str, Any]:
    arguments = json.dumps({"to": _said(exchange)}, ensure_ascii=False)
    return {**fields, "id": "call_1", "type": "function", "function": {"name": "send", "arguments": arguments}}


def _deltas(exchange: Exchange) -> list[dict[str, Any]]:
    if exchange.body.get("tools"):
        return [{"tool_calls": [_tool_call(exchange, index=0)]}]
    said = _said(exchange)
    size = max(5, len(said) // 20)
    return [{"content": said[start : start + size]} for start in range(0, len(said), size)]


def _reply(exchange: Exchange, bill: Bill) -> dict[str, Any]:
    made = completion(_said(exchange), usage=usage_of(bill.input_tokens, bill.output_tokens), finish=_finish(exchange))
    if exchange.body.get("tools"):
        made["choices"][0]["message"] |= {"content": None, "tool_calls": [_tool_call(exchange)]}
    return made


# -- faults: each a way to go wrong -----------------------------------------------------------------------------------


async def too_many(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await exchange.answer({"error": {"message": "slow down"}}, status=429, headers="retry-after-ms: 20\r\n")


async def broken(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await exchange.answer({"error": {"message": "no"}}, status=500)


async def overloaded(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await exchange.answer({"error": {"message": "no"}}, status=529)


async def error_that_bills(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    begun_s = asyncio.get_running_loop().time()
    usage = usage_of(bill.input_tokens, bill.output_tokens)
    await exchange.answer({"error": {"message": "no"}, "usage": usage}, status=500)
    provider.bill(bill, since_s=begun_s)


async def reset(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    exchange.reset()


async def hang(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await asyncio.sleep(_HANG_S)


async def hang_in_the_head(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-")
    await asyncio.sleep(_HANG_S)


async def _begin_a_body(exchange: Exchange) -> None:
    await exchange.send(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{"choi')


async def hang_in_the_body(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await _begin_a_body(exchange)
    await asyncio.sleep(_HANG_S)


async def reset_in_the_body(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await _begin_a_body(exchange)
    exchange.reset()


async def shorter_than_it_said(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await _begin_a_body(exchange)
    exchange.writer.close()


async def longer_than_it_said(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await exchange.send(
        b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 6\r\n\r\n{"choices": []}'
    )


async def no_json(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await exchange.answer(b"<html>no</html>")


async def answer_and_close(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await provider.answer(exchange, bill)
    exchange.writer.close()


async def bytes_apart(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await provider.answer(exchange, bill, bytes_apart=True)


async def _begin_a_stream(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"role": "assistant", "content": "Ecco"}))


async def stream_and_reset(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await _begin_a_stream(exchange)
    await asyncio.sleep(0.005)
    exchange.reset()


async def stream_and_hang(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await _begin_a_stream(exchange)
    await asyncio.sleep(_HANG_S)


async def stream_no_json(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await _begin_a_stream(exchange)
    await exchange.piece(b"data: {broken\n\ndata\n\n: \n\nevent: x\n\n")
    await exchange.end_stream()


async def stream_wrong_types(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await _begin_a_stream(exchange)
    await exchange.event({"choices": [3, {"index": "x", "delta": 7}]})
    await exchange.end_stream()


async def stream_without_end(provider: Provider, exchange: Exchange, bill: Bill) -> None:
    await _begin_a_stream(exchange)
    await exchange.end_stream()


_STORM: tuple[Fault, ...] = (too_many, broken, overloaded)
_ANY: tuple[Fault, ...] = (*_STORM, error_that_bills, reset, hang, hang_in_the_head, answer_and_close)
_FAULTS_OF_BODIES: tuple[Fault, ...] = (
    *_ANY,
    hang_in_the_body,
    reset_in_the_body,
    shorter_than_it_said,
    longer_than_it_said,
    no_json,
)
_FAULTS_OF_STREAMS: tuple[Fault, ...] = (
    *_ANY,
    bytes_apart,
    stream_and_reset,
    stream_and_hang,
    stream_no_json,
    stream_wrong_types,
    stream_without_end,
)


class FaultyUpstream(Upstream):
    """The provider on loopback. It remembers nothing of what it was sent but the counts."""

    def __init__(self, provider: Provider) -> None:
        async def behave(exchange: Exchange) -> None:
            self.received.clear()
            await provider.behave(exchange)

        super().__init__(behave)
