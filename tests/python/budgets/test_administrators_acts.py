"""Raises, resets, freezes and corrections: what they do, for how long, and who is written down."""

from __future__ import annotations

from typing import Any

import pytest

from tokenfoundry.errors import Conflict, InvalidInput, NotFound
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.ledger import Axes

BUDGETS = """
budgets:
  - {name: claims, match: {project: claims}, unit: tokens, hard: 100, window: {kind: daily, tz: Europe/Rome}}
  - {name: each, match: {project: motor}, each: [key, consumer], unit: money, hard: 1, window: {kind: monthly}}
  - {name: ever, match: {project: life}, unit: requests, hard: 1, window: {kind: lifetime}}
  - {name: watched, match: {project: home}, unit: tokens, soft: 10, window: {kind: daily}}
  - {name: paid, match: {project: auto}, unit: tokens, prepaid: true}
"""
CLAIMS, LIFE = Axes(project="claims"), Axes(project="life")
HOUR_MS = 3_600_000


def test_a_raise_holds_until_its_window_ends(office: Any) -> None:
    books = office(BUDGETS)
    assert books.spend(axes=CLAIMS, tokens=100)
    assert not books.spend(axes=CLAIMS, tokens=50)
    done = books.do("POST", "budgets/claims/raise", amount="50", actor="anna", reason="launch")
    assert done == {
        "seq": 1,
        "kind": "raise",
        "budget": "claims",
        "for": {},
        "amount": "50",
        "until": "2026-07-16T00:00:00+02:00",
        "actor": "anna",
        "reason": "launch",
    }
    assert books.spend(axes=CLAIMS, tokens=50)
    assert not books.spend(axes=CLAIMS, tokens=1)
    books.clock.now_ms += 24 * HOUR_MS
    assert books.spend(axes=CLAIMS, tokens=100)
    assert not books.spend(axes=CLAIMS, tokens=1)


@pytest.mark.parametrize(
    ("until", "ends"),
    [
        ("2026-07-20", "2026-07-21T00:00:00+02:00"),
        ("2026-07-20T12:00:00Z", "2026-07-20T14:00:00+02:00"),
        ("4h", "2026-07-15T16:00:00+02:00"),
        ("never", None),
    ],
)
def test_a_raise_ends_when_it_is_told_to(office: Any, until: str, ends: str | None) -> None:
    assert office(BUDGETS).do("POST", "budgets/claims/raise", amount=1, until=until, actor="a")["until"] == ends


def test_one_account_is_raised_by_its_axes_in_any_order(office: Any) -> None:
    books = office(BUDGETS)
    whose = {"key": "k1", "consumer": "care"}
    done = books.do("POST", "budgets/each/raise", amount="0.5", for_=whose, actor="anna")
    assert done["for"] == {"consumer": "care", "key": "k1"}
    assert books.spend(axes=Axes(project="motor", **whose), money_nano=1_500_000_000)
    assert not books.spend(axes=Axes(project="motor", key="k2", consumer="care"), money_nano=1_500_000_000)


def test_a_reset_lets_a_window_start_over_and_keeps_its_entries(office: Any) -> None:
    books = office(BUDGETS)
    assert books.spend(axes=CLAIMS, tokens=100)
    books.do("POST", "budgets/claims/reset", actor="anna")
    [balance] = books.ledger.balances(budget="claims")
    assert (balance.posted, balance.used) == (100, 0)
    assert books.spend(axes=CLAIMS, tokens=100)


def test_a_frozen_budget_admits_nothing_until_it_is_unfrozen(office: Any) -> None:
    books = office(BUDGETS)
    books.do("POST", "budgets/claims/freeze", actor="anna", reason="runaway")
    assert not books.spend(axes=CLAIMS, tokens=1)
    [row] = [each for each in books.do("GET", "budgets")["budgets"] if each["name"] == "claims"]
    assert [(each["kind"], each["actor"], each["reason"]) for each in row["changes"]] == [("freeze", "anna", "runaway")]
    books.do("POST", "budgets/claims/unfreeze", actor="anna")
    assert books.spend(axes=CLAIMS, tokens=1)


def test_a_freeze_may_end_by_itself(office: Any) -> None:
    books = office(BUDGETS)
    books.do("POST", "budgets/claims/freeze", actor="anna", until="1h")
    assert not books.spend(axes=CLAIMS, tokens=1)
    books.clock.now_ms += HOUR_MS
    assert books.spend(axes=CLAIMS, tokens=1)


@pytest.mark.parametrize("until", [None, "4h", "2026-07-20"])
def test_a_repeat_with_an_id_changes_nothing_more(office: Any, until: str | None) -> None:
    books = office(BUDGETS)
    said = {"amount": "50", "id": "r1"} | ({"until": until} if until else {})
    first = books.do("POST", "budgets/claims/raise", **said, actor="anna")
    books.clock.now_ms += 6 * 24 * HOUR_MS
    again = books.do("POST", "budgets/claims/raise", **said, actor="bruno", reason="once more")
    assert again == first
    assert len(books.ledger.entries()) == 1


def test_every_act_can_be_repeated(office: Any) -> None:
    books = office(BUDGETS)
    for kind in ("freeze", "unfreeze", "reset"):
        first = books.do("POST", f"budgets/claims/{kind}", id=kind, actor="anna")
        books.clock.now_ms += 1
        assert books.do("POST", f"budgets/claims/{kind}", id=kind, actor="bruno") == first
    assert len(books.ledger.entries()) == 3


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("budgets/claims/raise", {"amount": "60"}),
        ("budgets/claims/freeze", {}),
        ("budgets/ever/raise", {"amount": "50", "until": "never"}),
    ],
)
def test_an_id_stands_for_one_act(office: Any, path: str, fields: dict[str, Any]) -> None:
    books = office(BUDGETS)
    books.do("POST", "budgets/claims/raise", amount="50", id="r1", actor="anna")
    with pytest.raises(Conflict, match=r"^the id 'r1' was a raise of claims with other fields"):
        books.do("POST", path, id="r1", actor="anna", **fields)
    assert len(books.ledger.entries()) == 1


def test_an_id_stands_for_one_account(office: Any) -> None:
    books = office(BUDGETS)
    said = {"amount": 1, "id": "r1", "actor": "anna"}
    books.do("POST", "budgets/each/raise", for_={"key": "k1", "consumer": "care"}, **said)
    with pytest.raises(Conflict):
        books.do("POST", "budgets/each/raise", for_={"key": "k2", "consumer": "care"}, **said)


def test_who_did_it_is_the_key_the_name_or_both(office: Any) -> None:
    books = office(BUDGETS)
    for key_id, stated, written in [
        ("Ab12Cd34", {}, "Ab12Cd34"),
        ("Ab12Cd34", {"actor": "anna"}, "anna (Ab12Cd34)"),
        ("", {"actor": "anna"}, "anna"),
    ]:
        assert books.do("POST", "budgets/claims/freeze", key_id=key_id, **stated)["actor"] == written
    with pytest.raises(InvalidInput, match="actor: is required"):
        books.do("POST", "budgets/claims/freeze")


@pytest.mark.parametrize(
    ("path", "fields", "error", "said"),
    [
        ("budgets/nothing/raise", {"amount": 1}, NotFound, "no budget is called 'nothing'"),
        ("budgets/claims/raise", {}, InvalidInput, "amount: is required"),
        ("budgets/claims/raise", {"amount": "1.5"}, InvalidInput, "amount: should be a whole number of tokens"),
        ("budgets/claims/raise", {"amount": -1}, InvalidInput, "amount: "),
        ("budgets/claims/raise", {"amount": 1, "until": "2026-07-14"}, InvalidInput, "until: is over already"),
        ("budgets/claims/raise", {"amount": 1, "until": "soon"}, InvalidInput, "until: should be a last day"),
        ("budgets/claims/raise", {"amount": 1, "for": {"key": "k"}}, InvalidInput, "for: claims does not tell"),
        ("budgets/each/raise", {"amount": 1, "for": {"key": "k"}}, InvalidInput, "for: the consumer is missing"),
        ("budgets/ever/raise", {"amount": 1}, InvalidInput, "until: is required"),
        ("budgets/paid/raise", {"amount": 1}, InvalidInput, "paid is prepaid: add a package"),
        ("budgets/paid/reset", {}, InvalidInput, "prepaid"),
        ("budgets/watched/raise", {"amount": 1}, InvalidInput, "no cap to raise"),
        ("budgets/claims/reset", {"amount": 1}, InvalidInput, "amount: has no place in a reset"),
        ("budgets/claims/reset", {"until": "4h"}, InvalidInput, "until: a reset happens once"),
        ("budgets/claims/melt", {}, Refused, "use PUT, DELETE"),
        ("melt", {}, NotFound, "the admin API has no POST"),
        ("entries/99/adjust", {"tokens": 1, "reason": "x"}, NotFound, "there is no entry 99"),
        ("entries/first/adjust", {"tokens": 1, "reason": "x"}, NotFound, "no entry has the id 'first'"),
        ("entries/0/adjust", {"reason": "x"}, InvalidInput, "corrects nothing"),
        ("entries/0/adjust", {"tokens": 1}, InvalidInput, "reason: is required"),
        ("entries/0/adjust", {"tokens": "0.5", "reason": "x"}, InvalidInput, "tokens: should be a whole number"),
        (
            "entries/0/adjust",
            {"tokens": -1000, "reason": "x"},
            InvalidInput,
            "tokens: entry 0 would have used -995 in all",
        ),
        ("entries/0/adjust", {"money": "-0.5", "reason": "x"}, InvalidInput, "money: entry 0 would have used -0.5 in"),
    ],
)
def test_a_wrong_act_is_one_sentence_and_no_entry(
    office: Any, path: str, fields: dict[str, Any], error: type[Exception], said: str
) -> None:
    books = office(BUDGETS)
    assert books.spend(axes=LIFE, tokens=5)
    with pytest.raises(error) as caught:
        books.do("POST", path, actor="anna", **fields)
    assert said in str(caught.value)
    assert len(books.ledger.entries()) == 1


def test_events_are_read_in_pages(office: Any) -> None:
    books = office(BUDGETS)
    assert books.spend(axes=CLAIMS, tokens=100)
    page = books.do("GET", "events", limit="1")
    assert [event["level"] for event in page["events"]] == ["80%"]
    rest = books.do("GET", "events", after=str(page["last"]))
    assert [event["level"] for event in rest["events"]] == ["100%"]
    assert books.do("GET", "events", after=rest["last"])["events"] == []
    with pytest.raises(InvalidInput, match="after: should be a whole number"):
        books.do("GET", "events", after="first")
