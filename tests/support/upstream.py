"""A provider on loopback that does exactly what a test tells it, down to the bytes: answers, refuses, hangs, resets,
lies.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Self

import msgspec

from tokenfoundry.prompt_tokens import chat_tokens
from tokenfoundry.tokens import Tokenizer

Behaviour = Callable[["Exchange"], Awaitable[None]]


class Exchange:
    """One request at the provider, and the means to answer it."""

    def __init__(
        self, path: str, headers: dict[str, str], raw: bytes, writer: asyncio.StreamWriter, method: str
    ) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.raw = raw
        self.body: dict[str, Any] = json.loads(raw) if raw and "json" in headers.get("content-type", "json") else {}
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(
        self, body: Any, *, status: int = 200, headers: str = "", content_type: str = "application/json"
    ) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {len(data)}\r\n{headers}\r\n"
        await self.send(head.encode() + data)

    async def start_stream(self) -> None:
        await self.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")

    async def piece(self, data: bytes) -> None:
        await self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def event(self, body: Any) -> None:
        await self.piece(b"data: " + (body if isinstance(body, bytes) else json.dumps(body).encode()) + b"\n\n")

    async def end_stream(self) -> None:
        await self.send(b"0\r\n\r\n")

    def reset(self) -> None:
        """Closes with a TCP reset, so that the other side sees an error and not an end."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Upstream:
    """The provider: a thread with a loop of its own. `behave` is what it does with each request; `received` is what it
    was sent.
    """

    def __init__(self, behave: Behaviour | None = None) -> None:
        self.behave: Behaviour = behave or answer_with("Ricevuto.")
        self.received: list[Exchange] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call_soon(self, function: Callable[[], None]) -> None:
        """Runs it on the provider's loop, where its behaviours run."""
        self._loop.call_soon_threadsafe(function)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _stop(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:]) if name
                }
                raw = await reader.readexactly(int(headers.get("content-length", 0)))
                exchange = Exchange(head[0].split(" ")[1], headers, raw, writer, head[0].split(" ")[0])
                self.received.append(exchange)
                await self.behave(exchange)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


def completion(text: str, *, usage: dict[str, int] | None = None, finish: str = "stop") -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    reply = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }
    return reply if usage is None else {**reply, "usage": usage}


def chunk(delta: dict[str, Any], *, finish: str | None = None, index: int = 0) -> dict[str, Any]:
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "scripted",
        "choices": [choice],
    }


def usage_of(prompt_tokens: int, completion_tokens: int) -> dict[str, int]:
    total = prompt_tokens + completion_tokens
    return {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": total}


def answer_with(text: str, *, prompt_tokens: int = 20, completion_tokens: int = 5) -> Behaviour:
    """Answers with this text, streamed a character at a time when a stream is asked for."""
    usage = usage_of(prompt_tokens, completion_tokens)

    async def behave(exchange: Exchange) -> None:
        if not exchange.body.get("stream"):
            await exchange.answer(completion(text, usage=usage))
            return
        await exchange.start_stream()
        await exchange.event(chunk({"role": "assistant", "content": ""}))
        for character in text:
            await exchange.event(chunk({"content": character}))
        await exchange.event(chunk({}, finish="stop"))
        await exchange.event({**chunk({}), "choices": [], "usage": usage})
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    return behave


def last_content(exchange: Exchange) -> str:
    content: str = exchange.body["messages"][-1]["content"]
    return content


async def echo(exchange: Exchange) -> None:
    """Answers with the last message as it was received."""
    await answer_with(last_content(exchange))(exchange)


async def use_exactly_what_was_held(exchange: Exchange) -> None:
    """Reports the prompt as the gateway counts it and the whole of max_tokens: the worst case, to the token."""
    prompt_tokens = chat_tokens(exchange.body, Tokenizer.load("o200k_base")).tokens
    await asyncio.sleep(0.05)  # long enough for every concurrent call to be in flight
    await exchange.answer(completion("ok", usage=usage_of(prompt_tokens, exchange.body["max_tokens"])))


def parse_sse(raw: bytes) -> list[Any]:
    """The decoded events of a stream's bytes; `[DONE]` stays bytes."""
    events = []
    for block in raw.split(b"\n\n"):
        if block.startswith(b"data: "):
            data = block.removeprefix(b"data: ")
            events.append(data if data == b"[DONE]" else msgspec.json.decode(data))
    return events
