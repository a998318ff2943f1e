"""Placeholders back to values: in a whole text, and in a stream whose chunks may cut a placeholder anywhere.

A placeholder is restored in each form that a model may have written it in (`forms`), in one pass: what a value itself
says is left as it is.
"""

from __future__ import annotations

from typing import Protocol

from tokenfoundry.errors import InvalidState
from tokenfoundry.privacy.forms import begun_at, forms_in, may_hold_form
from tokenfoundry.privacy.json_levels import escaped
from tokenfoundry.privacy.placeholders import PlaceholderMap


class Values(Protocol):
    """Whoever knows what placeholders stand for; false when there are none."""

    def value_of(self, placeholder: str) -> str | None:
        """What it stands for; None when it stands for nothing."""


def restore(text: str, values: Values, *, json: int = False) -> str:
    """`text` with every known placeholder replaced; unknown ones stay.

    `json` says in how many JSON texts it stands: values are escaped for the inside of their strings.

    >>> values = PlaceholderMap()
    >>> name = values.assign("BADGE", 'EMP "7"')
    >>> restore("ok [BADGE_1] **[badge_1]** [BADGE_2]", values)
    'ok EMP "7" **EMP "7"** [BADGE_2]'
    >>> print(restore('{"badge": "[BADGE_1]"}', values, json=True))
    {"badge": "EMP \\"7\\""}
    """
    if not values or not may_hold_form(text):
        return text
    pieces: list[str] = []
    done = 0
    for start, end, placeholder in forms_in(text, json=json):
        value = values.value_of(placeholder)
        if value is not None:
            pieces += (text[done:start], escaped(value, json))
            done = end
    return "".join([*pieces, text[done:]]) if done else text


class StreamRestorer:
    """Restores a stream chunk by chunk: however it is cut, the pieces together are the restored whole.

    Holds back only an end that may still become a placeholder of these values, in one of its forms: what a chunk costs
    does not grow with the stream. One restorer per stream; not thread-safe.

    >>> values = PlaceholderMap()
    >>> _ = values.assign("BADGE", "EMP-7")
    >>> stream = StreamRestorer(values)
    >>> [stream.feed("badge [BAD"), stream.feed("GE_1], [no"), stream.close()]
    ['badge ', 'EMP-7, [no', '']
    """

    __slots__ = ("_closed", "_held", "_json", "_values")

    def __init__(self, values: PlaceholderMap, *, json: int = False) -> None:
        self._values = values
        self._json = json
        self._held = ""
        self._closed = False

    def feed(self, chunk: str) -> str:
        """What can be passed on now: restored text, possibly empty. Raises `InvalidState` after `close`."""
        if self._closed:
            raise InvalidState("the restorer is closed")
        if not self._held and (not self._values or not may_hold_form(chunk)):
            return chunk
        text = self._held + chunk
        cut = begun_at(text, self._values.may_be, json=self._json)
        self._held = text[cut:]
        if not cut:
            return ""
        return restore(text[:cut], self._values, json=self._json)

    def close(self) -> str:
        """What was held back: the stream has ended, so it is no placeholder. A second call returns nothing."""
        self._closed = True
        held, self._held = self._held, ""
        return held

    def __repr__(self) -> str:
        return f"StreamRestorer({len(self._values)} values, {'closed' if self._closed else 'open'})"
