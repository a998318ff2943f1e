"""What most formats share: a JSON body in, a JSON body or a stream of events out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.providers.formats import Endpoint, WireRequest

Body = dict[str, Any]

JSON_HEADERS: Mapping[str, str] = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
}

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]-]{0,63}", re.ASCII)


def json_request(url: str, body: Body, headers: Mapping[str, str]) -> WireRequest:
    """A POST of `body`, with these headers beside those of every call."""
    return WireRequest(url=url, headers={**JSON_HEADERS, **headers}, body=msgspec.json.encode(body))


def bearer(key: str | None) -> dict[str, str]:
    """The key as a bearer token; nothing for an open node."""
    return {} if key is None else {"authorization": f"Bearer {key}"}


def required_key(to: Endpoint, format_name: str) -> str:
    """The provider's key. Raises `InvalidInput` where there is none."""
    if to.key is None:
        raise InvalidInput(f"{format_name} needs a key: set `keys` of the provider")
    return to.key


def without(body: Body, *names: str) -> Body:
    """The body without these fields."""
    return {name: value for name, value in body.items() if name not in names}


def message_in(body: Any, *path: str) -> str:
    """The text at `path` of a decoded error reply; empty when none is there."""
    found = body
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def name_in(body: Any, *path: str) -> str | None:
    """What an error reply has at `path`, if that is a name of something, such as `context_length_exceeded`, or of a
    field, such as `messages[0].content`: no text that might quote the call.
    """
    found = message_in(body, *path)
    return found if _NAME.fullmatch(found) else None
