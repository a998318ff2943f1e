"""Checks that the endpoints share. All raise `Refused` (400) naming the field."""

from __future__ import annotations

from typing import Any

from tokenfoundry.gateway.replies import invalid


def check_integer(body: dict[str, Any], field: str, *, least: int = 1, most: int) -> None:
    """An integer in its bounds, or nothing."""
    value = body.get(field)
    if value is not None and not (type(value) is int and least <= value <= most):
        raise invalid(f"{field}: needs an integer from {least} to {most}", param=field)


def check_text(body: dict[str, Any], field: str, *, required: bool = False) -> None:
    """A string, or nothing unless it is required."""
    value = body.get(field)
    if not isinstance(value, str) and (required or value is not None):
        raise invalid(f"{field}: needs a string", param=field)


def check_stream(body: dict[str, Any]) -> None:
    """`stream` and `stream_options`, for endpoints that stream."""
    if not isinstance(body.get("stream"), bool | None):
        raise invalid("stream: needs true or false", param="stream")
    options = body.get("stream_options")
    if options is not None and not (isinstance(options, dict) and body.get("stream")):
        raise invalid("stream_options: needs an object, and stream: true", param="stream_options")


def refuse_stream(body: dict[str, Any], endpoint: str) -> None:
    """For endpoints that do not stream."""
    for field in ("stream", "stream_options"):
        if body.get(field):
            raise invalid(f"{field}: {endpoint} does not stream here", param=field)
