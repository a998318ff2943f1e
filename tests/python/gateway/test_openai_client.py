"""The official client, unchanged, in front of every way to host the gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import openai
import pytest
from fastapi import Depends, FastAPI, HTTPException, Request

from support.serving import served
from support.upstream import Exchange, Upstream, answer_with, chunk, echo, usage_of
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord

EMAIL = "mario.rossi@example.it"
IBAN = "IT60X0542811101000000123456"
QUESTION: list[Any] = [{"role": "user", "content": f"Scrivi a {EMAIL} e paga su {IBAN}."}]


def host_app(gateway: TokenFactory, how: str) -> Any:
    if how == "served":
        return gateway.app()
    if how == "mounted":
        host = FastAPI(lifespan=gateway.lifespan())
        host.mount("/ai", gateway.app())
        return host
    host = FastAPI()
    host.include_router(gateway.router(), prefix="/ai")
    return host


@contextmanager
def base_url(gateway: TokenFactory, how: str) -> Iterator[str]:
    with served(host_app(gateway, how)) as url:
        yield f"{url}/v1" if how == "served" else f"{url}/ai/v1"


@pytest.fixture(params=["served", "mounted", "included", "in-process"])
def client(request: pytest.FixtureRequest, gateway: TokenFactory, key: str) -> Iterator[openai.OpenAI]:
    if request.param == "in-process":
        yield gateway.openai_client(key=key, max_retries=0)
        return
    with base_url(gateway, request.param) as url, openai.OpenAI(api_key=key, base_url=url, max_retries=0) as made:
        yield made


@pytest.fixture(params=["served", "mounted", "included", "in-process"])
def hosting(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_chat_call_leaves_redacted_and_comes_back_restored(client: openai.OpenAI, upstream: Upstream) -> None:
    upstream.behave = echo
    reply = client.chat.completions.create(model="fast", messages=QUESTION)
    assert reply.choices[0].message.content == QUESTION[0]["content"]
    assert upstream.received[0].body["messages"][0]["content"] == "Scrivi a [EMAIL_ADDRESS_1] e paga su [IBAN_CODE_1]."
    assert upstream.received[0].body["model"] == "small-1"
    assert reply.usage is not None
    assert reply.usage.total_tokens == 25


def test_a_stream_is_restored_though_each_placeholder_comes_a_character_at_a_time(
    client: openai.OpenAI, upstream: Upstream
) -> None:
    upstream.behave = echo
    stream = client.chat.completions.create(
        model="fast", messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == QUESTION[0]["content"]
    last = chunks[-1]
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (20, 5)
    assert last.tokenfoundry["cost"] == "0.00003"  # type: ignore[attr-defined]


def test_a_stream_without_include_usage_shows_no_usage_chunk(client: openai.OpenAI, upstream: Upstream) -> None:
    chunks = list(client.chat.completions.create(model="fast", messages=QUESTION, stream=True))
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)
    assert upstream.received[0].body["stream_options"] == {"include_usage": True}


def test_embeddings_leave_redacted(client: openai.OpenAI, upstream: Upstream) -> None:
    async def behave(exchange: Any) -> None:
        data = [{"object": "embedding", "index": 0, "embedding": [0.0, 1.0]}]
        await exchange.answer(
            {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 4, "total_tokens": 4}}
        )

    upstream.behave = behave
    reply = client.embeddings.create(model="fast", input=[f"chiedi a {EMAIL}"], encoding_format="float")
    assert reply.data[0].embedding == [0.0, 1.0]
    assert upstream.received[0].body["input"] == ["chiedi a [EMAIL_ADDRESS_1]"]


def test_models_lists_what_the_key_may_use(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["auto", "both", "fast", "large", "node", "small"]


def test_an_unknown_path_under_v1_answers_in_openai_shape(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        client.fine_tuning.jobs.list()
    assert raised.value.code == "not_found"


async def test_the_asynchronous_client_works_the_same(
    gateway: TokenFactory, key: str, upstream: Upstream, hosting: str
) -> None:
    upstream.behave = echo

    async def ask(client: openai.AsyncOpenAI) -> tuple[str, str]:
        reply = await client.chat.completions.create(model="fast", messages=QUESTION)
        stream = await client.chat.completions.create(model="large", messages=QUESTION, stream=True)
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
        return reply.choices[0].message.content or "", text

    if hosting == "in-process":
        async with gateway.async_openai_client(key=key, max_retries=0) as client:
            answers = await ask(client)
        await gateway.aclose()
    else:
        with base_url(gateway, hosting) as url:
            async with openai.AsyncOpenAI(api_key=key, base_url=url, max_retries=0) as client:
                answers = await ask(client)
    assert answers == (QUESTION[0]["content"], QUESTION[0]["content"])


def test_a_dependency_of_the_host_stands_before_the_included_router(gateway: TokenFactory, key: str) -> None:
    def only_staff(request: Request) -> None:
        if request.headers.get("x-staff") != "yes":
            raise HTTPException(403, "staff only")

    host = FastAPI()
    host.include_router(gateway.router(), prefix="/ai", dependencies=[Depends(only_staff)])
    with served(host) as url, openai.OpenAI(api_key=key, base_url=f"{url}/ai/v1", max_retries=0) as client:
        with pytest.raises(openai.PermissionDeniedError):
            client.models.list()
        assert client.models.list(extra_headers={"x-staff": "yes"}).data
    assert "/ai/v1/chat/completions" in host.openapi()["paths"]


def test_tool_call_arguments_are_restored_as_json(client: openai.OpenAI, upstream: Upstream) -> None:
    async def behave(exchange: Any) -> None:
        call = {
            "id": "c1",
            "type": "function",
            "function": {"name": "send", "arguments": '{"to": "[EMAIL_ADDRESS_1]"}'},
        }
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
        head = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
        await exchange.answer({**head, "choices": [choice], "usage": usage_of(9, 9)})

    upstream.behave = behave
    reply = client.chat.completions.create(model="fast", messages=QUESTION)
    assert reply.choices[0].message.tool_calls is not None
    assert reply.choices[0].message.tool_calls[0].function.arguments == f'{{"to": "{EMAIL}"}}'  # type: ignore[union-attr]


def test_two_factories_live_in_one_process(gateway: TokenFactory, key: str, upstream: Upstream, tmp_path: Any) -> None:
    from support.factories import factory

    upstream.behave = answer_with("ok")
    with factory(upstream.base_url, tmp_path / "other") as second:
        other_key = second.create_key()
        with pytest.raises(openai.AuthenticationError):
            gateway.openai_client(key=other_key, max_retries=0).models.list()
        assert second.openai_client(key=other_key, max_retries=0).models.list().data
        assert gateway.openai_client(key=key, max_retries=0).models.list().data


def test_a_dependency_that_reads_the_body_leaves_it_for_the_gateway(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    async def read(request: Request) -> None:
        assert await request.body()

    upstream.behave = echo
    host = FastAPI()
    host.include_router(gateway.router(), dependencies=[Depends(read)])
    with served(host) as url, openai.OpenAI(api_key=key, base_url=f"{url}/v1", max_retries=0, timeout=10) as client:
        reply = client.chat.completions.create(model="fast", messages=QUESTION)
    assert reply.choices[0].message.content == QUESTION[0]["content"]


@pytest.mark.parametrize(("method", "path"), [("OPTIONS", "chat/completions"), ("PUT", "models"), ("GET", "")])
def test_the_included_router_never_answers_in_the_hosts_shape(gateway: TokenFactory, method: str, path: str) -> None:
    import urllib.error
    import urllib.request

    host = FastAPI()
    host.include_router(gateway.router(), prefix="/ai")
    with served(host) as url:
        request = urllib.request.Request(f"{url}/ai/v1/{path}".rstrip("/"), method=method)
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(request, timeout=10)
        with raised.value as answer:
            assert b'"error"' in answer.read()


async def hang(exchange: Exchange) -> None:
    await asyncio.Event().wait()


async def hang_in_mid_stream(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"content": "Quattro"}))
    await asyncio.Event().wait()


def only_record(gateway: TokenFactory) -> CallRecord:
    assert gateway.ledger.holds() == []
    assert gateway.health().in_progress == 0
    (entry,) = gateway.ledger.entries()
    return CallRecord.from_bytes(entry.detail)


def test_in_process_a_clients_timeout_ends_the_call(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    upstream.behave = hang
    with gateway.openai_client(key=key, max_retries=0, timeout=0.2) as client:
        started = time.monotonic()
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50)
        assert time.monotonic() - started < 1
    record = only_record(gateway)
    assert (record.outcome, record.output_tokens) == ("cut", 50)


async def test_in_process_an_asynchronous_clients_timeout_ends_the_call(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = hang
    async with gateway.async_openai_client(key=key, max_retries=0, timeout=0.2) as client:
        with pytest.raises(openai.APITimeoutError):
            await client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50)
    assert only_record(gateway).outcome == "cut"
    await gateway.aclose()


async def test_in_process_a_call_that_is_cancelled_ends_at_once(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = hang
    async with gateway.async_openai_client(key=key, max_retries=0) as client:
        asking = asyncio.create_task(client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50))
        while not upstream.received:
            await asyncio.sleep(0.002)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert only_record(gateway).outcome == "cut"
    await gateway.aclose()


def test_in_process_a_timeout_in_mid_stream_settles_what_came(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = hang_in_mid_stream
    with gateway.openai_client(key=key, max_retries=0, timeout=0.2) as client:
        stream = client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50, stream=True)
        assert next(iter(stream)).choices[0].delta.content == "Quattro"
        with pytest.raises((openai.APITimeoutError, httpx2.ReadTimeout)):
            next(iter(stream))
    record = only_record(gateway)
    assert record.outcome == "cut"
    assert 0 < record.output_tokens < 50


def test_one_model_can_be_asked_for(client: openai.OpenAI) -> None:
    assert client.models.retrieve("fast").id == "fast"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("slow")
