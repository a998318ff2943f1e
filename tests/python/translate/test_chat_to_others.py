"""What no fixture shows: what is refused, what is never lost, and that nothing but `ProviderError` comes of garbage."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.wire import fixtures
from tokenfoundry.errors import ProviderError
from tokenfoundry.providers.formats.registry import TRANSLATIONS
from tokenfoundry.translate import Translation, Untranslatable

Body = dict[str, Any]

FROM_CHAT = [each for each in TRANSLATIONS if each.asked == "chat" and each.spoken != "messages"]
every_translation = pytest.mark.parametrize("translation", FROM_CHAT, ids=lambda each: each.spoken)
ASKED: Body = {"model": "any", "messages": [{"role": "user", "content": "Ciao"}]}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def to(spoken: str) -> Translation:
    return next(each for each in FROM_CHAT if each.spoken == spoken)


# -- nothing is lost ---------------------------------------------------------------------------------------------------

TEXTS = st.text(min_size=1, max_size=20).filter(str.strip)
CONTENTS = TEXTS | st.lists(TEXTS.map(lambda text: {"type": "text", "text": text}), min_size=1, max_size=3)


@st.composite
def conversations(draw: st.DrawFn) -> list[Body]:
    messages: list[Body] = []
    for index in range(draw(st.integers(1, 4))):
        role = draw(st.sampled_from(["system", "developer", "user", "assistant", "calls"]))
        if role != "calls":
            messages.append({"role": role, "content": draw(CONTENTS)})
            continue
        ids = [f"call_{index}_{place}" for place in range(draw(st.integers(1, 3)))]
        calls = [{**CALL, "id": id, "function": {"name": "f", "arguments": draw(ARGUMENTS)}} for id in ids]
        messages.append({"role": "assistant", "content": draw(st.none() | CONTENTS), "tool_calls": calls})
        messages += [{"role": "tool", "tool_call_id": id, "content": draw(CONTENTS)} for id in ids]
    return messages


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
ARGUMENTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=3).map(json.dumps)


def texts_in(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for name, each in value.items() for text in (name, *texts_in(each))]
    return [text for each in value for text in texts_in(each)] if isinstance(value, list) else []


def flat(texts: list[str]) -> str:
    """All texts together, and what is JSON among them as the texts that it holds."""
    return "\n".join(text for each in texts for text in (each, *texts_in(_decoded(each))))


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


@every_translation
@settings(max_examples=150, deadline=None)
@given(messages=conversations())
def test_every_text_of_a_conversation_is_said(translation: Translation, messages: list[Body]) -> None:
    made = flat(texts_in(translation.request({**ASKED, "messages": messages})))
    for message in messages:
        parts = message["content"] if isinstance(message["content"], list) else [message["content"] or ""]
        for part in parts:
            text = part["text"] if isinstance(part, dict) else part
            decoded = _decoded(text)
            assert all(each in made for each in ([text] if decoded is None else texts_in(decoded)))
        for call in message.get("tool_calls", ()):
            assert all(text in made for text in texts_in(json.loads(call["function"]["arguments"])))


@every_translation
@settings(max_examples=100, deadline=None)
@given(arguments=ARGUMENTS)
def test_arguments_of_a_call_stay_the_same_json(translation: Translation, arguments: str) -> None:
    call = {**CALL, "function": {"name": "f", "arguments": arguments}}
    messages = [*ASKED["messages"], {"role": "assistant", "content": None, "tool_calls": [call]}]
    made = translation.request({**ASKED, "messages": messages})
    assert _arguments_said(made) == json.loads(arguments)


def _arguments_said(made: Body) -> Any:
    if "contents" in made:
        return made["contents"][-1]["parts"][-1]["functionCall"]["args"]
    last = made["messages"][-1]
    if "tool_calls" in last:
        return json.loads(last["tool_calls"][0]["function"]["arguments"])
    return last["content"][-1]["toolUse"]["input"]


@every_translation
def test_a_call_and_its_result_keep_one_id_whatever_it_is(translation: Translation) -> None:
    strange = "call/" + "x" * 80
    messages = [
        *ASKED["messages"],
        {"role": "assistant", "content": None, "tool_calls": [{**CALL, "id": strange}]},
        {"role": "tool", "tool_call_id": strange, "content": "done"},
    ]
    made = json.dumps(translation.request({**ASKED, "messages": messages}))
    ids = re.findall(r'"(?:id|tool_call_id|toolUseId)": "([^"]+)"', made)
    assert len(ids) == 2
    assert len(set(ids)) == 1


@every_translation
def test_hints_are_left_out_where_nobody_understands_them(translation: Translation) -> None:
    made = translation.request({**ASKED, "verbosity": "low", "prediction": None, "seed": 7, "presence_penalty": 0.5})
    assert "verbosity" not in made
    assert ("7" in json.dumps(made)) == (translation.spoken != "converse")


@every_translation
def test_who_asks_and_how_it_is_told_changes_nothing(translation: Translation) -> None:
    more = {"user": "u", "metadata": {"a": "b"}, "store": True, "stream_options": {}, "n": 1, "logprobs": False}
    made = translation.request({**ASKED, **more})
    assert {name: made.get(name) for name in more.keys() - {"n", "logprobs"}} == {
        "user": None,
        "metadata": None,
        "store": None,
        "stream_options": None,
    }


# -- what cannot be said -----------------------------------------------------------------------------------------------

NO_DATA = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}
NO_BASE64 = {"type": "image_url", "image_url": {"url": "data:image/png;base64,#"}}

REFUSED_BY_ALL: list[tuple[Body, str]] = [
    ({"logit_bias": {"5": 1}}, "logit_bias"),
    ({"web_search_options": {}}, "web_search_options"),
    ({"audio": {"voice": "x", "format": "wav"}}, "audio"),
    ({"x_unknown": 1}, "x_unknown"),
    ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools[0]"),
    ({"functions": [{"name": "f"}]}, "functions"),
    ({"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "system", "content": [NO_DATA]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": [NO_BASE64]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "function", "name": "f", "content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": "[1]"}}]}]},
     "messages[0].tool_calls[0].function.arguments"),
    ({"messages": [{"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}]},
     "messages[0].function_call"),
]  # fmt: skip


@every_translation
@pytest.mark.parametrize(("more", "param"), REFUSED_BY_ALL, ids=[param for _, param in REFUSED_BY_ALL])
def test_what_no_provider_takes_is_refused_by_its_field(translation: Translation, more: Body, param: str) -> None:
    with pytest.raises(Untranslatable) as caught:
        translation.request({**ASKED, **more})
    assert caught.value.param == param


AUDIO = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
REFUSED: list[tuple[str, Body, str]] = [
    ("gemini", {"parallel_tool_calls": False}, "parallel_tool_calls"),
    ("gemini", {"reasoning_effort": "utmost"}, "reasoning_effort"),
    ("gemini", {"tool_choice": {"type": "custom"}, "tools": [FUNCTION]}, "tool_choice"),
    ("gemini", {"messages": [{"role": "tool", "tool_call_id": "x", "content": ""}]}, "messages[0].tool_call_id"),
    ("gemini", {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "https://example.it/image"}}]}]}, "messages[0].content[0]"),
    ("cohere", {"n": 2}, "n"),
    ("cohere", {"logprobs": True}, "logprobs"),
    ("cohere", {"messages": [{"role": "user", "content": [AUDIO]}]}, "messages[0].content[0]"),
    ("cohere", {"tools": [FUNCTION], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice"),
    ("converse", {"logprobs": True}, "logprobs"),
    ("converse", {"n": 2}, "n"),
    ("converse", {"response_format": {"type": "json_object"}}, "response_format"),
    ("converse", {"reasoning_effort": "minimal"}, "reasoning_effort"),
    ("converse", {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "https://example.it/a.png"}}]}]}, "messages[0].content[0]"),
    ("converse", {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/tiff;base64,AAAA"}}]}]}, "messages[0].content[0]"),
    ("converse", {"tools": [FUNCTION], "tool_choice": "none", "messages": [
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "x"}]}, "tool_choice"),
    ("mistral", {"thinking": {"type": "enabled"}}, "thinking"),
]  # fmt: skip


@pytest.mark.parametrize(("spoken", "more", "param"), REFUSED, ids=[f"{each[0]}-{each[2]}" for each in REFUSED])
def test_what_one_provider_does_not_take_is_refused_by_its_field(spoken: str, more: Body, param: str) -> None:
    with pytest.raises(Untranslatable) as caught:
        to(spoken).request({**ASKED, **more})
    assert caught.value.param == param


def test_a_choice_of_some_functions_is_kept_to_them() -> None:
    other = {"type": "function", "function": {"name": "g"}}
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [FUNCTION, other]}}
    third = {"type": "function", "function": {"name": "h"}}
    asked = {**ASKED, "tools": [FUNCTION, other, third], "tool_choice": allowed}
    calling = to("gemini").request(asked)["toolConfig"]["functionCallingConfig"]
    assert calling == {"mode": "VALIDATED", "allowedFunctionNames": ["f", "g"]}
    for spoken in ("cohere", "mistral"):
        assert [tool["function"]["name"] for tool in to(spoken).request(asked)["tools"]] == ["f", "g"]
    converse = to("converse").request(asked)["toolConfig"]
    assert [tool["toolSpec"]["name"] for tool in converse["tools"]] == ["f", "g"]


def test_a_signature_that_was_redacted_is_not_sent_as_one() -> None:
    call = {**CALL, "extra_content": {"google": {"thought_signature": "[SECRET_1]"}}}
    messages = [*ASKED["messages"], {"role": "assistant", "content": None, "tool_calls": [call]}]
    made = to("gemini").request({**ASKED, "messages": messages})
    assert made["contents"][-1]["parts"] == [{"functionCall": {"id": "call_1", "name": "f", "args": {}}}]


# -- answers of another shape ------------------------------------------------------------------------------------------

JUNK = st.sampled_from([None, True, 5, -1, 2.5, "x", [], {}, [1], ["x"], [[]], {"x": 1}, 10**30])


@st.composite
def damaged(draw: st.DrawFn, value: Any) -> Any:
    """`value` with junk in one place."""
    if not value or not isinstance(value, dict | list) or draw(st.integers(0, 3)) == 0:
        return draw(JUNK)
    if isinstance(value, dict):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: draw(damaged(value[name]))}
    place = draw(st.integers(0, len(value) - 1))
    return [*value[:place], draw(damaged(value[place])), *value[place + 1 :]]


@pytest.mark.parametrize("fixture", fixtures("reply"), ids=lambda fixture: fixture.name)
def test_a_damaged_reply_is_an_answer_or_a_provider_error(fixture: Any) -> None:
    @settings(max_examples=200, deadline=None)
    @given(damaged(fixture.data["reply"]))
    def answer(reply: Any) -> None:
        if not isinstance(reply, dict):
            return  # The walk refuses it before any translation.
        with suppress(ProviderError):
            fixture.said().reply(reply)

    answer()


TRANSLATED = [fixture for fixture in fixtures("events") if len(fixture.said().plan.steps) == 1]


@pytest.mark.parametrize("fixture", TRANSLATED, ids=lambda fixture: fixture.name)
def test_a_damaged_event_is_chunks_or_a_provider_error(fixture: Any) -> None:
    plan = fixture.said().plan

    @settings(max_examples=200, deadline=None)
    @given(damaged(fixture.data["events"]))
    def translate(events: Any) -> None:
        translator = plan.steps[0].events(fixture.asked)
        with suppress(ProviderError):
            for event in events if isinstance(events, list) else ():
                if isinstance(event, dict):  # The framing lets nothing else through.
                    translator.feed(event)
            translator.close()

    translate()


FAILED: list[tuple[str, Body]] = [
    ("gemini", {"error": {"code": 503, "message": "overloaded"}}),
    ("gemini", {"candidates": [{"content": {"parts": [{"executableCode": {"code": "x"}}]}}]}),
    ("cohere", {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "oh"}}),
    ("cohere", {"type": "tool-call-delta", "index": 3, "delta": {"message": {"tool_calls": {"function": {}}}}}),
    ("converse", {"modelStreamErrorException": {"message": "oh"}}),
    ("converse", {"contentBlockDelta": {"delta": {"toolUse": {"input": "{"}}, "contentBlockIndex": 1}}),
    ("converse", {"contentBlockDelta": {"delta": {"image": {}}, "contentBlockIndex": 1}}),
    ("mistral", {"error": {"message": "oh"}}),
    ("mistral", {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}),
]


@pytest.mark.parametrize(("spoken", "event"), FAILED)
def test_an_error_in_mid_stream_is_a_provider_error(spoken: str, event: Body) -> None:
    with pytest.raises(ProviderError):
        to(spoken).events(ASKED).feed(event)


def test_a_reply_without_candidates_that_blames_nobody_is_a_provider_error() -> None:
    with pytest.raises(ProviderError, match="no candidate"):
        to("gemini").reply({"usageMetadata": {"promptTokenCount": 1}}, ASKED)


@pytest.mark.parametrize("reply", [{"embedding": [1.0, "x"]}, {"embedding": None}, {}])
def test_embeddings_that_are_no_numbers_are_a_provider_error(reply: Body) -> None:
    titan = next(each for each in TRANSLATIONS if each.spoken == "titan_embeddings")
    with pytest.raises(ProviderError):
        titan.reply(reply, {"model": "any", "input": "x"})


@pytest.mark.parametrize("spoken", ["gemini", "vertex", "cohere", "titan"])
def test_embeddings_of_tokens_or_unknown_fields_are_refused(spoken: str) -> None:
    translation = next(each for each in TRANSLATIONS if each.spoken == f"{spoken}_embeddings")
    for body, param in (({"input": [[1, 2]]}, "input"), ({"input": "x", "x_unknown": 1}, "x_unknown")):
        with pytest.raises(Untranslatable) as caught:
            translation.request({"model": "any", **body})
        assert caught.value.param == param


def test_titan_refuses_a_batch_and_a_wrong_number_of_vectors_is_an_error() -> None:
    by_spoken = {each.spoken: each for each in TRANSLATIONS}
    with pytest.raises(Untranslatable):
        by_spoken["titan_embeddings"].request({"model": "any", "input": ["a", "b"]})
    with pytest.raises(ProviderError, match="embedded 1 of 2"):
        by_spoken["gemini_embeddings"].reply({"embeddings": [{"values": [1.0]}]}, {"model": "a", "input": ["a", "b"]})
