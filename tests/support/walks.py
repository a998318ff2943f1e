"""Calls walked on the running loop, without a server: their answers as a client would put them together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from support.upstream import parse_sse
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.attempts.call import Request
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.gateway.replies import Answer

_PATIENCE_S = 20


@dataclass
class Told:
    """What a client got: `pieces` are the contents of a stream's chunks, or the whole content alone."""

    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    pieces: list[str] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    done: bool = False

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def cache(self) -> str:
        return self.headers["x-tf-cache"]


@dataclass(frozen=True)
class Asked:
    """A request before anybody has looked at its key."""

    key: str
    path: str
    body: dict[str, Any]
    headers: dict[str, str]


def request(key: str, path: str, body: dict[str, Any], **headers: str) -> Asked:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Asked(key, path, body, {"authorization": f"Bearer {key}", **named})


def chat_body(content: str, **fields: Any) -> dict[str, Any]:
    return {"model": "fast", "messages": [{"role": "user", "content": content}], "max_tokens": 50, **fields}


async def walk(gateway: TokenFactory, asked: Asked, *, seen: Callable[[Told], None] = lambda _: None) -> Told:
    """Walks a call to its end, and closes its stream whatever happens. `seen` is told of what came so far. Raises
    `Refused`.
    """
    key = gateway.engine.pipeline.admission.authenticate(asked.headers, "127.0.0.1")
    body = msgspec.json.encode(asked.body)
    answer = await gateway.engine.pipeline.run(Request(ENDPOINTS[asked.path], key, asked.headers, body))
    told = Told(dict(answer.headers))
    if isinstance(answer, Answer):
        told.body = msgspec.json.decode(answer.body)
        told.summary = told.body.get("tokenfoundry", {})
        told.pieces = [choice["message"]["content"] for choice in told.body.get("choices", ())]
        told.done = True
        return told
    try:
        async for piece in answer.chunks:
            _take(told, piece)
            seen(told)
    finally:
        await answer.close()
    return told


def _take(told: Told, piece: bytes) -> None:
    for event in parse_sse(piece):
        if event == b"[DONE]":
            told.done = True
        elif "error" in event:
            told.error = event["error"]
        else:
            for choice in event["choices"]:
                if content := choice["delta"].get("content"):
                    told.pieces.append(content)
    for line in piece.split(b"\n"):
        if line.startswith(b": tokenfoundry "):
            told.summary = msgspec.json.decode(line.removeprefix(b": tokenfoundry "))


async def until(holds: Callable[[], object]) -> None:
    """Waits for what another task or thread brings about."""
    end = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never came about"
        await asyncio.sleep(0.001)
