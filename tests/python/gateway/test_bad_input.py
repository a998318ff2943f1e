"""Bad input gets a clear error in OpenAI's shape, reaches no provider and leaves no hold."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from support.serving import served
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory

CHAT = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "ciao"}]


@pytest.fixture
def url(gateway: TokenFactory) -> Iterator[str]:
    with served(gateway.app()) as running:
        yield running


async def post(
    url: str, key: str, body: bytes | dict[str, Any], *, path: str = CHAT, **headers: str
) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    async with (
        aiohttp.ClientSession() as session,
        session.post(url + path, data=io.BytesIO(data), headers=sent) as reply,
    ):
        assert reply.content_type == "application/json"
        return reply.status, await reply.json()


BAD_BODIES: list[tuple[str, bytes | dict[str, Any], str]] = [
    ("empty", b"", "not JSON"),
    ("cut", b'{"model": "fast", "messages": [', "not JSON"),
    ("not UTF-8", b'{"model": "\xff"}', "not JSON"),
    ("a list", b"[1, 2]", "not a JSON object"),
    ("lone surrogate", b'{"model": "fast", "messages": [{"role": "user", "content": "a\\ud800b"}]}', "not JSON"),
    ("deep", b'{"model":' + b"[" * 100_000, "nested too deeply"),
    (
        "fairly deep",
        {"model": "fast", "messages": MESSAGES, "metadata": json.loads("[" * 90 + "]" * 90)},
        "nested over",
    ),
    ("no model", {"messages": MESSAGES}, "model: needs the name"),
    ("model of a wrong type", {"model": 3, "messages": MESSAGES}, "model: needs the name"),
    ("no messages", {"model": "fast"}, "messages: needs at least one"),
    ("messages of a wrong type", {"model": "fast", "messages": "ciao"}, "messages: needs at least one"),
    ("a message of a wrong type", {"model": "fast", "messages": ["ciao"]}, "messages[0]: needs an object"),
    ("a message without a role", {"model": "fast", "messages": [{"content": "ciao"}]}, "messages[0].role"),
    ("content of a wrong type", {"model": "fast", "messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
    ("max_tokens of a wrong type", {"model": "fast", "messages": MESSAGES, "max_tokens": "many"}, "max_tokens: needs"),
    ("max_tokens zero", {"model": "fast", "messages": MESSAGES, "max_tokens": 0}, "max_tokens: needs"),
    ("max_tokens true", {"model": "fast", "messages": MESSAGES, "max_tokens": True}, "max_tokens: needs"),
    ("n too large", {"model": "fast", "messages": MESSAGES, "n": 10**9}, "n: needs"),
    ("stream of a wrong type", {"model": "fast", "messages": MESSAGES, "stream": "yes"}, "stream: needs"),
    (
        "stream_options of a wrong type",
        {"model": "fast", "messages": MESSAGES, "stream": True, "stream_options": 1},
        "stream_options",
    ),
    (
        "stream_options without a stream",
        {"model": "fast", "messages": MESSAGES, "stream_options": {}},
        "stream_options",
    ),
    ("an absurd max_tokens", {"model": "fast", "messages": MESSAGES, "max_tokens": 10**30}, "max_tokens"),
]


@pytest.mark.parametrize(("body", "message"), [case[1:] for case in BAD_BODIES], ids=[case[0] for case in BAD_BODIES])
async def test_a_bad_body_is_a_400_that_says_what_is_wrong(
    url: str, key: str, gateway: TokenFactory, upstream: Upstream, body: bytes | dict[str, Any], message: str
) -> None:
    status, answer = await post(url, key, body)
    assert status == 400
    assert answer["error"]["type"] == "invalid_request_error"
    assert message in answer["error"]["message"]
    assert not upstream.received
    assert gateway.ledger.holds() == []


BAD_INPUTS = [None, 3, [], {}, [1, "a"], [[1], "a"], [[]], [[-1]], [10**9], [[1.5]]]


@pytest.mark.parametrize("given", BAD_INPUTS, ids=str)
async def test_a_bad_embeddings_input_is_a_400(url: str, key: str, upstream: Upstream, given: Any) -> None:
    status, answer = await post(url, key, {"model": "fast", "input": given}, path="/v1/embeddings")
    assert status == 400
    assert answer["error"]["message"].startswith("input: ")
    assert not upstream.received


async def test_twenty_megabytes_are_refused_before_they_are_read(url: str, key: str, upstream: Upstream) -> None:
    body = {"model": "fast", "messages": [{"role": "user", "content": "a" * 20_000_000}]}
    status, answer = await post(url, key, body)
    assert status == 413
    assert answer["error"]["code"] == "request_too_large"
    assert not upstream.received


async def test_twenty_megabytes_without_a_length_are_refused_too(url: str, key: str) -> None:
    async def pieces() -> Any:
        for _ in range(200):
            yield b"a" * 100_000

    headers = {"authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession() as session:
        try:
            async with session.post(url + CHAT, data=pieces(), headers=headers) as reply:
                assert reply.status == 413
        except (aiohttp.ClientConnectionError, ConnectionError):
            pass  # the server may close while the client still writes
        async with session.get(f"{url}/health") as reply:
            assert reply.status == 200


async def test_an_unknown_model_is_a_404(url: str, key: str) -> None:
    status, answer = await post(url, key, {"model": "gpt-99", "messages": MESSAGES})
    assert (status, answer["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    "text", ["", "sk-something", "tf_aaaaaaaa_b_c", "tf_" + "a" * 8 + "_" + "b" * 43 + "_" + "c" * 6]
)
async def test_an_unknown_key_is_a_401(url: str, text: str) -> None:
    status, answer = await post(url, text or "-", {"model": "fast", "messages": MESSAGES})
    assert (status, answer["error"]["code"]) == (401, "invalid_api_key")


async def test_no_key_at_all_says_how_to_send_one(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.post(url + CHAT, json={}) as reply:
        assert reply.status == 401
        assert "Authorization: Bearer" in (await reply.json())["error"]["message"]


@pytest.mark.parametrize("header", ["x_api_key", "api_key", "x_goog_api_key"])
async def test_a_key_is_taken_from_the_headers_other_clients_use(url: str, key: str, header: str) -> None:
    status, _ = await post(url, "", {"model": "gpt-99", "messages": MESSAGES}, authorization="", **{header: key})
    assert status == 404


async def test_an_expired_key_is_a_401_and_a_frozen_one_a_403(url: str, gateway: TokenFactory, key: str) -> None:
    expired = gateway.create_key(expires_at_ms=1)
    status, answer = await post(url, expired, {"model": "fast", "messages": MESSAGES})
    assert (status, answer["error"]["code"]) == (401, "invalid_api_key")
    assert "expired" in answer["error"]["message"]
    gateway.keys.update(key.split("_")[1], {"state": "frozen"})
    status, answer = await post(url, key, {"model": "fast", "messages": MESSAGES})
    assert (status, answer["error"]["code"]) == (403, "key_frozen")


async def test_a_key_may_use_only_what_it_lists(url: str, gateway: TokenFactory) -> None:
    narrow = gateway.create_key(models=["fast"], endpoints=["chat"], regions=["it"])
    assert (await post(url, narrow, {"model": "large", "messages": MESSAGES}))[1]["error"]["code"] == "scope"
    assert (await post(url, narrow, {"model": "fast", "input": "a"}, path="/v1/embeddings"))[1]["error"][
        "code"
    ] == "scope"
    assert (await post(url, narrow, {"model": "fast", "messages": MESSAGES}))[1]["error"]["code"] == "residency"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"x_tf_project": "other"}, "does not let the client set project"),
        ({"x_tf_intent": ""}, "printable"),
        ({"x_tf_intent": "x" * 500}, "printable"),
    ],
    ids=["not allowed", "empty", "long"],
)
async def test_an_axis_the_key_does_not_allow_is_refused(
    url: str, key: str, headers: dict[str, str], message: str
) -> None:
    status, answer = await post(url, key, {"model": "fast", "messages": MESSAGES}, **headers)
    assert status == 400
    assert message in answer["error"]["message"]


async def test_an_intent_from_the_client_is_on_the_record(url: str, key: str, gateway: TokenFactory) -> None:
    from tokenfoundry.records import CallRecord

    status, _ = await post(url, key, {"model": "fast", "messages": MESSAGES}, x_tf_intent="refunds")
    assert status == 200
    (entry,) = gateway.ledger.entries()
    assert CallRecord.from_bytes(entry.detail).intent == entry.axes.intent == "refunds"


async def test_a_wrong_method_and_a_wrong_path_answer_in_openai_shape(url: str, key: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(url + CHAT) as reply:
            assert reply.status == 405
            assert reply.headers["allow"] == "POST"
            assert (await reply.json())["error"]["code"] == "method_not_allowed"
        async with session.get(f"{url}/v2/nothing") as reply:
            assert (await reply.json())["error"]["code"] == "not_found"
