"""The usage of a stream, put together from its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tokenfoundry.usage.normal import Usage
from tokenfoundry.usage.readers import INPUT_FIRST, WHOLE_WITH, raw_of_event, tier_of_event


class UsageMeter:
    """The usage of one stream, from its events as the provider sent them.

    Providers repeat and complete what they said: later counts stand in the place of earlier ones, a null says nothing.
    Usage that is whole in itself stands in the place of all that was said.

    >>> meter = UsageMeter("chat")
    >>> meter.see({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}})
    >>> meter.usage.total_tokens
    12
    """

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self._raw_of = raw_of_event(dialect)
        self._whole_with = WHOLE_WITH.get(dialect, ())
        self._raw: dict[str, Any] = {}
        self._tier: Any = None
        self._odd: Any = None  # What stood last where usage should, and is none.

    def see(self, event: Mapping[str, Any]) -> None:
        """Takes one event."""
        raw = self._raw_of(event)
        if isinstance(raw, Mapping):
            if self._whole_with and all(raw.get(name) is not None for name in self._whole_with):
                self._raw = {}
            self._raw.update((name, value) for name, value in raw.items() if value is not None)
            self._tier = tier_of_event(event) or self._tier
        elif raw is not None:
            self._odd = raw

    @property
    def usage(self) -> Usage | None:
        """What was reported so far; one that cannot be true has a `fault`."""
        told = self._reported(self._raw) if self._raw else None
        if self._odd is None:
            return told
        odd = Usage.reported(self._dialect, {"usage": self._odd})
        if told is None or odd is None or told.fault:
            return told or odd
        return msgspec.structs.replace(told, fault=odd.fault)

    def usage_so_far(self, count_output: Callable[[], int]) -> Usage | None:
        """The same; of a stream that has told its input alone, with the output that was counted, as estimated.

        >>> meter = UsageMeter("messages")
        >>> meter.see({"type": "message_start", "message": {"usage": {"input_tokens": 25, "output_tokens": 1}}})
        >>> meter.usage is None, meter.usage_so_far(lambda: 3).total_tokens
        (True, 28)
        """
        usage = self.usage
        if usage is not None or self._dialect not in INPUT_FIRST or self._raw.get("input_tokens") is None:
            return usage
        told = self._reported({**self._raw, "output_tokens": count_output()})
        return None if told is None else msgspec.structs.replace(told, estimated=True)

    def _reported(self, raw: Mapping[str, Any]) -> Usage | None:
        body: dict[str, Any] = {"usage": raw}
        if self._tier is not None:
            body["service_tier"] = self._tier
        return Usage.reported(self._dialect, body)
