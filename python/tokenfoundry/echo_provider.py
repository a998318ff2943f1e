"""A small OpenAI-compatible server that answers with what it was sent: for trying the gateway without a model or a
network.

It is no model and says so. It speaks chat completions (streaming and not), embeddings and models, bounds its output by
`max_tokens`, and reports usage counted with o200k_base. It can record the bodies it received, one JSON line each, so
that one can see what left.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import struct
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tokenfoundry.gateway.asgi import ClientGone, Receive, Scope, Send, headers_of, read_body, write
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer, invalid, json_answer
from tokenfoundry.ids import uuid7
from tokenfoundry.prompt_tokens import chat_tokens
from tokenfoundry.providers.sse import event
from tokenfoundry.tokens import Tokenizer

MODEL = "echo"
_PREFACE = "Echo: "
_MAX_BODY_BYTES = 64 * 1024 * 1024
_TOKENS_PER_CHUNK = 3
_DIMENSIONS = 16


class EchoProvider:
    """The ASGI application."""

    def __init__(self, *, record: Path | None = None, delay_s: float = 0.0) -> None:
        """`record` is appended to; `delay_s` passes before each answer, or each chunk of a stream."""
        self._tokenizer = Tokenizer.load("o200k_base")
        self._record = record
        self._delay_s = delay_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the echo provider does not speak {scope['type']}")
        try:
            answer = await self._respond(scope["method"], scope["path"], headers_of(scope), receive)
        except ClientGone:
            return
        except Refused as refused:
            answer = refused.answer({})
        await write(answer, receive, send)

    async def _respond(self, method: str, path: str, headers: Any, receive: Receive) -> Answer | StreamAnswer:
        if (method, path) == ("GET", "/v1/models"):
            return json_answer(
                {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]}
            )
        if method != "POST" or path not in ("/v1/chat/completions", "/v1/embeddings"):
            raise invalid(f"there is nothing at {method} {path}", status=404, code="not_found")
        raw = await read_body(headers, receive, max_bytes=_MAX_BODY_BYTES)
        if self._record is not None:
            with self._record.open("ab") as file:
                file.write(raw.replace(b"\n", b" ") + b"\n")
        try:
            body = msgspec.json.decode(raw, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise invalid(f"the body is not a JSON object: {error}") from None
        await asyncio.sleep(self._delay_s)
        return self._embed(body) if path.endswith("embeddings") else self._chat(body)

    def _chat(self, body: dict[str, Any]) -> Answer | StreamAnswer:
        ids = self._tokenizer.encode(_PREFACE + _last_text(body.get("messages") or []))
        bound = body.get("max_tokens") or body.get("max_completion_tokens") or len(ids)
        finish = "stop" if len(ids) <= bound else "length"
        ids = ids[:bound]
        choices = body.get("n") or 1
        prompt_tokens, completion_tokens = chat_tokens(body, self._tokenizer).tokens, len(ids) * choices
        usage = {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        }
        head = {"id": f"chatcmpl-{uuid7()}", "created": 0, "model": MODEL}
        if body.get("stream"):
            wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))
            chunks = self._stream(head, ids, finish, choices, usage if wants_usage else None)
            return StreamAnswer(chunks, {}, chunks.aclose)
        message = {"role": "assistant", "content": self._tokenizer.decode(ids), "refusal": None}
        made = [
            {"index": index, "message": message, "logprobs": None, "finish_reason": finish} for index in range(choices)
        ]
        return json_answer({**head, "object": "chat.completion", "choices": made, "usage": usage})

    async def _stream(
        self, head: dict[str, Any], ids: list[int], finish: str, choices: int, usage: dict[str, int] | None
    ) -> AsyncGenerator[bytes, None]:
        head = {**head, "object": "chat.completion.chunk"}

        def chunk(deltas: list[tuple[dict[str, Any], str | None]]) -> bytes:
            made = [{"index": index, "delta": delta, "finish_reason": end} for index, (delta, end) in enumerate(deltas)]
            return event(msgspec.json.encode({**head, "choices": made}))

        yield chunk([({"role": "assistant", "content": ""}, None)] * choices)
        for piece in self._pieces(ids):
            await asyncio.sleep(self._delay_s)
            yield chunk([({"content": piece}, None)] * choices)
        yield chunk([({}, finish)] * choices)
        if usage is not None:
            yield event(msgspec.json.encode({**head, "choices": [], "usage": usage}))
        yield event(b"[DONE]")

    def _pieces(self, ids: list[int]) -> Iterator[str]:
        """The text, a few tokens at a time, never cut inside a character."""
        pending = b""
        for start in range(0, len(ids), _TOKENS_PER_CHUNK):
            pending += self._tokenizer.decode_bytes(ids[start : start + _TOKENS_PER_CHUNK])
            try:
                yield pending.decode()
                pending = b""
            except UnicodeDecodeError:
                continue
        if pending:
            yield pending.decode(errors="replace")

    def _embed(self, body: dict[str, Any]) -> Answer:
        given = body.get("input")
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise invalid("input: needs a string or a list of strings", param="input")
        as_base64 = body.get("encoding_format") == "base64"
        data = []
        for index, text in enumerate(texts):
            vector = _vector(text, body.get("dimensions") or _DIMENSIONS)
            shown = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode() if as_base64 else vector
            data.append({"object": "embedding", "index": index, "embedding": shown})
        tokens = sum(self._tokenizer.count(text) for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return json_answer({"object": "list", "data": data, "model": MODEL, "usage": usage})


def _last_text(messages: list[Any]) -> str:
    """The text of the last message of the user."""
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content")
            if isinstance(content, str):
                return content
            parts = [
                part["text"] for part in content or () if isinstance(part, dict) and isinstance(part.get("text"), str)
            ]
            return "\n".join(parts)
    return json.dumps(messages)


def _vector(text: str, dimensions: int) -> list[float]:
    """A unit vector drawn from the text's hash: equal texts are equal, that is all it means."""
    seed = hashlib.shake_256(text.encode()).digest(2 * dimensions)
    values = [value / 32768 - 1 for (value,) in struct.iter_unpack("<H", seed)]
    length = sum(value * value for value in values) ** 0.5 or 1.0
    return [value / length for value in values]
