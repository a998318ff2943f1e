"""Entries of the books as an administrator finds, reads and corrects them."""

from __future__ import annotations

from typing import Any

import pytest

from tokenfoundry.errors import Conflict, InvalidInput, NotFound
from tokenfoundry.ledger import Amounts, Axes, Tallies
from tokenfoundry.records import CallRecord

BUDGETS = """
budgets:
  - {name: claims, match: {project: claims}, unit: tokens, hard: 100, window: {kind: daily, tz: Europe/Rome}}
"""
CLAIMS = Axes(project="claims", key="Ab12Cd34")
REQUEST = "019f6548-7840-7000-8000-000000000001"


def call(books: Any, *attempts: str) -> None:
    """One request: each attempt is void, settled at 40 tokens and 0.25, or refused."""
    for number, how in enumerate(attempts):
        record = CallRecord(
            request_id=REQUEST, attempt=number, at_ms=0, endpoint="chat", outcome="answered", status=200, alias="fast",
            currency="EUR", target="small",
        )  # fmt: skip
        if how == "refused":
            id = f"{REQUEST}/{number}/refused"
            books.ledger.record(id, kind="refused", axes=CLAIMS, detail=record.to_bytes())
            continue
        used = Amounts(tokens=40, money_nano=250_000_000)
        books.ledger.reserve(f"{REQUEST}/{number}", amounts=used, axes=CLAIMS)
        if how == "void":
            books.ledger.void(f"{REQUEST}/{number}", detail=record.to_bytes())
        else:
            tallies = Tallies(input_tokens=30)
            books.ledger.settle(f"{REQUEST}/{number}", used, tallies=tallies, detail=record.to_bytes())


def test_an_entry_shows_what_it_cost_whose_it_was_and_its_record(office: Any) -> None:
    books = office(BUDGETS)
    call(books, "settled")
    shown = books.do("GET", "entries/0")
    assert {
        "seq": 0,
        "id": f"{REQUEST}/0",
        "kind": "settled",
        "flags": [],
        "at": "2026-07-15T10:00:00+00:00",
        "cost": "0.25",
        "currency": "EUR",
        "amounts": {"money": "0.25", "tokens": "40"},
        "tallies": {"input_tokens": 30},
        "axes": {"project": "claims", "key": "Ab12Cd34"},
        "of": None,
        "change": None,
    }.items() <= shown.items()
    assert (shown["record"]["request_id"], shown["record"]["target"]) == (REQUEST, "small")


@pytest.mark.parametrize(
    ("attempts", "name", "seq"),
    [
        (["settled"], REQUEST, 0),
        (["settled"], f"{REQUEST}/0", 0),
        (["void", "settled"], REQUEST, 1),
        (["void", "settled"], f"{REQUEST}/0", 0),
        (["refused", "settled"], REQUEST, 1),
        (["void", "refused"], REQUEST, 1),
    ],
)
def test_a_request_id_finds_its_last_attempt(office: Any, attempts: list[str], name: str, seq: int) -> None:
    books = office(BUDGETS)
    call(books, *attempts)
    assert books.do("GET", f"entries/{name}")["seq"] == seq
    assert books.do("GET", f"entries/{name.replace('/', '%2F')}")["seq"] == seq


@pytest.mark.parametrize("name", ["1", "9" * 30, "-1", "nothing", f"{REQUEST}/7"])
def test_what_is_not_there_is_not_found(office: Any, name: str) -> None:
    books = office(BUDGETS)
    call(books, "settled")
    with pytest.raises(NotFound, match="entry"):
        books.do("GET", f"entries/{name}")


def test_a_correction_counts_where_the_entry_counted(office: Any) -> None:
    books = office(BUDGETS)
    call(books, "void", "settled")
    said = {"tokens": "-10", "money": "-0.05", "reason": "refund"}
    done = books.do("POST", f"entries/{REQUEST}/adjust", key_id="Ab12Cd34", actor="a", **said)
    assert done == {"seq": 2, "of": 1, "money": "-0.05", "tokens": "-10", "actor": "a (Ab12Cd34)", "reason": "refund"}
    assert books.ledger.balances(budget="claims")[0].used == 30
    assert books.do("GET", "entries/2")["cost"] == "-0.05"
    assert books.ledger.verify().ok


def test_a_repeated_correction_counts_once(office: Any) -> None:
    books = office(BUDGETS)
    call(books, "settled")
    first = books.do("POST", "entries/0/adjust", tokens=-1, reason="refund", id="c1", actor="anna")
    again = books.do("POST", f"entries/{REQUEST}/adjust", tokens=-1, reason="as agreed", id="c1", actor="bruno")
    assert again == first
    with pytest.raises(Conflict, match=r"^the id 'c1' corrected entry 0 otherwise"):
        books.do("POST", "entries/0/adjust", tokens=-2, reason="refund", id="c1", actor="anna")
    assert books.ledger.balances(budget="claims")[0].used == 39


def test_what_an_administrator_did_is_shown_and_not_corrected(office: Any) -> None:
    books = office(BUDGETS)
    books.do("POST", "budgets/claims/raise", amount="50", actor="anna", reason="launch")
    shown = books.do("GET", "entries/0")
    assert (shown["kind"], shown["actor"], shown["reason"]) == ("changed", "anna", "launch")
    assert (shown["change"]["kind"], shown["change"]["amount"]) == ("raise", "50")
    with pytest.raises(InvalidInput, match="entry 0 is a raise: only what a call used can be corrected"):
        books.do("POST", "entries/0/adjust", tokens=1, reason="x", actor="anna")
