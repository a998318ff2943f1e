"""Calls from within this process without HTTP: a body goes in as objects, a reply comes out as one.

The walk is the one of every other call. A refusal is an exception of the `CallFailed` tree.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from tokenfoundry.errors import (
    BudgetExceeded,
    CallFailed,
    InvalidCall,
    NotAllowed,
    RateLimited,
    Unavailable,
    UpstreamFailed,
)
from tokenfoundry.gateway.app import GatewayApp
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.headers import (
    AUTHORIZATION,
    CACHE_CONTROL,
    REQUEST_ID,
    RETRY_AFTER,
    RETRY_AFTER_MS,
    axis_header,
)
from tokenfoundry.gateway.replies import Refused, StreamAnswer, invalid
from tokenfoundry.keys import CLIENT_AXES, CONVERSATION, PARENT
from tokenfoundry.providers.sse import EventStream

_DONE: Final = b"[DONE]"
_AXES: Final = (*CLIENT_AXES, CONVERSATION, PARENT)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: `body` in the dialect that was asked, with the `tokenfoundry` field; `headers` as over HTTP."""

    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        """The text of the first choice of a chat; "" when it has none, as with tool calls."""
        choices = self.body.get("choices") or [{}]
        return (choices[0].get("message") or {}).get("content") or ""

    @property
    def vectors(self) -> list[list[float]]:
        """The embeddings, in the order of the input."""
        return [item["embedding"] for item in self.body.get("data", ())]

    @property
    def usage(self) -> dict[str, Any]:
        """What the provider reported, in its own names."""
        return self.body.get("usage") or {}

    @property
    def summary(self) -> dict[str, Any]:
        """What the gateway says of the call: `request_id`, `cost`, `saved`, `currency`, `cache`, `target`, `route`,
        `findings`. Amounts are decimal text.
        """
        summary: dict[str, Any] = self.body["tokenfoundry"]
        return summary


class Chunks:
    """A streamed answer: iterate over its decoded chunks. `async with` or `aclose` ends it early, which settles it.

    After its end `summary` says what `Reply.summary` does. Raises `UpstreamFailed` where the provider's stream breaks,
    `Unavailable` where the gateway shuts down.
    """

    def __init__(self, answer: StreamAnswer) -> None:
        self._answer = answer
        self._chunks = self._decoded()
        # One that nobody ever iterates over is given up with its last reference.
        self._abandoned = weakref.finalize(self, _hang_up, asyncio.get_running_loop(), answer.close)
        self._abandoned.atexit = False
        self.headers: Mapping[str, str] = answer.headers
        self.summary: dict[str, Any] = {}

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self._chunks

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Hangs up, unless the stream is over. Harmless twice."""
        self._abandoned.detach()
        await self._answer.close()

    async def _decoded(self) -> AsyncIterator[dict[str, Any]]:
        events = EventStream()
        try:
            async for data in self._answer.chunks:
                self._note_summary(data)
                for payload in events.feed(data):
                    if payload == _DONE:
                        continue
                    chunk = msgspec.json.decode(payload)
                    if (error := chunk.get("error")) is not None:
                        request_id = self.headers.get(REQUEST_ID, "")
                        raise UpstreamFailed(error["message"], status=502, code=error["code"], request_id=request_id)
                    self.summary = chunk.pop("tokenfoundry", self.summary)
                    yield chunk
        except Refused as refused:
            raise error_of(refused) from refused
        finally:
            self._abandoned.detach()
            await self._answer.close()

    def _note_summary(self, data: bytes) -> None:
        """Of a stream whose client asked for no usage it stands in a comment, which no event is made of."""
        _, mark, rest = data.partition(b": tokenfoundry ")
        if mark:
            self.summary = msgspec.json.decode(rest.partition(b"\n")[0])


def _hang_up(loop: asyncio.AbstractEventLoop, close: Callable[[], Awaitable[None]]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(lambda: loop.create_task(_ended(close)))


async def _ended(close: Callable[[], Awaitable[None]]) -> None:
    await close()


async def call(app: GatewayApp, endpoint: Endpoint, *, key: str, fields: dict[str, Any]) -> Reply | Chunks:
    """The answer to one call. `fields` are the body's, and axes such as `intent`; None is not stated.

    Raises an error of the `CallFailed` tree.
    """
    headers = {AUTHORIZATION: f"Bearer {key}"}
    body: dict[str, Any] = {}
    for name, value in fields.items():
        if value is None:
            continue
        if name in _AXES or name == "cache_control":
            if not isinstance(value, str):
                raise error_of(invalid(f"{name}: needs a text", param=name))
            headers[CACHE_CONTROL if name == "cache_control" else axis_header(name)] = value
        else:
            body[name] = value
    try:
        # As it would come over the wire: nothing in it is of a kind that the walk does not look into, or is still the
        # caller's own.
        body = msgspec.json.decode(msgspec.json.encode(body))
    except (TypeError, ValueError, RecursionError) as error:
        raise error_of(invalid(f"the call cannot be said as JSON: {type(error).__name__}")) from None
    try:
        answer = await app.call(endpoint, headers, body)
    except Refused as refused:
        raise error_of(refused) from refused
    if isinstance(answer, StreamAnswer):
        return Chunks(answer)
    assert answer.reply is not None, "a call that asks for an object gets one"
    return Reply(answer.reply, answer.headers)


def error_of(refused: Refused) -> CallFailed:
    """The exception that stands for a refusal."""
    told = {name.lower(): value for name, value in refused.headers.items()}
    after_ms = told.get(RETRY_AFTER_MS)
    after_s = told.get(RETRY_AFTER)
    waits_s = float(after_ms) / 1000 if after_ms else float(after_s) if after_s and after_s.isdecimal() else None
    error = _class_of(refused)(
        str(refused),
        status=refused.status,
        code=refused.code,
        param=refused.param,
        request_id=told.get(REQUEST_ID, ""),
        retry_after_s=waits_s,
    )
    if isinstance(error, BudgetExceeded):
        error.refusal = refused.refusal
    return error


def _class_of(refused: Refused) -> type[CallFailed]:
    if refused.refusal is not None:
        return BudgetExceeded
    if refused.kind == "upstream_error":
        return UpstreamFailed
    if refused.status in (401, 403):
        return NotAllowed
    if refused.status == 429:
        return RateLimited
    return InvalidCall if refused.status < 500 else Unavailable
