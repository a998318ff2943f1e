"""A value that was found in one text of a request leaves in none of them, whichever endpoint it is for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tokenfoundry.gateway.bodies.unreadable import redacted_body
from tokenfoundry.gateway.endpoints.chat import Chat
from tokenfoundry.gateway.endpoints.completions import Completions
from tokenfoundry.gateway.endpoints.embeddings import Embeddings
from tokenfoundry.gateway.endpoints.images import Images
from tokenfoundry.gateway.endpoints.messages import Messages
from tokenfoundry.gateway.endpoints.moderations import Moderations
from tokenfoundry.gateway.endpoints.responses import Responses
from tokenfoundry.gateway.endpoints.speech import Speech
from tokenfoundry.privacy import Redactor

VALUE = "YA1234567"  # Of a passport, if that is said beside it.
FOUND = f"Il mio passaporto: {VALUE}"
MISSED = f"Vedi {VALUE}, non X{VALUE}"
ESCAPED = json.dumps({"note": [f"è {VALUE}", {"di": VALUE}]})

CALL = {"id": "c1", "type": "function", "function": {"name": "send", "arguments": ESCAPED}}
TOOL_USE = {"type": "tool_use", "id": "t1", "name": "send", "input": {"a": [{VALUE: MISSED}]}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": ESCAPED}]}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string", "description": MISSED, "enum": [VALUE]}}}

BODIES: list[tuple[Any, dict[str, Any]]] = [
    (
        Chat(),
        {
            "messages": [
                {"role": "system", "content": MISSED},
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": f"prima \\n {ESCAPED}"},
                {"role": "user", "content": [{"type": "text", "text": FOUND}, {"type": "text", "text": MISSED}]},
            ],
            "tools": [{"type": "function", "function": {"name": "send", "parameters": SCHEMA}}],
            "metadata": {"di": VALUE},
            "user": VALUE,
        },
    ),
    (Responses(), {"instructions": MISSED, "input": [{"role": "user", "content": FOUND}], "metadata": {"a": ESCAPED}}),
    (Responses(), {"input": [{"type": "function_call_output", "call_id": "c", "output": ESCAPED}], "user": FOUND}),
    (
        Messages(),
        {
            "max_tokens": 9,
            "system": [{"type": "text", "text": MISSED}],
            "messages": [
                {
                    "role": "assistant",
                    "content": [{"type": "thinking", "thinking": MISSED, "signature": "AA"}, TOOL_USE],
                },
                {"role": "user", "content": [RESULT, {"type": "text", "text": FOUND}]},
            ],
        },
    ),
    (Completions(), {"prompt": [MISSED, FOUND], "suffix": MISSED}),
    (Embeddings(), {"input": [MISSED, FOUND], "user": VALUE}),
    (Moderations(), {"input": [MISSED, FOUND]}),
    (Images(), {"prompt": MISSED, "user": FOUND}),
    (Speech(), {"input": MISSED, "voice": "x", "instructions": FOUND}),
]


@pytest.mark.parametrize("action", ["pseudonymize", "mask", "hash", "redact"])
@pytest.mark.parametrize(("endpoint", "body"), BODIES)
def test_a_value_that_was_found_in_one_text_stands_in_no_other(
    endpoint: Any, body: dict[str, Any], action: str
) -> None:
    redactor = Redactor(policy={"default": action}, key=bytes(32))
    session = redactor.session(scope="claims")
    sent = json.dumps(redacted_body(endpoint, {"model": "fast", **body}, session)).replace(f"X{VALUE}", "")
    assert VALUE not in sent
    assert session.counts["IT_PASSPORT"] == json.dumps(body).replace(f"X{VALUE}", "").count(VALUE)


@pytest.mark.parametrize(("endpoint", "body"), BODIES)
def test_a_family_name_alone_stands_in_no_text_either(endpoint: Any, body: dict[str, Any]) -> None:
    said = json.dumps(body).replace(FOUND, "Sono Giulia Fabbrizi").replace(VALUE, "Fabbrizi")
    session = Redactor().session(scope="claims")
    sent = json.dumps(redacted_body(endpoint, {"model": "fast", **json.loads(said)}, session))
    assert "Fabbrizi" not in sent.replace("XFabbrizi", "")


def test_names_and_numbers_of_places_follow_the_first_walk() -> None:
    session = Redactor().session()
    messages = [
        {"role": "user", "content": text} for text in (MISSED, "mario@example.it", FOUND, f"{VALUE} anna@example.it")
    ]
    made = redacted_body(Chat(), {"model": "fast", "messages": messages}, session)
    assert [each["content"] for each in made["messages"]] == [
        f"Vedi [IT_PASSPORT_1], non X{VALUE}",
        "[EMAIL_ADDRESS_1]",
        "Il mio passaporto: [IT_PASSPORT_1]",
        "[IT_PASSPORT_1] [EMAIL_ADDRESS_2]",
    ]
    assert session.counts == {"IT_PASSPORT": 3, "EMAIL_ADDRESS": 2}


def test_a_request_is_walked_once_when_nothing_was_missed() -> None:
    class Counting(Chat):
        walks = 0

        def redact(self, body: dict[str, Any], session: Any) -> dict[str, Any]:
            self.walks += 1
            return super().redact(body, session)

    for texts, walks in (([FOUND, "mario@example.it", "Mario Rossi, Rossi"], 1), (["Ciao."], 1), ([FOUND, MISSED], 2)):
        endpoint = Counting()
        messages = [{"role": "user", "content": text} for text in texts]
        redacted_body(endpoint, {"model": "fast", "messages": messages}, Redactor().session())
        assert endpoint.walks == walks
