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
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProviderError("the provider's stream holds an event that is no JSON") from error
    if not isinstance(event, dict):
        raise ProviderError("the provider's stream holds an event that is no JSON object")
    return event
