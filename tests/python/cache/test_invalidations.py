"""An answer is given again exactly when nothing invalidated since its question was asked is about its maker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.cache import Invalidations, Maker
from tokenfoundry.cache.invalidation import FIELDS
from tokenfoundry.errors import InvalidInput, StoreError

CLAIMS = Maker("acme", "claims", "k1", "faq", "fast", "small")


class Books:
    def __init__(self) -> None:
        self.record: bytes | None = None

    def write(self, record: bytes) -> None:
        self.record = record

    def open(self) -> Invalidations:
        return Invalidations(lambda: self.record, self.write, clock=lambda: 1000)


def test_what_was_asked_before_is_over_and_what_is_asked_after_is_not() -> None:
    invalidations = Books().open()
    before = invalidations.generation
    made = invalidations.add({"project": "claims"})
    assert (made.match, made.generation, made.at_ms) == ({"project": "claims"}, before, 1000)
    assert invalidations.is_over(CLAIMS, before)
    assert not invalidations.is_over(CLAIMS, invalidations.generation)


def test_others_answers_stay() -> None:
    invalidations = Books().open()
    invalidations.add({"project": "claims", "alias": "large"})
    invalidations.add({"project": "other"})
    assert not invalidations.is_over(CLAIMS, 0)
    invalidations.add({"target": "small"})
    assert invalidations.is_over(CLAIMS, 0)


def test_they_outlive_the_process_and_new_books_share_nothing() -> None:
    books = Books()
    first = books.open()
    first.add({})
    again = books.open()
    assert again.is_over(CLAIMS, 0)
    assert (again.id, again.generation) == (first.id, first.generation)
    assert Books().open().id != first.id


def test_a_promise_that_cannot_be_written_is_not_made() -> None:
    books = Books()
    invalidations = books.open()

    def fail(record: bytes) -> None:
        raise StoreError("full")

    invalidations._write = fail
    with pytest.raises(StoreError):
        invalidations.add({})
    assert not invalidations.is_over(CLAIMS, 0)


@pytest.mark.parametrize("match", [{"projekt": "claims"}, {"project": 3}], ids=str)
def test_an_unknown_field_or_a_number_is_refused(match: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match=r"projekt|project"):
        Books().open().add(match)


def test_so_many_that_they_are_joined_forget_too_much_and_never_too_little() -> None:
    books = Books()
    invalidations = books.open()
    for number in range(2500):
        invalidations.add({"project": f"p{number}"})
    assert len(invalidations.all) <= 1000
    for number in (0, 700, 1999, 2499):
        assert invalidations.is_over(Maker("acme", f"p{number}", "", "", "", ""), number)
    assert not invalidations.is_over(CLAIMS, invalidations.generation - 1)


VALUES = st.sampled_from(["a", "b"])
STEPS = st.lists(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3), max_size=12)


@given(STEPS, st.tuples(*[VALUES] * len(FIELDS)), st.integers(0, 12))
def test_as_a_reader_of_the_whole_list_would_say(
    steps: list[dict[str, str]], values: tuple[str, ...], asked: int
) -> None:
    books = Books()
    invalidations = books.open()
    maker, over = Maker(*values), False
    for number, match in enumerate(steps):
        invalidations.add(match)
        over |= number >= asked and all(getattr(maker, name) == value for name, value in match.items())
    assert invalidations.is_over(maker, asked) == (over and asked < len(steps))
    assert books.open().is_over(maker, asked) == invalidations.is_over(maker, asked)
