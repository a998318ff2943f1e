"""What Anthropic's API says, for a scripted provider (`support.upstream`).

The shapes are those of the Anthropic API reference: the reply of "Create a Message", the events of "Streaming Messages"
(its examples of a basic stream, of tool use and of extended thinking), and the errors of "Errors".
"""

from __future__ import annotations

from typing import Any

import msgspec

from support.upstream import Behaviour, Exchange

Body = dict[str, Any]

USAGE: Body = {
    "input_tokens": 12,
    "cache_creation_input_tokens": 3,
    "cache_read_input_tokens": 5,
    "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 7,
    "service_tier": "standard",
}


def text(said: str) -> Body:
    return {"type": "text", "text": said}


def thinking(thought: str, signature: str = "EqQBCgIYAhIM") -> Body:
    return {"type": "thinking", "thinking": thought, "signature": signature}


def tool_use(name: str, given: Body, call_id: str = "toolu_01") -> Body:
    return {"type": "tool_use", "id": call_id, "name": name, "input": given}


def message(*content: Body, stop_reason: str = "end_turn", usage: Body | None = None, **fields: Any) -> Body:
    return {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": "claude-scripted",
        "content": list(content),
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": USAGE if usage is None else usage,
        **fields,
    }


def events(reply: Body, *, piece_characters: int = 1) -> list[Body]:
    """The events of a streamed reply, its texts cut into pieces of that many characters."""
    told_at_start = {**reply["usage"], "output_tokens": 1}
    start = {**reply, "content": [], "stop_reason": None, "usage": told_at_start}
    made: list[Body] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(reply["content"]):
        made.append({"type": "content_block_start", "index": index, "content_block": _begun(block)})
        for delta in _deltas(block, piece_characters):
            made.append({"type": "content_block_delta", "index": index, "delta": delta})
        made.append({"type": "content_block_stop", "index": index})
    ended = {name: reply[name] for name in ("stop_reason", "stop_sequence", "stop_details") if name in reply}
    told = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    usage = {name: reply["usage"][name] for name in told if name in reply["usage"]}
    made.append({"type": "message_delta", "delta": ended, "usage": usage})
    made.append({"type": "message_stop"})
    return made


def _begun(block: Body) -> Body:
    empty = {"text": "", "thinking": "", "signature": "", "input": {}}
    return {name: empty.get(name, value) if name != "type" else value for name, value in block.items()}


def _deltas(block: Body, size: int) -> list[Body]:
    def cut(whole: str) -> list[str]:
        return [whole[start : start + size] for start in range(0, len(whole), size)]

    match block:
        case {"type": "text"}:
            return [{"type": "text_delta", "text": piece} for piece in cut(block["text"])]
        case {"type": "thinking"}:
            pieces = [{"type": "thinking_delta", "thinking": piece} for piece in cut(block["thinking"])]
            return [*pieces, {"type": "signature_delta", "signature": block["signature"]}]
        case {"type": "tool_use"}:
            whole = msgspec.json.encode(block["input"]).decode()
            return [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *cut(whole)]]
    return []


def framed(event: Body) -> bytes:
    """An event as it stands on the wire."""
    return f"event: {event['type']}\n".encode() + b"data: " + msgspec.json.encode(event) + b"\n\n"


def answer_message(reply: Body) -> Behaviour:
    """Answers with this message, streamed a character at a time when a stream is asked for."""

    async def behave(exchange: Exchange) -> None:
        if not exchange.body.get("stream"):
            await exchange.answer(reply)
            return
        await exchange.start_stream()
        for event in events(reply):
            await exchange.piece(framed(event))
        await exchange.end_stream()

    return behave


async def echo_message(exchange: Exchange) -> None:
    """Answers with the last text of the last message as it was received."""
    content = exchange.body["messages"][-1]["content"]
    said = content if isinstance(content, str) else content[-1]["text"]
    await answer_message(message(text(said)))(exchange)


def error(kind: str, said: str) -> Body:
    return {"type": "error", "error": {"type": kind, "message": said}, "request_id": "req_01"}


def parsed(raw: bytes) -> list[tuple[str, Body]]:
    """The name and the data of each event of a stream's bytes; comments are left out."""
    made = []
    for block in raw.split(b"\n\n"):
        lines = [line for line in block.split(b"\n") if line and not line.startswith(b":")]
        if lines:
            assert lines[0].startswith(b"event: ")
            assert lines[1].startswith(b"data: ")
            made.append((lines[0][7:].decode(), msgspec.json.decode(lines[1][6:])))
    return made
