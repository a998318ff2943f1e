"""Dialects on record: the files of `tests/data/wire`, and what the project makes of them.

A file states its `source` (the document or SDK its shapes are from), the provider's settings and model, and what is
`asked`; then the `request` that must be sent for it, and either a `reply` with the `answer` that must come of it, or
the `events` of a stream with its `chunks`. `created`, and ids that are made here, stand as `"*"`.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tokenfoundry.providers.formats import Endpoint, WireRequest
from tokenfoundry.providers.formats.registry import TRANSLATIONS, format_of
from tokenfoundry.providers.plan import Planner, Said
from tokenfoundry.settings import ProviderSettings
from tokenfoundry.translate import Translations

DATA = Path(__file__).resolve().parents[1] / "data" / "wire"
NOW_MS = 1_771_000_000_000
KEY = "fixture-key"

Body = dict[str, Any]


class Fixture:
    """One file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = f"{path.parent.name}/{path.stem}"
        self.data: Body = json.loads(path.read_text(encoding="utf-8"))
        self.settings = ProviderSettings.model_validate({"keys": ["env:KEY"], **self.data["provider"]})
        self.format = format_of(self.settings)
        self.dialect: str = self.data.get("dialect", "chat")
        self.asked: Body = self.data["asked"]
        self.stream = bool(self.asked.get("stream"))

    def said(self) -> Said:
        plan = Planner(Translations(TRANSLATIONS)).plan(self.dialect, self.format)
        assert plan is not None
        return plan.said(self.asked)

    def request(self) -> WireRequest:
        to = Endpoint(
            self.settings.base_url, self.data["model"], self.data.get("key", KEY), dict(self.settings.options)
        )
        return self.said().request(to, stream=self.stream, now_ms=NOW_MS)

    def stream_bytes(self) -> bytes:
        """The events as this provider puts them on the wire."""
        events = self.data["events"]
        if self.settings.format == "bedrock":
            return b"".join(amazon_message(event) for event in events)
        data = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
        return data + (b"data: [DONE]\n\n" if self.data.get("done") else b"")

    def chunks(self, pieces: Iterable[bytes]) -> list[Body]:
        """The chunks that come of the stream, when its bytes arrive in these pieces."""
        events = self.said().events()
        made = [chunk for piece in pieces for chunk in events.feed(piece)]
        return made + list(events.close())


def fixtures(*having: str) -> list[Fixture]:
    """Every fixture that states all of these."""
    found = [Fixture(path) for path in sorted(DATA.glob("*/*.json"))]
    assert found, "the fixtures are where they should be"
    return [fixture for fixture in found if all(name in fixture.data for name in having)]


def same(made: Any, expected: Any) -> bool:
    """Whether both are equal; `"*"` stands for any text or number."""
    if expected == "*":
        return isinstance(made, str | int)
    if isinstance(expected, dict) and isinstance(made, dict):
        return made.keys() == expected.keys() and all(same(made[name], expected[name]) for name in expected)
    if isinstance(expected, list) and isinstance(made, list):
        return len(made) == len(expected) and all(map(same, made, expected))
    return bool(made == expected)


def starred(made: Any) -> Any:
    """`made` with `"*"` for what differs from run to run."""
    if isinstance(made, dict):
        return {name: "*" if _varies(name, value) else starred(value) for name, value in made.items()}
    return [starred(item) for item in made] if isinstance(made, list) else made


def _varies(name: str, value: Any) -> bool:
    if name == "created":
        return True
    return (
        name == "id"
        and isinstance(value, str)
        and (value.startswith(("chatcmpl-0", "msg_0")) or len(value) in (36, 37))
    )


def amazon_message(event: Mapping[str, Any]) -> bytes:
    """One message of Amazon's event stream."""
    ((name, payload),) = event.items()
    kind = "exception" if name.endswith("Exception") else "event"
    headers = b"".join(
        _header(*each)
        for each in (
            (f":{kind}-type", name),
            (":content-type", "application/json"),
            (":message-type", kind),
        )
    )
    return framed(headers, json.dumps(payload).encode())


def framed(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack("!I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack("!H", len(value.encode())) + value.encode()


def pieces_of(data: bytes, sizes: Iterator[int]) -> Iterator[bytes]:
    """`data` in pieces of these sizes."""
    at = 0
    while at < len(data):
        size = next(sizes)
        yield data[at : at + size]
        at += size
