"""What a host's own handler answers, on its way to the client: read for its usage, settled, restored.

One class for each kind of body; `TokenFactoryMiddleware` says what is booked of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from tokenfoundry.errors import BlockedContent, InvalidInput, ProviderError
from tokenfoundry.gateway.asgi import Message, Send
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.booking import summary_of
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.attempts.refusals import refused_answer
from tokenfoundry.gateway.attempts.told import headers_of, stream_headers
from tokenfoundry.gateway.bodies.answers import guarded
from tokenfoundry.gateway.bodies.texts import restored, texts
from tokenfoundry.gateway.endpoints import Body, Endpoint
from tokenfoundry.gateway.headers import REQUEST_ID
from tokenfoundry.gateway.host.charsets import Charset
from tokenfoundry.gateway.host.host_framing import Events, Framing, Lines, Unit
from tokenfoundry.gateway.host.own_shapes import OwnShape
from tokenfoundry.gateway.replies import Headers
from tokenfoundry.gateway.streams import ReplyStream
from tokenfoundry.usage import Usage, UsageMeter

_BROKEN = (ProviderError, InvalidInput, RecursionError)
_DONE: Final = b"[DONE]"
_NOT_MODIFIED: Final = 304
_LINES: Final = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/stream+json",
    }
)

_OF_MESSAGES: Final = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
    }
)
# Which events are of a dialect, as the API references of OpenAI and Anthropic name them; a host may send others.
_SPEAKS: Final[Mapping[str, Callable[[Body], bool]]] = {
    "chat": lambda event: isinstance(event.get("choices"), list),
    "completions": lambda event: isinstance(event.get("choices"), list),
    "messages": lambda event: event.get("type") in _OF_MESSAGES,
    "responses": lambda event: str(event.get("type")).startswith("response."),
}
# Whose last event says that it is the last; the others end with `[DONE]`.
_END_THEMSELVES: Final = frozenset({"messages", "responses"})


class HostAnswer:
    """What the handler sends, on its way to the client. Resolves the attempt."""

    def __init__(self, endpoint: Endpoint, call: Call, attempt: Attempt, send: Send) -> None:
        self._endpoint = endpoint
        self._call = call
        self._attempt = attempt
        self._send = send
        self._body: _Body | None = None
        self._begun = self._withheld = False

    async def __call__(self, message: Message) -> None:
        if self._withheld:
            return
        if message["type"] == "http.response.start":
            self._body = _body_of(message, self._endpoint, self._call, self._attempt, self._pass_on)
        elif message["type"] == "http.response.body" and self._body is not None:
            try:
                await self._body.take(message.get("body", b""), last=not message.get("more_body", False))
            except BlockedContent as blocked:
                await self._withhold(self._body, blocked)
        else:
            await self._send(message)

    async def _pass_on(self, message: Message) -> None:
        self._begun = True
        await self._send(message)

    async def _withhold(self, body: _Body, blocked: BlockedContent) -> None:
        """The caller may not see the rest: an error in place of the answer, or its end."""
        self._withheld = True
        refused, call = refused_answer(blocked), self._call
        if not self._attempt.resolved:
            produced, reported = body.produced(), body.reported()
            await self._attempt.cut(str(refused), status=refused.status, produced=produced, reported=reported)
        told = b""
        if not self._begun:
            told = msgspec.json.encode(self._endpoint.error(refused))
            headers = {
                "content-type": "application/json",
                "content-length": str(len(told)),
                REQUEST_ID: call.request_id,
            }
            raw = [(name.encode(), value.encode()) for name, value in headers.items()]
            await self._send({"type": "http.response.start", "status": refused.status, "headers": raw})
        elif isinstance(body, _Stream):
            told = body.error(refused.code, f"{refused} (request {call.request_id})")
        await self._send({"type": "http.response.body", "body": told, "more_body": False})

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


def _body_of(start: Message, endpoint: Endpoint, call: Call, attempt: Attempt, send: Send) -> _Body:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start.get("headers", ())}
    stated_type = headers.get("content-type", "")
    content_type, charset = stated_type.partition(";")[0].strip().lower(), Charset.of(stated_type)
    exchange = _Exchange(endpoint, call, attempt, send, start)
    is_readable = "content-encoding" not in headers
    if start["status"] >= 300 and start["status"] != _NOT_MODIFIED:
        return _Failure(exchange, charset if is_readable else None, is_json=_is_json(content_type))
    if is_readable and content_type == "text/event-stream":
        return _Stream(exchange, Events(), may_speak=True)
    if is_readable and content_type in _LINES:
        return _Stream(exchange, Lines(), may_speak=False)
    if is_readable and _is_json(content_type):
        return _Whole(exchange)
    if is_readable and content_type.startswith("text/") and charset is not None:
        return _Text(exchange, charset)
    return _Opaque(exchange)


def _is_json(content_type: str) -> bool:
    return content_type in ("application/json", "text/json") or content_type.endswith("+json")  # RFC 6839, section 3.1


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What every kind of body needs."""

    endpoint: Endpoint
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
            reported = Usage.reported(endpoint.name, value) if is_reply else None
            record, _ = await attempt.settle(reported, produced=produced)
            if is_reply:
                made = endpoint.restore(value, call.session, call.body)
            else:
                made = restored(guarded(value, call.session), call.session)
            body, headers = msgspec.json.encode(made), headers_of(call, record)
        await self._exchange.begin(headers, length=len(body))
        await self._exchange.write(body, last=True)

    def produced(self) -> str:
        return b"".join(self._parts).decode(errors="replace")

    def reported(self) -> Usage | None:
        return None


class _Stream:
    """Events or lines. Those of the route's dialect are restored as that has them and end as it does; the rest is the
    host's own, restored wherever it has text.
    """

    def __init__(self, exchange: _Exchange, framing: Framing, *, may_speak: bool) -> None:
        """`may_speak`: the framing is that of the dialect."""
        call = exchange.call
        self._exchange = exchange
        self._framing = framing
        self._speaks = _SPEAKS.get(exchange.endpoint.name) if may_speak else None
        self._reply = exchange.endpoint.stream({**call.body, "stream": True}, call.session) if self._speaks else None
        self._own = OwnShape(call.session)
        self._meter = UsageMeter(exchange.endpoint.name)
        self._begun = self._spoken = self._over = False

    async def take(self, data: bytes, *, last: bool) -> None:
        exchange = self._exchange
        if not self._begun:
            self._begun = True
            await exchange.begin(stream_headers(exchange.call, exchange.attempt), length=None)
        written = [await self._said(unit) for unit in self._framing.feed(data)]
        if last:
            unended = [await self._said(unit) for unit in self._framing.close()]
            written += unended
            if not self._over:
                written.append(await self._end())
            if held := self._held_back():
                written += [self._framing.end if unended else b"", held]
        await exchange.write(b"".join(written), last=last)

    async def _said(self, unit: Unit) -> bytes:
        if unit.payload is None:
            return unit.raw
        if unit.payload.strip() == _DONE:
            # Whatever is booked is booked before the client is told that it was all.
            ending = b"" if self._over else await self._end()
            return ending if self._spoken else ending + self._held_back() + unit.raw
        try:
            value = msgspec.json.decode(unit.payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._text(unit)
        if isinstance(value, dict):
            self._note(value)
            if self._reply is not None and self._speaks is not None and self._speaks(value):
                return b"" if self._over else await self._relayed(self._reply, value)
        try:
            made = self._own.restored(value)
        except RecursionError:
            return unit.raw
        return unit.raw if made == value else self._framing.with_payload(unit, msgspec.json.encode(made))

    async def _relayed(self, reply: ReplyStream, event: Body) -> bytes:
        self._spoken = True
        try:
            written = reply.add(event)
        except _BROKEN as error:
            return await self._break(error)
        ends_itself = self._exchange.endpoint.name in _END_THEMSELVES
        return written + await self._end() if ends_itself and reply.finished else written

    def error(self, code: str, message: str) -> bytes:
        """The event that ends a stream of the dialect which cannot go on."""
        return self._reply.error(code, message) if self._reply is not None else b""

    def _text(self, unit: Unit) -> bytes:
        try:
            text = (unit.payload or b"").decode()
        except UnicodeDecodeError:
            return unit.raw  # What is no text has no placeholders.
        made = self._own.restored(text)
        return unit.raw if made == text else self._framing.with_payload(unit, made.encode())

    def _held_back(self) -> bytes:
        values = self._own.held_back()
        return b"".join(
            self._framing.written(value.encode() if isinstance(value, str) else msgspec.json.encode(value))
            for value in values
        )

    def _note(self, event: Body) -> None:
        with suppress(InvalidInput):  # Counts that cannot be true are no counts.
            self._meter.see(event)

    async def _end(self) -> bytes:
        self._over = True
        attempt, call = self._exchange.attempt, self._exchange.call
        if self._spoken and not (self._reply is not None and self._reply.finished):
            return await self._break(ProviderError("the host's stream ended before its answer did"))
        record, _ = await attempt.settle(self.reported(), produced=self.produced())
        return self._reply.ending(record, summary_of(call, record)) if self._spoken and self._reply else b""

    async def _break(self, error: Exception) -> bytes:
        self._over = True
        assert self._reply is not None, "only what speaks the dialect can break it"
        # Only our own sentences go on record: an exception of a parser may quote what it could not parse.
        said = str(error) if isinstance(error, ProviderError) else "the host sent a broken event"
        await self._exchange.attempt.cut(said, produced=self.produced(), reported=self.reported())
        return self._reply.error("upstream_error", f"{said} (request {self._exchange.call.request_id})")

    def produced(self) -> str:
        return (self._reply.produced() or "") if self._spoken and self._reply else self._own.produced()

    def reported(self) -> Usage | None:
        return self._meter.usage_so_far(lambda: self._exchange.attempt.output_tokens(self.produced()))


class _Text:
    """Plain text, whole or in pieces."""

    def __init__(self, exchange: _Exchange, charset: Charset) -> None:
        self._exchange = exchange
        self._charset = charset
        self._restorer = exchange.call.session.stream(json=None)
        self._decoder = charset.decoder()
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
        await exchange.write(self._charset.encoded(shown), last=last)

    def produced(self) -> str:
        return "".join(self._seen).encode(errors="replace").decode()

    def reported(self) -> Usage | None:
        return None


class _Failure:
    """An answer that is none: nothing is booked of what the handler refused, little of what failed in it."""

    def __init__(self, exchange: _Exchange, charset: Charset | None, *, is_json: bool) -> None:
        """Without `charset` it cannot be read."""
        self._exchange = exchange
        self._charset = charset
        self._is_json = is_json
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
        if (charset := self._charset) is not None:
            raw = charset.encoded(exchange.call.session.restore(charset.decoded(raw), json=self._is_json))
        await exchange.begin({REQUEST_ID: exchange.call.request_id}, length=len(raw))
        await exchange.write(raw, last=True)

    def produced(self) -> str:
        return ""

    def reported(self) -> Usage | None:
        return None


class _Opaque:
    """What cannot be read: passed on as it is, and booked at its worst unless it is nothing."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        self._begun = self._says_something = False

    async def take(self, data: bytes, *, last: bool) -> None:
        if not self._begun:
            self._begun = True
            await self._exchange.send(self._exchange.start)
        self._says_something = self._says_something or bool(data)
        if last and self._says_something:
            await self._exchange.attempt.cut("the host's answer cannot be read", status=200)
        elif last:
            await self._exchange.attempt.settle(None, produced="")
        await self._exchange.write(data, last=last)

    def produced(self) -> str:
        return ""

    def reported(self) -> Usage | None:
        return None
