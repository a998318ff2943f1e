"""The bytes of a request.

A head is built once and used again for the same address and headers, which are the same for each key of a provider in
all but signed requests. What is kept holds those keys, in memory only.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from tokenfoundry.providers.formats import WireRequest
from tokenfoundry.providers.http.decoding import ACCEPTED
from tokenfoundry.providers.http.errors import ConnectFailed

_MAX_KNOWN = 512
_PORTS = {"http": 80, "https": 443}
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_DEFAULTS = {"accept-encoding": ACCEPTED, "user-agent": "tokenfoundry"}
_METHODS = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TARGET = re.compile(r"/[\x21-\x7e]*")


class Origin(NamedTuple):
    """Who a connection is to."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


class _Known(NamedTuple):
    """A head up to the fields of the body."""

    origin: Origin
    head: bytes


class Requests:
    """Builds requests."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], _Known] = {}

    def build(self, request: WireRequest) -> tuple[Origin, bytes]:
        """Where the request goes, and its bytes. Raises `ConnectFailed` for one that HTTP cannot say."""
        key = (request.url, request.method, *request.headers.items())
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            known = self._known[key] = _built(request)
        body = request.body
        if not body and request.method == "GET":
            return known.origin, known.head + b"\r\n"
        return known.origin, b"%bcontent-length: %d\r\n\r\n%b" % (known.head, len(body), body)


def _built(request: WireRequest) -> _Known:
    origin, host, target = _split(request.url)
    if request.method not in _METHODS:
        raise ConnectFailed(f"a request cannot have the method {request.method[:20]!r}")
    lines = [f"{request.method} {target} HTTP/1.1\r\nhost: {host}\r\n"]
    for name, value in {**_DEFAULTS, **request.headers}.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ConnectFailed(f"the request's header {name[:40]!r} holds what a header cannot")
        if name not in _OURS:
            lines.append(f"{name}: {value}\r\n")
    return _Known(origin, "".join(lines).encode("latin-1"))


def _split(url: str) -> tuple[Origin, str, str]:
    """The origin, the host header and the target of an address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConnectFailed("the provider's address cannot be read") from error
    scheme, host = parts.scheme.lower(), parts.hostname
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if scheme not in _PORTS or not host or not host.isascii() or "@" in parts.netloc or not _TARGET.fullmatch(target):
        raise ConnectFailed("the provider's address is not one of http or https")
    name = f"[{host}]" if ":" in host else host
    stated = f"{name}:{port}" if port and port != _PORTS[scheme] else name
    return Origin(scheme, host, port or _PORTS[scheme]), stated, target
