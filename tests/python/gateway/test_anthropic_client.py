"""The official clients, unchanged, in both pairings: Anthropic's in front of a provider that speaks OpenAI's dialect or
its own, and OpenAI's in front of one that speaks Anthropic's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from fastapi import FastAPI

from support.anthropic_upstream import (
    answer_message,
    echo_message,
    error,
    events,
    framed,
    message,
    text,
    thinking,
    tool_use,
)
from support.factories import config
from support.serving import served
from support.upstream import Exchange, Upstream, chunk, completion, echo, usage_of
from tokenfoundry.factory import TokenFactory

EMAIL = "mario.rossi@example.it"
IBAN = "IT60X0542811101000000123456"
QUESTION = f"Scrivi a {EMAIL} e paga su {IBAN}."
REDACTED = "Scrivi a [EMAIL_ADDRESS_1] e paga su [IBAN_CODE_1]."
SEND: Any = {
    "name": "send",
    "description": "Sends a mail",
    "input_schema": {"type": "object", "properties": {"to": {"type": "string"}, "text": {"type": "string"}}},
}


@pytest.fixture(params=["anthropic", "openai"])
def spoken(request: pytest.FixtureRequest) -> str:
    """The wire format of the provider."""
    return str(request.param)


@pytest.fixture
def factory(upstream: Upstream, tmp_path: Path, spoken: str) -> Iterator[TokenFactory]:
    made = config(upstream.base_url, tmp_path / "data")
    made["providers"]["upstream"]["format"] = spoken
    made["providers"]["upstream"]["keys"] = ["env:TF_TEST_PROVIDER_KEY"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_TEST_PROVIDER_KEY", "sk-provider")
        with TokenFactory.from_config(made) as factory:
            yield factory


@pytest.fixture
def url(factory: TokenFactory) -> Iterator[str]:
    with served(factory.app()) as url:
        yield url


@pytest.fixture
def access_key(factory: TokenFactory) -> str:
    return factory.create_key(project="claims", consumer="care")


@pytest.fixture
def client(url: str, access_key: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=access_key, base_url=url, max_retries=0) as made:
        yield made


@pytest.fixture
def chat_client(url: str, access_key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=access_key, base_url=f"{url}/v1", max_retries=0) as made:
        yield made


def behave_as(spoken: str, *blocks: dict[str, Any], stop_reason: str = "end_turn") -> Any:
    """A provider in that dialect that answers with these blocks of text, thinking and tool use."""
    if spoken == "anthropic":
        return answer_message(message(*blocks, stop_reason=stop_reason))

    finish = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length"}[stop_reason]

    async def behave(exchange: Exchange) -> None:
        said = "".join(block["text"] for block in blocks if block["type"] == "text")
        thought = "".join(block["thinking"] for block in blocks if block["type"] == "thinking")
        calls = [
            {
                "id": block["id"],
                "type": "function",
                "function": {"name": block["name"], "arguments": json.dumps(block["input"])},
            }
            for block in blocks
            if block["type"] == "tool_use"
        ]
        if not exchange.body.get("stream"):
            reply = completion(said, usage=usage_of(20, 7), finish=finish)
            reply["choices"][0]["message"] |= {"reasoning_content": thought, "tool_calls": calls or None}
            await exchange.answer(reply)
            return
        await exchange.start_stream()
        await exchange.event(chunk({"role": "assistant", "content": ""}))
        for character in thought:
            await exchange.event(chunk({"reasoning_content": character}))
        for character in said:
            await exchange.event(chunk({"content": character}))
        for index, call in enumerate(calls):
            head = {**call, "index": index, "function": {"name": call["function"]["name"], "arguments": ""}}
            await exchange.event(chunk({"tool_calls": [head]}))
            for character in call["function"]["arguments"]:
                await exchange.event(chunk({"tool_calls": [{"index": index, "function": {"arguments": character}}]}))
        await exchange.event(chunk({}, finish=finish))
        await exchange.event({**chunk({}), "choices": [], "usage": usage_of(20, 7)})
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    return behave


def ask(client: anthropic.Anthropic, **fields: Any) -> anthropic.types.Message:
    asked: dict[str, Any] = {"model": "fast", "max_tokens": 100, "messages": [{"role": "user", "content": QUESTION}]}
    reply: anthropic.types.Message = client.messages.create(**(asked | fields))
    return reply


def test_a_message_leaves_redacted_and_comes_back_restored(
    client: anthropic.Anthropic, upstream: Upstream, spoken: str
) -> None:
    upstream.behave = echo_message if spoken == "anthropic" else echo
    reply = ask(client, system="Sei un assistente.")
    assert reply.content[0].text == QUESTION  # type: ignore[union-attr]
    assert reply.stop_reason == "end_turn"
    assert reply._request_id == reply.tokenfoundry["request_id"]  # type: ignore[attr-defined]
    assert reply.usage.input_tokens + (reply.usage.cache_read_input_tokens or 0) > 0
    sent = upstream.received[0]
    assert sent.body["messages"][-1]["content"] == REDACTED
    assert sent.body["model"] == "small-1"
    assert sent.body["max_tokens"] == 100
    if spoken == "anthropic":
        assert sent.path == "/v1/messages"
        assert sent.headers["x-api-key"] == "sk-provider"
        assert sent.headers["anthropic-version"] == "2023-06-01"
        assert sent.body["system"] == "Sei un assistente."
    else:
        assert sent.path == "/v1/chat/completions"
        assert sent.body["messages"][0] == {"role": "system", "content": "Sei un assistente."}


def test_a_stream_is_restored_though_each_placeholder_comes_a_character_at_a_time(
    client: anthropic.Anthropic, upstream: Upstream, spoken: str
) -> None:
    upstream.behave = echo_message if spoken == "anthropic" else echo
    question: Any = [{"role": "user", "content": QUESTION}]
    with client.messages.stream(model="fast", max_tokens=100, messages=question) as stream:
        said = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert said == QUESTION
    assert final.content[0].text == QUESTION  # type: ignore[union-attr]
    assert final.stop_reason == "end_turn"
    # 12 + 3 + 5 of Anthropic's, of which 5 come from the cache; 20 of OpenAI's.
    assert final.usage.input_tokens == (12 if spoken == "anthropic" else 20)
    assert final.usage.output_tokens == (7 if spoken == "anthropic" else 5)


async def test_the_asynchronous_client_works_the_same(
    url: str, access_key: str, upstream: Upstream, spoken: str
) -> None:
    upstream.behave = echo_message if spoken == "anthropic" else echo
    question: Any = [{"role": "user", "content": QUESTION}]
    async with anthropic.AsyncAnthropic(api_key=access_key, base_url=url, max_retries=0) as client:
        reply = await client.messages.create(model="fast", max_tokens=100, messages=question)
        async with client.messages.stream(model="large", max_tokens=100, messages=question) as stream:
            said = "".join([piece async for piece in stream.text_stream])
    assert reply.content[0].text == QUESTION  # type: ignore[union-attr]
    assert said == QUESTION


def test_tool_input_is_restored_as_json_whole_and_streamed(
    client: anthropic.Anthropic, upstream: Upstream, spoken: str
) -> None:
    given = {"to": "[EMAIL_ADDRESS_1]", "text": 'paga su "[IBAN_CODE_1]"'}
    upstream.behave = behave_as(spoken, text("Subito."), tool_use("send", given), stop_reason="tool_use")
    wanted = {"to": EMAIL, "text": f'paga su "{IBAN}"'}
    reply = ask(client, tools=[SEND])
    assert reply.stop_reason == "tool_use"
    assert [block.type for block in reply.content] == ["text", "tool_use"]
    assert reply.content[1].input == wanted  # type: ignore[union-attr]
    question: Any = [{"role": "user", "content": QUESTION}]
    with client.messages.stream(model="large", max_tokens=100, messages=question, tools=[SEND]) as stream:
        final = stream.get_final_message()
    assert final.content[1].input == wanted  # type: ignore[union-attr]
    assert final.content[1].id == "toolu_01"  # type: ignore[union-attr]


def test_a_round_of_tools_leaves_redacted_in_input_and_result(
    client: anthropic.Anthropic, upstream: Upstream, spoken: str
) -> None:
    upstream.behave = behave_as(spoken, text("Fatto per [EMAIL_ADDRESS_2]."))
    reply = ask(
        client,
        tools=[SEND],
        messages=[
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": [tool_use("send", {"to": EMAIL})]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_01", "content": "letta da anna@example.it"},
                    text("E adesso?"),
                ],
            },
        ],
    )
    assert reply.content[0].text == "Fatto per anna@example.it."  # type: ignore[union-attr]
    sent = upstream.received[0].body["messages"]
    raw = upstream.received[0].raw.decode()
    assert EMAIL not in raw
    assert "anna@example.it" not in raw
    if spoken == "anthropic":
        assert sent[1]["content"][0]["input"] == {"to": "[EMAIL_ADDRESS_1]"}
        assert sent[2]["content"][0]["content"] == "letta da [EMAIL_ADDRESS_2]"
    else:
        assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"to": "[EMAIL_ADDRESS_1]"}
        assert sent[2] == {"role": "tool", "tool_call_id": "toolu_01", "content": "letta da [EMAIL_ADDRESS_2]"}
        assert sent[3] == {"role": "user", "content": "E adesso?"}


def test_thinking_reaches_the_client(client: anthropic.Anthropic, upstream: Upstream, spoken: str) -> None:
    upstream.behave = behave_as(spoken, thinking("Chi è [EMAIL_ADDRESS_1]?"), text("Ecco."))
    question: Any = [{"role": "user", "content": QUESTION}]
    with client.messages.stream(model="fast", max_tokens=100, messages=question) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.content[0].thinking == "Chi è [EMAIL_ADDRESS_1]?"  # type: ignore[union-attr]
    assert final.content[0].signature == ("EqQBCgIYAhIM" if spoken == "anthropic" else "")  # type: ignore[union-attr]


def test_a_cached_stream_is_a_full_stream(client: anthropic.Anthropic, upstream: Upstream, spoken: str) -> None:
    upstream.behave = behave_as(
        spoken, thinking("Vediamo."), text("A [EMAIL_ADDRESS_1]."), tool_use("send", {"to": "[EMAIL_ADDRESS_1]"})
    )
    question: Any = [{"role": "user", "content": QUESTION}]
    finals = []
    for _ in range(2):
        with client.messages.stream(model="fast", max_tokens=100, messages=question) as stream:
            finals.append(stream.get_final_message())
    assert len(upstream.received) == 1
    assert finals[0].content == finals[1].content
    assert finals[0].usage.output_tokens == finals[1].usage.output_tokens


def test_openai_client_reaches_the_provider_in_its_own_dialect(
    chat_client: openai.OpenAI, upstream: Upstream, spoken: str
) -> None:
    upstream.behave = behave_as(
        spoken,
        thinking("Penso."),
        text("A [EMAIL_ADDRESS_1]."),
        tool_use("send", {"to": "[EMAIL_ADDRESS_1]"}),
        stop_reason="tool_use",
    )
    tool: Any = {"type": "function", "function": {"name": "send", "parameters": SEND["input_schema"]}}
    question: Any = [{"role": "system", "content": "Breve."}, {"role": "user", "content": QUESTION}]
    reply = chat_client.chat.completions.create(model="fast", messages=question, tools=[tool], max_tokens=50)
    said = reply.choices[0].message
    assert said.content == f"A {EMAIL}."
    assert said.tool_calls is not None
    assert json.loads(said.tool_calls[0].function.arguments) == {"to": EMAIL}  # type: ignore[union-attr]
    assert reply.choices[0].finish_reason == "tool_calls"
    assert said.reasoning_content == "Penso."  # type: ignore[attr-defined]
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (20, 7)
    chunks = list(
        chat_client.chat.completions.create(
            model="large", messages=question, tools=[tool], stream=True, stream_options={"include_usage": True}
        )
    )
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == f"A {EMAIL}."
    arguments = "".join(
        call.function.arguments or "" for delta in deltas for call in delta.tool_calls or () if call.function
    )
    assert json.loads(arguments) == {"to": EMAIL}
    assert chunks[-1].usage is not None
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (20, 7)
    if spoken == "anthropic":
        assert upstream.received[0].body["system"] == "Breve."
        assert upstream.received[0].body["tools"][0]["input_schema"] == SEND["input_schema"]
        assert upstream.received[1].body["max_tokens"] > 0


def test_a_refusal_comes_in_anthropics_shape(
    client: anthropic.Anthropic, url: str, upstream: Upstream, spoken: str
) -> None:
    with pytest.raises(anthropic.NotFoundError) as missing:
        ask(client, model="slow")
    assert missing.value.type == "not_found_error"
    assert missing.value.body["type"] == "error"  # type: ignore[index, call-overload]
    with (
        anthropic.Anthropic(api_key="tf_wrong", base_url=url, max_retries=0) as stranger,
        pytest.raises(anthropic.AuthenticationError),
    ):
        ask(stranger)
    with pytest.raises(anthropic.BadRequestError, match="max_tokens"):
        ask(client, max_tokens=0)


def test_what_the_provider_says_of_a_wrong_request_reaches_the_caller(
    client: anthropic.Anthropic, upstream: Upstream, spoken: str
) -> None:
    async def refuse(exchange: Exchange) -> None:
        said = "messages: [EMAIL_ADDRESS_1] is too long"
        body = error("invalid_request_error", said) if spoken == "anthropic" else {"error": {"message": said}}
        await exchange.answer(body, status=400)

    upstream.behave = refuse
    with pytest.raises(anthropic.BadRequestError, match=rf"messages: {EMAIL} is too long"):
        ask(client)


@pytest.mark.parametrize("spoken", ["anthropic"], indirect=True)
def test_an_error_in_mid_stream_is_told_as_an_event(client: anthropic.Anthropic, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        for event in events(message(text("Ciao")))[:5]:
            await exchange.piece(framed(event))
        await exchange.piece(framed({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}))
        await exchange.end_stream()

    upstream.behave = behave
    question: Any = [{"role": "user", "content": QUESTION}]
    with (
        pytest.raises(anthropic.APIStatusError, match="the provider reported an error"),
        client.messages.stream(model="fast", max_tokens=100, messages=question) as stream,
    ):
        stream.until_done()


@pytest.mark.parametrize("spoken", ["anthropic"], indirect=True)
def test_beta_features_that_the_client_names_reach_the_provider(
    client: anthropic.Anthropic, upstream: Upstream
) -> None:
    upstream.behave = echo_message
    question: Any = [{"role": "user", "content": QUESTION}]
    reply = client.beta.messages.create(
        model="fast",
        max_tokens=9,
        messages=question,
        betas=["context-1m-2025-08-07", "interleaved-thinking-2025-05-14"],
    )
    assert reply.content[0].text == QUESTION  # type: ignore[union-attr]
    assert upstream.received[0].headers["anthropic-beta"] == "context-1m-2025-08-07,interleaved-thinking-2025-05-14"
    assert "anthropic_beta" not in upstream.received[0].body


def test_what_a_coding_agent_sends_with_every_call_reaches_both_kinds_of_provider(
    url: str, access_key: str, upstream: Upstream, spoken: str
) -> None:
    upstream.behave = echo_message if spoken == "anthropic" else behave_as(spoken, text("[EMAIL_ADDRESS_1]"))
    mark = {"type": "ephemeral"}
    schema = {"type": "object", "properties": {"command": {"type": "string"}}, "additionalProperties": False}
    asked: dict[str, Any] = {
        "model": "fast",
        "max_tokens": 32_000,
        "system": [{**text("You are an agent."), "cache_control": mark}],
        "tools": [{"name": "Bash", "description": "Runs a command", "input_schema": schema}],
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "metadata": {"user_id": '{"session_id": "0192e4a0"}'},
        "messages": [{"role": "user", "content": [{**text(EMAIL), "cache_control": mark}]}],
        "betas": ["interleaved-thinking-2025-05-14", "context-management-2025-06-27"],
    }
    with (
        anthropic.Anthropic(auth_token=access_key, base_url=url, max_retries=0) as client,
        client.beta.messages.stream(**asked) as stream,
    ):
        reply = stream.get_final_message()
    assert reply.content[0].text == EMAIL  # type: ignore[union-attr]
    sent = upstream.received[0].body
    if spoken == "anthropic":
        for field in ("thinking", "output_config", "context_management", "metadata"):
            assert field in sent
        assert sent["system"][0]["cache_control"] == mark
    else:
        assert sent.keys() == {"model", "stream", "stream_options", "messages", "max_tokens", "tools", "user"}


def test_tokens_are_counted_without_asking_a_provider(
    client: anthropic.Anthropic, factory: TokenFactory, upstream: Upstream
) -> None:
    question: Any = [{"role": "user", "content": QUESTION}]
    counted = client.messages.count_tokens(model="fast", messages=question, system="Breve.", tools=[SEND])
    less = client.messages.count_tokens(model="fast", messages=question)
    assert 0 < less.input_tokens < counted.input_tokens - 20, "what the tool takes"
    assert upstream.received == []
    assert list(factory.ledger.entries()) == []
    with pytest.raises(anthropic.NotFoundError):
        client.messages.count_tokens(model="slow", messages=question)


@pytest.mark.parametrize("how", ["mounted", "included"])
def test_a_host_application_serves_it_too(
    factory: TokenFactory, access_key: str, upstream: Upstream, spoken: str, how: str
) -> None:
    upstream.behave = echo_message if spoken == "anthropic" else echo
    host = FastAPI(lifespan=factory.lifespan()) if how == "mounted" else FastAPI()
    if how == "mounted":
        host.mount("/ai", factory.app())
    else:
        host.include_router(factory.router(), prefix="/ai")
    with (
        served(host) as url,
        anthropic.Anthropic(api_key=access_key, base_url=f"{url}/ai", max_retries=0) as client,
    ):
        assert ask(client).content[0].text == QUESTION  # type: ignore[union-attr]
        assert client.messages.count_tokens(model="fast", messages=[{"role": "user", "content": "x"}]).input_tokens > 0
        with pytest.raises(anthropic.NotFoundError) as missing:
            ask(client, model="slow")
    assert missing.value.type == "not_found_error"


def test_a_call_that_only_trusted_targets_see_goes_as_it_was_written(
    upstream: Upstream, tmp_path: Path, spoken: str
) -> None:
    made = config(upstream.base_url, tmp_path / "data", privacy={"policy": {"EMAIL_ADDRESS": "on_prem"}})
    made["providers"]["upstream"]["format"] = spoken
    upstream.behave = echo_message if spoken == "anthropic" else echo
    with TokenFactory.from_config(made) as factory, served(factory.app()) as url:
        key = factory.create_key(project="claims")
        with anthropic.Anthropic(api_key=key, base_url=url, max_retries=0) as client:
            assert ask(client, model="auto").content[0].text == QUESTION  # type: ignore[union-attr]
    assert upstream.received[0].body["model"] == "node-1"
    assert upstream.received[0].body["messages"][-1]["content"] == QUESTION


@pytest.mark.parametrize("spoken", ["openai"], indirect=True)
def test_models_are_listed_in_the_dialect_of_the_client(
    client: anthropic.Anthropic, chat_client: openai.OpenAI
) -> None:
    names = [model.id for model in chat_client.models.list()]
    listed = list(client.models.list())
    assert [model.id for model in listed] == names
    assert anthropic.types.ModelInfo.model_validate_json(listed[0].model_dump_json()).lifecycle == "active"
    assert client.models.retrieve("fast").display_name == "fast"
    with pytest.raises(anthropic.NotFoundError) as missing:
        client.models.retrieve("slow")
    assert missing.value.type == "not_found_error"
    with pytest.raises(anthropic.NotFoundError) as missing:
        client.messages.batches.list()
    assert missing.value.type == "not_found_error"


def test_a_key_without_the_scope_of_messages_may_neither_ask_nor_count(url: str, factory: TokenFactory) -> None:
    chat_only = factory.create_key(project="claims", endpoints=["chat"])
    question: Any = [{"role": "user", "content": QUESTION}]
    with anthropic.Anthropic(api_key=chat_only, base_url=url, max_retries=0) as client:
        with pytest.raises(anthropic.PermissionDeniedError):
            ask(client)
        with pytest.raises(anthropic.PermissionDeniedError):
            client.messages.count_tokens(model="fast", messages=question)
