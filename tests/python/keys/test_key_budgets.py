"""The budgets of a key: in force exactly as stored with it, and never lost with its state."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tokenfoundry.budgets import BudgetBook
from tokenfoundry.errors import Conflict, InvalidInput, InvalidState, StoreError
from tokenfoundry.keys import KeyRing
from tokenfoundry.ledger import Amounts, Axes, Hold, Ledger, Refusal
from tokenfoundry.settings import BudgetSettings

MONTHLY = {"kind": "monthly", "tz": "Europe/Rome"}
TWO_REQUESTS = {"unit": "requests", "hard": 2, "window": MONTHLY}
ONE_CALL = Amounts(requests=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "books") as opened:
        yield opened


@pytest.fixture
def ring(ledger: Ledger) -> KeyRing:
    return KeyRing(ledger)


@pytest.fixture
def book(ledger: Ledger, ring: KeyRing) -> BudgetBook:
    return BudgetBook(ledger, (), ring)


def spend(ledger: Ledger, call: str, key_id: str) -> None:
    assert isinstance(ledger.reserve(call, amounts=ONE_CALL, axes=Axes(key=key_id)), Hold)
    ledger.settle(call, ONE_CALL)


def refusal(ledger: Ledger, call: str, key_id: str) -> str:
    refused = ledger.reserve(call, amounts=ONE_CALL, axes=Axes(key=key_id))
    assert isinstance(refused, Refusal)
    return refused.budget


def test_a_monthly_cap_of_a_key_holds_for_it_and_for_no_other(ledger: Ledger, ring: KeyRing, book: BudgetBook) -> None:
    capped, _ = ring.create({"budgets": [TWO_REQUESTS]}, now_ms=0)
    free, _ = ring.create({}, now_ms=0)
    for call in ("a", "b"):
        spend(ledger, call, capped.id)
    assert refusal(ledger, "c", capped.id) == f"key:{capped.id}:requests"
    for call in ("d", "e", "f"):
        spend(ledger, call, free.id)
    assert book.source(f"key:{capped.id}:requests") == "key"


def test_what_a_key_spent_before_it_had_a_budget_counts(ledger: Ledger, ring: KeyRing, book: BudgetBook) -> None:
    key, _ = ring.create({}, now_ms=0)
    for call in ("a", "b"):
        spend(ledger, call, key.id)
    ring.update(key.id, {"budgets": [TWO_REQUESTS]})
    assert refusal(ledger, "c", key.id) == f"key:{key.id}:requests"
    ring.update(key.id, {"budgets": [{**TWO_REQUESTS, "hard": 3}]})
    spend(ledger, "d", key.id)
    ring.update(key.id, {"budgets": []})
    spend(ledger, "e", key.id)
    assert book.definitions() == {}


@pytest.mark.parametrize("state", ["frozen", "disabled"])
def test_a_key_that_is_out_of_service_keeps_its_budgets(tmp_path: Path, state: str) -> None:
    with Ledger.open(tmp_path / "books") as ledger:
        ring = KeyRing(ledger)
        BudgetBook(ledger, (), ring)
        key, _ = ring.create({"budgets": [TWO_REQUESTS]}, now_ms=0)
        spend(ledger, "a", key.id)
        ring.update(key.id, {"state": state})
        assert [balance.posted for balance in ledger.balances()] == [1]
    with Ledger.open(tmp_path / "books") as ledger:
        ring = KeyRing(ledger)
        BudgetBook(ledger, (), ring)
        assert [balance.posted for balance in ledger.balances()] == [1]
        ring.update(key.id, {"state": "active"})
        spend(ledger, "b", key.id)
        assert refusal(ledger, "c", key.id) == f"key:{key.id}:requests"


def test_a_rotated_key_goes_on_in_the_same_accounts(ledger: Ledger, ring: KeyRing, book: BudgetBook) -> None:
    key, _ = ring.create({"budgets": [TWO_REQUESTS]}, now_ms=0)
    spend(ledger, "a", key.id)
    ring.rotate(key.id, overlap_ms=0, now_ms=1)
    spend(ledger, "b", key.id)
    assert refusal(ledger, "c", key.id) == f"key:{key.id}:requests"


def test_budgets_of_one_unit_differ_by_their_windows(ring: KeyRing, book: BudgetBook) -> None:
    daily = {**TWO_REQUESTS, "window": {"kind": "daily"}}
    tokens = {"unit": "tokens", "hard": 5, "window": MONTHLY}
    key, _ = ring.create({"budgets": [TWO_REQUESTS, daily, tokens]}, now_ms=0)
    assert list(book.definitions()) == [f"key:{key.id}:{rest}" for rest in ("requests", "requests:daily", "tokens")]
    with pytest.raises(InvalidInput, match=r"^budgets\[2\]: the key has another daily budget of requests"):
        ring.update(key.id, {"budgets": [TWO_REQUESTS, daily, daily]})
    assert len(book.definitions()) == 3


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({"unit": "euros"}, r"^budgets\[0\]\.unit: should be"),
        ({"unit": 5}, r"^budgets\[0\]\.unit: should be"),
        ({"unit": "a b"}, r"^budgets\[0\]\.unit: should be"),
        ({"hard": "-1"}, r"^budgets\[0\]\.hard: "),
        ({"hard": "1.5"}, r"^budgets\[0\]\.hard: should be a whole number"),
        ({"window": {"kind": "monthly", "anchor_day": 32}}, r"^budgets\[0\]\.window\.anchor_day"),
        ({"window": {"kind": "monthly", "tz": "Mars/Base"}}, r"^budgets\[0\]\.window\.tz"),
        ({"hrad": 5}, r"^budgets\[0\]\.hrad: unknown field; did you mean hard"),
        ({"name": "mine"}, r"^budgets\[0\]\.name: is made from the key's id"),
        ({"match": {"project": "x"}}, r"^budgets\[0\]\.match: is the key itself"),
        ({"each": ["model"]}, r"^budgets\[0\]\.each: "),
    ],
    ids=str,
)
def test_a_wrong_budget_is_refused_by_its_path(
    ring: KeyRing, book: BudgetBook, budget: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        ring.create({"budgets": [{**TWO_REQUESTS, **budget}]}, now_ms=0)
    assert list(ring) == []
    assert book.definitions() == {}


def test_every_line_about_a_wrong_budget_says_where(ring: KeyRing, book: BudgetBook) -> None:
    with pytest.raises(InvalidInput) as caught:
        ring.create({"budgets": [{"unit": "tokens", "hard": "lots", "window": {"kind": "hourly"}}]}, now_ms=0)
    paths = {line.partition(":")[0] for line in str(caught.value).splitlines()}
    assert paths == {"budgets[0].window.kind", "budgets[0].hard"}


def test_a_key_that_cannot_be_stored_leaves_no_budget_behind(
    ledger: Ledger, ring: KeyRing, book: BudgetBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, _ = ring.create({"budgets": [TWO_REQUESTS]}, now_ms=0)
    before, balances = dict(book.definitions()), ledger.balances()

    def fail(*_: Any) -> None:
        raise StoreError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "put", fail)
        with pytest.raises(StoreError):
            ring.create({"budgets": [TWO_REQUESTS]}, now_ms=0)
        with pytest.raises(StoreError):
            ring.update(key.id, {"budgets": [{**TWO_REQUESTS, "hard": 50}]})
        with pytest.raises(StoreError):
            book.set("of-the-api", {**TWO_REQUESTS})
    assert book.definitions() == before
    assert ledger.balances() == balances
    assert [each.id for each in ring] == [key.id]


DIES_BEFORE_THE_KEY_IS_STORED = """
import os, sys
from tokenfoundry.budgets import BudgetBook
from tokenfoundry.keys import KeyRing
from tokenfoundry.ledger import Ledger

ledger = Ledger.open(sys.argv[1])
ring = KeyRing(ledger)
BudgetBook(ledger, (), ring)

def die(*_):
    assert [balance.cap for balance in ledger.balances()] == [1]
    os._exit(9)

ledger.put = die
ring.update(sys.argv[2], {"budgets": [{"unit": "requests", "hard": 1, "window": {"kind": "daily"}}]})
"""


def test_a_process_that_dies_between_budget_and_key_has_neither_afterwards(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "books") as ledger:
        ring = KeyRing(ledger)
        BudgetBook(ledger, (), ring)
        key, _ = ring.create({"budgets": [TWO_REQUESTS]}, now_ms=0)
        spend(ledger, "a", key.id)
    command = [sys.executable, "-c", DIES_BEFORE_THE_KEY_IS_STORED, str(tmp_path / "books"), key.id]
    died = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert died.returncode == 9, died.stderr
    with Ledger.open(tmp_path / "books") as ledger:
        book = BudgetBook(ledger, (), KeyRing(ledger))
        assert [budget.hard for budget in book.definitions().values()] == [2]
        assert [(balance.cap, balance.posted) for balance in ledger.balances()] == [(2, 1)]


def test_a_budget_of_a_key_is_changed_with_the_key_alone(ring: KeyRing, book: BudgetBook) -> None:
    key, _ = ring.create({"budgets": [TWO_REQUESTS]}, now_ms=0)
    name = f"key:{key.id}:requests"
    with pytest.raises(Conflict, match=f"belongs to the key {key.id}"):
        book.set(name, dict(TWO_REQUESTS))
    with pytest.raises(Conflict, match=f"belongs to the key {key.id}"):
        book.remove(name)
    with pytest.raises(InvalidInput, match="choose another"):
        book.set(f"key:{key.id}:tokens", {**TWO_REQUESTS, "unit": "tokens"})
    assert book.definitions()[name].hard == 2


def test_the_file_cannot_take_the_name_of_a_keys_budget(ledger: Ledger, ring: KeyRing, book: BudgetBook) -> None:
    key, _ = ring.create({"budgets": [TWO_REQUESTS]}, now_ms=0)
    taken = BudgetSettings.model_validate({**TWO_REQUESTS, "name": f"key:{key.id}:requests", "hard": 9})
    with pytest.raises(Conflict, match="configuration file"):
        BudgetBook(ledger, [taken], KeyRing(ledger))


def test_a_ring_without_a_book_takes_no_budget(ledger: Ledger) -> None:
    ring = KeyRing(ledger)
    with pytest.raises(InvalidState, match="BudgetBook"):
        ring.create({"budgets": [TWO_REQUESTS]}, now_ms=0)
    assert list(KeyRing(ledger)) == []
