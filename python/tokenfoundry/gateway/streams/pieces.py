"""Texts that come in pieces, put together when they are asked for: a piece of a long one costs what one of a short one
does.
"""

from __future__ import annotations

from typing import Any


class Pieces(list[str]):
    """A text that is not put together yet."""


def add_piece(body: dict[str, Any], name: str, piece: str) -> None:
    """Adds to the text in a field, which may be missing, empty or null."""
    known = body.get(name)
    if isinstance(known, Pieces):
        known.append(piece)
    else:
        body[name] = Pieces([known, piece] if known else [piece])


def joined(body: dict[str, Any]) -> dict[str, Any]:
    """The fields with their texts put together; `body` stays as it is."""
    return {name: "".join(value) if isinstance(value, Pieces) else value for name, value in body.items()}
