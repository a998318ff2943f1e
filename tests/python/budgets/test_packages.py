"""Prepaid packages: bought once however often they are asked for, used in their order, never overdrawn."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tokenfoundry.errors import Conflict, InvalidInput, NotFound
from tokenfoundry.ledger import Amounts, Axes, Refusal

BOUGHT = """
packages:
  - {name: acme-tokens, match: {workspace: acme}, unit: tokens, tz: Europe/Rome}
  - {name: credit, match: {workspace: "*"}, each: [workspace], unit: money}
budgets: [{name: plain, unit: tokens, hard: 1000000000, window: {kind: daily}}]
"""
ACME = Axes(workspace="acme")
DAY_MS = 86_400_000


def bought(books: Any) -> dict[str, tuple[str, str, str]]:
    """Spent, held and left of each package, and by its id."""
    return {row["id"]: (row["spent"], row["held"], row["left"]) for row in books.do("GET", "packages")["packages"]}


def test_a_package_shows_what_was_paid_and_what_a_million_costs(office: Any) -> None:
    books = office(BOUGHT)
    row = books.do(
        "POST",
        "packages",
        key_id="Ab12Cd34",
        budget="acme-tokens",
        amount="3000000",
        price="10",
        currency="USD",
        expires="2027-01-01",
        priority=1,
        id="topup-123",
        reason="invoice 7",
        actor="anna",
    )
    assert row == {
        "id": "topup-123",
        "budget": "acme-tokens",
        "for": {},
        "unit": "tokens",
        "granted": "3000000",
        "spent": "0",
        "held": "0",
        "left": "3000000",
        "state": "active",
        "created": "2026-07-15T10:00:00+00:00",
        "expires": "2027-01-02T00:00:00+01:00",  # The first moment after its last day in Rome.
        "priority": 1,
        "price": "10",
        "currency": "USD",
        "effective_price": "3.333333333",
        "effective_per": 1_000_000,
        "actor": "anna (Ab12Cd34)",
        "reason": "invoice 7",
        "seq": 0,
    }
    assert books.do("GET", "packages") == {"packages": [row]}


def test_a_package_of_money_belongs_to_one_account(office: Any) -> None:
    books = office(BOUGHT)
    row = books.do(
        "POST", "packages", budget="credit", amount="12.5", price="10", for_={"workspace": "acme"}, actor="a"
    )
    assert (row["for"], row["granted"], row["effective_price"], row["effective_per"]) == (
        {"workspace": "acme"},
        "12.5",
        "0.8",
        1,
    )
    assert not books.spend(axes=Axes(workspace="other"), money_nano=1)
    books.do("POST", "packages", budget="acme-tokens", amount="1", actor="a")
    assert books.spend(axes=ACME, money_nano=12_500_000_000)
    assert not books.spend(axes=ACME, money_nano=1)


def test_they_are_used_by_priority_then_by_expiry_then_by_age(office: Any) -> None:
    books = office(BOUGHT)
    for id, priority, expires in [
        ("last", 2, "2026-08-01"),
        ("third", 1, None),
        ("second", 1, "2026-12-31"),
        ("fourth", 1, None),
        ("first", 1, "2026-09-30"),
    ]:
        stated = {} if expires is None else {"expires": expires}
        books.do("POST", "packages", budget="acme-tokens", amount="100", priority=priority, id=id, actor="a", **stated)
    order = []
    for _ in range(5):
        assert books.spend(axes=ACME, tokens=100)
        order += [id for id, (_, _, left) in bought(books).items() if left == "0" and id not in order]
    assert order == ["first", "second", "third", "fourth", "last"]
    assert not books.spend(axes=ACME, tokens=1)  # Nothing is left: stop.
    assert {row["state"] for row in books.do("GET", "packages")["packages"]} == {"used up"}


def test_holds_never_overdraw(office: Any) -> None:
    books = office(BOUGHT)
    books.do("POST", "packages", budget="acme-tokens", amount="100", id="p", actor="a")
    admitted: list[str] = []

    def ask(number: int) -> None:
        outcome = books.ledger.reserve(f"c{number}", amounts=Amounts(tokens=10), axes=ACME)
        if not isinstance(outcome, Refusal):
            admitted.append(outcome.id)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == 10
    assert bought(books) == {"p": ("0", "100", "0")}
    for id in admitted:
        books.ledger.settle(id, Amounts(tokens=4))
    assert bought(books) == {"p": ("40", "0", "60")}


def test_an_id_buys_once_also_after_years_and_restarts(office: Any) -> None:
    fields = {"budget": "acme-tokens", "amount": "100", "price": "1", "expires": "2026-08-01", "id": "topup-1"}
    books = office(BOUGHT)
    first = books.do("POST", "packages", actor="anna", **fields)
    assert books.do("POST", "packages", actor="bruno", **fields) == first
    books.clock.now_ms += 400 * DAY_MS
    for _ in range(20):  # With each entry the ledger forgets ids of calls that are older than a week.
        assert books.spend(axes=Axes(workspace="none"), requests=1)
    books = office(BOUGHT)
    assert books.do("POST", "packages", actor="anna", **fields) == {**first, "state": "expired"}
    assert len(books.ledger.grants()) == 1
    for name, value in {"amount": "101", "price": "2", "expires": "2030-01-01", "reason": "x", "priority": 1}.items():
        with pytest.raises(Conflict, match="'topup-1' bought another package"):
            books.do("POST", "packages", actor="anna", **{**fields, name: value})
    assert len(books.ledger.grants()) == 1


def test_it_can_be_used_until_the_end_of_its_last_day(office: Any) -> None:
    books = office(BOUGHT)
    books.do("POST", "packages", budget="acme-tokens", amount="100", expires="2026-07-15", id="today", actor="a")
    books.clock.now_ms += 12 * 3_600_000 - 1  # 23:59:59.999 in Rome.
    assert books.spend(axes=ACME, tokens=1)
    books.clock.now_ms += 1
    assert not books.spend(axes=ACME, tokens=1)
    assert books.do("GET", "packages")["packages"][0]["state"] == "expired"


@pytest.mark.parametrize(
    ("fields", "error", "said"),
    [
        ({"budget": "nothing"}, NotFound, "no budget is called 'nothing'"),
        ({"budget": "plain"}, InvalidInput, "plain is not prepaid"),
        ({"budget": "credit"}, InvalidInput, "for: a package of credit belongs to one workspace"),
        ({"for": {"workspace": "acme"}}, InvalidInput, "for: acme-tokens does not tell accounts apart"),
        ({"budget": "credit", "for": {"project": "x"}}, InvalidInput, "by project, but by workspace"),
        ({"amount": "1.5"}, InvalidInput, "amount: should be a whole number of tokens"),
        ({"amount": "0"}, InvalidInput, "amount: "),
        ({"amount": "99999999999999999999"}, InvalidInput, "amount: "),
        ({"price": "-1"}, InvalidInput, "price: "),
        ({"price": "0.0000000001"}, InvalidInput, "price: should be money"),
        ({"currency": "euro"}, InvalidInput, "currency: "),
        ({"expires": "2026-07-14"}, InvalidInput, "expires: is over already"),
        ({"expires": "soon"}, InvalidInput, "expires: should be a last day"),
        ({"expires": "30d"}, InvalidInput, "expires: should be a last day"),
        ({"expires": "2027-01-01T00:00:00"}, InvalidInput, "an instant with its offset"),
        ({"id": "a b"}, InvalidInput, "id: "),
        ({"amonut": "1"}, InvalidInput, "did you mean amount?"),
        ({"actor": ""}, InvalidInput, "actor: is required"),
    ],
    ids=str,
)
def test_a_wrong_purchase_is_one_sentence_and_buys_nothing(
    office: Any, fields: dict[str, Any], error: type[Exception], said: str
) -> None:
    books = office(BOUGHT)
    with pytest.raises(error) as caught:
        books.do("POST", "packages", **{"budget": "acme-tokens", "amount": "1", "actor": "anna", **fields})
    assert said in str(caught.value)
    assert books.ledger.grants() == []
