"""LangChain and LiteLLM's client, as their users call them, in front of the gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, SecretStr

from support.serving import served
from support.upstream import Exchange, Upstream, completion, echo, usage_of
from tokenfoundry.factory import TokenFactory

EMAIL = "mario.rossi@example.it"
QUESTION = f"Scrivi a {EMAIL}."


@pytest.fixture
def url(gateway: TokenFactory) -> Iterator[str]:
    with served(gateway.app()) as address:
        yield f"{address}/v1"


@pytest.fixture
def langchain(url: str, key: str) -> ChatOpenAI:
    return ChatOpenAI(model="fast", base_url=url, api_key=SecretStr(key), max_retries=0)


def sent_text(upstream: Upstream) -> str:
    text: str = upstream.received[-1].body["messages"][-1]["content"]
    return text


def test_langchain_invokes(langchain: ChatOpenAI, upstream: Upstream) -> None:
    upstream.behave = echo
    answer = langchain.invoke([HumanMessage(QUESTION)])
    assert answer.content == QUESTION
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["input_tokens"] > 0
    assert EMAIL not in sent_text(upstream)


def test_langchain_streams(langchain: ChatOpenAI, upstream: Upstream) -> None:
    upstream.behave = echo
    pieces = [piece.content for piece in langchain.stream([HumanMessage(QUESTION)])]
    assert "".join(map(str, pieces)) == QUESTION
    assert len(pieces) > 3


async def test_langchain_invokes_asynchronously(langchain: ChatOpenAI, upstream: Upstream) -> None:
    upstream.behave = echo
    assert (await langchain.ainvoke([HumanMessage(QUESTION)])).content == QUESTION


@tool
def write_mail(recipient: str, text: str) -> str:
    """Writes a mail."""
    return f"sent to {recipient}"


async def call_the_tool(exchange: Exchange) -> None:
    """Calls the tool with the address that the prompt holds, as it was received."""
    address = exchange.body["messages"][-1]["content"].split()[-1].rstrip(".")
    arguments = json.dumps({"recipient": address, "text": "Buongiorno"})
    called = {"id": "call_1", "type": "function", "function": {"name": "write_mail", "arguments": arguments}}
    reply = completion("", usage=usage_of(9, 9), finish="tool_calls")
    reply["choices"][0]["message"] = {"role": "assistant", "content": None, "tool_calls": [called]}
    await exchange.answer(reply)


def test_langchain_calls_tools_with_the_callers_own_values(langchain: ChatOpenAI, upstream: Upstream) -> None:
    upstream.behave = call_the_tool
    answer = langchain.bind_tools([write_mail]).invoke([HumanMessage(QUESTION)])
    assert isinstance(answer, AIMessage)
    assert answer.tool_calls[0]["args"] == {"recipient": EMAIL, "text": "Buongiorno"}
    assert upstream.received[-1].body["tools"][0]["function"]["name"] == "write_mail"


class Mail(BaseModel):
    recipient: str


def test_langchain_reads_structured_answers(langchain: ChatOpenAI, upstream: Upstream) -> None:
    async def answer_as_asked(exchange: Exchange) -> None:
        address = exchange.body["messages"][-1]["content"].split()[-1].rstrip(".")
        await exchange.answer(completion(json.dumps({"recipient": address}), usage=usage_of(9, 9)))

    upstream.behave = answer_as_asked
    structured = langchain.with_structured_output(Mail, method="json_schema")
    assert structured.invoke([HumanMessage(QUESTION)]) == Mail(recipient=EMAIL)


def test_langchain_embeds(url: str, key: str, upstream: Upstream) -> None:
    async def embed(exchange: Exchange) -> None:
        data = [
            {"object": "embedding", "index": index, "embedding": [0.5, 0.25]}
            for index in range(len(exchange.body["input"]))
        ]
        usage = {"prompt_tokens": 4, "total_tokens": 4}
        await exchange.answer({"object": "list", "model": "small-1", "data": data, "usage": usage})

    upstream.behave = embed
    # Otherwise it fetches a vocabulary to cut long texts with.
    client = OpenAIEmbeddings(
        model="fast", base_url=url, api_key=SecretStr(key), check_embedding_ctx_length=False, max_retries=0
    )
    assert client.embed_documents([QUESTION, "Buongiorno"]) == [[0.5, 0.25], [0.5, 0.25]]
    assert all(EMAIL not in text for text in upstream.received[-1].body["input"])


def test_litellm_completes_and_streams(url: str, key: str, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # Otherwise it fetches its price table when imported.
    import litellm

    upstream.behave = echo
    asked: dict[str, Any] = {
        "model": "openai/fast",
        "messages": [{"role": "user", "content": QUESTION}],
        "api_base": url,
        "api_key": key,
        "num_retries": 0,
    }
    assert litellm.completion(**asked).choices[0].message.content == QUESTION
    pieces = [piece.choices[0].delta.content or "" for piece in litellm.completion(**asked, stream=True)]
    assert "".join(pieces) == QUESTION
