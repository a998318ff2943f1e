"""Reading a request from ASGI and writing an answer to it, with nothing in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from tokenfoundry.gateway.client_watch import ClientGone as ClientGone
from tokenfoundry.gateway.client_watch import ClientWatch
from tokenfoundry.gateway.headers import CACHE_CONTROL, axis_header
from tokenfoundry.gateway.replies import Answer, Headers, Refused, StreamAnswer, invalid

_AXES = axis_header("")
_EVENTS = "text/event-stream; charset=utf-8"

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def path_of(scope: Scope) -> str:
    """The path below the point where the application is mounted."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] or "/" if root and path.startswith(root) else path


def peer_of(scope: Scope) -> str:
    """The address that the connection comes from; "" when the server knows none, as on a Unix socket."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def headers_of(scope: Scope) -> Mapping[str, str]:
    """Header names in lower case; the values of a repeated name are joined with commas (RFC 9110, section 5.3), but for
    those that state an axis: what is stated twice is no list, and differs by a line's end, which no value has in it.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = _repeated(name, headers[name], value) if name in headers else value
    return headers


def _repeated(name: str, first: str, second: str) -> str:
    if name.startswith(_AXES):
        return first if first == second else f"{first}\n{second}"
    return f"{first}, {second}"


async def read_body(headers: Mapping[str, str], receive: Receive, *, max_bytes: int) -> bytes:
    """The whole body. Raises `Refused` (413) when it is larger, `ClientGone` when it never ends."""
    declared = headers.get("content-length", "")
    if declared.isascii() and declared.isdecimal() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > max_bytes:
            raise _too_large(max_bytes)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large(max_bytes: int) -> Refused:
    return invalid(f"the body is over {max_bytes} bytes", status=413, code="request_too_large")


async def write(answer: Answer | StreamAnswer, receive: Receive, send: Send) -> None:
    """Sends the answer to a client that nobody has watched so far; see `write_to`."""
    client = ClientWatch(receive)
    try:
        await write_to(answer, client, send)
    finally:
        client.close()


async def write_to(answer: Answer | StreamAnswer, client: ClientWatch, send: Send) -> None:
    """Sends the answer. A stream whose client hangs up is closed at once, which settles its call."""
    if isinstance(answer, Answer):
        headers = {**answer.headers, "content-type": answer.content_type, "content-length": str(len(answer.body))}
        await send({"type": "http.response.start", "status": answer.status, "headers": _raw(headers)})
        await send({"type": "http.response.body", "body": answer.body})
        return
    writer = asyncio.ensure_future(_write_stream(answer, send))
    watcher = client.gone()
    try:
        await asyncio.wait({writer, watcher}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (writer, watcher):
            task.cancel()
        try:
            await asyncio.wait({writer, watcher})
        finally:
            # Here and not in the writer: a task that is cancelled before its first step runs nothing of it.
            await answer.close()
    if not writer.cancelled():
        writer.result()


async def _write_stream(answer: StreamAnswer, send: Send) -> None:
    headers = {"content-type": _EVENTS, CACHE_CONTROL: "no-cache", **answer.headers}
    await send({"type": "http.response.start", "status": 200, "headers": _raw(headers)})
    last = b""
    try:
        async for chunk in answer.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    except Refused as refused:  # It began, so it is told as the last of the stream.
        if answer.error is None:
            raise
        last = answer.error(refused.code, str(refused))
    await send({"type": "http.response.body", "body": last})


def _raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
