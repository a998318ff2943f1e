"""Wire formats: what a kind of provider is sent, and how what it sends is read. Pure functions, no I/O.

One file per format. A format says which dialects it speaks (see `tokenfoundry.translate`), where each of them is
posted, with which headers, and how the bytes of a stream are cut into events. What is the same for many providers (an
OpenAI-compatible address) is one format with a row of presets.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request, complete. Header names in lower case; `host` and `content-length` are the client's."""

    url: str
    headers: dict[str, str] = field(repr=False)  # holds the provider's key
    body: bytes = field(repr=False)
    method: str = "POST"
    pieces: Callable[[], AsyncIterator[bytes]] | None = field(default=None, repr=False)
    """A body that is too large to be held, instead of `body`; `content-length` is among the headers then."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a call goes: the provider's address, what it calls the model, and the key to use (None for an open node).

    `options` are the format's own settings of the provider, such as an API version or a cloud region.
    """

    base_url: str
    model: str
    key: str | None = field(repr=False)
    options: dict[str, str] = field(default_factory=dict)


class Framing(Protocol):
    """Cuts the bytes of one stream into decoded events."""

    ended: bool
    """Whether the event that ends the stream by the dialect's own rule was seen."""

    def feed(self, data: bytes) -> Iterator[Body]:
        """The events that these bytes complete; what follows the end is left out.

        Raises `ProviderError`, in its turn, for what is no event and for one over 8 MiB.
        """


class Format(Protocol):
    """One wire format. Stateless."""

    name: str
    dialects: frozenset[str]

    def request(self, dialect: str, body: Body, to: Endpoint, *, stream: bool, now_ms: int) -> WireRequest:
        """The request for a body in one of `dialects`. Usage is asked of every stream. `now_ms` dates signatures."""

    def framing(self, dialect: str) -> Framing:
        """A reader for one stream."""

    def error_message(self, body: Any) -> str:
        """What a decoded error reply says; empty when it says nothing we can read."""
