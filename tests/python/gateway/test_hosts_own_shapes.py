"""What a host answers in a shape of its own reaches its client as it was sent, with the caller's values, and is booked
as an answer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from support.anthropic_upstream import events as message_events
from support.anthropic_upstream import framed, message
from support.anthropic_upstream import text as text_block
from support.upstream import chunk, usage_of
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.host.middleware import Route, TokenFactoryMiddleware
from tokenfoundry.gateway.host.own_shapes import OwnShape
from tokenfoundry.privacy import Redactor
from tokenfoundry.records import CallRecord
from tokenfoundry.tokens import Tokenizer

EMAIL = "anna.verdi@example.it"
CHAT: Any = {"model": "small", "max_tokens": 50, "messages": [{"role": "user", "content": f"Scrivi a {EMAIL}!"}]}
TOKENS = Tokenizer.load("o200k_base")


class Host:
    """A handler that answers with these pieces, whatever it is asked; `given` is the body that it got."""

    def __init__(self, gateway: TokenFactory, key: str) -> None:
        self.gateway = gateway
        self.key = key
        self.given: dict[str, Any] = {}
        self.headers: dict[str, str] = {}

    async def answer(
        self, *pieces: bytes, kind: str = "", status: int = 200, format: str = "openai.chat", body: Any = CHAT
    ) -> bytes:
        """What the client got."""

        async def handle(scope: Any, receive: Any, send: Any) -> None:
            self.given = json.loads((await receive())["body"])
            headers = [(b"content-type", kind.encode())] if kind else []
            await send({"type": "http.response.start", "status": status, "headers": headers})
            for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

        sent: list[Any] = []
        asked = [json.dumps(body).encode()]

        async def receive() -> Any:
            if asked:
                return {"type": "http.request", "body": asked.pop(), "more_body": False}
            return await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        app = TokenFactoryMiddleware(
            handle, factory=self.gateway, routes={"/ask": Route(format=format, key=self.key, model="small")}
        )
        scope = {"type": "http", "method": "POST", "path": "/ask", "query_string": b"", "headers": []}
        await app(scope, receive, send)
        assert sent[0]["status"] == status
        self.headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return b"".join(each.get("body", b"") for each in sent[1:])

    @property
    def record(self) -> CallRecord:
        """Of the one call so far."""
        assert self.gateway.ledger.holds() == []
        (entry,) = self.gateway.ledger.entries()
        return CallRecord.from_bytes(entry.detail)


@pytest.fixture
async def host(gateway: TokenFactory, key: str) -> AsyncIterator[Host]:
    yield Host(gateway, key)
    await gateway.aclose()


def event(value: Any, *, name: str = "") -> bytes:
    said = value if isinstance(value, str) else json.dumps(value)
    return (f"event: {name}\n" if name else "").encode() + f"data: {said}\n\n".encode()


def values_of(raw: bytes) -> list[Any]:
    return [json.loads(line[6:]) for line in raw.decode().split("\n") if line.startswith("data: {")]


SAID = ["Scri", "vo a [EMAIL", "_ADDR", "ESS_1]", ", fatto"]


async def test_events_of_a_shape_of_its_own_are_restored_across_their_borders(host: Host) -> None:
    sent = [b": ping\n\n", event({"stage": "search"}, name="status")]
    sent += [event({"kind": "token", "text": piece}, name="token") for piece in SAID]
    raw = await host.answer(*sent, event({"done": True}), kind="text/event-stream", body={**CHAT, "stream": True})
    assert raw.startswith(b": ping\n\nevent: status\n" + event({"stage": "search"}) + b"event: token\n")
    text = "".join(value.get("text", "") for value in values_of(raw))
    assert text == f"Scrivo a {EMAIL}, fatto"
    assert raw.endswith(event({"done": True}))
    record = host.record
    assert (record.outcome, record.status, record.cost_source) == ("answered", 200, "estimated")
    assert record.output_tokens == TOKENS.count("search" + "token" + "".join(SAID))
    assert "uncertain" not in record.flags


async def test_what_needs_no_change_is_sent_byte_for_byte(host: Host) -> None:
    sent = b'id: 7\r\nevent: own\r\ndata:{ "text" : "ciao" }\r\nretry: 9\r\n\r\ndata: [DONE]\n\n'
    raw = await host.answer(*(sent[at : at + 5] for at in range(0, len(sent), 5)), kind="text/event-stream")
    assert raw == sent
    assert host.record.outcome == "answered"


async def test_events_of_plain_text_are_restored(host: Host) -> None:
    sent = [event(piece) for piece in [*SAID, "[EM"]]
    raw = await host.answer(*sent, event("[DONE]"), kind="text/event-stream; charset=utf-8")
    said = [line[6:] for line in raw.decode().split("\n") if line.startswith("data: ")]
    assert "".join(said) == f"Scrivo a {EMAIL}, fatto[EM[DONE]"
    assert host.record.output_tokens == TOKENS.count("".join(SAID) + "[EM")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("application/json", 200), ("application/hal+json", 200), ("application/problem+json; charset=utf-8", 400)],
)
async def test_whatever_is_json_stays_json_with_the_callers_values(host: Host, kind: str, status: int) -> None:
    body = {**CHAT, "messages": [{"role": "user", "content": 'La signora Anna "Nina" Verdi chiama'}]}
    raw = await host.answer(b'{"detail": "per [PERSON_1]"}', kind=kind, status=status, body=body)
    assert json.loads(raw) == {"detail": 'per Anna "Nina" Verdi'}
    assert (host.record.outcome, host.record.flags) == (
        ("answered", ("estimated",)) if status == 200 else ("failed", ())
    )


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("kind", "sent", "got"),
    [
        ("text/plain; charset=latin-1", b"perch\xe9 [PERSON_1] \x80", b"perch\xe9 Niccol\xf2 Rossi \x80"),
        ("text/plain", b"perch\xe9 [PERSON_1]", b"perch\xe9 Niccol\xc3\xb2 Rossi"),
        ("text/plain; charset=utf-16", "perché".encode("utf-16"), "perché".encode("utf-16")),
        ("text/plain; charset=unheard-of", b"perch\xe9 [PERSON_1]", b"perch\xe9 [PERSON_1]"),
    ],
)
async def test_a_text_keeps_its_character_set(host: Host, kind: str, sent: bytes, got: bytes, status: int) -> None:
    body = {**CHAT, "messages": [{"role": "user", "content": "La signora Niccolò Rossi chiama"}]}
    pieces = [sent[at : at + 3] for at in range(0, len(sent), 3)]
    assert await host.answer(*pieces, kind=kind, status=status, body=body) == got
    if status == 200:
        assert host.record.outcome == ("answered" if b"Rossi" in got else "cut")


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/jsonl", "application/stream+json"])
async def test_lines_of_json_are_restored_and_their_usage_is_booked(host: Host, kind: str) -> None:
    lines = b"".join(json.dumps({"message": {"content": piece}}).encode() + b"\n" for piece in [*SAID, "[EM"])
    told = json.dumps({"done": True, "usage": usage_of(30, 9)}).encode()
    raw = await host.answer(*(lines[at : at + 7] for at in range(0, len(lines), 7)), told, kind=kind)
    values = [json.loads(line) for line in raw.splitlines()]
    assert "".join(value.get("message", {}).get("content", "") for value in values) == f"Scrivo a {EMAIL}, fatto[EM"
    assert values[-2]["done"] is True
    record = host.record
    assert (record.outcome, record.input_tokens, record.output_tokens) == ("answered", 30, 9)
    assert record.cost_source == "computed"


async def test_a_text_that_is_told_anew_each_time_is_counted_once(host: Host) -> None:
    whole = "".join(SAID)
    grown = [whole[:size] for size in (4, 14, 18, 26, len(whole))]
    raw = await host.answer(*(event({"so_far": each}) for each in grown), kind="text/event-stream")
    assert values_of(raw)[-1] == {"so_far": f"Scrivo a {EMAIL}, fatto"}
    assert not any("_1]" in str(value) for value in values_of(raw))
    assert host.record.output_tokens == TOKENS.count(whole)


async def test_events_of_its_own_between_those_of_the_dialect_pass_through(host: Host) -> None:
    pieces = [chunk({"content": piece}) for piece in SAID]
    sent = [event({"sources": ["[EMAIL_ADDRESS_1]"]}, name="sources"), *map(event, pieces)]
    sent += [event({"stage": "almost"}), event(chunk({}, finish="stop"))]
    sent += [event({**chunk({}), "choices": [], "usage": usage_of(20, 5)}), event("[DONE]"), event({"after": 1})]
    raw = await host.answer(*sent, kind="text/event-stream", body={**CHAT, "stream": True})
    values = values_of(raw)
    assert values[0] == {"sources": [EMAIL]}
    content = [value["choices"][0]["delta"].get("content") or "" for value in values if value.get("choices")]
    assert "".join(content) == f"Scrivo a {EMAIL}, fatto"
    assert {"stage": "almost"} in values
    assert raw.endswith(b"data: [DONE]\n\n" + event({"after": 1}))
    record = host.record
    assert (record.outcome, record.input_tokens, record.output_tokens) == ("answered", 20, 5)


async def test_a_stream_of_the_dialect_that_is_not_whole_is_cut(host: Host) -> None:
    raw = await host.answer(event(chunk({"content": "Quat"})), kind="text/event-stream")
    assert "ended before" in str(values_of(raw)[-1])
    assert host.record.outcome == "cut"


@pytest.mark.parametrize("status", [200, 202, 204, 205, 304])
async def test_an_answer_without_a_body_is_one(host: Host, status: int) -> None:
    assert await host.answer(status=status) == b""
    record = host.record
    assert (record.outcome, record.output_tokens, record.cost_source) == ("answered", 0, "estimated")
    assert record.input_tokens > 0
    assert "content-length" not in host.headers


@pytest.mark.parametrize("kind", ["text/event-stream", "application/x-ndjson"])
async def test_an_event_without_an_end_is_passed_on_in_pieces(host: Host, kind: str) -> None:
    sent = [b"data: " + b"x" * 300_000 for _ in range(9)]
    assert await host.answer(*sent, kind=kind) == b"".join(sent)
    assert host.record.outcome == "answered"


async def test_an_empty_stream_of_events_is_an_answer(host: Host) -> None:
    assert await host.answer(kind="text/event-stream") == b""
    assert (host.record.outcome, host.record.output_tokens) == ("answered", 0)


# -- every dialect of the table ----------------------------------------------------------------------------------------


def response(text: str) -> dict[str, Any]:
    """As the OpenAI API reference has a response ("The response object")."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": content}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "m",
        "status": "completed",
        "output": [item],
        "usage": {"input_tokens": 21, "output_tokens": 6, "total_tokens": 27},
    }


def completion_of(text: str) -> dict[str, Any]:
    choice = {"index": 0, "text": text, "finish_reason": "stop", "logprobs": None}
    return {"id": "c", "object": "text_completion", "created": 1, "model": "m", "choices": [choice]}


RESPONSES: Any = {"model": "small", "max_output_tokens": 50, "input": f"Scrivi a {EMAIL}!"}
COMPLETIONS: Any = {"model": "small", "max_tokens": 50, "prompt": f"Scrivi a {EMAIL}!"}
ANSWER = "Ecco: [EMAIL_ADDRESS_1]"


@pytest.mark.parametrize(
    ("format", "body", "reply"),
    [
        ("openai.responses", RESPONSES, response(ANSWER)),
        ("openai.completions", COMPLETIONS, {**completion_of(ANSWER), "usage": usage_of(21, 6)}),
        ("anthropic.messages", CHAT, message(text_block(ANSWER), usage={"input_tokens": 21, "output_tokens": 6})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_whole_answer_of_every_dialect_is_read(host: Host, format: str, body: Any, reply: Any) -> None:
    raw = await host.answer(json.dumps(reply).encode(), kind="application/json", format=format, body=body)
    assert f"Ecco: {EMAIL}" in raw.decode()
    assert EMAIL not in str(host.given)
    record = host.record
    assert (record.outcome, record.input_tokens, record.output_tokens) == ("answered", 21, 6)


def streamed_response() -> list[bytes]:
    """As the OpenAI API reference has its events ("Streaming events")."""
    began = {**response(""), "status": "in_progress", "output": [], "usage": None}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    told: list[dict[str, Any]] = [{"type": "response.created", "response": began}]
    told += [{"type": "response.output_text.delta", **place, "delta": piece} for piece in SAID]
    told.append({"type": "response.completed", "response": response("".join(SAID))})
    return [event({**each, "sequence_number": number}, name=each["type"]) for number, each in enumerate(told)]


def streamed_completion() -> list[bytes]:
    pieces = [{**completion_of(piece), "choices": [{"index": 0, "text": piece}]} for piece in SAID]
    usage = {**completion_of(""), "choices": [], "usage": usage_of(21, 6)}
    return [*map(event, pieces), event(completion_of("")), event(usage), event("[DONE]")]


def streamed_message() -> list[bytes]:
    whole = message(text_block("".join(SAID)), usage={"input_tokens": 21, "output_tokens": 6})
    return [framed(each) for each in message_events(whole, piece_characters=3)]


@pytest.mark.parametrize(
    ("format", "body", "sent"),
    [
        ("openai.responses", RESPONSES, streamed_response()),
        ("openai.completions", COMPLETIONS, streamed_completion()),
        ("anthropic.messages", CHAT, streamed_message()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_stream_of_every_dialect_is_read(host: Host, format: str, body: Any, sent: list[bytes]) -> None:
    raw = await host.answer(*sent, kind="text/event-stream", format=format, body={**body, "stream": True})
    assert EMAIL in raw.decode() or EMAIL in "".join(_deltas(raw))
    assert "[EMAIL" not in raw.decode()
    if format == "openai.completions":
        assert host.given["stream_options"] == {"include_usage": True}
    record = host.record
    assert (record.outcome, record.input_tokens, record.output_tokens) == ("answered", 21, 6)
    assert record.cost_source == "computed"


def _deltas(raw: bytes) -> list[str]:
    return [str(value.get("delta", {}).get("text", "")) for value in values_of(raw) if isinstance(value["delta"], dict)]


# -- the restoring by itself -------------------------------------------------------------------------------------------


def test_two_texts_that_interleave_never_mix_and_names_are_restored(gateway: TokenFactory) -> None:
    redactor: Redactor = gateway.engine.redactors.general
    session = redactor.session()
    assert session.redact(f"Scrivi a {EMAIL}") == "Scrivi a [EMAIL_ADDRESS_1]"
    own = OwnShape(session)
    made = [
        own.restored({"a": ["[EMAIL_", "x"], "[EMAIL_ADDRESS_1]": 1}),
        own.restored({"a": ["ADDRESS_1]!", "[EM"]}),
        own.restored({"a": ["", "AIL_ADDRESS_1] ["]}),
    ]
    made += own.held_back()
    assert made == [
        {"a": ["", "x"], EMAIL: 1},
        {"a": [f"{EMAIL}!", ""]},
        {"a": ["", f"{EMAIL} "]},
        {"a": ["", "["]},
    ]
    assert msgspec.json.encode(made[0]) == f'{{"a":["","x"],"{EMAIL}":1}}'.encode()
