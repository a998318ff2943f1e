"""A streamed message (Anthropic API reference, "Streaming Messages").

The provider's events keep their order and their fields; a restorer stands for each block. What is held back of a block
is sent before the block ends. The last two events wait until the call is settled.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.bodies.answers import UNSIGNED, guarded
from tokenfoundry.gateway.bodies.message_texts import TOOL_USE, restored_block
from tokenfoundry.gateway.bodies.texts import restored, texts
from tokenfoundry.gateway.streams.pieces import add_piece, joined
from tokenfoundry.privacy import RedactionSession, StreamRestorer
from tokenfoundry.privacy.answers_in_json import Guard
from tokenfoundry.providers.sse import comment
from tokenfoundry.records import CallRecord

Body = dict[str, Any]

# Deltas that come in pieces, and the field that a piece stands in.
_PIECES = {"text_delta": "text", "input_json_delta": "partial_json", "thinking_delta": "thinking"}


class _Block(msgspec.Struct):
    """The parts of a block that are looked into; all else may be anything."""

    type: str
    text: str | None = None
    thinking: str | None = None
    name: str | None = None
    citations: list[Any] | None = None


class _MessageShape(msgspec.Struct):
    content: list[_Block]
    usage: dict[str, Any] | None = None


def is_message(reply: Any) -> bool:
    """Whether a decoded body has the shape of a whole reply."""
    try:
        msgspec.convert(reply, _MessageShape)
    except msgspec.ValidationError:
        return False
    return True


class MessageStream:
    """See `tokenfoundry.gateway.streams.ReplyStream`."""

    def __init__(self, session: RedactionSession, *, json_text: bool) -> None:
        """`json_text`: the model's text is JSON."""
        self._session = session
        self._json_text = json_text
        self._builder = MessageBuilder()
        self._restorers: dict[int, tuple[str, StreamRestorer]] = {}  # by block, with the type of its deltas
        self._thoughts: dict[int, Guard] = {}  # by block, where answers are looked at
        self._last: Body = {}  # message_delta, as far as it was told

    @property
    def finished(self) -> bool:
        return self._builder.finished

    @property
    def storable(self) -> bool:
        return self._builder.storable

    def add(self, event: Body) -> bytes:
        self._builder.add(event)
        match event["type"]:
            case "content_block_delta":
                return self._delta(event)
            case "content_block_start":
                return _event({**event, "content_block": self._start(event["index"], event["content_block"])})
            case "content_block_stop":
                return self._held_thinking(event["index"]) + self._held(event["index"]) + _event(event)
            case "message_delta":
                self._last = _merged(self._last, event)
                return b""
            case "message_stop":
                return b""
        return _event(restored(event, self._session))

    def _start(self, index: int, block: Body) -> Body:
        if block["type"] == "text" and block.get("text"):
            return {**block, "text": self._restorer(index, "text_delta").feed(block["text"])}
        block = guarded(block, self._session, json=self._json_text)
        return restored_block(block, self._session, json=self._json_text)

    def _delta(self, event: Body) -> bytes:
        delta = event["delta"]
        kind = delta["type"]
        if kind in ("text_delta", "input_json_delta"):
            name = _PIECES[kind]
            piece = self._restorer(event["index"], kind).feed(delta[name])
            return _event({**event, "delta": {**delta, name: piece}}) if piece or not delta[name] else b""
        if kind in ("thinking_delta", "signature_delta"):
            # Signed, so it stays as it is.
            return self._thinking(event) if self._session.guards else _event(event)
        return _event({**event, "delta": restored(guarded(delta, self._session), self._session)})

    def _thinking(self, event: Body) -> bytes:
        """Thinking that is looked at. Where anything in it is changed its signature is not true any more."""
        index, delta = event["index"], event["delta"]
        guard = self._thoughts.get(index)
        if guard is None:
            guard = self._thoughts[index] = self._session.guard(json=None)
        if delta["type"] == "thinking_delta":
            piece = guard.feed(delta["thinking"])
            return _event({**event, "delta": {**delta, "thinking": piece}}) if piece else b""
        held = self._held_thinking(index)
        return held + _event({**event, "delta": {**delta, "signature": UNSIGNED}} if guard.changed else event)

    def _held_thinking(self, index: int) -> bytes:
        guard = self._thoughts.pop(index, None)
        held = guard.close() if guard is not None else ""
        return _event(_delta_of(index, "thinking_delta", held)) if held else b""

    def _restorer(self, index: int, kind: str) -> StreamRestorer:
        known = self._restorers.get(index)
        if known is None:
            as_json = kind == "input_json_delta" or self._json_text
            known = self._restorers[index] = kind, self._session.stream(json=as_json or None)
        return known[1]

    def _held(self, index: int) -> bytes:
        """What was held back of a block that ends."""
        kind, restorer = self._restorers.pop(index, ("", None))
        held = restorer.close() if restorer is not None else ""
        if not held:
            return b""
        return _event(_delta_of(index, kind, held))

    def produced(self) -> str:
        return self._builder.produced()

    def body(self) -> Body:
        return self._builder.body()

    def ending(self, record: CallRecord, summary: Body) -> bytes:
        last = restored(self._last, self._session)
        return _ending({**last, "usage": _usage(last.get("usage"), record)}, summary)

    def error(self, code: str, message: str) -> bytes:
        return _event({"type": "error", "error": {"type": "api_error", "message": message}})


def _delta_of(index: int, kind: str, piece: str) -> Body:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, _PIECES[kind]: piece}}


def produced_text(content: list[Body]) -> str:
    """What the model generated of these blocks: not their ids and types, nor what sealed thinking says."""
    made: list[str] = []
    for block in content:
        if block.get("type") in TOOL_USE:
            made += [str(block.get("name") or ""), _json_text(block.get("input") or {})]
        else:
            made += texts([block.get(name) for name in ("text", "thinking")])
    return "".join(made)


class MessageBuilder:
    """The events of a stream, put together to the reply that would have come without streaming, in placeholder form.

    Checks their shape: what was added can be relied on.
    """

    def __init__(self) -> None:
        self.finished = False
        self._head: Body | None = None
        self._blocks: dict[int, Body] = {}
        self._inputs: dict[int, list[str]] = {}
        self._whole = True

    @property
    def storable(self) -> bool:
        """Whether `body` says all that the events said."""
        return self.finished and self._whole

    def add(self, event: Body) -> None:
        """Takes one event as the provider sent it. Raises `ProviderError` for another shape, or an error."""
        match event:
            case {"type": "content_block_delta", "index": int(index), "delta": {"type": str()}} if (
                index in self._blocks
            ):
                self._add_delta(index, event["delta"])
            case {"type": "content_block_start", "index": int(index), "content_block": {"type": str()}} if self._head:
                self._blocks[index] = _checked(dict(event["content_block"]))
            case {"type": "content_block_stop", "index": int(index)} if index in self._blocks:
                self._close(index)
            case {"type": "message_start", "message": {"content": []}}:
                self._head = event["message"]
            case {"type": "message_delta", "delta": dict(delta)} if self._head:
                usage = _known(self._head.get("usage")) | _known(event.get("usage"))
                self._head = {**self._head, **_known(delta), "usage": usage}
            case {"type": "message_stop"} if self._head and self._head.get("stop_reason"):
                self.finished = True
            case {"type": "error"}:
                raise ProviderError("the provider reported an error in mid-stream")
            case {"type": str(kind)} if kind not in _KNOWN and kind.isidentifier():
                self._whole = self._whole and kind == "ping"
            case _:
                raise ProviderError("the provider sent an event of another shape")

    def _add_delta(self, index: int, delta: Body) -> None:
        block = self._blocks[index]
        kind = delta["type"]
        if kind in _PIECES:
            piece = delta.get(_PIECES[kind])
            if not isinstance(piece, str):
                raise ProviderError("the provider sent a piece of another shape")
            if kind == "input_json_delta":
                self._inputs.setdefault(index, []).append(piece)
            else:
                add_piece(block, _PIECES[kind], piece)
        elif kind == "signature_delta":
            block["signature"] = delta.get("signature")
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or ()), delta.get("citation")]
        else:
            self._whole = False

    def _close(self, index: int) -> None:
        text = "".join(self._inputs.pop(index, ()))
        if not text:
            return
        try:
            self._blocks[index]["input"] = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            # The client gets it as the model wrote it, as it would from the provider.
            self._blocks[index]["input"] = {"unreadable": text}
            self._whole = False

    def produced(self) -> str:
        """All text so far."""
        return produced_text(self._content()) + "".join(piece for pieces in self._inputs.values() for piece in pieces)

    def body(self) -> Body:
        """What was put together so far, as a message."""
        return {**(self._head or {}), "content": self._content()}

    def _content(self) -> list[Body]:
        return [joined(block) for _, block in sorted(self._blocks.items())]


def _checked(block: Body) -> Body:
    try:
        msgspec.convert(block, _Block)
    except msgspec.ValidationError:
        raise ProviderError("the provider sent a block of another shape") from None
    return block


def _known(value: Any) -> Body:
    """The fields of an object that are stated: a null says nothing."""
    return {name: item for name, item in value.items() if item is not None} if isinstance(value, dict) else {}


def _merged(earlier: Body, event: Body) -> Body:
    """A message_delta after another, which it completes."""
    delta = {**event["delta"], **_known(earlier.get("delta")), **_known(event["delta"])}
    return {**earlier, **event, "delta": delta, "usage": _known(earlier.get("usage")) | _known(event.get("usage"))}


def _usage(told: Any, record: CallRecord) -> Body:
    """The usage that the provider told, or what was counted when it told none."""
    if isinstance(told, dict) and "output_tokens" in told and record.cost_source != "estimated":
        return told
    return {"input_tokens": record.input_tokens, "output_tokens": record.output_tokens}


def _ending(last: Body, summary: Body) -> bytes:
    said = comment(b"tokenfoundry " + msgspec.json.encode(summary))
    return b"".join([_event(last), said, _event({"type": "message_stop"})])


def _event(event: Body) -> bytes:
    name: str = event["type"]
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(event) + b"\n\n"


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


_KNOWN = frozenset(
    {
        "content_block_delta",
        "content_block_start",
        "content_block_stop",
        "message_start",
        "message_delta",
        "message_stop",
    }
)
