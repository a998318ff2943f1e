"""Whatever a provider sends instead of what its dialect says, the gateway calls it the provider's fault: no other
exception leaves the code that reads it, because only that one settles the call and tells the client.
"""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.anthropic_upstream import events, message, parsed, text, thinking, tool_use
from support.upstream import chunk, completion, usage_of
from tokenfoundry.errors import InvalidInput, ProviderError
from tokenfoundry.gateway.endpoints.chat import Chat
from tokenfoundry.gateway.endpoints.messages import Messages
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.gateway.streams.messages import MessageStream
from tokenfoundry.privacy import Redactor
from tokenfoundry.records import CallRecord
from tokenfoundry.translate import Untranslatable
from tokenfoundry.translate.chat_to_messages import ChatToMessages
from tokenfoundry.translate.messages_to_chat import MessagesToChat
from tokenfoundry.usage import Usage, UsageMeter

Body = dict[str, Any]
ENDPOINT = Messages()
REDACTOR = Redactor()
RECORD = CallRecord(
    request_id="r", at_ms=0, endpoint="messages", outcome="answered", status=200, alias="a", currency="EUR"
)
ASKED: Body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}

CITED = {"type": "char_location", "cited_text": "x", "document_index": 0}
REPLY = message(
    thinking("Penso."),
    {**text("Ciao [EMAIL_ADDRESS_1]"), "citations": [CITED]},
    tool_use("send", {"to": ["[EMAIL_ADDRESS_1]"]}),
    stop_reason="tool_use",
    stop_details={"type": "refusal", "explanation": "no"},
)
CALL = {"id": "c1", "type": "function", "function": {"name": "send", "arguments": '{"to": "x"}'}}
COMPLETION = completion("Ciao", usage=usage_of(2, 3) | {"prompt_tokens_details": {"cached_tokens": 1}})
COMPLETION["choices"][0]["message"] |= {"tool_calls": [CALL], "reasoning_content": "Penso."}
CHUNKS = [
    chunk({"role": "assistant", "content": "Ciao"}),
    chunk({"reasoning_content": "Penso."}),
    chunk({"tool_calls": [{**CALL, "index": 0}]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}),
    chunk({}, finish="tool_calls"),
    {**chunk({}), "choices": [], "usage": usage_of(2, 3)},
]
REQUEST: Body = {
    **ASKED,
    "system": [text("Breve.")],
    "tools": [{"name": "send", "description": "d", "input_schema": {"type": "object"}}],
    "tool_choice": {"type": "tool", "name": "send"},
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "metadata": {"user_id": "u"},
    "messages": [
        {"role": "user", "content": [text("x"), {"type": "image", "source": {"type": "url", "url": "https://x"}}]},
        {"role": "assistant", "content": [thinking("t"), tool_use("send", {"a": 1})]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01", "content": [text("y")]}]},
    ],
}
CHAT: Body = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 3000,
    "reasoning_effort": "low",
    "stop": ["x"],
    "tool_choice": "auto",
    "tools": [{"type": "function", "function": {"name": "send", "parameters": {"type": "object"}, "strict": True}}],
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "strict": True}},
    "messages": [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "x"}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "y"},
    ],
}

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [-1, 0, 3.5, 2**70, "", "x", "\n", [], ["x"], [None], {}, {"type": "text"}, {"x": None}, [[]], [{}]]
    ),
)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where anything stands in it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, item in inner for found in paths_of(item, (*path, name)))]


def broken(value: Any, path: tuple[Any, ...], junk: Any, *, gone: bool) -> Any:
    """A copy with junk, or nothing, at one place."""
    if not path:
        return junk if isinstance(junk, dict) else {}
    made = copy.deepcopy(value)
    place = made
    for name in path[:-1]:
        place = place[name]
    if gone and isinstance(place, dict):
        del place[path[-1]]
    else:
        place[path[-1]] = junk
    return made


@st.composite
def one_break(draw: st.DrawFn, value: Any) -> Any:
    return broken(value, draw(st.sampled_from(paths_of(value))), draw(JUNK), gone=draw(st.booleans()))


def breaks(value: Any) -> st.SearchStrategy[Any]:
    """The value with one or two places broken."""
    return one_break(value) | one_break(value).flatmap(one_break)


def broken_streams(spoken: list[Body]) -> st.SearchStrategy[list[Body]]:
    """A stream of which one event is broken, or one is left out."""

    def at(place: int) -> st.SearchStrategy[list[Body]]:
        before, after = spoken[:place], spoken[place + 1 :]
        return st.just([*before, *after]) | breaks(spoken[place]).map(lambda event: [*before, event, *after])

    return st.integers(0, len(spoken) - 1).flatmap(at)


STREAM = events(REPLY, piece_characters=9)


@settings(max_examples=400)
@given(broken_streams(STREAM))
def test_a_broken_stream_of_anthropic_is_relayed_or_the_providers_fault(spoken: list[Body]) -> None:
    session = REDACTOR.session()
    session.redact("mario.rossi@example.it")
    stream = MessageStream(session, json_text=False)
    meter = UsageMeter("messages")
    raw = b""
    try:
        for event in spoken:
            meter.see(event)
            raw += stream.add(event)
    except (ProviderError, InvalidInput):
        pass
    parsed(raw)
    assert isinstance(stream.produced(), str)
    stream.body()
    if stream.finished:
        parsed(stream.ending(RECORD, {}))


@settings(max_examples=400)
@given(broken_streams(STREAM))
def test_a_broken_stream_of_anthropic_is_translated_or_the_providers_fault(spoken: list[Body]) -> None:
    translator = ChatToMessages().events(CHAT)
    try:
        for event in spoken:
            translator.feed(event)
        translator.close()
    except ProviderError:
        pass


@settings(max_examples=400)
@given(broken_streams(CHUNKS))
def test_a_broken_stream_of_openai_is_translated_or_the_providers_fault(spoken: list[Body]) -> None:
    translator = MessagesToChat().events(ASKED)
    try:
        for event in spoken:
            translator.feed(event)
        translator.close()
    except ProviderError:
        pass


@settings(max_examples=400)
@given(breaks(REPLY))
def test_a_broken_reply_of_anthropic_is_read_or_the_providers_fault(reply: Any) -> None:
    with suppress(ProviderError):
        ChatToMessages().reply(reply, CHAT)
    if ENDPOINT.is_reply(reply):
        ENDPOINT.restore(reply, REDACTOR.session(), ASKED)
        assert isinstance(ENDPOINT.output_text(reply), str)
        ENDPOINT.is_cut(reply)
        b"".join(ENDPOINT.replay(reply, ASKED, RECORD, {}))
    with suppress(InvalidInput):
        Usage.from_body("messages", reply)


@settings(max_examples=400)
@given(breaks(COMPLETION))
def test_a_broken_reply_of_openai_is_read_or_the_providers_fault(reply: Any) -> None:
    with suppress(ProviderError):
        MessagesToChat().reply(reply, ASKED)


@settings(max_examples=400)
@given(breaks(REQUEST))
def test_a_broken_message_is_refused_or_walks_through(body: Any) -> None:
    try:
        ENDPOINT.check(body)
        redacted = ENDPOINT.redact(body | {"model": "m"}, REDACTOR.session())
        MessagesToChat().request(ENDPOINT.bounded(redacted, 5))
    except (Refused, Untranslatable):
        pass


@settings(max_examples=400)
@given(breaks(CHAT))
def test_a_broken_chat_is_refused_or_said(body: Any) -> None:
    try:
        Chat().check(body)
        ChatToMessages().request(body)
    except (Refused, Untranslatable):
        pass


def test_the_unbroken_ones_pass() -> None:
    ENDPOINT.check(REQUEST)
    MessagesToChat().request(REQUEST)
    ChatToMessages().request(CHAT)
    MessagesToChat().reply(COMPLETION, ASKED)
    ChatToMessages().reply(REPLY, CHAT)
    with pytest.raises(ProviderError):
        ChatToMessages().reply({}, CHAT)
