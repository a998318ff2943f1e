"""What each action of a policy takes, writes and refuses."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy.policy import Policy, Rule

KEY = bytes(range(32))
DETECTOR = tf.Detector(patterns=[tf.Pattern("BADGE", r"EMP-\d+")])


def redacted(text: str, policy: dict[str, object], *, key: bytes | None = KEY) -> str:
    return tf.Redactor(DETECTOR, policy=policy, key=key).redact(text).text  # type: ignore[arg-type]


def test_a_mask_keeps_what_it_is_told_to() -> None:
    assert redacted("EMP-12345", {"BADGE": {"action": "mask", "keep_last": 2}}) == "*******45"
    assert redacted("EMP-12345", {"BADGE": {"action": "mask", "keep_last": 0, "character": "#"}}) == "#########"
    assert redacted("EMP-12345", {"default": {"action": "mask", "keep_last": 64}}) == "*********"
    assert (
        redacted("EMP-12345", {"BADGE": {"action": "mask"}}) == redacted("EMP-12345", {"BADGE": "mask"}) == "*****2345"
    )


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=20), st.integers(0, 64))
def test_a_mask_has_the_length_of_its_value_and_shows_no_more_than_it_may(value: str, keep_last: int) -> None:
    masked = Rule("mask", keep_last=keep_last).masked(value)
    assert len(masked) == len(value)
    assert len(value) > keep_last or set(masked) == {"*"}
    assert set(masked[: len(value) - keep_last]) <= {"*"}
    assert "[" not in masked


def test_a_hash_is_the_same_for_the_same_value_kind_and_key() -> None:
    policy: dict[str, object] = {"EMAIL_ADDRESS": "hash", "BADGE": "hash"}
    first = redacted("mario@example.it EMP-1 mario@example.it", policy)
    email, badge, again = first.split()
    assert email == again != badge
    assert email.startswith("[EMAIL_ADDRESS:")
    assert redacted("mario@example.it", policy) == email
    assert redacted("mario@example.it", policy, key=bytes(32)) != email
    assert redacted("Mario@example.it", policy) != email


def test_a_hash_is_not_restored_and_counts() -> None:
    redaction = tf.Redactor(DETECTOR, policy={"EMAIL_ADDRESS": "hash"}, key=KEY).redact("mario@example.it")
    assert redaction.restore(redaction.text) == redaction.text
    assert redaction.session.counts == {"EMAIL_ADDRESS": 1}
    assert not redaction.session.restorable


def test_hashing_without_a_key_is_refused() -> None:
    with pytest.raises(InvalidInput, match="hash needs a key"):
        tf.Redactor(DETECTOR, policy={"EMAIL_ADDRESS": "hash"})
    with pytest.raises(InvalidInput, match="at least 16 bytes, not 5"):
        tf.Redactor(DETECTOR, policy={"EMAIL_ADDRESS": "hash"}, key=b"short")


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"action": "redact", "keep_last": 2}, "keep_last of BADGE in the policy: redact takes nothing else"),
        ({"action": "mask", "keep": 2}, "keep of BADGE in the policy: mask takes keep_last and character"),
        ({"action": "mask", "keep_last": 65}, "keep_last of BADGE in the policy: needs a number from 0 to 64"),
        ({"action": "mask", "keep_last": True}, "keep_last of BADGE"),
        ({"action": "mask", "character": "**"}, "character of BADGE"),
        ({"action": "mask", "character": "["}, "character of BADGE"),
        ({"keep_last": 2}, "unknown action None for BADGE"),
        ("hide", "unknown action 'hide' for BADGE"),
        ("surrogate", "BADGE has no surrogates"),
    ],
)
def test_what_an_action_does_not_take_is_refused(stated: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        redacted("EMP-1", {"BADGE": stated})


@pytest.mark.parametrize("action", ["pseudonymize", "surrogate", "on_prem"])
def test_nothing_that_would_have_to_be_turned_back_is_an_action_for_answers(action: str) -> None:
    with pytest.raises(InvalidInput, match=f"{action} is nothing for answers"):
        Policy({"EMAIL_ADDRESS": action}, entities=["EMAIL_ADDRESS"], of_answers=True)


def test_a_policy_of_answers_protects_what_it_names() -> None:
    policy = Policy({"EMAIL_ADDRESS": "mask"}, entities=["EMAIL_ADDRESS", "PHONE_NUMBER"], of_answers=True)
    assert policy.protected == ("EMAIL_ADDRESS",)


def test_the_repr_of_a_policy_says_how_it_masks() -> None:
    policy = Policy({"A": {"action": "mask", "keep_last": 2, "character": "#"}, "B": "mask"}, entities=["A", "B"])
    assert repr(policy) == "Policy(A=mask(keep_last=2, character=#), B=mask)"


def test_a_redactor_in_another_process_hashes_alike() -> None:
    redactor = tf.Redactor(DETECTOR, policy={"EMAIL_ADDRESS": "hash", "PERSON": "surrogate"}, key=KEY)
    text = "Mario Rossi mario@example.it"
    assert pickle.loads(pickle.dumps(redactor)).redact(text).text == redactor.redact(text).text
