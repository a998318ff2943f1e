"""How tests of the HTTP transports ask."""

from __future__ import annotations

from tokenfoundry.providers.formats import WireRequest
from tokenfoundry.providers.http import Limits, Transport

LIMITS = Limits(connect_s=5, write_s=5, first_byte_s=5, read_s=5, total_s=20)


def post(url: str, body: bytes = b'{"model": "m"}') -> WireRequest:
    return WireRequest(url, {"content-type": "application/json"}, body)


async def ask(transport: Transport, url: str, *, body: bytes = b'{"model": "m"}', limits: Limits = LIMITS) -> bytes:
    """The whole body of the reply to a POST."""
    async with transport.send(post(url, body), limits) as reply:
        return await reply.read()


async def stream(transport: Transport, url: str, *, limits: Limits = LIMITS) -> list[bytes]:
    """The pieces of the reply to a POST."""
    async with transport.send(post(url), limits) as reply:
        return [piece async for piece in reply.chunks()]
