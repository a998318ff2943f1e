"""What a route of the application is besides the endpoints that take a call: a row of a table."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from urllib.parse import parse_qsl

from tokenfoundry.gateway.asgi import Receive, read_body
from tokenfoundry.gateway.engine import Engine
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer, decode_object
from tokenfoundry.keys import Key

_PLACE = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True)
class Visit:
    """One request: `names` are those in its path, header names are in lower case."""

    engine: Engine
    query: str
    headers: Mapping[str, str]
    peer: str
    receive: Receive
    names: Mapping[str, str]

    @cached_property
    def fields(self) -> dict[str, str]:
        """Those of the query."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def key(self) -> Key:
        """The key it came with. Raises `Refused`."""
        return self.engine.pipeline.admission.authenticate(self.headers, self.peer)

    async def body(self) -> dict[str, Any]:
        """The JSON object in its body. Raises `Refused`."""
        most_bytes = self.engine.settings.server.max_body_bytes
        return decode_object(await read_body(self.headers, self.receive, max_bytes=most_bytes))


Handler = Callable[[Any, Visit], Awaitable[Answer | StreamAnswer]]


@dataclass(frozen=True, slots=True)
class Route:
    """One row. `path` has its names in braces; `{name:path}` is a name that may hold slashes. `handle` is given the
    application.
    """

    method: Literal["DELETE", "GET", "POST"]
    path: str
    handle: Handler
    pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pattern = _PLACE.sub(lambda found: f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})", self.path)
        object.__setattr__(self, "pattern", re.compile(pattern))

    @property
    def template(self) -> str:
        """The path as an OpenAPI document writes it."""
        return _PLACE.sub(r"{\1}", self.path)


def find(routes: Sequence[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a request, and the names in its path; None for a path that is no route's. Raises `Refused` (405)."""
    allowed: list[str] = []
    for route in routes:
        found = route.pattern.fullmatch(path)
        if found is not None:
            if route.method == method:
                return route, found.groupdict()
            allowed.append(route.method)
    if allowed:
        raise not_allowed(*allowed)
    return None


def not_allowed(*methods: str) -> Refused:
    """405: the path takes these methods."""
    return Refused(405, "method_not_allowed", f"use {' or '.join(methods)}", headers={"allow": ", ".join(methods)})
