"""Which texts of a body are redacted, and what is known of each when it is."""

from __future__ import annotations

import json

import tokenfoundry as tf
from tokenfoundry.gateway.bodies.texts import redacted


def arguments(values: dict[str, object]) -> str:
    body = [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": json.dumps(values)}}]}]
    (message,) = redacted(body, tf.Redactor().session().redact)
    return message["tool_calls"][0]["function"]["arguments"]


def test_a_value_whose_key_is_its_proof_is_redacted_beside_others() -> None:
    made = json.loads(arguments({"email": "a@example.it", "password": "Soleil75!", "ssn": 536904399, "n": 3}))
    assert made == {"email": "[EMAIL_ADDRESS_1]", "password": "[SECRET_1]", "ssn": "[US_SSN_1]", "n": 3}


def test_the_key_speaks_for_the_items_of_its_list() -> None:
    made = json.loads(arguments({"partita_iva": ["00743110157", "x"], "note": "00743110157"}))
    assert made == {"partita_iva": ["[IT_VAT_CODE_1]", "x"], "note": "00743110157"}


def test_the_fields_of_the_body_itself_say_nothing_of_their_texts() -> None:
    (message,) = redacted([{"role": "user", "content": "00743110157"}], tf.Redactor().session().redact)
    assert message == {"role": "user", "content": "00743110157"}
