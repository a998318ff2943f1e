"""Checks that a decoded body has the shape that a translation looks into. What is not declared may be anything."""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate import Body, Untranslatable


def check_asked(body: Body, shape: type[msgspec.Struct]) -> None:
    """Raises `Untranslatable`, naming the field, for a body that its caller has built otherwise."""
    try:
        msgspec.convert(body, shape)
    except msgspec.ValidationError as error:
        said, _, path = str(error).partition(" - at `")
        param = path.rstrip("`").removeprefix("$").removeprefix(".")
        raise Untranslatable(f"{param or 'the body'}: {said[:1].lower()}{said[1:]}", param=param or None) from None


def check_spoken(body: Any, shape: type[msgspec.Struct]) -> None:
    """Raises `ProviderError` for a reply or an event of another shape. Not with its words: they may quote it."""
    try:
        msgspec.convert(body, shape)
    except msgspec.ValidationError:
        raise ProviderError("the provider's answer has not the shape of one") from None


def check_no_error(event: Body) -> None:
    """Raises `ProviderError` for an event that reports an error; some servers say `"error": null` in every event."""
    if event.get("error") is not None:
        raise ProviderError("the provider reported an error in mid-stream")


def word(table: dict[str, str], value: Any) -> str | None:
    """What the table says of a value that should be one of its words."""
    return table.get(value) if isinstance(value, str) else None
