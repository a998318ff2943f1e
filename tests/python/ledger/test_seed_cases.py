"""Budgets as their users tell of them, each a story from beginning to end."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import tokenfoundry as tf
from tokenfoundry.ledger import Change, Level, Window

ROME = ZoneInfo("Europe/Rome")
EUR = 10**9  # In nano units.


class Office:
    """A ledger with a clock on the wall that the test sets."""

    def __init__(self, path: Path, *budgets: tf.Budget) -> None:
        self._path = path
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=ROME)
        self._calls = 0
        self.ledger = self._opened()
        self.ledger.set_budgets(budgets)

    def _opened(self) -> tf.Ledger:
        return tf.Ledger.open(self._path, clock=lambda: round(self.now.timestamp() * 1000))

    def restart(self) -> None:
        self.ledger.close()
        self.ledger = self._opened()

    def at(self, *local: int) -> None:
        self.now = datetime(*local, tzinfo=ROME)  # type: ignore[arg-type]

    def at_ms(self, ms: int) -> None:
        self.now = datetime.fromtimestamp(ms / 1000, ROME)

    def ask(self, euros: float = 0, *, tokens: int = 0, **axes: str) -> tf.Hold | tf.Refusal:
        self._calls += 1
        amounts = tf.Amounts(money_nano=round(euros * EUR), tokens=tokens, requests=1)
        return self.ledger.reserve(f"call {self._calls}", amounts=amounts, axes=tf.Axes(**axes))

    def spend(self, euros: float = 0, *, tokens: int = 0, **axes: str) -> bool:
        """Whether a call that uses exactly this could go."""
        held = self.ask(euros, tokens=tokens, **axes)
        if isinstance(held, tf.Refusal):
            return False
        self.ledger.settle(held.id, held.amounts)
        return True

    def refused(self, euros: float = 0, *, tokens: int = 0, **axes: str) -> tf.Refusal:
        answer = self.ask(euros, tokens=tokens, **axes)
        assert isinstance(answer, tf.Refusal), answer
        return answer

    def balance(self, budget: str, **each: str) -> tf.Balance:
        [balance] = [b for b in self.ledger.balances() if b.budget == budget and each.items() <= b.each.items()]
        return balance

    def change(self, **fields: object) -> None:
        self._calls += 1
        self.ledger.apply(f"change {self._calls}", Change(actor="anna", **fields))  # type: ignore[arg-type]


def ms(*local: int) -> int:
    return round(datetime(*local, tzinfo=ROME).timestamp() * 1000)  # type: ignore[arg-type]


def test_a_key_may_spend_fifty_euros_a_month(tmp_path: Path) -> None:
    monthly = tf.Budget(
        name="each key", each=["key"], unit="money_nano", window=Window("monthly", tz="Europe/Rome"), hard=50 * EUR
    )
    office = Office(tmp_path, monthly)
    assert all(office.spend(10, key="care") for _ in range(5))
    refusal = office.refused(0.01, key="care")
    assert (refusal.budget, refusal.cause, refusal.left) == ("each key", "exhausted", 0)
    assert refusal.resets_at == refusal.admits_at == ms(2026, 4, 1)
    assert office.spend(50, key="sales"), "another key has its own fifty"
    office.at(2026, 3, 31, 23, 59)
    assert not office.spend(0.01, key="care")
    office.at(2026, 4, 1)
    assert office.spend(50, key="care")


def test_directorates_have_quarterly_budgets_of_a_fiscal_year_that_starts_in_october(tmp_path: Path) -> None:
    quarterly = tf.Budget(
        name="directorates",
        match={"project": "*"},
        each=["project"],
        unit="money_nano",
        window=Window("quarterly", anchor_month=10, tz="Europe/Rome"),
        hard=1000 * EUR,
    )
    office = Office(tmp_path, quarterly)
    office.at(2026, 10, 1)
    assert office.spend(400, project="finance")
    assert office.spend(900, project="health")
    running = office.ask(250, project="finance")
    burn = {b.each["project"]: (b.used // EUR, b.held // EUR, b.left) for b in office.ledger.balances()}
    assert burn == {"finance": (400, 250, 350 * EUR), "health": (900, 0, 100 * EUR)}, "the live burn, calls included"
    assert office.balance("directorates", project="health").end == ms(2027, 1, 1)
    assert office.refused(101, project="health").resets_at == ms(2027, 1, 1)
    assert isinstance(running, tf.Hold)
    office.ledger.settle(running.id, tf.Amounts(money_nano=100 * EUR, requests=1))
    assert office.balance("directorates", project="finance").left == 500 * EUR
    office.at(2026, 12, 31, 23, 59, 59)
    assert not office.spend(501, project="finance")
    office.at(2027, 1, 1)
    assert office.spend(1000, project="finance"), "what was left is not carried over, and what was used is gone"
    assert not office.spend(0.01, project="finance")


def test_a_runaway_agent_stops_at_two_hundred_euros_and_the_morning_shift_works(tmp_path: Path) -> None:
    shifts = Window("shift", starts=["06:00", "14:00", "22:00"], tz="Europe/Rome")
    office = Office(
        tmp_path, tf.Budget(name="shift", match={"project": "plant"}, unit="money_nano", window=shifts, hard=200 * EUR)
    )
    office.at(2026, 3, 2, 23, 15)
    spent = 0
    for _ in range(1000):  # It asks and asks; a call costs 70 cents.
        spent += office.spend(0.70, project="plant")
        office.now += timedelta(seconds=20)
    assert spent == 285, "199.50 EUR: the next would have crossed"
    assert office.refused(0.70, project="plant").admits_at == ms(2026, 3, 3, 6)
    office.at(2026, 3, 3, 5, 59, 59)
    assert not office.spend(0.70, project="plant")
    office.at(2026, 3, 3, 6)
    assert office.spend(200, project="plant"), "the morning shift has its own two hundred"
    assert not office.spend(0.01, project="plant")
    office.at(2026, 3, 3, 14)
    assert office.spend(200, project="plant")


def test_the_night_shift_is_nine_hours_long_when_the_clocks_go_back(tmp_path: Path) -> None:
    shifts = Window("shift", starts=["06:00", "14:00", "22:00"], tz="Europe/Rome")
    office = Office(tmp_path, tf.Budget(name="shift", unit="requests", window=shifts, hard=1))
    office.at(2026, 10, 24, 22)
    assert office.spend()
    refusal = office.refused()
    assert refusal.admits_at == ms(2026, 10, 24, 22) + 9 * 3_600_000 == ms(2026, 10, 25, 6)
    office.at_ms(refusal.admits_at - 1)
    assert not office.spend()
    office.at_ms(refusal.admits_at)
    assert office.spend()


def test_a_launch_day_may_burst_once_and_the_credit_comes_back_slowly(tmp_path: Path) -> None:
    launch = tf.Budget(
        name="launch",
        match={"project": "app"},
        unit="tokens",
        window=Window("daily", tz="Europe/Rome"),
        hard=1_000_000,
        burst=tf.Burst(size=500_000, refill=50_000, every=timedelta(days=1), max_per_window=400_000),
    )
    office = Office(tmp_path, launch)
    office.at(2026, 3, 2, 10)
    assert all(office.spend(tokens=100_000, project="app") for _ in range(14)), "a million, and 400,000 of burst"
    assert not office.spend(tokens=1, project="app"), "a day takes no more than 400,000 of the credit"
    assert office.balance("launch").over_by == 400_000
    office.at(2026, 3, 3, 10)
    # 100,000 of the credit are left, and a day has brought 50,000.
    assert all(office.spend(tokens=100_000, project="app") for _ in range(11))
    assert office.balance("launch").burst_left == 50_000
    assert office.spend(tokens=50_000, project="app")
    refusal = office.refused(tokens=10_000, project="app")
    assert refusal.admits_at == ms(2026, 3, 3, 10) + 86_400_000 // 5
    check_admits_at(office, refusal, tokens=10_000, project="app")


def check_admits_at(office: Office, refusal: tf.Refusal, euros: float = 0, **call: object) -> None:
    """The refusal says when the same call may go: not a millisecond sooner, and then it does."""
    assert refusal.admits_at is not None
    office.at_ms(refusal.admits_at - 1)
    again = office.refused(euros, **call)  # type: ignore[arg-type]
    assert again.admits_at == refusal.admits_at
    office.at_ms(refusal.admits_at)
    assert office.spend(euros, **call)  # type: ignore[arg-type]


def test_throttling_spreads_what_is_left_over_the_rest_of_the_day(tmp_path: Path) -> None:
    throttled = tf.Budget(
        name="day",
        unit="tokens",
        window=Window("daily", tz="Europe/Rome"),
        hard=240_000,
        at_cap="throttle",
        throttle_from=120_000,
    )
    office = Office(tmp_path, throttled)
    office.at(2026, 3, 2, 12)
    assert all(office.spend(tokens=10_000) for _ in range(12)), "the first half at once"
    # From noon the other half is spread over twelve hours: one such call an hour.
    for hour in range(13, 24):
        refusal = office.refused(tokens=10_000)
        assert (refusal.cause, refusal.at_cap) == ("throttled", "throttle")
        assert refusal.admits_at == ms(2026, 3, 2, hour)
        check_admits_at(office, refusal, tokens=10_000)
    small = office.refused(tokens=1000)
    assert small.admits_at == ms(2026, 3, 2, 23, 6), "a tenth of the call may go after a tenth of the time"
    check_admits_at(office, small, tokens=1000)
    assert office.balance("day").used == 231_000
    office.at(2026, 3, 3)
    assert all(office.spend(tokens=10_000) for _ in range(12)), "a new day"


def test_throttling_goes_on_after_a_restart(tmp_path: Path) -> None:
    throttled = tf.Budget(
        name="day",
        unit="tokens",
        window=Window("daily", tz="Europe/Rome"),
        hard=240,
        at_cap="throttle",
        throttle_from=120,
    )
    office = Office(tmp_path, throttled)
    office.at(2026, 3, 2, 12)
    assert office.spend(tokens=120)
    check_admits_at(office, office.refused(tokens=10), tokens=10)  # At 13:00.
    office.restart()
    refusal = office.refused(tokens=10)
    assert refusal.admits_at == ms(2026, 3, 2, 14)
    check_admits_at(office, refusal, tokens=10)


def test_a_raise_is_in_force_for_its_time_and_then_the_budget_is_over(tmp_path: Path) -> None:
    office = Office(tmp_path, tf.Budget(name="cap", unit="requests", window=Window("lifetime"), hard=2))
    office.at(2026, 3, 2, 9)
    assert [office.spend() for _ in range(3)] == [True, True, False]
    office.change(kind="raise", budget="cap", amount=2, start=ms(2026, 3, 2, 10), until=ms(2026, 3, 2, 12))
    assert not office.spend(), "not yet"
    office.at(2026, 3, 2, 10)
    assert [office.spend() for _ in range(3)] == [True, True, False]
    assert (office.balance("cap").cap, office.balance("cap").raised) == (4, 2)
    office.restart()
    assert office.balance("cap").cap == 4
    office.at(2026, 3, 2, 12)
    balance = office.balance("cap")
    assert (balance.cap, balance.over_by, balance.left) == (2, 2, 0)
    assert not office.spend()
    [entry] = [entry for entry in office.ledger.entries() if entry.kind == "changed"]
    assert entry.change is not None
    assert entry.change.actor == "anna"


def test_a_reset_forgives_what_was_used_and_keeps_it_in_the_books(tmp_path: Path) -> None:
    office = Office(tmp_path, tf.Budget(name="cap", each=["key"], unit="requests", window=Window("monthly"), hard=2))
    for key in ("care", "sales"):
        assert [office.spend(key=key) for _ in range(3)] == [True, True, False]
    office.change(kind="reset", budget="cap", each=("care",), reason="a test that ran wild")
    assert not office.spend(key="sales")
    assert [office.spend(key="care") for _ in range(3)] == [True, True, False]
    balance = office.balance("cap", key="care")
    assert (balance.posted, balance.used) == (4, 2)
    office.restart()
    assert office.balance("cap", key="care") == balance
    assert office.ledger.verify().ok


def test_a_freeze_stops_one_project_until_it_is_lifted(tmp_path: Path) -> None:
    office = Office(
        tmp_path, tf.Budget(name="cap", each=["project"], unit="requests", window=Window("monthly"), hard=9)
    )
    running = office.ask(project="leak")
    office.change(kind="freeze", budget="cap", each=("leak",), reason="a key was found on the web")
    refusal = office.refused(project="leak")
    assert (refusal.cause, refusal.admits_at) == ("frozen", None)
    assert office.spend(project="other")
    assert isinstance(running, tf.Hold)
    office.ledger.settle(running.id, running.amounts)  # What was admitted before is booked.
    office.restart()
    assert office.balance("cap", project="leak").frozen
    assert not office.spend(project="leak")
    office.change(kind="unfreeze", budget="cap", each=("leak",))
    assert office.spend(project="leak")


def test_a_prepaid_package_stops_at_zero_and_goes_on_after_a_top_up(tmp_path: Path) -> None:
    package = tf.Budget(
        name="package", match={"project": "shop"}, unit="tokens", window=Window("lifetime"), prepaid=True
    )
    office = Office(tmp_path, package)
    assert not office.spend(tokens=1, project="shop"), "nothing is bought yet"
    office.change(kind="grant", budget="package", amount=1000, price_nano=20 * EUR, price_currency="EUR")
    assert all(office.spend(tokens=100, project="shop") for _ in range(10))
    refusal = office.refused(tokens=1, project="shop")
    assert (refusal.cause, refusal.left, refusal.admits_at) == ("exhausted", 0, None)
    assert office.spend(tokens=5, project="other"), "others need no package"
    office.change(kind="grant", budget="package", amount=50)
    assert not office.spend(tokens=51, project="shop")
    assert office.spend(tokens=50, project="shop")
    assert [grant.left for grant in office.ledger.grants()] == [0, 0]


def test_a_session_may_spend_five_euros(tmp_path: Path) -> None:
    chats = tf.Budget(name="chat", each=["session"], unit="money_nano", window=Window("session"), hard=5 * EUR)
    office = Office(tmp_path, chats)
    assert office.spend(5, key="care", session="c1")
    assert not office.spend(0.01, key="care", session="c1")
    assert office.spend(5, key="care", session="c2")
    assert office.spend(100, key="care"), "a call of no session"
    office.now += timedelta(minutes=31)
    assert office.spend(5, key="care", session="c1"), "it was idle for so long that this is another"


def test_a_soft_cap_is_told_once_a_window_also_across_a_restart(tmp_path: Path) -> None:
    soft = tf.Budget(
        name="soft",
        unit="money_nano",
        window=Window("monthly", tz="Europe/Rome"),
        hard=100 * EUR,
        levels=[Level("80 %", 80 * EUR), Level("100 %", 100 * EUR)],
    )
    office = Office(tmp_path, soft)
    told: list[str] = []

    def listen() -> None:
        office.ledger.on_event(lambda event: told.append(event.level))

    listen()
    assert all(office.spend(10) for _ in range(7))
    assert told == []
    assert office.spend(10)
    assert told == ["80 %"]
    office.restart()
    listen()
    assert office.spend(10)
    assert told == ["80 %"]
    assert office.spend(10)
    assert told == ["80 %", "100 %"]
    assert not office.spend(10)
    office.restart()
    office.at(2026, 4, 1)
    listen()
    assert office.spend(100)
    assert told == ["80 %", "100 %"] * 2, "a new month, both with one call"
    assert [(event.level, event.used // EUR) for event in office.ledger.events()] == [
        ("80 %", 80),
        ("100 %", 100),
        ("80 %", 100),
        ("100 %", 100),
    ]


def test_at_its_cap_a_budget_asks_for_a_cheaper_model(tmp_path: Path) -> None:
    dear = tf.Budget(
        name="dear", match={"model": "large"}, unit="requests", window=Window("daily"), hard=1, at_cap="downgrade"
    )
    office = Office(tmp_path, dear)
    assert office.spend(model="large")
    assert office.refused(model="large").at_cap == "downgrade"
    assert office.spend(model="small")


@pytest.mark.parametrize("at_cap", ["reject", "throttle"])
def test_tracking_says_what_enforcing_would_have_refused(tmp_path: Path, at_cap: str) -> None:
    def budget(mode: str) -> tf.Budget:
        return tf.Budget(
            name="cap",
            unit="tokens",
            window=Window("daily", tz="Europe/Rome"),
            hard=100,
            mode=mode,  # type: ignore[arg-type]
            at_cap=at_cap,  # type: ignore[arg-type]
            throttle_from=60 if at_cap == "throttle" else 0,
            levels=[Level("soft", 70)],
        )

    enforcing = Office(tmp_path / "enforce", budget("enforce"))
    tracking = Office(tmp_path / "track", budget("track"))
    refused = 0
    for minute in range(120):
        for office in (enforcing, tracking):
            office.at(2026, 3, 2, 12 + minute // 10, minute % 10 * 6)
        answer, tracked = enforcing.ask(tokens=3), tracking.ask(tokens=3)
        assert isinstance(tracked, tf.Hold)
        if isinstance(answer, tf.Refusal):
            assert tracked.tracked == answer
            tracking.ledger.void(tracked.id)  # So that both have used the same.
            refused += 1
        else:
            assert tracked.tracked is None
            for office, hold in ((enforcing, answer), (tracking, tracked)):
                office.ledger.settle(hold.id, hold.amounts)
    assert refused > 50
    shown = [all_but_mode(office.balance("cap")) for office in (enforcing, tracking)]
    assert shown[0] == shown[1]
    assert [event.used for event in enforcing.ledger.events()] == [event.used for event in tracking.ledger.events()]


def all_but_mode(balance: tf.Balance) -> dict[str, object]:
    return {name: getattr(balance, name) for name in balance.__struct_fields__ if name != "mode"}
