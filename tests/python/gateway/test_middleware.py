"""A host's own routes under the middleware: its handler calls the provider itself, with the real client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from support.factories import factory
from support.serving import served
from support.upstream import Upstream, echo
from tokenfoundry.errors import InvalidInput
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.host.middleware import Route, TokenFactoryMiddleware
from tokenfoundry.ledger import Entry
from tokenfoundry.records import CallRecord

EMAIL = "anna.verdi@example.it"
BODY: Any = {"model": "small", "max_tokens": 50, "messages": [{"role": "user", "content": f"Scrivi a {EMAIL}!"}]}
LIFETIME = {"kind": "lifetime", "tz": "Europe/Rome"}


class Host:
    """A FastAPI application with a client of its own for the provider; `seen` is what its handlers were given."""

    def __init__(self, base_url: str, gateway: TokenFactory, routes: dict[str, Route]) -> None:
        self.seen: list[dict[str, Any]] = []
        self.gateway = gateway
        self.app = FastAPI(lifespan=self._lifespan)
        self.app.add_middleware(TokenFactoryMiddleware, factory=gateway, routes=routes)
        self._provider = openai.AsyncOpenAI(base_url=base_url, api_key="of-the-host", max_retries=0)
        for path, handler in {
            "/chat": self.chat,
            "/teams/{team}/chat": self.chat,
            "/own-shape": self.own_shape,
            "/text": self.text,
            "/raises": self.raises,
            "/raises-late": self.raises_late,
            "/refuses": self.refuses,
            "/picture": self.picture,
            "/unmetered": self.unmetered,
        }.items():
            self.app.post(path)(handler)

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        async with self._provider, self.gateway.lifespan()(app):
            yield

    async def chat(self, request: Request) -> Response:
        body = await self._read(request)
        if not body.get("stream"):
            reply = await self._provider.chat.completions.create(**body)
            return JSONResponse(reply.model_dump(mode="json", exclude_none=True))
        stream = await self._provider.chat.completions.create(**body)

        async def events() -> AsyncIterator[str]:
            async for chunk in stream:
                yield f"data: {chunk.model_dump_json(exclude_none=True)}\n\n"
            yield "data: [DONE]\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    async def own_shape(self, request: Request) -> Response:
        reply = await self._provider.chat.completions.create(**await self._read(request))
        return JSONResponse({"answer": reply.choices[0].message.content})

    async def text(self, request: Request) -> Response:
        reply = await self._provider.chat.completions.create(**await self._read(request))
        text = reply.choices[0].message.content or ""

        async def characters() -> AsyncIterator[str]:
            for character in text:
                yield character

        return StreamingResponse(characters(), media_type="text/plain")

    async def raises(self, request: Request) -> Response:
        await self._read(request)
        raise RuntimeError("the handler is broken")

    async def raises_late(self, request: Request) -> Response:
        await self._read(request)

        async def events() -> AsyncIterator[str]:
            yield 'data: {"choices": [{"index": 0, "delta": {"content": "Quat"}}]}\n\n'
            raise RuntimeError("the handler is broken")

        return StreamingResponse(events(), media_type="text/event-stream")

    async def refuses(self, request: Request) -> Response:
        body = await self._read(request)
        raise HTTPException(409, detail=f"not now: {body['messages'][0]['content']}")

    async def picture(self, request: Request) -> Response:
        await self._read(request)
        return Response(b"\x89PNG", media_type="image/png")

    async def unmetered(self, request: Request) -> Response:
        return PlainTextResponse((await request.body()).decode())

    async def _read(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = await request.json()
        self.seen.append(body)
        return body

    @property
    def entries(self) -> list[Entry]:
        assert self.gateway.ledger.holds() == []
        return list(self.gateway.ledger.entries())

    @property
    def records(self) -> list[CallRecord]:
        return [CallRecord.from_bytes(entry.detail) for entry in self.entries]

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        with served(self.app) as url, httpx.Client(base_url=url, timeout=10) as client:
            yield client


@pytest.fixture
def host(upstream: Upstream, gateway: TokenFactory, key: str) -> Host:
    upstream.behave = echo
    paths = ("/chat", "/teams/{team}/chat", "/own-shape", "/text", "/raises", "/raises-late", "/refuses", "/picture")
    return Host(upstream.base_url, gateway, {path: Route(key=key, intent="help") for path in paths})


def test_the_handler_sees_placeholders_and_the_caller_their_own_values(host: Host, upstream: Upstream) -> None:
    with host.client() as client:
        reply = client.post("/chat", json=BODY)
    assert reply.json()["choices"][0]["message"]["content"] == f"Scrivi a {EMAIL}!"
    assert EMAIL not in str(host.seen)
    assert EMAIL.encode() not in upstream.received[0].raw
    (record,) = host.records
    assert (record.outcome, record.input_tokens, record.output_tokens) == ("answered", 20, 5)
    assert (record.intent, record.project, record.route, record.cost_source) == ("help", "claims", "host", "computed")
    assert reply.headers["x-tf-cost"] == "0.00003"
    assert record.findings == {"EMAIL_ADDRESS": 1}


def test_what_may_only_go_on_prem_is_not_handed_to_a_handler(upstream: Upstream, tmp_path: Path) -> None:
    privacy = {"policy": {"EMAIL_ADDRESS": "on_prem"}}
    with factory(upstream.base_url, tmp_path / "data", privacy=privacy) as gateway:
        route = Route(key=gateway.create_key(project="claims"), intent="help")
        host = Host(upstream.base_url, gateway, {"/chat": route})
        with host.client() as client:
            asked = {"model": "auto", "messages": [{"role": "user", "content": "Scrivi a anna.verdi@example.it"}]}
            assert client.post("/chat", json=asked).status_code == 403
        assert host.seen == []


def test_a_stream_is_restored_as_it_comes_and_settled_with_its_usage(host: Host) -> None:
    with host.client() as client, client.stream("POST", "/chat", json={**BODY, "stream": True}) as reply:
        lines = [line for line in reply.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    pieces = [httpx.Response(200, content=line[6:]).json() for line in lines if line.startswith("data: {")]
    text = "".join(piece["choices"][0]["delta"].get("content") or "" for piece in pieces if piece["choices"])
    assert text == f"Scrivi a {EMAIL}!"
    (record,) = host.records
    assert (record.outcome, record.stream, record.output_tokens, record.cost_source) == (
        "answered",
        True,
        5,
        "computed",
    )


def test_a_templated_route_is_metered_and_another_is_left_alone(host: Host) -> None:
    with host.client() as client:
        assert client.post("/teams/blue/chat", json=BODY).status_code == 200
        assert client.post("/unmetered", content=EMAIL).text == EMAIL
        assert client.get("/chat").status_code == 405
        assert client.post("/teams/blue/green/chat", json=BODY).status_code == 404
    assert len(host.entries) == 1


@pytest.mark.parametrize(("path", "shown"), [("/own-shape", f'{{"answer":"Scrivi a {EMAIL}!"}}'), ("/text", None)])
def test_an_answer_of_another_shape_is_restored_and_counted(host: Host, path: str, shown: str | None) -> None:
    with host.client() as client:
        assert client.post(path, json=BODY).text == (shown or f"Scrivi a {EMAIL}!")
    (record,) = host.records
    assert (record.outcome, record.cost_source) == ("answered", "estimated")
    assert 0 < record.output_tokens < 50


def test_what_cannot_be_read_is_passed_on_and_booked_at_its_worst(host: Host) -> None:
    with host.client() as client:
        assert client.post("/picture", json=BODY).content == b"\x89PNG"
    (record,) = host.records
    assert (record.outcome, record.output_tokens, record.flags) == ("cut", 50, ("uncertain", "estimated"))


def test_a_handler_that_refuses_costs_nothing_and_its_words_are_restored(host: Host) -> None:
    with host.client() as client:
        reply = client.post("/refuses", json=BODY)
    assert (reply.status_code, reply.json()) == (409, {"detail": f"not now: Scrivi a {EMAIL}!"})
    (record,) = host.records
    assert (record.outcome, record.status, record.cost_nano) == ("failed", 409, 0)


async def test_what_a_handler_raises_goes_on_and_its_prompt_is_booked(host: Host) -> None:
    sent: list[Any] = []
    body = [{"type": "http.request", "body": httpx.Request("POST", "http://host", json=BODY).read()}]

    async def receive() -> Any:
        return body.pop() if body else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/raises", "query_string": b"", "headers": headers}
    with pytest.raises(RuntimeError, match="the handler is broken"):
        await host.app({**scope, "raw_path": b"/raises", "root_path": "", "http_version": "1.1"}, receive, send)
    (record,) = host.records
    assert (record.outcome, record.output_tokens, record.flags) == ("cut", 0, ("uncertain", "estimated"))
    assert record.input_tokens > 0
    await host.gateway.aclose()


def test_a_stream_whose_handler_dies_is_booked_for_what_was_seen(host: Host) -> None:
    with host.client() as client, pytest.raises(httpx.RemoteProtocolError):
        client.post("/raises-late", json={**BODY, "stream": True})
    (record,) = host.records
    assert (record.outcome, record.flags) == ("cut", ("uncertain", "estimated"))
    assert 0 < record.output_tokens < 50


def test_a_budget_refuses_before_the_handler_runs(host: Host) -> None:
    host.gateway.budgets.set("one", {"unit": "requests", "window": LIFETIME, "hard": 1})
    with host.client() as client:
        assert client.post("/chat", json=BODY).status_code == 200
        refused = client.post("/chat", json=BODY)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "budget_exceeded")
    assert len(host.seen) == 1


def test_the_bound_that_was_held_is_what_the_handler_is_told(host: Host) -> None:
    host.gateway.budgets.set("few", {"unit": "tokens", "window": LIFETIME, "hard": 100})
    with host.client() as client:
        body = {name: value for name, value in BODY.items() if name != "max_tokens"}
        assert client.post("/chat", json=body).status_code == 200
    assert 0 < host.seen[0]["max_tokens"] < 100


def test_without_a_key_of_the_route_each_request_brings_its_own(
    upstream: Upstream, gateway: TokenFactory, key: str
) -> None:
    host = Host(upstream.base_url, gateway, {"/chat": Route(model="large")})
    body = {**BODY, "model": "what-the-provider-calls-it"}
    with host.client() as client:
        assert client.post("/chat", json=body).status_code == 401
        assert client.post("/chat", json=body, headers={"authorization": f"Bearer {key}"}).status_code == 200
        refused = client.post("/chat", json={**body, "messages": []}, headers={"x-api-key": key})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "messages")
    assert [seen["model"] for seen in host.seen] == ["what-the-provider-calls-it"]
    (record,) = host.records
    assert record.target == "large"


def test_a_client_that_leaves_a_stream_is_booked_for_what_was_sent(host: Host, upstream: Upstream) -> None:
    hanging = asyncio.Event()

    async def hang(exchange: Any) -> None:
        await exchange.start_stream()
        await exchange.event(
            {
                "id": "c",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "delta": {"content": "Quattro"}, "finish_reason": None}],
            }
        )
        await hanging.wait()

    upstream.behave = hang
    settled: list[CallRecord] = []
    host.gateway.on_record(settled.append)
    with host.client() as client, client.stream("POST", "/chat", json={**BODY, "stream": True}) as reply:
        next(reply.iter_lines())
    (record,) = host.records
    assert (record.outcome, record.flags) == ("cut", ("uncertain", "estimated"))
    assert 0 < record.output_tokens < 50


def test_a_format_that_is_not_known_is_refused_at_once() -> None:
    with pytest.raises(InvalidInput, match=r"openai\.chat"):
        Route(format="openai.telepathy")


NEW = {"policy": {"EMAIL_ADDRESS": "allow"}, "response": {"EMAIL_ADDRESS": "redact"}}
BLOCKED = {"policy": {"EMAIL_ADDRESS": "allow"}, "response": {"EMAIL_ADDRESS": "block"}}


@contextmanager
def answering(upstream: Upstream, data_dir: Path, privacy: Any) -> Iterator[tuple[Host, httpx.Client]]:
    """A host whose provider says what it was sent; what the caller let out is new when it comes back."""
    upstream.behave = echo
    with factory(upstream.base_url, data_dir, privacy=privacy) as gateway:
        route = Route(key=gateway.create_key(project="claims"), intent="help")
        host = Host(upstream.base_url, gateway, dict.fromkeys(("/chat", "/own-shape", "/text"), route))
        with host.client() as client:
            yield host, client


def test_what_a_model_adds_is_handled_in_every_shape_of_a_hosts_answer(upstream: Upstream, tmp_path: Path) -> None:
    told = "Scrivi a [EMAIL_ADDRESS]!"
    with answering(upstream, tmp_path / "data", NEW) as (host, client):
        assert client.post("/chat", json=BODY).json()["choices"][0]["message"]["content"] == told
        assert client.post("/own-shape", json=BODY).json() == {"answer": told}
        assert client.post("/text", json=BODY).text == told
        raw = client.post("/chat", json={**BODY, "stream": True}).text
        assert EMAIL not in raw
        assert "[EMAIL_ADDRESS]" in raw
        assert [record.outcome for record in host.records] == ["answered"] * 4


def test_a_hosts_answer_that_is_blocked_is_settled_once_and_not_told(upstream: Upstream, tmp_path: Path) -> None:
    with answering(upstream, tmp_path / "data", BLOCKED) as (host, client):
        for path in ("/chat", "/own-shape"):
            reply = client.post(path, json=BODY)
            assert (reply.status_code, reply.json()["error"]["code"]) == (400, "content_policy_violation")
            assert EMAIL not in reply.text
        raw = client.post("/chat", json={**BODY, "stream": True}).text
        assert EMAIL not in raw
        assert "content_policy_violation" in raw
        assert client.post("/text", json=BODY).text == ""
        assert [record.outcome for record in host.records] == ["answered", "answered", "cut", "cut"]
