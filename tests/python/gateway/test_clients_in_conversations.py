"""Real clients call tools within a conversation: the tools get the caller's own values, the provider placeholders that
stay the same from turn to turn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from support.factories import config
from support.openai_provider import response
from support.serving import served
from support.upstream import Exchange, Upstream, answer_with, chunk, completion, usage_of
from tokenfoundry.factory import TokenFactory
from tokenfoundry.translate.responses_events import sequence

EMAIL, PHONE, OTHER = "mario.rossi@example.it", "+39 333 123 4567", "anna.verdi@example.it"
QUESTION = f"Trova il telefono di {EMAIL}."
FOUND = json.dumps({"email": EMAIL, "tel": PHONE, "note": f'detto "{OTHER}"\n'})
ANSWER = f"Il telefono di {EMAIL} è {PHONE}, lo dice **{OTHER}**."
ARGUMENTS = '{"email": "[email_address_1]", "why": "\\u005bEMAIL_ADDRESS_1\\u005d"}'
SAID = "Il telefono di [EMAIL_ADDRESS_1] è [ PHONE_NUMBER_1 ], lo dice **[EMAIL_ADDRESS_2]**."
HEADERS = {"x-tf-conversation": "ticket-4711"}
PARAMETERS = {"type": "object", "properties": {"email": {"type": "string"}, "why": {"type": "string"}}}


@pytest.fixture
def gateway(upstream: Upstream, tmp_path: Path) -> Iterator[TokenFactory]:
    """With a target that speaks every dialect of OpenAI's by itself, beside those to which they are said as chat."""
    stated = config(upstream.base_url, tmp_path / "data")
    native = {**stated["targets"]["small"], "model": "native-1", "endpoints": ["chat", "responses", "completions"]}
    with TokenFactory.from_config({**stated, "targets": {**stated["targets"], "native": native}}) as made:
        yield made


@pytest.fixture
def url(gateway: TokenFactory) -> Iterator[str]:
    with served(gateway.app()) as address:
        yield f"{address}/v1"


@pytest.fixture
def client(url: str, key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=key, base_url=url, max_retries=0, default_headers=HEADERS) as made:
        yield made


async def chats(exchange: Exchange) -> None:
    """Asks for the tool first, and answers once it has its result."""
    messages = exchange.body["messages"]
    if any(message["role"] == "tool" for message in messages):
        await answer_with(SAID)(exchange)
    elif exchange.body.get("stream"):
        await exchange.start_stream()
        named = {"index": 0, "id": "c1", "type": "function", "function": {"name": "look_up", "arguments": ""}}
        await exchange.event(chunk({"role": "assistant", "tool_calls": [named]}))
        for character in ARGUMENTS:
            await exchange.event(chunk({"tool_calls": [{"index": 0, "function": {"arguments": character}}]}))
        await exchange.event(chunk({}, finish="tool_calls"))
        await exchange.event({**chunk({}), "choices": [], "usage": usage_of(9, 9)})
        await exchange.event(b"[DONE]")
        await exchange.end_stream()
    else:
        called = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": ARGUMENTS}}
        reply = completion("", usage=usage_of(9, 9), finish="tool_calls")
        reply["choices"][0]["message"] = {"role": "assistant", "content": None, "tool_calls": [called]}
        await exchange.answer(reply)


def check_sent(upstream: Upstream) -> None:
    """What left, in both turns, is about the same placeholders."""
    for exchange in upstream.received:
        sent = exchange.raw.decode()
        assert not any(value in sent for value in (EMAIL, PHONE, OTHER, PHONE.replace(" ", "")))
        assert "Trova il telefono di [EMAIL_ADDRESS_1]." in sent
    (last,) = (exchange.raw.decode() for exchange in upstream.received[-1:])
    assert "[PHONE_NUMBER_1]" in last
    assert "[EMAIL_ADDRESS_2]" in last
    assert "[EMAIL_ADDRESS_3]" not in last


@pytest.mark.parametrize("stream", [False, True])
def test_openai_chats_with_a_tool(client: openai.OpenAI, upstream: Upstream, stream: bool) -> None:
    upstream.behave = chats
    tools: Any = [{"type": "function", "function": {"name": "look_up", "parameters": PARAMETERS}}]
    messages: list[Any] = [{"role": "user", "content": QUESTION}]

    def turn() -> tuple[str, str]:
        if not stream:
            made = client.chat.completions.create(model="fast", messages=messages, tools=tools)
            message = made.choices[0].message
            calls = message.tool_calls or []
            return message.content or "", "".join(call.function.arguments for call in calls)  # type: ignore[union-attr]
        said = arguments = ""
        for piece in client.chat.completions.create(model="fast", messages=messages, tools=tools, stream=True):
            for choice in piece.choices:
                said += choice.delta.content or ""
                for call in choice.delta.tool_calls or ():
                    arguments += (call.function and call.function.arguments) or ""
        return said, arguments

    _, arguments = turn()
    assert json.loads(arguments) == {"email": EMAIL, "why": EMAIL}
    called = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": arguments}}
    messages += [
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "c1", "content": FOUND},
    ]
    assert turn() == (ANSWER, "")
    check_sent(upstream)


async def responds(exchange: Exchange) -> None:
    if exchange.path != "/v1/responses":
        await chats(exchange)
        return
    has_result = any(item.get("type") == "function_call_output" for item in exchange.body["input"])
    reply = response(SAID if has_result else " ", "" if has_result else ARGUMENTS)
    if not exchange.body.get("stream"):
        await exchange.answer(reply)
        return
    await exchange.start_stream()
    for event in sequence(reply):
        await exchange.event(event)
    await exchange.end_stream()


@pytest.mark.parametrize("model", ["fast", "native"])
@pytest.mark.parametrize("stream", [False, True])
def test_openai_responds_with_a_tool(client: openai.OpenAI, upstream: Upstream, stream: bool, model: str) -> None:
    upstream.behave = responds
    tools: Any = [{"type": "function", "name": "f", "parameters": PARAMETERS, "strict": False}]
    items: list[Any] = [{"role": "user", "content": QUESTION}]

    def turn() -> openai.types.responses.Response:
        if not stream:
            return client.responses.create(model=model, input=items, tools=tools)
        with client.responses.stream(model=model, input=items, tools=tools) as events:
            pieces: dict[str, str] = {}
            for event in events:
                if event.type in ("response.output_text.delta", "response.function_call_arguments.delta"):
                    pieces[event.type] = pieces.get(event.type, "") + event.delta
            made = events.get_final_response()
        assert pieces.get("response.output_text.delta", "") == made.output_text
        return made

    (called,) = (item for item in turn().output if item.type == "function_call")
    assert json.loads(called.arguments) == {"email": EMAIL, "why": EMAIL}
    items += [
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": called.arguments},
        {"type": "function_call_output", "call_id": "c1", "output": FOUND},
    ]
    assert turn().output_text == ANSWER
    check_sent(upstream)


@tool
def look_up(email: str, why: str = "") -> str:
    """Looks a telephone number up."""
    assert email == why == EMAIL
    return FOUND


@pytest.mark.parametrize("stream", [False, True])
def test_langchain_chats_with_a_tool(url: str, key: str, upstream: Upstream, stream: bool) -> None:
    upstream.behave = chats
    model = ChatOpenAI(
        model="fast", base_url=url, api_key=SecretStr(key), max_retries=0, default_headers=HEADERS, streaming=stream
    ).bind_tools([look_up])
    said: list[BaseMessage] = [HumanMessage(QUESTION)]
    asked = model.invoke(said)
    assert isinstance(asked, AIMessage)
    (called,) = asked.tool_calls
    assert called["args"] == {"email": EMAIL, "why": EMAIL}
    said += [asked, ToolMessage(look_up.invoke(called["args"]), tool_call_id=called["id"])]
    assert model.invoke(said).content == ANSWER
    check_sent(upstream)


def test_a_turn_that_sends_its_last_message_alone_goes_on_with_the_numbers(
    client: openai.OpenAI, upstream: Upstream
) -> None:
    upstream.behave = answer_with("Certo, [EMAIL_ADDRESS_1] e [EMAIL_ADDRESS_2].")
    turns = {f"Sono {EMAIL}": f"Certo, {EMAIL} e [EMAIL_ADDRESS_2].", f"E {OTHER}?": f"Certo, {EMAIL} e {OTHER}."}
    for text, expected in turns.items():
        reply = client.chat.completions.create(model="fast", messages=[{"role": "user", "content": text}])
        assert reply.choices[0].message.content == expected
    assert [exchange.body["messages"][0]["content"] for exchange in upstream.received] == [
        "Sono [EMAIL_ADDRESS_1]",
        "E [EMAIL_ADDRESS_2]?",
    ]
