"""A streamed response: placeholders restored in every delta and in every event that repeats a text whole.

The provider's events keep their order and their fields. What a delta may have begun of a placeholder is held back; it
is written as a delta of its own before the event that ends its text. So there may be one event more, or one less, than
came, and all are numbered anew.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.bodies.answers import guarded, guarded_reply
from tokenfoundry.gateway.bodies.response_texts import (
    as_asked,
    is_response,
    produced_texts,
    restored_output,
    restored_response,
)
from tokenfoundry.gateway.bodies.texts import restored
from tokenfoundry.privacy import RedactionSession, StreamRestorer
from tokenfoundry.records import CallRecord

Body = dict[str, Any]

_ENDS = ("response.completed", "response.incomplete")
_DELTA, _DONE = ".delta", ".done"

# Where a text stands: its kind, and the numbers by which its events name it; the first is that of its item.
Place = tuple[str, int, int, int]


class ResponseStream:
    """See `tokenfoundry.gateway.streams.ReplyStream`."""

    def __init__(self, session: RedactionSession, asked: Body, *, json: bool) -> None:
        """`asked` is the body of the request. `json`: the text that was asked for is JSON."""
        self._session = session
        self._asked = asked
        self._json = json
        self._restorers: dict[Place, tuple[StreamRestorer, Body]] = {}
        self._number = 0
        self._began: Body = {}
        self._end: Body | None = None  # the event that ends the stream, in placeholder form
        self._texts: dict[Place, list[str]] = {}  # of items that are not done
        self._items: dict[int, Body] = {}  # those that are done

    @property
    def finished(self) -> bool:
        return self._end is not None

    @property
    def storable(self) -> bool:
        return self._end is not None and self._end["type"] == "response.completed"

    def add(self, event: Body) -> bytes:
        kind = event.get("type")
        if not isinstance(kind, str):
            raise ProviderError("the provider sent an event without a type")
        if kind in ("error", "response.failed"):
            raise ProviderError("the provider reported an error in mid-stream")
        self._remember(kind, event)
        if kind in _ENDS:
            return b""  # Written by `ending`, after the call is settled.
        if kind.endswith(_DELTA) and isinstance(event.get("delta"), str):
            return self._delta(kind, event)
        held = self._held_back(kind, event)
        return held + self._written(self._restored(kind, event))

    def produced(self) -> str:
        if self._end is not None:
            return "".join(produced_texts(self._end["response"]["output"]))
        done = produced_texts([item for _, item in sorted(self._items.items())])
        return "".join([*done, *(piece for pieces in self._texts.values() for piece in pieces)])

    def body(self) -> Body:
        if self._end is not None:
            response: Body = self._end["response"]
            return response
        return {**self._began, "output": [item for _, item in sorted(self._items.items())]}

    def ending(self, record: CallRecord, summary: Body) -> bytes:
        assert self._end is not None, "a stream that is not finished has no ending"
        held = self._closed(list(self._restorers))
        event = self._restored(self._end["type"], self._end)
        response = {**event["response"], "tokenfoundry": summary}
        if response.get("usage") is None:
            response["usage"] = _usage_of(record)
        return held + self._written({**event, "response": response})

    def error(self, code: str, message: str) -> bytes:
        return self._written({"type": "error", "code": code, "message": message, "param": None})

    def _remember(self, kind: str, event: Body) -> None:
        """Keeps what was produced, in placeholder form. Raises `ProviderError` for another shape."""
        if "response" in event:
            response = event["response"]
            if not is_response(response):
                raise ProviderError("the provider sent an event of another shape")
            self._began = self._began or response
            if kind in _ENDS:
                self._end = event
        elif kind == "response.output_item.done":
            item = event.get("item")
            if not isinstance(item, dict):
                raise ProviderError("the provider sent an event of another shape")
            index = _index(event, "output_index")
            self._items[index] = item
            for place in [place for place in self._texts if place[1] == index]:
                del self._texts[place]
        elif kind.endswith(_DELTA) and isinstance(event.get("delta"), str):
            self._texts.setdefault(_place_of(kind.removesuffix(_DELTA), event), []).append(event["delta"])
        elif kind.endswith(_DONE) and (field := _text_field(event)):
            self._texts[_place_of(kind.removesuffix(_DONE), event)] = [event[field]]

    def _delta(self, kind: str, event: Body) -> bytes:
        name = kind.removesuffix(_DELTA)
        place = _place_of(name, event)
        if place not in self._restorers:
            as_json = name.endswith("_arguments") or (self._json and name == "response.output_text")
            self._restorers[place] = self._session.stream(json=as_json or None), {}
        restorer, _ = self._restorers[place]
        text = restorer.feed(event["delta"])
        if self._session.guards and event.get("logprobs"):
            event = {**event, "logprobs": []}  # They say the text once more, token by token.
        # What the held-back rest will be written as: the same event with another text.
        self._restorers[place] = restorer, {**event, "logprobs": []} if "logprobs" in event else event
        if not text and event["delta"]:
            return b""
        return self._written({**event, "delta": text})

    def _held_back(self, kind: str, event: Body) -> bytes:
        """What is due of the texts that this event ends, or of all of them when it ends an item."""
        if kind == "response.output_item.done":
            index = _index(event, "output_index")
            return self._closed([place for place in self._restorers if place[1] == index])
        return self._closed([_place_of(kind.removesuffix(_DONE), event)]) if kind.endswith(_DONE) else b""

    def _closed(self, places: list[Place]) -> bytes:
        pieces = []
        for place in places:
            restorer, last = self._restorers.pop(place, (None, {}))
            if restorer is not None and (text := restorer.close()):
                pieces.append(self._written({**last, "delta": text}))
        return b"".join(pieces)

    def _restored(self, kind: str, event: Body) -> Body:
        if "response" in event:
            response = guarded_reply(event["response"], self._session, json=self._json)
            response = restored_response(response, self._session, json=self._json)
            return {**event, "response": as_asked(response, self._asked)}
        if self._session.guards:
            is_plain = kind.endswith(_DONE) and kind != "response.output_text.done"
            event = guarded(event, self._session, json=self._json and not is_plain)
        made: Body = restored(event, self._session)
        for field in ("item", "part"):
            if field in event:
                made[field] = restored_output(event[field], self._session, json=self._json)
        if kind == "response.output_text.done" and isinstance(event.get("text"), str):
            made["text"] = self._session.restore(event["text"], json=self._json or None)
        return made

    def _written(self, event: Body) -> bytes:
        number, self._number = self._number, self._number + 1
        return written({**event, "sequence_number": number})


def written(event: Body) -> bytes:
    """An event as it is sent: named by its type."""
    kind = str(event["type"]).replace("\n", " ").replace("\r", " ")
    return b"event: " + kind.encode() + b"\ndata: " + msgspec.json.encode(event) + b"\n\n"


def _usage_of(record: CallRecord) -> Body:
    """Usage as a response tells it, for a provider that told none."""
    return {
        "input_tokens": record.input_tokens,
        "input_tokens_details": {
            "cached_tokens": record.cache_read_tokens,
            "cache_write_tokens": record.cache_write_tokens,
        },
        "output_tokens": record.output_tokens,
        "output_tokens_details": {"reasoning_tokens": record.reasoning_tokens},
        "total_tokens": record.input_tokens + record.output_tokens,
    }


def _place_of(name: str, event: Body) -> Place:
    return name, _index(event, "output_index"), _index(event, "content_index"), _index(event, "summary_index")


def _index(event: Body, field: str) -> int:
    value = event.get(field)
    return value if isinstance(value, int) else 0


def _text_field(event: Body) -> str:
    """The field in which an event that ends a text repeats it whole; empty when it repeats none."""
    return next(
        (name for name in ("text", "arguments", "input", "refusal", "code") if isinstance(event.get(name), str)), ""
    )
