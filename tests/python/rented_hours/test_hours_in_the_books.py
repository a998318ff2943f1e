"""Every hour of a reservation that has begun has one entry, whatever happened in between, which never changes."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tokenfoundry.ledger import Budget, Entry, Ledger, Sums, Window
from tokenfoundry.pricing import FxTable
from tokenfoundry.pricing.applied import recomputed_nano
from tokenfoundry.pricing.reservations import HOUR_MS, Reservation
from tokenfoundry.records import CallRecord
from tokenfoundry.rented_hours import NEVER_MS, RentedHours
from tokenfoundry.settings import TargetSettings

BEGIN_MS = 495_000 * HOUR_MS  # 2026-06-21T00:00Z
SERVES = TargetSettings.model_construct(provider="node", model="qwen-1", region="it", trust="on_prem")
EUR = FxTable("EUR")


class Clock:
    def __init__(self) -> None:
        self.now_ms = BEGIN_MS

    def __call__(self) -> int:
        return self.now_ms


def rented(first: float, last: float, *, target: str = "qwen", rate: str = "2.50") -> Reservation:
    """From so many hours after the beginning to so many."""
    from_ms, to_ms = (BEGIN_MS + round(hours * HOUR_MS) for hours in (first, last))
    return Reservation(target, SERVES, from_ms, to_ms, 8, Decimal(rate), "EUR", {"project": "claims"})


def opened(path: Path, clock: Clock, *reservations: Reservation, **options: Any) -> tuple[Ledger, RentedHours]:
    ledger = Ledger.open(path, clock=clock, **options)
    hours = RentedHours(ledger, clock=clock)
    hours.use(reservations, EUR)
    return ledger, hours


def hours_of(entries: list[Entry]) -> list[float]:
    return [(entry.at - BEGIN_MS) / HOUR_MS for entry in entries if entry.kind == "rented"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_an_hour_is_posted_when_it_has_begun_with_its_money_gpus_and_axes(tmp_path: Path, clock: Clock) -> None:
    ledger, hours = opened(tmp_path, clock, rented(0.75, 2.5))
    with ledger:
        assert (hours.due_ms, hours.post_due()) == (BEGIN_MS + HOUR_MS * 3 // 4, 0)
        clock.now_ms = hours.due_ms
        assert (hours.post_due(), hours.post_due()) == (1, 0)
        clock.now_ms = BEGIN_MS + 3 * HOUR_MS
        assert (hours.post_due(), hours.due_ms) == (2, NEVER_MS)
        entries = ledger.entries()
        assert hours_of(entries) == [0.75, 1, 2]
        assert [entry.amounts.gpu_ms for entry in entries] == [8 * part * HOUR_MS // 4 for part in (1, 4, 2)]
        assert [entry.amounts.money_nano for entry in entries] == [5_000_000_000, 20_000_000_000, 10_000_000_000]
        assert {(entry.axes.project, entry.axes.model, entry.axes.region) for entry in entries} == {
            ("claims", "qwen-1", "it")
        }
        for entry in entries:
            record = CallRecord.from_bytes(entry.detail)
            assert recomputed_nano(record) == record.cost_nano == entry.amounts.money_nano
            assert entry.tallies.counterfactual_nano == entry.amounts.money_nano
        assert ledger.verify().ok


def test_a_month_that_nobody_looked_at_is_posted_at_once_in_the_windows_of_its_hours(
    tmp_path: Path, clock: Clock
) -> None:
    ledger, hours = opened(tmp_path, clock, rented(0, 10_000), durability="power")
    with ledger:
        day = Window("daily", tz="Europe/Rome")
        ledger.set_budgets(
            [
                Budget(name="money", unit="money_nano", window=day, hard=1),  # What is paid is paid.
                Budget(name="gpus", match={"model": "qwen-1"}, unit="gpu_ms", window=day, hard=10**12),
            ]
        )
        clock.now_ms = BEGIN_MS + 720 * HOUR_MS - 1
        assert hours.post_due() == 720
        yesterday = clock.now_ms - 24 * HOUR_MS
        money, gpus = ledger.balances(yesterday)
        assert (money.posted, gpus.posted) == (24 * 20_000_000_000, 24 * 8 * HOUR_MS)
        assert money.over_by > 0
        assert ledger.verify().ok


def test_a_reservation_that_is_stated_otherwise_leaves_what_is_posted_as_it_is(tmp_path: Path, clock: Clock) -> None:
    ledger, hours = opened(tmp_path, clock, rented(2, 6))
    with ledger:
        clock.now_ms = BEGIN_MS + 4 * HOUR_MS
        assert hours.post_due() == 3
        before = ledger.entries()
        # Earlier, longer, dearer.
        hours.use([rented(0, 8, rate="9")], EUR)
        assert hours.post_due() == 2
        clock.now_ms = BEGIN_MS + 9 * HOUR_MS
        assert hours.post_due() == 3
        entries = ledger.entries()
        assert entries[:3] == before
        assert hours_of(entries) == [2, 3, 4, 0, 1, 5, 6, 7]
        assert {entry.amounts.money_nano for entry in entries[3:]} == {72_000_000_000}
        hours.use([], EUR)
        assert (hours.post_due(), hours.due_ms) == (0, NEVER_MS)
        ledger.adjust("credit note", 0, Sums(money_nano=-1_000_000_000), actor="anna", reason="an outage")
        assert ledger.verify().ok


def test_a_clock_that_is_turned_back_or_ahead_posts_no_hour_twice(tmp_path: Path, clock: Clock) -> None:
    ledger, hours = opened(tmp_path, clock, rented(0, 100))
    with ledger:
        for now, posted in ((10, 11), (3, 0), (10, 0), (50, 40), (0, 0), (51, 1)):
            clock.now_ms = BEGIN_MS + now * HOUR_MS
            assert hours.post_due() == posted
        assert hours_of(ledger.entries()) == list(range(52))


def test_a_lost_mark_and_weeks_in_between_post_no_hour_twice(tmp_path: Path, clock: Clock) -> None:
    ledger, hours = opened(tmp_path, clock, rented(0, 30))
    with ledger:
        clock.now_ms = BEGIN_MS + 100 * HOUR_MS
        assert hours.post_due() == 30
        clock.now_ms += 60 * 24 * HOUR_MS
        ledger.note("something else", actor="anna")  # With which ids of two months ago are forgotten.
        ledger.delete("settings", "rented/qwen")
        hours.use([rented(0, 30)], EUR)
        assert (hours.are_due, hours.post_due()) == (True, 0)


def _jump(draw: random.Random, clock: Clock) -> None:
    clock.now_ms += round(draw.choice([-3, 0.2, 0.9, 1, 2.5, 40]) * HOUR_MS)


@pytest.mark.parametrize("seed", range(12))
def test_in_any_history_an_hour_has_one_entry_and_none_is_missing(tmp_path: Path, clock: Clock, seed: int) -> None:
    draw = random.Random(seed)
    stated = [rented(5, 60), rented(5.5, 90, target="other")]
    ledger, hours = opened(tmp_path, clock, *stated)
    latest_ms = clock.now_ms

    def restart() -> None:
        nonlocal ledger, hours
        ledger.close()
        ledger, hours = opened(tmp_path, clock, *stated)

    def restate() -> None:
        stated[0] = rented(draw.choice([0, 3, 5]), draw.choice([60, 70]), rate=draw.choice(["1", "2", "3"]))
        hours.use(stated, EUR)

    def post() -> None:
        nonlocal latest_ms
        hours.post_due()
        latest_ms = max(latest_ms, clock.now_ms)

    acts: list[Callable[[], Any]] = [restart, restate, post, post, lambda: _jump(draw, clock)]
    seen: dict[str, Entry] = {}
    for _ in range(60):
        draw.choice(acts)()
        for entry in ledger.entries():
            assert seen.setdefault(entry.id, entry) == entry
    restart()
    post()
    entries = ledger.entries()
    assert len({entry.id for entry in entries}) == len(entries)
    for reservation in stated:
        asked = {hour.start_ms // HOUR_MS for hour in reservation.hours(0, latest_ms + 1)}
        there = {entry.at // HOUR_MS for entry in entries if f"/{reservation.target}/" in entry.id}
        assert asked <= there
        assert there <= {BEGIN_MS // HOUR_MS + hour for hour in range(90)}
    money = sum(entry.amounts.money_nano for entry in entries)
    assert sum(rollup.amounts.money_nano for rollup in ledger.rollups()) == money
    assert ledger.verify().ok
    ledger.close()
