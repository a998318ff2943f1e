"""Policies of entities, workspaces, projects, keys and directions, as a provider and a client see them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest

from support.factories import factory
from support.upstream import Exchange, Upstream, answer_with, chunk, completion, echo, usage_of
from tokenfoundry.errors import ConfigError
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord

IBAN = "IT60X0542811101000000123456"
VALUES = {
    "PERSON": "Mario Rossi",
    "EMAIL_ADDRESS": "mario.rossi@example.it",
    "IBAN_CODE": IBAN,
    "IT_FISCAL_CODE": "RSSMRA85T10A562S",
    "CREDIT_CARD": "4111 1111 1111 1111",
    "PHONE_NUMBER": "+39 333 123 4567",
}
TEXT = "Il cliente Mario Rossi: " + "; ".join(f"dato {VALUES[name]} fine" for name in list(VALUES)[1:])


@pytest.fixture(autouse=True)
def key_of_pseudonyms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSEUDONYM_KEY", "a key that nobody guesses")


def ask(gateway: TokenFactory, text: str, *, key: str = "", **fields: Any) -> Any:
    client = gateway.openai_client(key=key or gateway.create_key(), max_retries=0)
    return client.chat.completions.create(model="fast", messages=[{"role": "user", "content": text}], **fields)


def content_of(reply: Any) -> str:
    text: str = reply.choices[0].message.content
    return text


def streamed(stream: Any) -> str:
    return "".join(each.choices[0].delta.content or "" for each in stream if each.choices)


@pytest.mark.parametrize(
    "action", ["pseudonymize", "surrogate", "mask", {"action": "mask", "keep_last": 1}, "hash", "redact"]
)
def test_no_action_but_allow_and_on_prem_lets_a_value_leave(upstream: Upstream, tmp_path: Path, action: Any) -> None:
    upstream.behave = echo
    privacy = {"policy": {"default": action}, "key": "env:PSEUDONYM_KEY"}
    with factory(upstream.base_url, tmp_path / "data", privacy=privacy) as gateway:
        for stream in (False, True):
            reply = ask(gateway, TEXT, stream=stream)
            came = streamed(reply) if stream else content_of(reply)
            assert (came == TEXT) == (action in ("pseudonymize", "surrogate"))
    for exchange in upstream.received:
        sent = exchange.raw.decode()
        assert all(value not in sent for value in VALUES.values())
        assert ("[" not in exchange.body["messages"][0]["content"]) == (
            action in ("surrogate",) or "mask" in str(action)
        )


def test_surrogates_come_back_from_tool_calls_and_streams_of_them(upstream: Upstream, tmp_path: Path) -> None:
    async def call_a_tool(exchange: Exchange) -> None:
        said = exchange.body["messages"][-1]["content"]
        arguments = json.dumps({"to": f"\n{said}", "n": 1})
        call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "send", "arguments": ""}}
        if not exchange.body.get("stream"):
            function = {"name": "send", "arguments": arguments}
            reply = completion("", usage=usage_of(1, 1))
            reply["choices"][0]["message"]["tool_calls"] = [{"id": "c1", "type": "function", "function": function}]
            await exchange.answer(reply)
            return
        await exchange.start_stream()
        await exchange.event(chunk({"role": "assistant", "tool_calls": [call]}))
        for character in arguments:
            piece = {"index": 0, "function": {"arguments": character}}
            await exchange.event(chunk({"tool_calls": [piece]}))
        await exchange.event(chunk({}, finish="tool_calls"))
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    upstream.behave = call_a_tool
    with factory(upstream.base_url, tmp_path / "data", privacy={"policy": {"default": "surrogate"}}) as gateway:
        reply = ask(gateway, TEXT)
        assert json.loads(reply.choices[0].message.tool_calls[0].function.arguments)["to"] == f"\n{TEXT}"
        pieces = [
            call.function.arguments or ""
            for each in ask(gateway, TEXT, stream=True)
            for choice in each.choices
            for call in choice.delta.tool_calls or ()
        ]
        assert json.loads("".join(pieces))["to"] == f"\n{TEXT}"
    assert all(VALUES["EMAIL_ADDRESS"] not in exchange.raw.decode() for exchange in upstream.received)


def test_an_answer_with_surrogates_is_kept_and_comes_back_to_each_asker(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = echo
    with factory(upstream.base_url, tmp_path / "data", privacy={"policy": {"default": "surrogate"}}) as gateway:
        key = gateway.create_key()
        for status in ("miss", "hit"):
            reply = ask(gateway, TEXT, key=key)
            assert content_of(reply) == TEXT
            assert reply.tokenfoundry["cache"] == status
    assert len(upstream.received) == 1


def test_the_closest_policy_that_names_an_entity_wins(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = echo
    text = f"{IBAN} mario@example.it +39 333 1234567"
    with factory(upstream.base_url, tmp_path / "first") as gateway:
        frozen = gateway.create_key(project="claims")
        key_id = frozen.split("_")[1]
    privacy = {
        "policy": {"default": "redact", "PHONE_NUMBER": "mask"},
        "policies": [
            {"match": {"key": key_id}, "request": {"IBAN_CODE": "allow"}},
            {"match": {"project": "claims"}, "request": {"IBAN_CODE": "pseudonymize", "EMAIL_ADDRESS": "pseudonymize"}},
            {"match": {"workspace": "acme"}, "request": {"default": "allow", "EMAIL_ADDRESS": "redact"}},
        ],
    }
    sent = []
    with factory(upstream.base_url, tmp_path / "first", privacy=privacy) as gateway:
        for key in (
            gateway.create_key(),
            frozen,
            gateway.create_key(project="claims"),
            gateway.create_key(workspace="acme"),
            gateway.create_key(workspace="acme", project="claims"),
        ):
            ask(gateway, text, key=key)
            sent.append(upstream.received[-1].body["messages"][0]["content"])
    masked = "***********4567"
    assert sent == [
        f"[IBAN_CODE] [EMAIL_ADDRESS] {masked}",
        f"{IBAN} [EMAIL_ADDRESS_1] {masked}",
        f"[IBAN_CODE_1] [EMAIL_ADDRESS_1] {masked}",
        f"{IBAN} [EMAIL_ADDRESS] {masked}",
        f"[IBAN_CODE_1] [EMAIL_ADDRESS_1] {masked}",
    ]


def test_two_policies_never_share_a_kept_answer(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = answer_with("Bene.")
    privacy = {"policies": [{"match": {"project": "claims"}, "response": {"PHONE_NUMBER": "redact"}}]}
    cache = {"enabled": True, "scope": "workspace"}
    with factory(upstream.base_url, tmp_path / "data", privacy=privacy, cache=cache) as gateway:
        claims, sales, care = (gateway.create_key(project=project) for project in ("claims", "sales", "care"))
        told = [ask(gateway, "Ciao", key=key).tokenfoundry["cache"] for key in (claims, sales, care, claims)]
    assert told == ["miss", "miss", "hit", "hit"]
    assert len(upstream.received) == 2


RESPONSE = {"response": {"EMAIL_ADDRESS": "redact", "PHONE_NUMBER": {"action": "mask", "keep_last": 2}}}


def test_what_a_model_adds_is_handled_whole_and_streamed(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = answer_with("A [EMAIL_ADDRESS_1] ho scritto. Provi anna@example.it\no +39 333 1234567.")
    with factory(upstream.base_url, tmp_path / "data", privacy=RESPONSE) as gateway:
        expected = "A mario@example.it ho scritto. Provi [EMAIL_ADDRESS]\no *************67."
        assert content_of(ask(gateway, "Sono mario@example.it")) == expected
        assert streamed(ask(gateway, "Sono mario@example.it", stream=True)) == expected
    assert len(upstream.received) == 2


def test_arguments_of_tools_stay_json_when_they_are_looked_at(upstream: Upstream, tmp_path: Path) -> None:
    arguments = json.dumps(
        {"to": 'anna@example.it "x"\n', "tel": 3331234567, "me": "[EMAIL_ADDRESS_1]", "n": [1, None]}
    )

    async def call_a_tool(exchange: Exchange) -> None:
        function = {"name": "send", "arguments": arguments}
        if not exchange.body.get("stream"):
            reply = completion("")
            reply["choices"][0]["message"] |= {
                "content": None,
                "refusal": "scriva a anna@example.it",
                "tool_calls": [{"id": "c1", "type": "function", "function": function}],
            }
            await exchange.answer(reply)
            return
        await exchange.start_stream()
        await exchange.event(chunk({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "send"}}]}))
        for character in arguments:
            await exchange.event(chunk({"tool_calls": [{"index": 0, "function": {"arguments": character}}]}))
        for character in "scriva a anna@example.it":
            await exchange.event(chunk({"refusal": character}))
        await exchange.event(chunk({}, finish="tool_calls"))
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    upstream.behave = call_a_tool
    expected = {"to": '[EMAIL_ADDRESS] "x"\n', "tel": "********67", "me": 'mario"1"@example.it', "n": [1, None]}
    privacy = {**RESPONSE, "deny": {"LOGIN": ['mario"1"@example.it']}}
    arguments = arguments.replace("[EMAIL_ADDRESS_1]", "[LOGIN_1]")
    with factory(upstream.base_url, tmp_path / "data", privacy=privacy) as gateway:
        message = ask(gateway, 'Sono mario"1"@example.it').choices[0].message
        assert json.loads(message.tool_calls[0].function.arguments) == expected
        assert message.refusal == "scriva a [EMAIL_ADDRESS]"
        made = {"arguments": "", "refusal": ""}
        for each in ask(gateway, 'Sono mario"1"@example.it', stream=True):
            for choice in each.choices:
                made["refusal"] += choice.delta.refusal or ""
                for call in choice.delta.tool_calls or ():
                    made["arguments"] += call.function.arguments or ""
        assert json.loads(made["arguments"]) == expected
        assert made["refusal"] == "scriva a [EMAIL_ADDRESS]"


def test_a_blocked_answer_is_paid_for_and_refused(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = answer_with(f"L'IBAN nuovo: {IBAN}.", completion_tokens=9)
    with factory(upstream.base_url, tmp_path / "data", privacy={"response": {"IBAN_CODE": "block"}}) as gateway:
        with pytest.raises(openai.BadRequestError) as raised:
            ask(gateway, "Ciao")
        assert raised.value.code == "content_policy_violation"
        assert "IBAN_CODE" in str(raised.value)
        assert IBAN not in str(raised.value)
        (entry,) = gateway.ledger.entries()
        record = CallRecord.from_bytes(entry.detail)
        assert (record.outcome, record.output_tokens) == ("answered", 9)
        assert record.cost_nano > 0


def test_a_stream_that_is_blocked_ends_with_an_error_and_is_settled_once(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = answer_with(f"Ecco il documento.\nL'IBAN nuovo: {IBAN}.\nE poi altro testo.\n")
    with factory(upstream.base_url, tmp_path / "data", privacy={"response": {"IBAN_CODE": "block"}}) as gateway:
        came: list[str] = []
        with pytest.raises(openai.APIError) as raised:
            came.extend(each.choices[0].delta.content or "" for each in ask(gateway, "Ciao", stream=True))
        assert "".join(came) == "Ecco il documento.\n"
        assert raised.value.code == "content_policy_violation"
        assert IBAN not in str(raised.value)
        (entry,) = gateway.ledger.entries()
        record = CallRecord.from_bytes(entry.detail)
        assert (record.outcome, record.status) == ("cut", 400)
        assert record.output_tokens > 0
        assert not gateway.ledger.balances() or all(each.held == 0 for each in gateway.ledger.balances())


def test_a_stream_that_is_blocked_before_its_first_byte_asks_no_other_target(
    upstream: Upstream, tmp_path: Path
) -> None:
    async def one_chunk(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(chunk({"content": f"{IBAN}\n"}))
        await exchange.event(chunk({}, finish="stop"))
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    upstream.behave = one_chunk
    with factory(upstream.base_url, tmp_path / "data", privacy={"response": {"IBAN_CODE": "block"}}) as gateway:
        client = gateway.openai_client(key=gateway.create_key(), max_retries=0)
        stream = client.chat.completions.create(
            model="both", messages=[{"role": "user", "content": "Ciao"}], stream=True
        )
        with pytest.raises(openai.APIError, match="IBAN_CODE"):
            list(stream)
        assert len(list(gateway.ledger.entries())) == 1
    assert len(upstream.received) == 1


def test_a_blocked_batch_of_probabilities_says_nothing_either(upstream: Upstream, tmp_path: Path) -> None:
    async def with_logprobs(exchange: Exchange) -> None:
        reply = completion("anna@example.it")
        reply["choices"][0]["logprobs"] = {"content": [{"token": "anna", "logprob": -1, "top_logprobs": []}]}
        await exchange.answer(reply)

    upstream.behave = with_logprobs
    with factory(upstream.base_url, tmp_path / "data", privacy=RESPONSE) as gateway:
        reply = ask(gateway, "Ciao", logprobs=True)
        assert content_of(reply) == "[EMAIL_ADDRESS]"
        assert reply.choices[0].logprobs is None


def test_a_call_on_prem_gets_its_own_values_back_and_no_new_ones(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = answer_with("mario@example.it e anna@example.it")
    privacy = {"policy": {"EMAIL_ADDRESS": "on_prem"}, **RESPONSE}
    with factory(upstream.base_url, tmp_path / "data", privacy=privacy) as gateway:
        client = gateway.openai_client(key=gateway.create_key(), max_retries=0)
        reply = client.chat.completions.create(
            model="auto", messages=[{"role": "user", "content": "Sono mario@example.it"}]
        )
        assert content_of(reply) == "mario@example.it e [EMAIL_ADDRESS]"


@pytest.mark.parametrize(
    ("privacy", "path"),
    [
        ({"policy": {"SECRET": "surrogate"}}, "privacy.policy.SECRET"),
        ({"policy": {"SECRET": "hash"}}, "privacy.policy.SECRET"),
        ({"policy": {"SECRET": "hash"}, "key": "env:NOT_THERE_AT_ALL"}, "privacy.key"),
        ({"key": "env:SHORT_KEY"}, "privacy.key"),
        ({"key": "google"}, "privacy.key"),
        ({"policy": {"SECRET": {"action": "redact", "keep_last": 1}}}, "privacy.policy.SECRET.keep_last"),
        ({"policy": {"SECRET": {"action": "mask", "character": "["}}}, "privacy.policy.SECRET.character"),
        ({"policy": {"SECRET": {"action": "shred"}}}, "privacy.policy.SECRET.action"),
        ({"response": {"SECRET": "pseudonymize"}}, "privacy.response.SECRET"),
        ({"response": {"SHOE_SIZE": "mask"}}, "privacy.response.SHOE_SIZE"),
        ({"policies": [{"match": {}}]}, "privacy.policies[0].match"),
        ({"policies": [{"match": {"team": "x"}}]}, "privacy.policies[0].match.team"),
        (
            {"policies": [{"match": {"key": "k"}, "request": {"SHOE_SIZE": "mask"}}]},
            "privacy.policies[0].request.SHOE_SIZE",
        ),
        (
            {"policies": [{"match": {"key": "k"}, "response": {"SECRET": "on_prem"}}]},
            "privacy.policies[0].response.SECRET",
        ),
        ({"policies": [{"match": {"key": "k"}}, {"match": {"key": "k"}}]}, "privacy.policies[1].match"),
        ({"unreadable": "maybe"}, "privacy.unreadable"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, privacy: Any, path: str
) -> None:
    monkeypatch.setenv("SHORT_KEY", "short")
    with pytest.raises(ConfigError) as raised:
        factory("http://127.0.0.1:1/v1", tmp_path / "data", privacy=privacy)
    assert raised.value.path == path
