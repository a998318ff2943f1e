"""Calls in Anthropic's dialect, asked or spoken: each attempt that consumed something is settled once, whatever the
provider or the client does, and the caller is told in the dialect it asked in.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from support.anthropic_upstream import (
    answer_message,
    echo_message,
    error,
    events,
    framed,
    message,
    text,
    tool_use,
)
from support.factories import config
from support.sdk_shapes import check_error
from support.serving import served
from support.upstream import Exchange, Upstream, completion, usage_of
from tokenfoundry.factory import TokenFactory
from tokenfoundry.ledger import EntryFlags
from tokenfoundry.records import CallRecord
from tokenfoundry.tokens import Tokenizer

QUESTION: Any = [{"role": "user", "content": "Scrivi a mario.rossi@example.it."}]
TOKENS = Tokenizer.load("o200k_base")


class Watched:
    """A gateway in front of one provider, and the records of its calls as they come."""

    def __init__(self, upstream: Upstream, data_dir: Path, format: str) -> None:
        made = config(upstream.base_url, data_dir)
        made["providers"]["upstream"]["format"] = format
        made["cache"] = {"enabled": False}
        self.factory = TokenFactory.from_config(made)
        self.key = self.factory.create_key(project="claims")
        self._records: queue.Queue[CallRecord] = queue.Queue()
        self.factory.on_record(self._records.put)

    def record(self) -> CallRecord:
        """The next record."""
        return self._records.get(timeout=10)

    def check_nothing_is_left(self) -> None:
        assert self._records.empty()
        assert self.factory.ledger.holds() == []
        assert self.factory.ledger.verify().ok


@pytest.fixture(params=["anthropic"])
def watched(request: pytest.FixtureRequest, upstream: Upstream, tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(upstream, tmp_path / "data", request.param)
    with watched.factory:
        yield watched


@pytest.fixture
def client(watched: Watched) -> Iterator[anthropic.Anthropic]:
    with (
        served(watched.factory.app()) as url,
        anthropic.Anthropic(api_key=watched.key, base_url=url, max_retries=0) as made,
    ):
        yield made


def ask(client: anthropic.Anthropic, **fields: Any) -> Any:
    return client.messages.create(**{"model": "fast", "max_tokens": 50, "messages": QUESTION, **fields})


def test_a_reply_is_billed_with_what_the_prompt_cache_read_and_wrote(
    client: anthropic.Anthropic, watched: Watched, upstream: Upstream
) -> None:
    upstream.behave = answer_message(message(text("Fatto.")))
    ask(client)
    record = watched.record()
    assert (record.endpoint, record.outcome, record.cost_source) == ("messages", "answered", "computed")
    assert (record.input_tokens, record.output_tokens) == (20, 7)
    assert (record.cache_read_tokens, record.cache_write_tokens) == (5, 3)
    watched.check_nothing_is_left()


def test_a_stream_is_billed_as_its_whole_reply(
    client: anthropic.Anthropic, watched: Watched, upstream: Upstream
) -> None:
    upstream.behave = answer_message(message(text("Fatto.")))
    with client.messages.stream(model="fast", max_tokens=50, messages=QUESTION) as stream:
        stream.until_done()
    record = watched.record()
    assert (record.input_tokens, record.output_tokens, record.cache_read_tokens) == (20, 7, 5)
    watched.check_nothing_is_left()


@pytest.mark.parametrize("who", ["provider", "client"])
def test_a_stream_that_breaks_off_is_billed_for_what_it_produced(
    client: anthropic.Anthropic, watched: Watched, upstream: Upstream, who: str
) -> None:
    spoken = events(message(text("C'era una volta un re")), piece_characters=7)[:6]

    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        for event in spoken:
            await exchange.piece(framed(event))
        if who == "provider":
            exchange.reset()
        else:
            await asyncio.sleep(30)

    upstream.behave = behave
    seen = []
    stream = ask(client, stream=True)
    try:
        for event in stream:
            if event.type == "content_block_delta":
                seen.append(event.delta.text)
            if who == "client" and len(seen) == 3:
                stream.close()
                break
    except anthropic.APIStatusError as broken:
        check_error(broken.body)
    record = watched.record()
    assert "".join(seen) == "C'era una volta un re"
    assert (record.outcome, record.status) == ("cut", 502 if who == "provider" else 499)
    assert record.output_tokens == TOKENS.count("C'era una volta un re")
    # As `message_start` told them.
    assert (record.input_tokens, record.cache_read_tokens, record.cache_write_tokens) == (20, 5, 3)
    [entry] = watched.factory.ledger.entries()
    assert entry.flags == EntryFlags.UNCERTAIN | EntryFlags.ESTIMATED
    watched.check_nothing_is_left()


def test_an_overloaded_provider_costs_nothing_and_the_next_target_answers(
    client: anthropic.Anthropic, watched: Watched, upstream: Upstream
) -> None:
    async def behave(exchange: Exchange) -> None:
        if exchange.body["model"] == "small-1":
            await exchange.answer(error("overloaded_error", "Overloaded"), status=529)
        else:
            await answer_message(message(text("Eccomi.")))(exchange)

    upstream.behave = behave
    reply = ask(client, model="both")
    assert reply.content[0].text == "Eccomi."
    first, second = watched.record(), watched.record()
    assert (first.outcome, first.status, first.cost_nano) == ("failed", 529, 0)
    assert (second.outcome, second.target) == ("answered", "large")
    watched.check_nothing_is_left()


def test_a_provider_that_is_down_is_told_in_anthropics_shape(
    client: anthropic.Anthropic, watched: Watched, upstream: Upstream
) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(error("rate_limit_error", "slow down"), status=429, headers="retry-after: 7\r\n")

    upstream.behave = behave
    with pytest.raises(anthropic.RateLimitError) as raised:
        ask(client)
    check_error(raised.value.body)
    assert raised.value.response.headers["retry-after"] == "7"
    assert raised.value.request_id == raised.value.response.headers["x-request-id"]
    assert raised.value.body["request_id"] == raised.value.response.headers["x-request-id"]  # type: ignore[index, call-overload]
    watched.record()
    watched.check_nothing_is_left()


def test_what_the_privacy_policy_blocks_is_told_in_anthropics_shape(upstream: Upstream, tmp_path: Path) -> None:
    made = config(upstream.base_url, tmp_path / "data", privacy={"policy": {"EMAIL_ADDRESS": "block"}})
    with TokenFactory.from_config(made) as factory, served(factory.app()) as url:
        key = factory.create_key(project="claims")
        with anthropic.Anthropic(api_key=key, base_url=url, max_retries=0) as client:
            with pytest.raises(anthropic.BadRequestError, match="does not let EMAIL_ADDRESS leave") as raised:
                ask(client)
            with pytest.raises(anthropic.BadRequestError, match="does not let EMAIL_ADDRESS leave"):
                client.messages.count_tokens(model="fast", messages=QUESTION)
    check_error(raised.value.body)
    assert upstream.received == []


@pytest.mark.parametrize("watched", ["openai"], indirect=True)
def test_a_tool_call_that_is_no_json_is_billed_and_told_as_the_providers_fault(
    client: anthropic.Anthropic, watched: Watched, upstream: Upstream
) -> None:
    async def behave(exchange: Exchange) -> None:
        call = {"id": "c1", "type": "function", "function": {"name": "send", "arguments": '{"to": '}}
        reply = completion("", usage=usage_of(20, 7), finish="tool_calls")
        reply["choices"][0]["message"]["tool_calls"] = [call]
        await exchange.answer(reply)

    upstream.behave = behave
    with pytest.raises(anthropic.InternalServerError, match="no JSON object") as raised:
        ask(client)
    check_error(raised.value.body)
    record = watched.record()
    assert (record.outcome, record.status) == ("cut", 502)
    assert (record.input_tokens, record.output_tokens) == (20, 7)
    watched.check_nothing_is_left()


@pytest.mark.parametrize("watched", ["openai"], indirect=True)
def test_what_a_target_cannot_be_told_costs_nothing_and_is_refused_by_its_name(
    client: anthropic.Anthropic, watched: Watched, upstream: Upstream
) -> None:
    with pytest.raises(anthropic.BadRequestError, match=r"tools\[0\]"):
        ask(client, tools=[{"type": "bash_20250124", "name": "bash"}])
    assert upstream.received == []
    record = watched.record()
    assert (record.outcome, record.cost_nano) == ("failed", 0)
    watched.check_nothing_is_left()


def test_openai_client_is_told_what_anthropic_cannot_do_in_openais_shape(watched: Watched, upstream: Upstream) -> None:
    client = watched.factory.openai_client(key=watched.key, max_retries=0)
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model="fast", messages=QUESTION, n=2)
    assert raised.value.param == "n"
    assert upstream.received == []
    watched.record()
    watched.check_nothing_is_left()


def test_openai_client_without_a_bound_gets_one_because_anthropic_requires_it(
    watched: Watched, upstream: Upstream
) -> None:
    upstream.behave = echo_message
    client = watched.factory.openai_client(key=watched.key, max_retries=0)
    client.chat.completions.create(model="fast", messages=QUESTION)
    assert upstream.received[0].body["max_tokens"] > 0
    watched.record()


def test_a_long_conversation_is_marked_for_the_providers_prompt_cache_unless_it_is_set_off(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.behave = echo_message
    turns = [
        {"role": "user", "content": "Ecco il contratto. " * 600},
        {"role": "assistant", "content": "Letto."},
        {"role": "user", "content": "Riassumi."},
    ]
    for setting, marks in (("auto", 2), ("off", 0)):
        made = config(upstream.base_url, tmp_path / setting)
        made["providers"]["upstream"] |= {"format": "anthropic", "prompt_cache": setting}
        with TokenFactory.from_config(made) as factory, served(factory.app()) as url:
            key = factory.create_key(project="claims")
            with anthropic.Anthropic(api_key=key, base_url=url, max_retries=0) as client:
                assert ask(client, messages=turns).content[0].text == "Riassumi."
        assert upstream.received[-1].raw.count(b'"cache_control":{"type":"ephemeral"}') == marks


def test_thinking_of_another_provider_stays_behind_and_anthropics_own_goes_back(
    client: anthropic.Anthropic, upstream: Upstream
) -> None:
    upstream.behave = answer_message(message(text("Sì.")))
    own = {"type": "thinking", "thinking": "Chi è [EMAIL_ADDRESS_1]?", "signature": "c2ln"}
    other = {"type": "thinking", "thinking": "Vediamo.", "signature": ""}
    ask(
        client,
        tools=[{"name": "send", "input_schema": {"type": "object"}}],
        messages=[
            *QUESTION,
            {"role": "assistant", "content": [other, own, tool_use("send", {"to": "mario.rossi@example.it"})]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01", "content": "ok"}]},
        ],
    )
    assert upstream.received[0].body["messages"][1]["content"] == [own, tool_use("send", {"to": "[EMAIL_ADDRESS_1]"})]
