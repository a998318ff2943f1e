"""The time that a report is of."""

from __future__ import annotations

from tokenfoundry.errors import InvalidInput


def check_bounds(start: int | None, until: int | None) -> None:
    """Of calls since `start` and before `until`. Raises `InvalidInput` when no call can be between them."""
    if start is not None and until is not None and start >= until:
        raise InvalidInput("start is not before until: there is nothing between them")
