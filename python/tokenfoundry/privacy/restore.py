"""Placeholders back to values: in a whole text, and in a stream whose chunks may cut a placeholder anywhere."""

from __future__ import annotations

import json as json_module
import re

from tokenfoundry.errors import InvalidState
from tokenfoundry.privacy.placeholders import NUMBERED, PlaceholderMap

# What a chunk may end with that can still become a placeholder.
_BEGINNING = re.compile(r"\[(?:[A-Z][A-Z0-9_]*)?")


def restore(text: str, values: PlaceholderMap, *, json: bool = False) -> str:
    """`text` with every known placeholder replaced, in one pass: what a value itself says is left as it is.

    Unknown placeholders stay. With `json` the values are escaped for the inside of a JSON string.

    >>> values = PlaceholderMap()
    >>> name = values.assign("BADGE", 'EMP "7"')
    >>> restore("ok [BADGE_1] [BADGE_2]", values)
    'ok EMP "7" [BADGE_2]'
    >>> print(restore('{"badge": "[BADGE_1]"}', values, json=True))
    {"badge": "EMP \\"7\\""}
    """
    if not values:
        return text

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match[0])
        if value is None:
            return match[0]
        return json_module.dumps(value, ensure_ascii=False)[1:-1] if json else value

    return NUMBERED.sub(value_of, text)


class StreamRestorer:
    """Restores a stream chunk by chunk: however it is cut, the pieces together are the restored whole.

    Holds back only an end that may still become a placeholder, so never more than the longest one. One restorer per
    stream; not thread-safe.

    >>> values = PlaceholderMap()
    >>> _ = values.assign("BADGE", "EMP-7")
    >>> stream = StreamRestorer(values)
    >>> [stream.feed("badge [BAD"), stream.feed("GE_1], [no"), stream.close()]
    ['badge ', 'EMP-7, [no', '']
    """

    __slots__ = ("_closed", "_held", "_json", "_values")

    def __init__(self, values: PlaceholderMap, *, json: bool = False) -> None:
        self._values = values
        self._json = json
        self._held = ""
        self._closed = False

    def feed(self, chunk: str) -> str:
        """What can be passed on now: restored text, possibly empty. Raises `InvalidState` after `close`."""
        if self._closed:
            raise InvalidState("the restorer is closed")
        text = self._held + chunk
        cut = self._held_from(text)
        self._held = text[cut:]
        return restore(text[:cut], self._values, json=self._json)

    def close(self) -> str:
        """What was held back: the stream has ended, so it is no placeholder. A second call returns nothing."""
        self._closed = True
        held, self._held = self._held, ""
        return held

    def _held_from(self, text: str) -> int:
        bracket = text.rfind("[")
        could_grow = (
            bracket >= 0
            and len(text) - bracket < self._values.longest
            and _BEGINNING.fullmatch(text, bracket) is not None
        )
        return bracket if could_grow else len(text)

    def __repr__(self) -> str:
        return f"StreamRestorer({len(self._values)} values, {'closed' if self._closed else 'open'})"
