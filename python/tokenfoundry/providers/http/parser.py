"""The bytes of a connection read as replies, one at a time. No I/O: llhttp parses, this gathers and bounds.

Where the parser is used wrongly by a provider, we side with caution: a reply is complete by its own framing or not at
all, and anything after its end that was not asked for spoils the connection for the next request.
"""

from __future__ import annotations

import httptools

from tokenfoundry.providers.http.limits import MAX_HEAD_BYTES, MAX_HEAD_FIELDS


class _Stop(Exception):
    """Ends parsing from within a callback; `broken` or `spoiled` says why."""


class ReplyParser:
    """Reads replies. `begin` one, then `feed` it until it is `complete` or `broken`."""

    __slots__ = (
        "_field_count",
        "_head_bytes",
        "_interim",
        "_parser",
        "_parts",
        "_quiet_bytes",
        "_until_close",
        "broken",
        "complete",
        "fields",
        "head_complete",
        "keep_alive",
        "spoiled",
        "status",
    )

    def __init__(self) -> None:
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self.spoiled = False
        """Whether something came after the end of a reply."""
        self.begin()

    def begin(self) -> None:
        """Forgets the last reply."""
        self.status = 0
        self.fields: dict[bytes, bytes] = {}
        self.head_complete = False
        self.complete = False
        self.keep_alive = False
        self.broken = ""
        self._interim = False
        self._until_close = False
        self._parts: list[bytes] = []
        self._field_count = 0
        self._head_bytes = 0
        self._quiet_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """The bytes of the body in this read. Read the attributes after it; what broke in mid-read broke after them."""
        assert self._parser is not None, "the connection is open"
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._stopped(error)
        parts = self._parts
        if not parts:
            self._quiet_bytes += len(data)
            if self._quiet_bytes > MAX_HEAD_BYTES and not self.complete:
                self.broken = self.broken or "the provider's reply has a head or framing over 64 KiB"
            return b""
        self._quiet_bytes = 0
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        return body

    def finish(self) -> bool:
        """The peer sends no more. Whether the reply is complete: only one without a length ends with its connection."""
        if self.head_complete and self._until_close and not self.broken:
            self.complete = True
        return self.complete

    def close(self) -> None:
        """Breaks the cycle between the parser and its callbacks."""
        self._parser = None

    def _stopped(self, error: Exception) -> None:
        if self.complete:
            self.spoiled = True
        elif isinstance(error, httptools.HttpParserUpgrade):
            self.broken = "the provider switched to another protocol"
        else:
            self.broken = self.broken or f"the provider's reply is not HTTP: {error}"

    # -- called by httptools; an exception ends parsing with an HttpParserError ----------------------------------------

    def on_message_begin(self) -> None:
        if self.complete:
            raise _Stop

    def on_header(self, name: bytes, value: bytes) -> None:
        self._field_count += 1
        self._head_bytes += len(name) + len(value)
        if self._field_count > MAX_HEAD_FIELDS or self._head_bytes > MAX_HEAD_BYTES:
            self.broken = f"the provider's reply has a head over {MAX_HEAD_FIELDS} fields or 64 KiB"
            raise _Stop
        if self.head_complete:
            return  # A trailer.
        name = name.lower()
        fields = self.fields
        fields[name] = value if name not in fields else fields[name] + b", " + value

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        status = self._parser.get_status_code()
        if status < 200:
            self._interim = True
            self.fields = {}
            return
        fields = self.fields
        self.status = status
        self.keep_alive = self._parser.should_keep_alive()
        coding = fields.get(b"transfer-encoding")
        if coding is not None and coding.lower() != b"chunked":
            self.broken = "the provider's reply has a transfer coding that was not asked for"
            raise _Stop
        self._until_close = coding is None and b"content-length" not in fields
        self.head_complete = True

    def on_body(self, data: bytes) -> None:
        self._parts.append(data)

    def on_message_complete(self) -> None:
        if self._interim:
            self._interim = False
        else:
            self.complete = True
