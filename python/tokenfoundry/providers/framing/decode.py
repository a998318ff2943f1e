"""JSON from a provider, as a mapping."""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.errors import ProviderError

MAX_EVENT_BYTES = 8 * 1024 * 1024

Body = dict[str, Any]


def decode_event(data: bytes) -> Body:
    """The object that these bytes are. Raises `ProviderError` for anything else."""
    try:
        event = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Not its message: it may quote what it could not read.
        raise ProviderError("the provider sent a broken event") from None
    if not isinstance(event, dict):
        raise ProviderError("the provider sent an event that is not an object")
    return event
