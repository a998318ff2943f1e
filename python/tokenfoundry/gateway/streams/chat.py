"""A streamed chat completion (OpenAI API reference, "Chat streaming").

The provider's chunks keep their order and their fields. A restorer stands for each choice and each place in it, so two
choices that interleave never mix.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.bodies.texts import texts
from tokenfoundry.gateway.streams.pieces import add_piece, joined
from tokenfoundry.privacy import RedactionSession, StreamRestorer
from tokenfoundry.providers.sse import comment, event
from tokenfoundry.records import CallRecord
from tokenfoundry.translate.shapes import check_no_error

_DONE = b"[DONE]"
_MAX_TOOL_CALLS = 1024

# Parts of a delta that come whole and name things; what else is text comes in pieces.
_WHOLE = frozenset({"role", "type", "id", "name"})

# Where in a delta a text stands: field names, and the `index` of the item in a list.
Place = tuple[str | int, ...]


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct):
    index: Annotated[int, msgspec.Meta(ge=0, lt=_MAX_TOOL_CALLS)] = 0
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    index: Annotated[int, msgspec.Meta(ge=0, lt=_MAX_TOOL_CALLS)] = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class _ChunkShape(msgspec.Struct):
    """The parts of a chunk that are looked into; all else may be anything."""

    choices: list[_Choice] | None = None


class ChatStream:
    """See `tokenfoundry.gateway.streams.ReplyStream`."""

    def __init__(self, session: RedactionSession, *, json_content: bool, wants_usage: bool) -> None:
        """`json_content`: the content is JSON text. `wants_usage`: the client asked for the usage chunk."""
        self._builder = ReplyBuilder()
        self._restorer = ChunkRestorer(session, json_content=json_content)
        self._wants_usage = wants_usage

    @property
    def finished(self) -> bool:
        return self._builder.finished

    @property
    def storable(self) -> bool:
        return self._builder.storable

    def add(self, event_: dict[str, Any]) -> bytes:
        _check_shape(event_)
        self._builder.add(event_)
        if event_.pop("usage", None) is not None and not event_.get("choices"):
            return b""  # The usage chunk: it is written after the call is settled, when the client asked for it.
        self._restorer.restore(event_)
        return event(msgspec.json.encode(event_))

    def produced(self) -> str:
        return output_text(self._builder.body())

    def body(self) -> dict[str, Any]:
        return self._builder.body()

    def ending(self, record: CallRecord, summary: dict[str, Any]) -> bytes:
        usage = self._builder.raw_usage if self._wants_usage else None
        return _ending(record, summary, head=self._builder.head, usage=usage, wants_usage=self._wants_usage)

    def error(self, code: str, message: str) -> bytes:
        error = {"message": message, "type": code, "param": None, "code": code}
        return event(msgspec.json.encode({"error": error}))


def output_text(reply: dict[str, Any]) -> str:
    """All text that a whole reply holds. The role is the protocol's: no model produces it, nor bills it."""
    produced = [value for choice in reply["choices"] for name, value in choice["message"].items() if name != "role"]
    return "".join(texts(produced))


def _ending(
    record: CallRecord,
    summary: dict[str, Any],
    *,
    head: dict[str, Any],
    usage: dict[str, Any] | None,
    wants_usage: bool,
) -> bytes:
    """What the call took, in the usage chunk or a comment, and `[DONE]`."""
    if not wants_usage:
        return comment(b"tokenfoundry " + msgspec.json.encode(summary)) + event(_DONE)
    last = {**head, "object": "chat.completion.chunk", "choices": [], "usage": usage or _usage_of(record)}
    return event(msgspec.json.encode({**last, "tokenfoundry": summary})) + event(_DONE)


def _usage_of(record: CallRecord) -> dict[str, int]:
    """Usage in OpenAI's shape, for a stream whose provider reported none."""
    return {
        "prompt_tokens": record.input_tokens,
        "completion_tokens": record.output_tokens,
        "total_tokens": record.input_tokens + record.output_tokens,
    }


def _check_shape(chunk: dict[str, Any]) -> None:
    check_no_error(chunk)
    try:
        msgspec.convert(chunk, _ChunkShape)
    except msgspec.ValidationError:
        raise ProviderError("the provider sent a chunk of another shape") from None


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
            if self._session.guards and choice.get("logprobs"):
                choice["logprobs"] = None  # They say the text once more, token by token.
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
            restorer = restorers[place] = self._session.stream(json=as_json or None)
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


class ReplyBuilder:
    """The chunks of a stream, put together to the reply that would have come without streaming, in placeholder form."""

    def __init__(self) -> None:
        self.head: dict[str, Any] = {}
        self.raw_usage: dict[str, Any] | None = None
        self._choices: dict[int, dict[str, Any]] = {}
        self._whole = True

    def add(self, chunk: dict[str, Any]) -> None:
        """Takes one chunk in placeholder form."""
        if not self.head:
            self.head = {
                name: chunk[name] for name in ("id", "created", "model", "system_fingerprint") if name in chunk
            }
        if isinstance(chunk.get("usage"), dict):
            self.raw_usage = chunk["usage"]
        for choice in chunk.get("choices") or ():
            known = self._choices.setdefault(
                choice.get("index", 0), {"message": {"role": "assistant", "content": None}, "finish_reason": None}
            )
            self._add_delta(known["message"], choice.get("delta") or {})
            if choice.get("finish_reason") is not None:
                known["finish_reason"] = choice["finish_reason"]
            if choice.get("logprobs"):
                self._whole = False

    def _add_delta(self, message: dict[str, Any], delta: dict[str, Any]) -> None:
        for name, value in delta.items():
            if name == "role" or value is None:
                continue
            if name == "tool_calls":
                self._add_tool_calls(message.setdefault("tool_calls", []), value)
            elif isinstance(value, str):
                add_piece(message, name, value)
            else:
                # Kept for its text alone, which is counted; it cannot be put together, so it is not stored.
                self._whole = False
                message.setdefault(f"{name}_pieces", []).append(value)

    @staticmethod
    def _add_tool_calls(known: list[dict[str, Any]], deltas: list[dict[str, Any]]) -> None:
        for delta in deltas:
            index = delta.get("index", 0)
            while len(known) <= index:
                known.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
            call = known[index]
            call["id"] = delta.get("id") or call["id"]
            function = delta.get("function") or {}
            call["function"]["name"] += function.get("name") or ""
            add_piece(call["function"], "arguments", function.get("arguments") or "")

    @property
    def finished(self) -> bool:
        """Whether every choice that began also ended."""
        return bool(self._choices) and all(choice["finish_reason"] is not None for choice in self._choices.values())

    @property
    def storable(self) -> bool:
        """Whether `body` says all that the chunks said."""
        return self.finished and self._whole

    def body(self) -> dict[str, Any]:
        """What was put together so far, as a chat completion."""
        choices = [
            {"index": index, **choice, "message": _joined(choice["message"])}
            for index, choice in sorted(self._choices.items())
        ]
        body = {**self.head, "object": "chat.completion", "choices": choices}
        return {**body, "usage": self.raw_usage} if self.raw_usage is not None else body


def _joined(message: dict[str, Any]) -> dict[str, Any]:
    """A message whose texts came in pieces."""
    made = joined(message)
    if "tool_calls" in made:
        made["tool_calls"] = [{**call, "function": joined(call["function"])} for call in made["tool_calls"]]
    return made
