"""What a host's own handler answers, on its way to the client: read for its usage, settled, restored.

One class for each kind of body; `TokenFactoryMiddleware` says what is booked of each.
"""

from __future__ import annotations

import codecs
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import msgspec

from tokenfoundry.errors import InvalidInput, ProviderError
from tokenfoundry.gateway.asgi import Message, Send
from tokenfoundry.gateway.attempt import Attempt
from tokenfoundry.gateway.booking import summary_of
from tokenfoundry.gateway.call import Call
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.headers import REQUEST_ID
from tokenfoundry.gateway.replies import Headers
from tokenfoundry.gateway.texts import restored, texts
from tokenfoundry.gateway.told import headers_of, stream_headers
from tokenfoundry.providers.plan import Plan
from tokenfoundry.usage import Usage

_BROKEN = (ProviderError, InvalidInput, RecursionError)


class HostAnswer:
    """What the handler sends, on its way to the client. Resolves the attempt."""

    def __init__(self, endpoint: Endpoint, plan: Plan, call: Call, attempt: Attempt, send: Send) -> None:
        self._endpoint = endpoint
        self._plan = plan
        self._call = call
        self._attempt = attempt
        self._send = send
        self._body: _Body | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._body = _body_of(message, self._endpoint, self._plan, self._call, self._attempt, self._send)
        elif message["type"] == "http.response.body" and self._body is not None:
            await self._body.take(message.get("body", b""), last=not message.get("more_body", False))
        else:
            await self._send(message)

    async def abandon(self, why: str) -> None:
        """Books a call whose answer did not come to its end; nothing when it did."""
        if self._attempt.resolved:
            return
        produced = "" if self._body is None else self._body.produced()
        reported = None if self._body is None else self._body.reported()
        await self._attempt.cut(why, produced=produced, reported=reported)


class _Body(Protocol):
    """The body of one answer."""

    async def take(self, data: bytes, *, last: bool) -> None:
        """Takes the next piece; the last settles the call before its end is sent."""

    def produced(self) -> str:
        """The text that was seen."""

    def reported(self) -> Usage | None:
        """The usage that was seen."""


def _body_of(start: Message, endpoint: Endpoint, plan: Plan, call: Call, attempt: Attempt, send: Send) -> _Body:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start.get("headers", ())}
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    exchange = _Exchange(endpoint, plan, call, attempt, send, start)
    is_readable = "content-encoding" not in headers
    if start["status"] >= 300:
        return _Failure(exchange, is_json=content_type == "application/json", is_readable=is_readable)
    if is_readable and content_type == "application/json":
        return _Whole(exchange)
    if is_readable and content_type == "text/event-stream":
        return _Stream(exchange)
    if is_readable and content_type.startswith("text/"):
        return _Text(exchange)
    return _Opaque(exchange)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What every kind of body needs."""

    endpoint: Endpoint
    plan: Plan
    call: Call
    attempt: Attempt
    send: Send
    start: Message

    async def begin(self, headers: Headers, *, length: int | None) -> None:
        """Sends the status and the handler's headers, with these and a length; None when it is not known."""
        changed = {b"content-length"} | {name.encode() for name in headers}
        kept = [(name, value) for name, value in self.start.get("headers", ()) if name.lower() not in changed]
        added = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        if length is not None:
            added.append((b"content-length", str(length).encode()))
        await self.send({**self.start, "headers": [*kept, *added]})

    async def write(self, data: bytes, *, last: bool) -> None:
        if data or last:
            await self.send({"type": "http.response.body", "body": data, "more_body": not last})


class _Whole:
    """JSON: read and settled when it is complete."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        self._parts: list[bytes] = []

    async def take(self, data: bytes, *, last: bool) -> None:
        self._parts.append(data)
        if not last:
            return
        call, attempt, endpoint = self._exchange.call, self._exchange.attempt, self._exchange.endpoint
        raw = b"".join(self._parts)
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            await attempt.cut("the host's answer is not JSON", produced=raw.decode(errors="replace"))
            body, headers = raw, {REQUEST_ID: call.request_id}
        else:
            is_reply = endpoint.is_reply(value)
            produced = endpoint.output_text(value) if is_reply else "".join(texts(value))
            try:
                reported = Usage.from_body(endpoint.name, value) if is_reply else None
            except InvalidInput:  # Counts that cannot be true are no counts.
                reported = None
            record, _ = await attempt.settle(reported, produced=produced)
            made = endpoint.restore(value, call.session, call.body) if is_reply else restored(value, call.session)
            body, headers = msgspec.json.encode(made), headers_of(call, record)
        await self._exchange.begin(headers, length=len(body))
        await self._exchange.write(body, last=True)

    def produced(self) -> str:
        return b"".join(self._parts).decode(errors="replace")

    def reported(self) -> Usage | None:
        return None


class _Stream:
    """Server-sent events in the route's dialect: each is restored as it comes."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        call = exchange.call
        self._events = exchange.plan.said(call.redacted).events()
        self._reply = exchange.endpoint.stream({**call.body, "stream": True}, call.session)
        self._begun = self._over = False
        self._broken: Exception | None = None

    async def take(self, data: bytes, *, last: bool) -> None:
        exchange = self._exchange
        if not self._begun:
            self._begun = True
            await exchange.begin(stream_headers(exchange.call, exchange.attempt), length=None)
        if not self._over:
            written = self._relayed(data)
            if self._broken is None and (self._events.ended or last):
                written += await self._end()
            if self._broken is not None:
                written += await self._break(self._broken)
            await exchange.write(written, last=False)
        if last:
            await exchange.write(b"", last=True)

    def _relayed(self, data: bytes) -> bytes:
        written: list[bytes] = []
        try:
            written.extend(map(self._reply.add, self._events.feed(data)))
        except _BROKEN as error:
            self._broken = error
        return b"".join(written)

    async def _end(self) -> bytes:
        self._over = True
        if not self._reply.finished:
            return await self._break(ProviderError("the host's stream ended before its answer did"))
        call = self._exchange.call
        record, _ = await self._exchange.attempt.settle(self.reported(), produced=self.produced())
        return self._reply.ending(record, summary_of(call, record))

    async def _break(self, error: Exception) -> bytes:
        self._over, self._broken = True, None
        # Only our own sentences go on record: an exception of a parser may quote what it could not parse.
        said = str(error) if isinstance(error, ProviderError) else "the host sent a broken event"
        await self._exchange.attempt.cut(said, produced=self._reply.produced(), reported=self.reported())
        return self._reply.error("upstream_error", f"{said} (request {self._exchange.call.request_id})")

    def produced(self) -> str:
        return self._reply.produced() or ""

    def reported(self) -> Usage | None:
        try:
            return self._events.usage
        except InvalidInput:
            return None


class _Text:
    """Plain text, whole or in pieces."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        self._restorer = exchange.call.session.stream()
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._seen: list[str] = []
        self._begun = False

    async def take(self, data: bytes, *, last: bool) -> None:
        exchange = self._exchange
        if not self._begun:
            self._begun = True
            await exchange.begin(stream_headers(exchange.call, exchange.attempt), length=None)
        text = self._decoder.decode(data, final=last)
        self._seen.append(text)
        shown = self._restorer.feed(text)
        if last:
            shown += self._restorer.close()
            await exchange.attempt.settle(None, produced=self.produced())
        await exchange.write(shown.encode(), last=last)

    def produced(self) -> str:
        return "".join(self._seen)

    def reported(self) -> Usage | None:
        return None


class _Failure:
    """An answer that is none: nothing is booked of what the handler refused, little of what failed in it."""

    def __init__(self, exchange: _Exchange, *, is_json: bool, is_readable: bool) -> None:
        self._exchange = exchange
        self._is_json = is_json
        self._is_readable = is_readable
        self._parts: list[bytes] = []

    async def take(self, data: bytes, *, last: bool) -> None:
        self._parts.append(data)
        if not last:
            return
        exchange, status, raw = self._exchange, self._exchange.start["status"], b"".join(self._parts)
        said = f"the host answered {status}"
        if status >= 500:
            await exchange.attempt.cut(said, status=status, produced="")
        else:
            await exchange.attempt.void(said, status=status)
        if self._is_readable:
            with suppress(UnicodeDecodeError):  # What is no text has no placeholders.
                raw = exchange.call.session.restore(raw.decode(), json=self._is_json).encode()
        await exchange.begin({REQUEST_ID: exchange.call.request_id}, length=len(raw))
        await exchange.write(raw, last=True)

    def produced(self) -> str:
        return ""

    def reported(self) -> Usage | None:
        return None


class _Opaque:
    """What cannot be read: passed on as it is, and booked at its worst."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        self._begun = False

    async def take(self, data: bytes, *, last: bool) -> None:
        if not self._begun:
            self._begun = True
            await self._exchange.send(self._exchange.start)
        if last:
            await self._exchange.attempt.cut("the host's answer cannot be read", status=200)
        await self._exchange.write(data, last=last)

    def produced(self) -> str:
        return ""

    def reported(self) -> Usage | None:
        return None
