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


def test_a_seed_that_reads_as_personal_data_stays_a_number_and_always_the_same() -> None:
    card = 4111111111111111
    body = {"seed": card, "n": card}
    first, second = (redacted(body, tf.Redactor().session().redact) for _ in range(2))
    assert first == second
    assert first["n"] == "[CREDIT_CARD_1]"
    assert type(first["seed"]) is int
    assert first["seed"] != card


def test_a_place_for_base64_hides_no_value() -> None:
    iban = "IT60X0542811101000000123456"
    sound = "UklGRiQAAABXQVZFZm10IBAAAAABAAEA" * 20
    session = tf.Redactor().session()
    asked = {"metadata": {"input_audio": {"data": iban}}, "content": [{"input_audio": {"data": sound}}]}
    made = redacted(asked, session.redact)
    assert made["metadata"]["input_audio"]["data"] == "[IBAN_CODE_1]"
    assert made["content"] == asked["content"]
    assert json.loads(arguments({"input_audio": {"data": iban * 20, "note": iban}}))["input_audio"]["note"] != iban


def test_nothing_in_what_a_tool_is_called_with_is_taken_for_a_file() -> None:
    url = "data:image/png;base64,IT60X0542811101000000123456"
    assert "IT60X" not in arguments({"image_url": {"url": url}})


class Counting(tf.Detector):
    """Counts the characters that it looks at."""

    looked_at = 0

    def detect_wanted(self, text: str, wanted: bytes | None, score_threshold: float | None = None) -> list[tf.Finding]:
        self.looked_at += len(text)
        return super().detect_wanted(text, wanted, score_threshold)


def test_json_with_escapes_in_which_nothing_is_found_is_looked_at_twice() -> None:
    text = json.dumps({"nota": "perché è così " * 50, "n": [1, "già"]})
    detector = Counting()
    session = tf.Redactor(detector).session()
    assert redacted([{"role": "user", "content": text}], session.redact)[0]["content"] == text
    assert detector.looked_at < 2.2 * len(json.loads(text)["nota"])


def test_what_json_says_beside_its_texts_is_found_too() -> None:
    repeated = '{"a": "anna\\u0040example.it", "a": "perch\\u00e9"}'
    (message,) = redacted([{"role": "user", "content": repeated}], tf.Redactor().session().redact)
    assert "anna" not in message["content"]
    assert "EMAIL_ADDRESS" in message["content"]
