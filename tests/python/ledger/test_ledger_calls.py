import datetime
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import tokenfoundry as tf
from tokenfoundry.errors import Conflict, DirectoryBusy, InvalidInput, InvalidState, NotFound

START_MS = 1_771_200_000_000  # 2026-02-16T00:00Z
DAY_MS = 86_400_000


class Clock:
    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def led(tmp_path: Path, clock: Clock) -> Iterator[tf.Ledger]:
    with tf.Ledger.open(tmp_path / "books", clock=clock) as led:
        yield led


def daily(name: str, hard: int, **fields: object) -> tf.Budget:
    return tf.Budget(**{"name": name, "unit": "tokens", "window": tf.Window("daily"), "hard": hard, **fields})


def test_a_call_is_reserved_settled_and_shown_in_the_balance(led: tf.Ledger, clock: Clock) -> None:
    led.set_budgets([daily("claims", 100, match={"project": ["claims", "motor"]}, each=["key"])])
    axes = tf.Axes(project="claims", key="k1", model="gpt-4o-mini")
    hold = led.reserve("c1", amounts=tf.Amounts(tokens=80, money_nano=5), axes=axes, detail=b"ask")
    assert hold == tf.Hold("c1", tf.Amounts(tokens=80, money_nano=5), axes, START_MS, b"ask")
    assert led.holds() == [hold]
    clock.now_ms += 10
    entry = led.settle("c1", tf.Amounts(tokens=30, money_nano=2), flags=tf.EntryFlags.ESTIMATED, detail=b"told")
    assert entry == tf.Entry(
        0,
        "c1",
        "settled",
        tf.EntryFlags.ESTIMATED,
        START_MS,
        START_MS + 10,
        tf.Amounts(tokens=30, money_nano=2),
        tf.Tallies(),
        axes,
        0,
        (),
        None,
        None,
        "",
        "",
        b"told",
    )
    assert led.entries() == [entry]
    [balance] = led.balances()
    assert balance == tf.Balance(
        budget="claims",
        each={"key": "k1"},
        unit="tokens",
        mode="enforce",
        start=START_MS,
        end=START_MS + DAY_MS,
        cap=100,
        posted=30,
        used=30,
        held=0,
        left=70,
        over_by=0,
        raised=0,
        burst_left=0,
        frozen=False,
    )


def test_a_refusal_is_a_value_that_says_why_and_until_when(led: tf.Ledger) -> None:
    led.set_budgets([daily("cap", 100)])
    refusal = led.reserve("c1", amounts=tf.Amounts(tokens=101), axes=tf.Axes())
    assert refusal == tf.Refusal("cap", "tokens", "never_fits", "reject", 100, 0, 0, 101, 100, START_MS + DAY_MS, None)
    assert led.holds() == []
    led.set_budgets([daily("cap", 100, window=tf.Window("lifetime"))])
    refusal = led.reserve("c1", amounts=tf.Amounts(tokens=101), axes=tf.Axes())
    assert isinstance(refusal, tf.Refusal)
    assert refusal.resets_at is None


def test_every_way_to_misuse_an_id_has_its_own_exception(led: tf.Ledger) -> None:
    led.reserve("a", amounts=tf.Amounts(tokens=1), axes=tf.Axes())
    with pytest.raises(Conflict, match="a is held with other fields"):
        led.reserve("a", amounts=tf.Amounts(tokens=2), axes=tf.Axes())
    with pytest.raises(InvalidState, match="settle or void it"):
        led.record("a", kind="hit", axes=tf.Axes())
    void = led.void("a")
    assert led.void("a") == void
    assert (void.kind, void.amounts) == ("void", tf.Amounts())
    with pytest.raises(InvalidState, match="resolved otherwise: entry 0"):
        led.settle("a", tf.Amounts())
    with pytest.raises(InvalidState, match="is resolved: entry 0"):
        led.reserve("a", amounts=tf.Amounts(tokens=1), axes=tf.Axes())
    with pytest.raises(Conflict):
        led.record("a", kind="hit", axes=tf.Axes())
    with pytest.raises(NotFound):
        led.settle("b", tf.Amounts())


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: tf.Amounts(tokens=-1), "tokens"),
        (lambda: tf.Amounts(gpu_ms=1.5), "gpu_ms"),
        (lambda: tf.Amounts(requests=True), "requests"),
        (lambda: tf.Amounts(money_nano=2**63), "money_nano"),
        (lambda: tf.Axes(project=None), "project"),
        (lambda: tf.Window("weakly"), "kind"),
        (lambda: tf.Window("monthly", anchor_day=32), "anchor_day"),
        (lambda: tf.Window("daily", tz="Europe/Rom"), "tz"),
        (lambda: tf.Window("daily", tz="../etc/passwd"), "tz"),
        (lambda: daily("", 1), "name"),
        (lambda: daily("b", -1), "hard"),
        (lambda: daily("b", 1.0), "hard"),
        (lambda: daily("b", 1, unit="euro"), "unit"),
        (lambda: daily("b", 1, mode="warn"), "mode"),
        (lambda: daily("b", 1, window="daily"), "window"),
        (lambda: daily("b", 1, match={"projects": "x"}), "match.projects"),
        (lambda: daily("b", 1, match={"project": []}), "match.project"),
        (lambda: daily("b", 1, match={"project": [1]}), "match.project"),
        (lambda: daily("b", 1, each=["person"]), "each"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(make: object, field: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^{field}: "):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("at", "message"),
    [
        (datetime.datetime(2026, 1, 1), "at: the datetime has no time zone"),
        (-1, "at: -1 is not between"),
        (10**30, "at: 1000"),
        (1.5, "at: neither"),
    ],
)
def test_a_time_that_means_nothing_is_refused(led: tf.Ledger, at: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        led.reserve("a", amounts=tf.Amounts(), axes=tf.Axes(), at=at)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tallies", "message"),
    [
        (tf.Tallies(findings=True), "^tallies.findings: True is not an integer"),
        (tf.Tallies(latency_ms=1.5), "^tallies.latency_ms: 1.5 is not an integer"),  # type: ignore[arg-type]
        (tf.Tallies(input_tokens=2**70), "^tallies.input_tokens: 1180591620717411303424 is not in"),
        (tf.Tallies(counterfactual_nano=-(2**60)), "^tallies.counterfactual_nano: -1152921504606846976 is not in"),
    ],
)
def test_a_tally_that_is_no_number_of_a_call_is_refused_and_its_hold_stays_open(
    led: tf.Ledger, tallies: tf.Tallies, message: str
) -> None:
    led.reserve("a", amounts=tf.Amounts(tokens=1), axes=tf.Axes())
    with pytest.raises(InvalidInput, match=message):
        led.settle("a", tf.Amounts(), tallies=tallies)
    with pytest.raises(InvalidInput, match=message):
        led.record("b", kind="hit", axes=tf.Axes(), tallies=tallies)
    assert [hold.id for hold in led.holds()] == ["a"]


def test_text_without_a_utf8_form_is_refused(led: tf.Ledger) -> None:
    with pytest.raises(InvalidInput, match="lone surrogate"):
        led.reserve("a\ud800", amounts=tf.Amounts(), axes=tf.Axes())
    with pytest.raises(InvalidInput, match="lone surrogate"):
        led.reserve("a", amounts=tf.Amounts(), axes=tf.Axes(project="\ud800"))


def test_an_aware_datetime_and_its_milliseconds_are_the_same_time(led: tf.Ledger) -> None:
    at = datetime.datetime(2026, 2, 16, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    hold = led.reserve("a", amounts=tf.Amounts(), axes=tf.Axes(), at=at)
    assert isinstance(hold, tf.Hold)
    assert hold.at == START_MS
    window = tf.Window("daily")
    assert window.bounds(at) == window.bounds(START_MS) == (START_MS, START_MS + DAY_MS)
    assert tf.Window("lifetime").bounds(at) == (0, None)


def test_entries_come_by_page_and_totals_by_axis(led: tf.Ledger, clock: Clock) -> None:
    for i in range(2500):
        axes = tf.Axes(project=f"p{i % 3}")
        led.record(f"c{i}", kind="hit", amounts=tf.Amounts(requests=1, tokens=i), axes=axes, at=START_MS + i)
    assert [entry.seq for entry in led.entries()] == list(range(2500))
    assert [entry.seq for entry in led.entries(after=2490)] == list(range(2491, 2500))
    assert [entry.seq for entry in led.entries(limit=3)] == [0, 1, 2]
    assert led.entries(limit=0) == []
    assert len(led.entries(start=START_MS + 100, until=START_MS + 110)) == 10
    totals = led.totals("project")
    assert {value: amounts.requests for value, amounts in totals.items()} == {"p0": 834, "p1": 833, "p2": 833}
    assert sum(amounts.tokens for amounts in totals.values()) == sum(range(2500))
    with pytest.raises(InvalidInput, match="axis: 'who'"):
        led.totals("who")  # type: ignore[arg-type]


def test_what_is_left_by_a_process_is_recovered_and_verified(tmp_path: Path, clock: Clock) -> None:
    with tf.Ledger.open(tmp_path / "books", clock=clock) as led:
        led.set_budgets([daily("cap", 100)])
        led.reserve("left", amounts=tf.Amounts(tokens=40), axes=tf.Axes(), detail=b"worst case")
        led.put("keys", "k", b"1")
        head = led.audit_head()
    with tf.Ledger.open(tmp_path / "books", clock=clock) as led:
        assert led.recovered == 1
        [entry] = led.entries()
        assert (entry.kind, entry.flags, entry.detail) == ("recovered", tf.EntryFlags.UNCERTAIN, b"worst case")
        assert led.balances()[0].posted == 40
        assert led.get("keys", "k") == b"1"
        assert led.items("keys") == [("k", b"1")]
        led.delete("keys", "k")
        assert led.get("keys", "k") is None
        verification = led.verify()
        assert verification.ok
        assert verification.size == 1
        assert led.audit_head().root == verification.root != head.root


def test_a_second_process_is_told_who_holds_the_directory_and_may_read(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.record("a", kind="hit", axes=tf.Axes())
        child = "import sys, tokenfoundry as tf\ntf.Ledger.open(sys.argv[1])"
        result = subprocess.run([sys.executable, "-c", child, tmp_path], capture_output=True, text=True, check=False)
        assert f"DirectoryBusy: {tmp_path} is open in process {os.getpid()}: " in result.stderr
        with pytest.raises(DirectoryBusy, match="this same process"):
            tf.Ledger.open(tmp_path)
        with tf.Ledger.open(tmp_path, read_only=True) as reader:
            assert len(reader.entries()) == 1
            with pytest.raises(InvalidState, match="read-only"):
                reader.record("b", kind="hit", axes=tf.Axes())
    with pytest.raises(NotFound):
        tf.Ledger.open(tmp_path / "nothing", read_only=True)


def test_a_closed_ledger_says_so(tmp_path: Path) -> None:
    led = tf.Ledger.open(tmp_path)
    led.close()
    led.close()
    with pytest.raises(InvalidState, match="closed"):
        led.balances()


def test_a_ledger_used_in_a_fork_says_so_and_the_parents_goes_on(led: tf.Ledger) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            led.record("a", kind="hit", axes=tf.Axes())
        except InvalidState as error:
            os._exit(0 if "open it after forking" in str(error) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    led.record("a", kind="hit", axes=tf.Axes())


def test_threads_on_a_budget_for_ten_take_exactly_ten(led: tf.Ledger) -> None:
    led.set_budgets([daily("ten", 10)])
    admitted: list[str] = []

    def call(i: int) -> None:
        if isinstance(led.reserve(f"c{i}", amounts=tf.Amounts(tokens=1), axes=tf.Axes()), tf.Hold):
            admitted.append(f"c{i}")

    threads = [threading.Thread(target=call, args=(i,)) for i in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == 10


def test_power_durability_has_the_same_answers(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path, durability="power") as led:
        led.set_budgets([daily("cap", 10)])
        assert isinstance(led.reserve("a", amounts=tf.Amounts(tokens=10), axes=tf.Axes()), tf.Hold)
        assert isinstance(led.reserve("b", amounts=tf.Amounts(tokens=1), axes=tf.Axes()), tf.Refusal)
        assert led.settle("a", tf.Amounts(tokens=1)).seq == 0
        led.put("settings", "k", b"v")
    with pytest.raises(InvalidInput, match="durability"):
        tf.Ledger.open(tmp_path, durability="none")  # type: ignore[arg-type]
