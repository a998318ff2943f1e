"""What the endpoint of Anthropic's dialect refuses, redacts, counts and restores. Shapes: the Anthropic API reference,
"Create a Message" and "Errors".
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.anthropic_upstream import message, text, thinking, tool_use
from support.sdk_shapes import check_error, check_message
from tokenfoundry.families import family_of
from tokenfoundry.gateway.bodies.texts import texts
from tokenfoundry.gateway.endpoints.messages import Messages, MessageTokens, error_body
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.privacy import Redactor
from tokenfoundry.prompt_tokens import messages_tokens
from tokenfoundry.tokens import Tokenizer

EMAIL = "mario.rossi@example.it"
ANNA = "anna@example.it"
# The alphabet of base64 holds what reads as a tax code.
SIGNATURE = "EqQBCgIYAhIMRSSMRA85T10A562SabcDEF=="
PNG = {"type": "base64", "media_type": "image/png", "data": "RSSMRA85T10A562S"}
BODY: dict[str, Any] = {"model": "fast", "max_tokens": 100, "messages": [{"role": "user", "content": "Ciao"}]}
ENDPOINT = Messages()
REDACTOR = Redactor()


def redacted(**fields: Any) -> dict[str, Any]:
    body = BODY | fields
    ENDPOINT.check(body)
    return ENDPOINT.redact(body, REDACTOR.session())


def turns(*messages: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in messages]


def test_every_text_of_a_body_is_redacted() -> None:
    made = redacted(
        system=[{"type": "text", "text": f"Rispondi a {EMAIL}"}],
        messages=turns(
            ("user", f"Sono {EMAIL}"),
            ("assistant", [text(f"Ciao {EMAIL}"), tool_use("send", {"to": EMAIL, "all": [{"cc": ANNA}]})]),
            (
                "user",
                [
                    {"type": "tool_result", "tool_use_id": "toolu_01", "content": [text(f"inviata a {ANNA}")]},
                    {"type": "document", "source": {"type": "text", "data": ANNA}, "title": EMAIL, "context": EMAIL},
                    {"type": "document", "source": {"type": "content", "content": [text(EMAIL)]}},
                ],
            ),
        ),
        tools=[{"name": "send", "description": f"Come {EMAIL}", "input_schema": {"examples": [EMAIL]}}],
        metadata={"user_id": EMAIL},
        stop_sequences=[EMAIL],
    )
    assert not [said for said in texts(made) if EMAIL in said or ANNA in said]
    assert made["messages"][1]["content"][1]["input"] == {
        "to": "[EMAIL_ADDRESS_1]",
        "all": [{"cc": "[EMAIL_ADDRESS_2]"}],
    }
    assert made["messages"][2]["content"][0]["content"] == [text("inviata a [EMAIL_ADDRESS_2]")]
    assert made["system"] == [{"type": "text", "text": "Rispondi a [EMAIL_ADDRESS_1]"}]


def test_the_names_of_a_tools_fields_tell_what_their_values_are() -> None:
    made = redacted(messages=turns(("assistant", [tool_use("login", {"password": "Tr0ub4dor&3xy", "port": 8080})])))
    given = made["messages"][0]["content"][0]["input"]
    assert given["password"] != "Tr0ub4dor&3xy"
    assert given["port"] == 8080


def test_pictures_and_files_in_base64_are_left_alone_wherever_they_stand() -> None:
    picture = {"type": "image", "source": PNG}
    pdf = {"type": "document", "source": {**PNG, "media_type": "application/pdf"}}
    inner = {"type": "tool_result", "tool_use_id": "a", "content": [picture]}
    assert redacted(messages=turns(("user", [picture, pdf, inner])))["messages"][0]["content"] == [picture, pdf, inner]


def test_a_text_that_only_says_it_is_base64_is_redacted() -> None:
    picture = {"type": "image", "source": {**PNG, "data": f"scrivi a {EMAIL}"}}
    made = redacted(messages=turns(("user", [picture])))
    assert made["messages"][0]["content"][0]["source"]["data"] == "scrivi a [EMAIL_ADDRESS_1]"


def test_signed_thinking_passes_untouched_placeholders_and_all() -> None:
    thought = thinking("Chi è [EMAIL_ADDRESS_1]?", SIGNATURE)
    sealed = {"type": "redacted_thinking", "data": SIGNATURE}
    made = redacted(messages=turns(("user", EMAIL), ("assistant", [thought, sealed, text("Ecco.")])))
    assert made["messages"][1]["content"] == [thought, sealed, text("Ecco.")]


def test_thinking_with_personal_data_is_left_out_and_counted() -> None:
    session = REDACTOR.session()
    body = BODY | {
        "messages": turns(
            ("user", "Ciao"),
            ("assistant", [thinking(f"Scrivo a {ANNA}", SIGNATURE), text("Ecco.")]),
            ("assistant", [thinking(f"Scrivo a {ANNA}", SIGNATURE)]),
        )
    }
    made = ENDPOINT.redact(body, session)
    assert made["messages"] == turns(("user", "Ciao"), ("assistant", [text("Ecco.")]))
    assert session.counts["EMAIL_ADDRESS"] == 2


def test_a_conversation_that_grows_keeps_the_numbers_it_had() -> None:
    first = turns(("user", f"Sono {EMAIL}"), ("assistant", f"Ciao {EMAIL}"))
    longer = [*first, *turns(("user", f"Scrivi a {ANNA}"))]
    system = "Firma come ufficio@example.it"
    before = redacted(messages=first, system=system)["messages"]
    assert redacted(messages=longer, system=system)["messages"][:2] == before


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": ["Ciao"]}, "messages[0]"),
        ({"messages": turns(("robot", "x"))}, "messages[0]"),
        ({"messages": turns(("user", None))}, "messages[0].content"),
        ({"messages": turns(("user", ["x"]))}, "messages[0].content"),
        ({"messages": turns(("user", [{"text": "x"}]))}, "messages[0].content"),
        ({"system": 7}, "system"),
        ({"stream": "yes"}, "stream"),
        ({"tools": "x"}, "tools"),
        ({"tools": [{"type": "web_search_20260318", "name": "web_search"}]}, "tools[0]"),
        ({"tools": [{"type": "code_execution_20260521", "name": "code_execution"}]}, "tools[0]"),
        ({"mcp_servers": [{"url": "https://example.it"}]}, "mcp_servers"),
        ({"container": "c"}, "container"),
        ({"speed": "fast"}, "speed"),
        ({"inference_geo": "us"}, "inference_geo"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"stop_sequences": "x"}, "stop_sequences"),
        ({"thinking": "yes"}, "thinking"),
        ({"context_management": {"edits": [{"type": "compact_20260112"}]}}, "context_management"),
        ({"cache_control": {"type": "ephemeral", "ttl": "1h"}}, "cache_control"),
        (
            {"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
            "cache_control",
        ),
        (
            {"messages": turns(("user", [{"type": "image", "source": {"type": "file", "file_id": "f"}}]))},
            "messages[0].content[0].source",
        ),
        (
            {"messages": turns(("user", [{"type": "document", "source": {"type": "url", "url": "https://x"}}]))},
            "messages[0].content[0].source",
        ),
    ],
)
def test_what_the_walk_cannot_rely_on_or_meter_is_refused_by_its_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(Refused) as raised:
        ENDPOINT.check(BODY | fields)
    assert (raised.value.status, raised.value.param) == (400, param)


def test_the_bound_on_the_output_is_required_to_answer_and_not_to_count() -> None:
    without = {name: value for name, value in BODY.items() if name != "max_tokens"}
    with pytest.raises(Refused, match="max_tokens: is missing"):
        ENDPOINT.check(without)
    MessageTokens().check(without)


def test_what_a_caller_calls_its_own_fields_is_no_mark_of_the_cache() -> None:
    given = {"cache_control": {"ttl": "1h"}}
    ENDPOINT.check(BODY | {"messages": turns(("assistant", [tool_use("set", given)]))})


def test_blocks_nested_without_end_are_refused() -> None:
    inner: list[Any] = [text("x")]
    for _ in range(80):
        inner = [{"type": "tool_result", "tool_use_id": "a", "content": inner}]
    with pytest.raises(Refused, match="nested"):
        redacted(messages=turns(("user", inner)))


def test_a_reply_is_restored_but_for_its_thinking() -> None:
    session = REDACTOR.session()
    asked = ENDPOINT.redact(BODY | {"messages": turns(("user", f"Sono {EMAIL}"))}, session)
    reply = message(
        thinking("È [EMAIL_ADDRESS_1]."),
        text("Ciao [EMAIL_ADDRESS_1]"),
        tool_use("send", {"to": ["[EMAIL_ADDRESS_1]"], "arguments": '"[EMAIL_ADDRESS_1]"'}),
        stop_sequence="[EMAIL_ADDRESS_1]",
    )
    made = ENDPOINT.restore(reply, session, asked)
    check_message(made)
    assert made["content"] == [
        thinking("È [EMAIL_ADDRESS_1]."),
        text(f"Ciao {EMAIL}"),
        tool_use("send", {"to": [EMAIL], "arguments": f'"{EMAIL}"'}),
    ]
    assert made["stop_sequence"] == EMAIL


def test_a_value_is_escaped_inside_a_text_that_is_json() -> None:
    session = Redactor(policy={"PERSON": "pseudonymize"}).session()
    session.values.assign("PERSON", 'Anna "Nina" Bianchi')
    body = BODY | {"output_config": {"format": {"type": "json_schema", "schema": {}}}}
    reply = message(text('{"name": "[PERSON_1]"}'))
    assert ENDPOINT.restore(reply, session, body)["content"] == [text('{"name": "Anna \\"Nina\\" Bianchi"}')]
    assert ENDPOINT.restore(reply, session, BODY)["content"] == [text('{"name": "Anna \\"Nina\\" Bianchi"}')]
    prose = message(text("Si chiama [PERSON_1]"))
    assert ENDPOINT.restore(prose, session, BODY)["content"] == [text('Si chiama Anna "Nina" Bianchi')]


TEXTS = st.sampled_from([EMAIL, ANNA, f"da {EMAIL} ad {ANNA}", "IT60X0542811101000000123456", "[EMAIL_ADDRESS_1]", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.just("to"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["to", "text", "password", EMAIL]), VALUES, max_size=4), st.lists(TEXTS))
def test_what_a_tool_is_called_with_leaves_without_personal_data_and_comes_back_exactly(
    given_: dict[str, Any], said: list[str]
) -> None:
    session = REDACTOR.session()
    block = tool_use("send", given_)
    result = {"type": "tool_result", "tool_use_id": "toolu_01", "content": [text(each) for each in said]}
    sent = ENDPOINT.redact(BODY | {"messages": turns(("assistant", [block]), ("user", [result, text("x")]))}, session)
    raw = msgspec.json.encode(sent).decode()
    assert EMAIL not in raw
    assert ANNA not in raw
    assert "IT60X" not in raw
    redacted_block = sent["messages"][0]["content"][0]
    back = ENDPOINT.restore(message(redacted_block, *sent["messages"][1]["content"][0]["content"]), session, BODY)
    assert back["content"] == [block, *map(text, said)]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_request_error", "invalid_request_error"),
        (400, "content_policy_violation", "invalid_request_error"),
        (401, "invalid_api_key", "authentication_error"),
        (403, "scope", "permission_error"),
        (404, "model_not_found", "not_found_error"),
        (405, "method_not_allowed", "invalid_request_error"),
        (413, "request_too_large", "request_too_large"),
        (429, "budget_exceeded", "rate_limit_error"),
        (500, "internal_error", "api_error"),
        (502, "upstream_error", "api_error"),
        (503, "store_unavailable", "api_error"),
        (503, "overloaded", "overloaded_error"),
        (504, "upstream_timeout", "timeout_error"),
    ],
)
def test_each_refusal_has_anthropics_name(status: int, code: str, kind: str) -> None:
    body = error_body(Refused(status, code, "perché", headers={"x-request-id": "r1"}))
    check_error(body)
    assert body == {"type": "error", "error": {"type": kind, "message": "perché"}, "request_id": "r1"}


@pytest.mark.parametrize(
    "reply", [None, [], {}, {"content": None}, {"content": "x"}, {"content": ["x"]}, {"content": [{}]}]
)
def test_a_body_without_blocks_is_no_reply(reply: Any) -> None:
    assert not ENDPOINT.is_reply(reply)


def test_the_output_is_what_the_model_generated() -> None:
    reply = message(thinking("Penso.", SIGNATURE), text("Ecco."), tool_use("send", {"to": "x"}))
    assert ENDPOINT.output_text(reply) == 'Penso.Ecco.send{"to":"x"}'
    assert ENDPOINT.is_cut(message(text("x"), stop_reason="max_tokens"))
    assert not ENDPOINT.is_cut(reply)


def test_the_output_is_bounded_by_the_lower_of_both() -> None:
    assert ENDPOINT.bounded(BODY, 50)["max_tokens"] == 50
    assert ENDPOINT.bounded(BODY, 500)["max_tokens"] == 100


@pytest.mark.parametrize(
    ("bound", "thinking"),
    [
        (9000, {"type": "enabled", "budget_tokens": 5000}),
        (4000, {"type": "enabled", "budget_tokens": 3999}),
        (1024, {"type": "disabled"}),
    ],
)
def test_a_budget_of_thinking_stays_under_a_bound_that_is_lowered(bound: int, thinking: dict[str, Any]) -> None:
    body = BODY | {"max_tokens": 8000, "thinking": {"type": "enabled", "budget_tokens": 5000}}
    assert ENDPOINT.bounded(body, bound)["thinking"] == thinking


def test_a_prompt_counts_its_texts_tools_pictures_and_files() -> None:
    tokenizer = Tokenizer.load("o200k_base")

    def count(content: Any, **fields: Any) -> int:
        asked = BODY | {"messages": turns(("user", content))} | fields
        return messages_tokens(asked, tokenizer, template=family_of("claude-sonnet-4-5").template).tokens

    plain = count("Ciao")
    assert plain == tokenizer.count("Ciao") + 7
    assert count([text("Ciao")]) == plain
    assert count("Ciao", system="Breve.") == plain + tokenizer.count("Breve.") + 4
    assert count("Ciao", tools=[{"name": "a", "input_schema": {}}]) > plain + 346
    picture = {"type": "image", "source": {**PNG, "data": "A" * 90_000}}
    assert count([text("Ciao"), picture]) == plain + 1600
    pdf = {"type": "document", "source": {**PNG, "media_type": "application/pdf", "data": "A" * 9_000}}
    assert count([text("Ciao"), pdf]) == plain + 3001
    result = {"type": "tool_result", "tool_use_id": "a", "content": [picture, text("Ciao")]}
    assert 1600 < count([result]) < 1600 + 60
