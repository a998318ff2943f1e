"""What is remembered of a text is bounded, by scope, and never the text."""

from __future__ import annotations

import pytest

from tokenfoundry.errors import InvalidInput
from tokenfoundry.memo import Memo, Place
from tokenfoundry.privacy import Detector, Redactor

LONG = "Gentile cliente, la pratica di rimborso è in lavorazione presso il nostro ufficio. "


def place_of(memo: Memo[int], scope: str, text: str) -> Place:
    place = memo.place(scope, text)
    assert place is not None
    return place


def test_two_scopes_share_nothing() -> None:
    memo = Memo[int](capacity=8)
    memo.put(place_of(memo, "a", LONG), 1)
    assert memo.get(place_of(memo, "b", LONG)) is None
    assert memo.get(place_of(memo, "a", LONG)) == 1


def test_a_scope_never_runs_into_a_text() -> None:
    memo = Memo[int](capacity=8)
    assert memo.place("b", LONG + "a") != memo.place("ab", LONG)


def test_the_least_recently_used_leaves_first() -> None:
    memo = Memo[int](capacity=2)
    first, second, third = (place_of(memo, "", f"{LONG}{number}") for number in range(3))
    memo.put(first, 1)
    memo.put(second, 2)
    assert memo.get(first) == 1
    memo.put(third, 3)
    assert (memo.get(first), memo.get(second), memo.get(third)) == (1, None, 3)
    assert len(memo) == 2


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(InvalidInput, match="surrogate"):
        Memo[int](capacity=2).place("", LONG + "\ud800")


class CountingDetector(Detector):
    def detect_wanted(self, text, wanted, score_threshold=None):  # type: ignore[no-untyped-def]
        self.seen = [*getattr(self, "seen", []), text]
        return super().detect_wanted(text, wanted, score_threshold)


def test_a_message_is_looked_through_once_in_a_scope() -> None:
    detector = CountingDetector()
    redactor = Redactor(detector)
    message = LONG + "Scrivere a mario@example.it."
    redacted = [redactor.session(scope="claims").redact(message) for _ in range(3)]
    assert redacted == [LONG + "Scrivere a [EMAIL_ADDRESS_1]."] * 3
    assert detector.seen.count(message) == 1
    redactor.session(scope="sales").redact(message)
    redactor.session().redact(message)
    assert detector.seen.count(message) == 3


def test_what_is_remembered_restores_and_counts_like_what_was_found() -> None:
    redactor = Redactor()
    message = LONG + "Scrivere a mario@example.it e a anna@example.it."
    for _ in range(2):
        session = redactor.session(scope="claims")
        assert session.restore(session.redact(message)) == message
        assert session.counts == {"EMAIL_ADDRESS": 2}


def test_a_plain_text_that_a_pattern_is_about_is_looked_at_again() -> None:
    redactor = Redactor(Detector(deny={"PROJECT": ["user"]}), plain={"user", "content"})
    assert redactor.session().redact("user") != "user"
    assert redactor.session().redact("content") == "content"
