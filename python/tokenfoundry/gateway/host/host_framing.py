"""How a host's stream is cut into units, each with a payload that can be exchanged; all else stays as it was sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

_BLANK = re.compile(rb"\r?\n\r?\n")
_MOST_BYTES = 1 << 20  # Of a unit; what is longer is passed on in pieces that nobody looks into.


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a stream. `payload` is what it says, None when it says nothing."""

    raw: bytes
    payload: bytes | None


class Framing(Protocol):
    """The units of one stream; `end` is what each ends with."""

    end: bytes

    def feed(self, data: bytes) -> list[Unit]:
        """The units that these bytes complete."""

    def close(self) -> list[Unit]:
        """What came last and was never completed."""

    def with_payload(self, unit: Unit, payload: bytes) -> bytes:
        """The bytes of that unit with another payload."""

    def written(self, payload: bytes) -> bytes:
        """The bytes of a unit of our own."""


class Events:
    """Server-sent events (WHATWG HTML, "Interpreting an event stream"): the data of each, whatever its other fields."""

    end = b"\n\n"

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Unit]:
        buffer, start = self._rest + data, 0
        units: list[Unit] = []
        for blank in _BLANK.finditer(buffer):
            units.append(_event(buffer[start : blank.end()]))
            start = blank.end()
        self._rest = buffer[start:]
        if len(self._rest) > _MOST_BYTES:
            units.append(Unit(self._rest, None))
            self._rest = b""
        return units

    def close(self) -> list[Unit]:
        rest, self._rest = self._rest, b""
        return [_event(rest)] if rest else []

    def with_payload(self, unit: Unit, payload: bytes) -> bytes:
        written: list[bytes] = []
        is_said = False
        for line in unit.raw.splitlines(keepends=True):
            if not line.startswith(b"data:"):
                written.append(line)
            elif not is_said:
                is_said = True
                written += [b"data: " + part + b"\n" for part in payload.split(b"\n")]
        return b"".join(written)

    def written(self, payload: bytes) -> bytes:
        return b"".join(b"data: " + part + b"\n" for part in payload.split(b"\n")) + b"\n"


def _event(raw: bytes) -> Unit:
    data = [line[5:].removeprefix(b" ") for line in raw.splitlines() if line.startswith(b"data:")]
    return Unit(raw, b"\n".join(data) if data else None)


class Lines:
    """A value to a line, as `application/x-ndjson` has it."""

    end = b"\n"

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Unit]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        units = [_line(line + b"\n") for line in lines]
        if len(self._rest) > _MOST_BYTES:
            units.append(Unit(self._rest, None))
            self._rest = b""
        return units

    def close(self) -> list[Unit]:
        rest, self._rest = self._rest, b""
        return [_line(rest)] if rest else []

    def with_payload(self, unit: Unit, payload: bytes) -> bytes:
        return payload + unit.raw[len(unit.raw.rstrip(b"\r\n")) :]

    def written(self, payload: bytes) -> bytes:
        return payload + b"\n"


def _line(raw: bytes) -> Unit:
    return Unit(raw, raw.strip() or None)
