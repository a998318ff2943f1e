"""What `POST /v1/responses` takes, refuses, hides and counts."""

from __future__ import annotations

from typing import Any

import pytest

from tokenfoundry.gateway.endpoints.responses import Responses
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.privacy import Redactor
from tokenfoundry.prompt_tokens import chat_tokens, responses_tokens
from tokenfoundry.tokens import Tokenizer

ENDPOINT = Responses()
EMAIL = "mario.rossi@example.it"


def body(given: Any = "Ciao", **fields: Any) -> dict[str, Any]:
    return {"model": "m", "input": given, **fields}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no input": ({"model": "m"}, "input"),
    "an empty list": (body([]), "input"),
    "a number": (body(3), "input"),
    "an item that is none": (body(["x"]), "input[0]"),
    "an item without a role": (body([{"type": "message", "content": "x"}]), "input[0].role"),
    "a message without content": (body([{"role": "user"}]), "input[0].content"),
    "a part that is none": (body([{"role": "user", "content": ["x"]}]), "input[0].content[0]"),
    "an item kept at the provider": (body([{"type": "item_reference", "id": "msg_1"}]), "input[0]"),
    "an id alone": (body([{"id": "msg_1"}]), "input[0]"),
    "a compacted conversation": (body([{"type": "compaction", "encrypted_content": "x"}]), "input[0]"),
    "a file kept at the provider": (
        body([{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}]),
        "input[0].content[0].file_id",
    ),
    "a file elsewhere": (
        body([{"role": "user", "content": [{"type": "input_file", "file_url": "https://example.it/a.pdf"}]}]),
        "input[0].content[0].file_url",
    ),
    "a conversation kept at the provider": (body(previous_response_id="resp_1"), "previous_response_id"),
    "a conversation by name": (body(conversation="conv_1"), "conversation"),
    "a template kept at the provider": (body(prompt={"id": "pmpt_1"}), "prompt"),
    "an answer for later": (body(background=True), "background"),
    "compaction": (body(context_management=[{"type": "compaction"}]), "context_management"),
    "a search": (body(tools=[{"type": "web_search"}]), "tools[0]"),
    "a search in files": (body(tools=[{"type": "file_search", "vector_store_ids": []}]), "tools[0]"),
    "a container": (body(tools=[{"type": "code_interpreter", "container": {"type": "auto"}}]), "tools[0]"),
    "a shell in a container": (body(tools=[{"type": "shell", "environment": {"type": "container_auto"}}]), "tools[0]"),
    "a computer": (body(tools=[{"type": "computer_use_preview"}]), "tools[0]"),
    "a picture": (body(tools=[{"type": "image_generation"}]), "tools[0]"),
    "another server": (body(tools=[{"type": "mcp", "server_label": "x"}]), "tools[0]"),
    "a search in a namespace": (
        body(tools=[{"type": "namespace", "name": "n", "tools": [{"type": "web_search"}]}]),
        "tools[0].tools[0]",
    ),
    "a search among the items": (
        body([{"type": "additional_tools", "role": "developer", "tools": [{"type": "web_search"}]}]),
        "input[0].tools[0]",
    ),
    "a bound of nothing": (body(max_output_tokens=0), "max_output_tokens"),
    "a dear tier": (body(service_tier="priority"), "service_tier"),
    "a format that is none": (body(text={"format": "json"}), "text.format"),
    "a stream that is none": (body(stream="yes"), "stream"),
}


@pytest.mark.parametrize(("refused", "param"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_restored_or_metered_is_refused_by_its_field(refused: dict[str, Any], param: str) -> None:
    with pytest.raises(Refused) as caught:
        ENDPOINT.check(refused)
    assert (caught.value.status, caught.value.param) == (400, param)
    assert str(caught.value).startswith(param)


@pytest.mark.parametrize(
    "passed",
    [
        body(),
        body([{"role": "user", "content": "Ciao"}], store=True, include=["reasoning.encrypted_content"]),
        body(tools=[{"type": "function", "name": "f"}, {"type": "custom", "name": "c"}]),
        body(tools=[{"type": "shell", "environment": {"type": "local"}}, {"type": "local_shell"}]),
        body(background=False, previous_response_id=None, an_unknown_field=[1]),
        body([{"type": "web_search_call", "id": "ws_1", "status": "completed"}]),
    ],
)
def test_what_the_caller_runs_and_what_is_unknown_passes(passed: dict[str, Any]) -> None:
    ENDPOINT.check(passed)


def test_personal_data_is_replaced_in_every_place_where_text_stands() -> None:
    asked = body(
        [
            {"role": "user", "content": f"1 {EMAIL}"},
            {"role": "user", "content": [{"type": "input_text", "text": f"2 {EMAIL}"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": f'{{"a": "{EMAIL}", "{EMAIL}": 1}}'},
            {"type": "function_call_output", "call_id": "c", "output": f"3 {EMAIL}"},
            {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": f"4 {EMAIL}"}]},
            {"type": "custom_tool_call", "call_id": "d", "name": "g", "input": f"5 {EMAIL}"},
        ],
        instructions=f"6 {EMAIL}",
        tools=[{"type": "function", "name": "f", "description": f"7 {EMAIL}", "parameters": {"title": EMAIL}}],
        metadata={"who": EMAIL},
        user=EMAIL,
    )
    session = Redactor().session()
    redacted = ENDPOINT.redact(asked, session)
    assert EMAIL not in str(redacted)
    assert redacted["input"][2]["arguments"] == '{"a":"[EMAIL_ADDRESS_1]","[EMAIL_ADDRESS_1]":1}'
    assert ENDPOINT.restore(redacted, session, asked) == {**asked, "input": redacted_input(asked)}


def redacted_input(asked: dict[str, Any]) -> Any:
    """The input as it comes back: the arguments are the same JSON, written without spaces."""
    items = [dict(item) for item in asked["input"]]
    items[2]["arguments"] = f'{{"a":"{EMAIL}","{EMAIL}":1}}'
    return items


def test_a_picture_and_what_is_encrypted_are_left_as_they_are() -> None:
    picture = "data:image/png;base64," + "3275551234" * 8
    asked = body(
        [
            {"role": "user", "content": [{"type": "input_image", "image_url": picture}]},
            {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "gAAAA3275551234_-" * 8 + "=="},
        ]
    )
    assert ENDPOINT.redact(asked, Redactor().session())["input"] == asked["input"]


def test_the_numbering_of_a_conversation_stays_while_it_grows() -> None:
    first = [{"role": "user", "content": EMAIL}]
    longer = [*first, {"role": "assistant", "content": "ok"}, {"role": "user", "content": "anna@example.it"}]
    redacted = [
        ENDPOINT.redact(body(given, instructions="di luca@example.it"), Redactor().session())
        for given in (first, longer)
    ]
    assert redacted[1]["input"][0] == redacted[0]["input"][0]


def test_what_a_model_produced_is_counted_without_the_protocols_own_words() -> None:
    reply = {
        "id": "resp_1",
        "output": [
            {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}]},
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "content": [
                    {"type": "output_text", "text": "b", "annotations": []},
                    {"type": "refusal", "refusal": "c"},
                ],
            },
            {"id": "fc_1", "type": "function_call", "call_id": "x", "name": "d", "arguments": "e"},
        ],
    }
    assert ENDPOINT.output_text(reply) == "abcde"


@pytest.mark.parametrize("reply", [None, [], {}, {"output": None}, {"output": ["x"]}])
def test_what_has_no_output_is_no_reply(reply: Any) -> None:
    assert not ENDPOINT.is_reply(reply)


def test_a_prompt_is_counted_as_the_same_prompt_of_chat_is() -> None:
    tokenizer = Tokenizer.load("o200k_base")
    messages = [{"role": "user", "content": "Ciao, come stai?"}, {"role": "assistant", "content": "Bene."}]
    assert responses_tokens({"input": messages}, tokenizer) == chat_tokens({"messages": messages}, tokenizer)
    assert responses_tokens({"input": "Ciao"}, tokenizer) == responses_tokens(
        {"input": [{"role": "user", "content": "Ciao"}]}, tokenizer
    )


def test_everything_that_reaches_the_model_is_counted() -> None:
    tokenizer = Tokenizer.load("o200k_base")
    counts = [
        responses_tokens(each, tokenizer).tokens
        for each in (
            body(),
            body(instructions="Rispondi in breve."),
            body(instructions="Rispondi in breve.", tools=[{"type": "function", "name": "f", "parameters": {}}]),
        )
    ]
    assert counts == sorted(set(counts))
    picture = body([{"role": "user", "content": [{"type": "input_image", "image_url": "https://example.it/a.png"}]}])
    assert responses_tokens(picture, tokenizer).tokens > 1000
