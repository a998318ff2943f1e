"""What is shared of an answer is the answer: never what another caller said of itself, nor another model's."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.factories import config, factory
from support.upstream import Exchange, Upstream, completion, echo, usage_of
from tokenfoundry.errors import InvalidCall
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.attempts.call import Request
from tokenfoundry.gateway.endpoints.table import ENDPOINTS

EMAIL = "mario.rossi@example.it"
TEXT = f"Scrivi a {EMAIL}."


@dataclass
class Part:
    type: str
    text: str


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [{"role": "user", "content": ({"type": "text", "text": TEXT},)}]},
        {"messages": [{"role": "user", "content": [Part("text", TEXT)]}]},
        {"messages": ({"role": "user", "content": TEXT},)},
        {
            "messages": [{"role": "user", "content": "Ciao"}],
            "tools": ({"type": "function", "function": {"name": TEXT}},),
        },
    ],
)
async def test_what_is_no_json_yet_is_redacted_too(
    gateway: TokenFactory, key: str, upstream: Upstream, fields: dict[str, Any]
) -> None:
    upstream.behave = answer_ok
    await gateway.chat(key=key, model="fast", max_tokens=20, **fields)
    assert EMAIL.encode() not in upstream.received[0].raw
    assert b"[EMAIL_ADDRESS_1]" in upstream.received[0].raw
    await gateway.aclose()


async def answer_ok(exchange: Exchange) -> None:
    await exchange.answer(completion("ok", usage=usage_of(5, 1)))


async def test_what_can_be_no_json_is_refused(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    for fields in ({"temperature": object()}, {"intent": 5}):
        with pytest.raises(InvalidCall):
            await gateway.chat(key=key, model="fast", messages=[{"role": "user", "content": "Ciao"}], **fields)
    assert upstream.received == []
    await gateway.aclose()


async def test_a_stream_that_nobody_iterates_over_is_given_up(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = echo
    stream = await gateway.chat(
        key=key, model="fast", messages=[{"role": "user", "content": "Ciao"}], max_tokens=20, stream=True
    )
    assert len(gateway.ledger.holds()) == 1
    del stream
    gc.collect()
    for _ in range(200):
        if not gateway.ledger.holds():
            break
        await asyncio.sleep(0.01)
    assert gateway.ledger.holds() == []
    await gateway.aclose()


async def respond(exchange: Exchange) -> None:
    """A response that repeats what its caller said of itself."""
    said = {name: exchange.body.get(name) for name in ("metadata", "user", "prompt_cache_key")}
    part = {"type": "output_text", "text": "Ciao", "annotations": []}
    message = {"type": "message", "id": "m", "status": "completed", "role": "assistant", "content": [part]}
    usage = {"input_tokens": 9, "output_tokens": 1, "total_tokens": 10}
    await exchange.answer(
        {"id": "r", "object": "response", "status": "completed", "model": "m", "output": [message], "usage": usage}
        | said
    )


@pytest.mark.parametrize("stream", [False, True])
async def test_a_response_repeats_only_what_its_own_caller_said(
    upstream: Upstream, tmp_path: Path, stream: bool
) -> None:
    upstream.behave = respond
    targets = config(upstream.base_url, tmp_path)["targets"]
    for target in targets.values():
        target["endpoints"] = ["chat", "responses"]
    with factory(upstream.base_url, tmp_path, targets=targets) as gateway:
        headers = {"authorization": f"Bearer {gateway.create_key(project='p')}"}

        async def ask(who: str, *, stream: bool) -> bytes:
            pipeline = gateway.engine.pipeline
            said = {"user": who, "metadata": {"ticket": f"of {who}"}, "prompt_cache_key": f"cache {who}"}
            body = msgspec.json.encode({"model": "fast", "input": "Ciao", "stream": stream, **said})
            key = pipeline.admission.authenticate(headers, "127.0.0.1")
            answer: Any = await pipeline.run(Request(ENDPOINTS["/v1/responses"], key, headers, body))
            assert answer.headers["x-tf-cache"] == ("miss" if who == "first" else "hit")
            if not stream:
                return bytes(answer.body)
            pieces = [piece async for piece in answer.chunks]
            await answer.close()
            return b"".join(pieces)

        await ask("first", stream=False)
        told = await ask("second", stream=stream)
        assert b"first" not in told
        assert told.count(b"of second") == told.count(b"cache second") > 0
        await gateway.aclose()


def vector_of(model: str) -> list[float]:
    return [1.0, 0.0] if model == "small-1" else [0.0, 1.0]


@pytest.mark.parametrize("why", ["breaker", "hedge"])
async def test_a_batch_has_the_vectors_of_one_model(upstream: Upstream, tmp_path: Path, why: str) -> None:
    failing, slow = False, False

    async def embed(exchange: Exchange) -> None:
        model = exchange.body["model"]
        if model == "small-1" and failing:
            await exchange.answer({"error": {"message": "no"}}, status=503)
            return
        if model == "small-1" and slow:
            await asyncio.sleep(0.3)
        data = [
            {"object": "embedding", "index": index, "embedding": vector_of(model)}
            for index in range(len(exchange.body["input"]))
        ]
        usage = {"prompt_tokens": 4, "total_tokens": 4}
        await exchange.answer({"object": "list", "model": model, "data": data, "usage": usage})

    upstream.behave = embed
    targets = config(upstream.base_url, tmp_path)["targets"]
    if why == "hedge":
        targets["small"]["hedge_after"] = "30ms"
    resilience = {"retries": {"most": 0}, "breaker": {"failures": 1, "open": "60s"}}
    with factory(upstream.base_url, tmp_path, targets=targets, resilience=resilience) as gateway:
        key = gateway.create_key(project="p")

        async def vectors(*texts: str) -> list[Any]:
            return (await gateway.embed(key=key, model="both", input=list(texts))).vectors

        await vectors("uno", "due")
        failing, slow = why == "breaker", why == "hedge"
        await vectors("altro")
        failing = False
        batch = await vectors("uno", "tre")
        assert len({tuple(vector) for vector in batch}) == 1
        assert gateway.ledger.holds() == []
        await gateway.aclose()


def test_a_response_made_of_another_dialect_repeats_its_callers_own_values(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = answer_ok  # It names no placeholder; what the response repeats of its question does.
    client = gateway.openai_client(key=key, max_retries=0)
    for cache in ("miss", "hit"):
        response = client.responses.create(model="fast", input="Ciao", metadata={"who": EMAIL}, max_output_tokens=20)
        assert response.metadata == {"who": EMAIL}
        assert response.model_dump()["tokenfoundry"]["cache"] == cache
    assert EMAIL.encode() not in upstream.received[0].raw
