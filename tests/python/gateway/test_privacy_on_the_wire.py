"""Nothing that is detected ever leaves, and nothing of it is written down."""

from __future__ import annotations

import json
import logging
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import openai
import pytest

from support.factories import factory
from support.upstream import Upstream, echo
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord

VALUES = {
    "EMAIL_ADDRESS": "mario.rossi@example.it",
    "IBAN_CODE": "IT60X0542811101000000123456",
    "IT_FISCAL_CODE": "RSSMRA85T10A562S",
    "CREDIT_CARD": "4111 1111 1111 1111",
    "PHONE_NUMBER": "+39 333 123 4567",
}
TEXT = "; ".join(f"dato {value} fine" for value in VALUES.values())


def full_body() -> dict[str, Any]:
    """Personal data in every place of a request that holds text."""
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "send", "arguments": json.dumps({"to": VALUES["EMAIL_ADDRESS"]})},
    }
    function = {
        "name": "send",
        "description": f"es. {VALUES['IBAN_CODE']}",
        "parameters": {"type": "object", "properties": {}},
    }
    return {
        "model": "fast",
        "user": VALUES["EMAIL_ADDRESS"],
        "metadata": {"note": VALUES["PHONE_NUMBER"]},
        "tools": [{"type": "function", "function": function}],
        "messages": [
            {"role": "system", "content": f"Il cliente: {TEXT}"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": json.dumps({"cf": VALUES["IT_FISCAL_CODE"]})},
            {"role": "user", "content": [{"type": "text", "text": TEXT}]},
        ],
    }


def test_no_value_reaches_the_provider_from_any_field(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    client = gateway.openai_client(key=key, max_retries=0)
    reply = client.chat.completions.create(**full_body())
    sent = upstream.received[0].raw.decode()
    for value in VALUES.values():
        assert value not in sent
    assert upstream.received[0].body["tools"][0]["function"]["name"] == "send"
    assert json.loads(upstream.received[0].body["messages"][1]["tool_calls"][0]["function"]["arguments"])
    assert reply.tokenfoundry["findings"].keys() == VALUES.keys()  # type: ignore[attr-defined]


def test_no_value_is_written_to_disk_or_logs(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.behave = echo
    caplog.set_level(logging.DEBUG)
    seen: list[CallRecord] = []
    with factory(upstream.base_url, tmp_path / "data") as gateway:
        gateway.on_record(seen.append)
        key = gateway.create_key()
        client = gateway.openai_client(key=key, max_retries=0)
        messages: list[Any] = [{"role": "user", "content": TEXT}]
        for stream in (False, True, False):
            list(client.chat.completions.create(model="fast", messages=messages, stream=stream))
    assert len(seen) == 3
    written = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    logged = caplog.text + repr(seen)
    for value in (*VALUES.values(), key):
        assert value.encode() not in written
        assert value not in logged


def test_a_blocked_entity_refuses_the_call_and_names_no_value(upstream: Upstream, tmp_path: Path) -> None:
    policy = {"policy": {"default": "pseudonymize", "IBAN_CODE": "block"}}
    with factory(upstream.base_url, tmp_path / "data", privacy=policy) as gateway:
        client = gateway.openai_client(key=gateway.create_key(), max_retries=0)
        with pytest.raises(openai.BadRequestError) as raised:
            client.chat.completions.create(model="fast", messages=[{"role": "user", "content": TEXT}])
        assert raised.value.code == "content_policy_violation"
        assert "IBAN_CODE" in str(raised.value)
        assert VALUES["IBAN_CODE"] not in str(raised.value)
        (entry,) = gateway.ledger.entries()
        assert CallRecord.from_bytes(entry.detail).outcome == "blocked"
    assert not upstream.received


def test_an_on_prem_entity_goes_to_the_node_as_it_is_and_nowhere_else(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = echo
    policy = {"policy": {"default": "pseudonymize", "IT_FISCAL_CODE": "on_prem"}}
    messages: list[Any] = [
        {"role": "user", "content": f"cf {VALUES['IT_FISCAL_CODE']}, letteralmente [EMAIL_ADDRESS_1]"}
    ]
    with factory(upstream.base_url, tmp_path / "data", privacy=policy) as gateway:
        client = gateway.openai_client(key=gateway.create_key(), max_retries=0)
        for _ in range(2):
            reply = client.chat.completions.create(model="auto", messages=messages)
            assert reply.choices[0].message.content == messages[0]["content"]
            assert reply.tokenfoundry["cache"] == "bypass"  # type: ignore[attr-defined]
        with pytest.raises(openai.PermissionDeniedError) as raised:
            client.chat.completions.create(model="fast", messages=messages)
    assert raised.value.code == "residency"
    assert [exchange.body["model"] for exchange in upstream.received] == ["node-1", "node-1"]


def test_sensitive_short_and_long_calls_take_different_routes(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    client = gateway.openai_client(key=key, max_retries=0)
    reasons = []
    for content in (f"scrivi a {VALUES['EMAIL_ADDRESS']}", "ciao", "parola " * 100):
        reply = client.chat.completions.create(model="auto", messages=[{"role": "user", "content": content}])
        reasons.append(reply.tokenfoundry["route"])  # type: ignore[attr-defined]
    assert [exchange.body["model"] for exchange in upstream.received] == ["node-1", "small-1", "large-1"]
    assert reasons == ["policy default: sensitive", "policy default: input_tokens <= 50", "policy default: otherwise"]
    assert VALUES["EMAIL_ADDRESS"] not in upstream.received[0].raw.decode()


def test_a_literal_placeholder_comes_back_as_it_was_written(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = echo
    text = f"{VALUES['EMAIL_ADDRESS']} e letteralmente [EMAIL_ADDRESS_1] [IBAN_CODE_7]"
    client = gateway.openai_client(key=key, max_retries=0)
    reply = client.chat.completions.create(model="fast", messages=[{"role": "user", "content": text}])
    assert reply.choices[0].message.content == text


def test_token_ids_are_redacted_as_the_text_they_stand_for(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    from tokenfoundry.tokens import Tokenizer

    async def behave(exchange: Any) -> None:
        data = [{"object": "embedding", "index": 0, "embedding": [1.0]}]
        await exchange.answer(
            {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 4, "total_tokens": 4}}
        )

    upstream.behave = behave
    ids = Tokenizer.load("o200k_base").encode(f"chiedi a {VALUES['EMAIL_ADDRESS']}")
    client = gateway.openai_client(key=key, max_retries=0)
    client.embeddings.create(model="fast", input=ids, encoding_format="float")
    assert upstream.received[0].body["input"] == "chiedi a [EMAIL_ADDRESS_1]"


MAIL, CARD = VALUES["EMAIL_ADDRESS"], 4111111111111111


def user(content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


def calling(call: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "assistant", "tool_calls": [call]}]}


def arguments(text: str) -> dict[str, Any]:
    return calling({"id": "c1", "type": "function", "function": {"name": "f", "arguments": text}})


HIDDEN = [
    user(f"data:;base64, Scrivi a {MAIL}"),
    user([{"type": "text", "text": f"data:text/plain;base64,{MAIL}"}]),
    user([{"type": "image_url", "image_url": {"url": f"data:x/y;base64,{MAIL}"}}]),
    user([{"type": "input_audio", "input_audio": {"data": MAIL, "format": MAIL}}]),
    {"metadata": {"id": MAIL, "type": MAIL, "format": MAIL}},
    {"metadata": {MAIL: "x"}},
    {"metadata": {"card": CARD, "deep": {"cards": [CARD, float(CARD)]}}},
    {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"examples": [{"id": MAIL}]}}}]},
    calling({"id": MAIL, "function": {"name": "f", "arguments": "{}"}}),
    arguments(f'{{"{MAIL}": 1}}'),
    arguments(f'{{"a": {CARD}}}'),
    arguments(f'{{"a": "{MAIL}", "a": 1}}'),
    arguments('{"a": "mario.rossi\\u0040example.it"}'),
    {"future_field": [{"anything": MAIL}]},
]


@pytest.mark.parametrize("fields", HIDDEN, ids=range(len(HIDDEN)))
def test_no_place_in_a_body_hides_a_value(
    gateway: TokenFactory, key: str, upstream: Upstream, fields: dict[str, Any]
) -> None:
    body = {"model": "fast", "messages": [{"role": "user", "content": "ciao"}], **fields}
    client = gateway.openai_client(key=key, max_retries=0)
    client.post("/chat/completions", body=body, cast_to=object)
    sent = json.dumps(json.loads(upstream.received[0].raw))
    assert MAIL not in sent
    assert str(CARD) not in sent
    assert "u0040" not in sent


def test_a_picture_leaves_as_it_is(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    url = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    messages: list[Any] = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]
    gateway.openai_client(key=key).chat.completions.create(model="fast", messages=messages)
    assert upstream.received[0].body["messages"] == messages


def test_a_role_is_a_word(gateway: TokenFactory, key: str) -> None:
    with pytest.raises(openai.BadRequestError, match="role"):
        gateway.openai_client(key=key).chat.completions.create(
            model="fast",
            messages=[{"role": MAIL, "content": "ciao"}],  # type: ignore[list-item, misc]
        )


def test_a_value_split_over_two_choices_keeps_the_reply_out_of_the_cache(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    async def behave(exchange: Any) -> None:
        texts = ("sul conto a", VALUES["IBAN_CODE"])
        choices = [
            {"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            for index, text in enumerate(texts)
        ]
        reply = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}
        await exchange.answer({**reply, "usage": {"prompt_tokens": 4, "completion_tokens": 4, "total_tokens": 8}})

    upstream.behave = behave
    client = gateway.openai_client(key=key)
    for _ in range(2):
        client.chat.completions.create(model="fast", messages=[{"role": "user", "content": "ciao"}], n=2)
    assert len(upstream.received) == 2


def test_a_session_that_is_an_address_is_refused_each_time(gateway: TokenFactory, key: str) -> None:
    client = gateway.openai_client(key=key)
    for session in (MAIL, "practice-7", MAIL, "practice-7", MAIL):
        refused = pytest.raises(openai.BadRequestError, match="x-tf-session: holds EMAIL_ADDRESS")
        with refused if session == MAIL else nullcontext():
            client.chat.completions.create(
                model="fast", messages=[{"role": "user", "content": "ciao"}], extra_headers={"x-tf-session": session}
            )


def test_a_providers_words_about_its_own_key_stay_here(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Any) -> None:
        await exchange.answer({"error": {"message": "Incorrect API key: sk-secret"}}, status=401)

    upstream.behave = behave
    with pytest.raises(openai.InternalServerError) as raised:
        gateway.openai_client(key=key, max_retries=0).chat.completions.create(
            model="fast", messages=[{"role": "user", "content": "ciao"}]
        )
    assert "sk-secret" not in str(raised.value)


def test_the_data_directory_is_the_users_alone(gateway: TokenFactory) -> None:
    assert gateway.settings.data_dir.stat().st_mode & 0o077 == 0


def test_token_ids_need_a_known_tokenizer(upstream: Upstream, tmp_path: Path) -> None:
    from support.factories import config

    made = config(upstream.base_url, tmp_path / "data")
    del made["targets"]["small"]["tokenizer"]
    with TokenFactory.from_config(made) as gateway, pytest.raises(openai.BadRequestError, match="send text instead"):
        gateway.openai_client(key=gateway.create_key()).embeddings.create(model="fast", input=[[1, 2, 3]])


def test_token_ids_with_an_on_prem_value_go_to_the_node_as_text(upstream: Upstream, tmp_path: Path) -> None:
    from tokenfoundry.tokens import Tokenizer

    async def behave(exchange: Any) -> None:
        data = [{"object": "embedding", "index": 0, "embedding": [1.0]}]
        usage = {"prompt_tokens": 4, "total_tokens": 4}
        await exchange.answer({"object": "list", "data": data, "model": "m", "usage": usage})

    upstream.behave = behave
    policy = {"policy": {"EMAIL_ADDRESS": "on_prem"}}
    ids = Tokenizer.load("o200k_base").encode(f"chiedi a {MAIL}")
    with factory(upstream.base_url, tmp_path / "data", privacy=policy) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        client.embeddings.create(model="node", input=ids, encoding_format="float")
    assert upstream.received[0].body["input"] == f"chiedi a {MAIL}"
