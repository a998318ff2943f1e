"""A streamed chat completion: placeholders restored across chunk borders, the reply assembled, the call settled before
its end.

The provider's chunks keep their order and their fields. A restorer stands for each choice and each place in it, so two
choices that interleave never mix.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import msgspec

from tokenfoundry.errors import InvalidInput, ProviderError, StoreError
from tokenfoundry.gateway.attempt import Attempt
from tokenfoundry.gateway.booking import summary_of, usage_body
from tokenfoundry.gateway.call import Call
from tokenfoundry.gateway.chunks import ReplyBuilder, decode_chunk
from tokenfoundry.gateway.endpoints.chat import wants_json
from tokenfoundry.privacy import RedactionSession, StreamRestorer
from tokenfoundry.providers.client import UpstreamReply
from tokenfoundry.providers.sse import EventStream, comment, event
from tokenfoundry.records import CallRecord
from tokenfoundry.usage import Usage

_DONE = b"[DONE]"
_BROKEN = (ProviderError, InvalidInput, msgspec.DecodeError, RecursionError)

# Parts of a delta that come whole and name things; what else is text comes in pieces.
_WHOLE = frozenset({"role", "type", "id", "name"})

# Where in a delta a text stands: field names, and the `index` of the item in a list.
Place = tuple[str | int, ...]

Keep = Callable[[Call, Attempt, dict[str, Any], Usage], None]


class ChunkRestorer:
    """Restores the text of each chunk. What may be the start of a placeholder is held back until it is decided."""

    def __init__(self, session: RedactionSession, *, json_content: bool) -> None:
        self._session = session
        self._json_content = json_content
        self._restorers: dict[int, dict[Place, StreamRestorer]] = {}

    def restore(self, chunk: dict[str, Any]) -> None:
        """Changes `chunk`; a choice that finishes in it gets all its held-back text in it."""
        for choice in chunk.get("choices") or ():
            index = choice.get("index", 0)
            delta = self._restored(index, (), choice.get("delta") or {})
            if choice.get("finish_reason") is not None:
                for place, restorer in self._restorers.pop(index, {}).items():
                    if held := restorer.close():
                        _append(delta, place, held)
            choice["delta"] = delta

    def _restored(self, index: int, place: Place, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: item if name in _WHOLE else self._restored(index, (*place, name), item)
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self._restored(index, (*place, _index_of(item, at)), item) for at, item in enumerate(value)]
        return self._restorer(index, place).feed(value) if isinstance(value, str) else value

    def _restorer(self, index: int, place: Place) -> StreamRestorer:
        restorers = self._restorers.setdefault(index, {})
        restorer = restorers.get(place)
        if restorer is None:
            as_json = place[-1] == "arguments" or (place[0] == "content" and self._json_content)
            restorer = restorers[place] = self._session.stream(json=as_json)
        return restorer


def _index_of(item: Any, position: int) -> int:
    """The index by which a list of a delta names its item: a tool call comes in pieces, each with the same index."""
    index = item.get("index") if isinstance(item, dict) else None
    return index if isinstance(index, int) else position


def _append(delta: dict[str, Any], place: Place, text: str) -> None:
    """Puts held-back text where it belongs, in a delta that may say nothing of that place."""
    name, *rest = place
    assert isinstance(name, str), "a delta is an object"
    if not rest:
        delta[name] = (delta.get(name) or "") + text
    elif isinstance(rest[0], int):
        items = delta[name] = delta.get(name) or []
        index, *inner = rest
        item = next((known for at, known in enumerate(items) if _index_of(known, at) == index), None)
        if item is None:
            item = {"index": index}
            items.append(item)
        if inner:
            _append(item, tuple(inner), text)
    else:
        inner_delta = delta[name] = delta.get(name) or {}
        _append(inner_delta, tuple(rest), text)


class Relay:
    """One streamed call on its way to the client. Owns the open reply and the hold until `close`."""

    def __init__(
        self, call: Call, attempt: Attempt, upstream: UpstreamReply, open_reply: AsyncExitStack, keep: Keep
    ) -> None:
        """A whole reply is given to `keep`; `open_reply` is closed with the stream."""
        self._call = call
        self._attempt = attempt
        self._upstream = upstream
        self._open_reply = open_reply
        self._keep = keep
        self._builder = ReplyBuilder()
        self._restorer = ChunkRestorer(call.session, json_content=wants_json(call.body))

    async def close(self) -> None:
        """Settles a call that is not yet resolved for what was produced, and closes the provider's reply. Harmless
        twice.
        """
        async with self._open_reply:
            if not self._attempt.resolved:
                await self._attempt.hung_up(produced=self._produced(), reported=self._builder.usage)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes for the client, one piece per network read of the provider's.

        The call is settled before `[DONE]` is written. A provider that dies in mid-stream is settled for what it
        produced and told of as an error event.
        """
        try:
            async for payloads in self._events():
                written, broken = self._relayed(payloads)
                if written:
                    yield written
                if broken is not None:
                    raise broken
            if not self._builder.finished:
                raise ProviderError("the provider's stream ended before its answer did")
            record, usage = await self._attempt.settle(self._builder.usage, produced=self._produced())
        except _BROKEN as error:
            # Only our own sentences go on record: an exception of a parser may quote what it could not parse.
            said = str(error) if isinstance(error, ProviderError) else "the provider sent a broken event"
            await self._attempt.cut(said, produced=self._produced(), reported=self._builder.usage)
            yield self._error("upstream_error", said)
            return
        except StoreError:
            yield self._error("store_unavailable", "the books cannot be written")
            raise
        if self._builder.storable:
            self._keep(self._call, self._attempt, self._builder.body(), usage)
        yield self._ending(record)
        await self._upstream.drain()

    async def _events(self) -> AsyncIterator[list[bytes]]:
        """The events of each network read, up to `[DONE]`."""
        events = EventStream()
        async for data in self._upstream.chunks():
            payloads = events.feed(data)
            if _DONE in payloads:
                yield payloads[: payloads.index(_DONE)]
                return
            yield payloads

    def _relayed(self, payloads: list[bytes]) -> tuple[bytes, Exception | None]:
        """What the client gets for these events, and what was wrong with the first that was broken."""
        written: list[bytes] = []
        for payload in payloads:
            try:
                chunk = decode_chunk(payload)
                self._builder.add(chunk)
            except _BROKEN as error:
                return b"".join(written), error
            if chunk.pop("usage", None) is not None and not chunk.get("choices"):
                continue  # The usage chunk: it is written after the call is settled, when the client asked for it.
            self._restorer.restore(chunk)
            written.append(event(msgspec.json.encode(chunk)))
        return b"".join(written), None

    def _produced(self) -> str:
        return self._call.endpoint.output_text(self._builder.body())

    def _ending(self, record: CallRecord) -> bytes:
        return ending(self._call, record, head=self._builder.head, usage=self._builder.raw_usage)

    def _error(self, code: str, message: str) -> bytes:
        error = {"message": f"{message} (request {self._call.request_id})", "type": code, "param": None, "code": code}
        return event(msgspec.json.encode({"error": error}))


def ending(call: Call, record: CallRecord, *, head: dict[str, Any], usage: dict[str, Any] | None) -> bytes:
    """The last bytes of a stream: what it took, in the usage chunk or a comment, and `[DONE]`."""
    summary = summary_of(call, record)
    if not call.wants_usage:
        return comment(b"tokenfoundry " + msgspec.json.encode(summary)) + event(_DONE)
    last = {**head, "object": "chat.completion.chunk", "choices": [], "usage": usage or usage_body(record)}
    return event(msgspec.json.encode({**last, "tokenfoundry": summary})) + event(_DONE)


async def replay(call: Call, reply: dict[str, Any], record: CallRecord) -> AsyncIterator[bytes]:
    """A cached reply, already restored, as a stream: a chunk per choice, one that finishes it, and the usual ending."""
    head = {name: value for name, value in reply.items() if name not in ("object", "choices", "usage")}
    pieces = []
    for choice in reply["choices"]:
        index = choice.get("index", 0)
        delta = dict(choice["message"])
        if delta.get("tool_calls"):
            delta["tool_calls"] = [{"index": place, **tool_call} for place, tool_call in enumerate(delta["tool_calls"])]
        finish = {"index": index, "delta": {}, "finish_reason": choice.get("finish_reason")}
        for part in ({"index": index, "delta": delta, "finish_reason": None}, finish):
            pieces.append(event(msgspec.json.encode({**head, "object": "chat.completion.chunk", "choices": [part]})))
    yield b"".join([*pieces, ending(call, record, head=head, usage=reply.get("usage"))])
