"""What consumers of Arrow read is what the ledger lists."""

import contextlib
import datetime
import gc
import random
import resource
import threading
from pathlib import Path
from typing import Any

import msgspec
import polars
import pyarrow
import pytest

import tokenfoundry as tf
from tokenfoundry.errors import InvalidInput, InvalidState
from tokenfoundry.ledger import Burn, Change, EntryFlags, Sums, Tallies
from tokenfoundry.ledger.arrow import ArrowBatches, entry_batches, rollup_batches
from tokenfoundry.ledger.values import AXES, KINDS

START_MS = 1_771_200_000_000
TEXTS = [
    "",
    "claims",
    "perché no",
    "日本語",
    "🧾👩‍💻",
    "e\u0301",
    "\u0000nul",
    "\u202eright to left",
    "a" * 300,
    "\U0010ffff",
    " ",
]


class Clock:
    now = START_MS

    def __call__(self) -> int:
        return self.now


def random_axes(rng: random.Random) -> tf.Axes:
    return tf.Axes(**{axis: rng.choice(TEXTS) for axis in AXES})


def write_history(path: Path, *, steps: int, seed: int = 1) -> tf.Ledger:
    """Entries of every kind, burns and changes included; the ledger, opened a second time."""
    rng, clock = random.Random(seed), Clock()

    def amounts() -> tf.Amounts:
        return tf.Amounts(tokens=rng.randrange(100), money_nano=rng.choice([0, 1, 2**53]), requests=1)

    def tallies() -> Tallies:
        return Tallies(input_tokens=rng.randrange(1000), latency_ms=rng.choice([0, 2**53]), findings=-1)

    led = tf.Ledger.open(path, clock=clock)
    led.set_budgets(
        [
            tf.Budget(name="all", unit="tokens", window=tf.Window("daily"), hard=2**40),
            tf.Budget(name="each 🧾", each=["project"], unit="tokens", window=tf.Window("lifetime"), prepaid=True),
        ]
    )
    for i, project in enumerate(TEXTS):
        led.apply(f"grant {i}", Change(kind="grant", budget="each 🧾", each=(project,), amount=10**9, actor="añ",
                                             price_nano=5, price_currency="EUR", priority=-3, reason="📦"))  # fmt: skip
    used: list[int] = []
    for step in range(steps):
        clock.now += rng.choice([0, 1, 60_000])
        action, id = rng.random(), f"{rng.choice(TEXTS)[:9]}/{step}"
        detail = rng.randbytes(rng.choice([0, 0, 7, 200]))
        if action < 0.6:
            hold = led.reserve(id, amounts=tf.Amounts(tokens=50), axes=random_axes(rng), detail=detail)
            assert isinstance(hold, tf.Hold)
            if action < 0.4:
                flags = rng.choice([EntryFlags(0), EntryFlags.UNCERTAIN, EntryFlags.ESTIMATED])
                used.append(led.settle(id, amounts(), tallies=tallies(), flags=flags).seq)
            elif action < 0.55:
                led.void(id, detail=b"gone")
        elif action < 0.8:
            unheld = rng.choice(["hit", "refused", "rented"])
            led.record(id, kind=unheld, axes=random_axes(rng), tallies=tallies(), detail=detail)
        elif action < 0.9 and used:
            led.adjust(id, rng.choice(used), Sums(requests=1), actor="anna", reason=rng.choice(TEXTS))
        else:
            kind = rng.choice(["raise", "reset", "freeze"])
            until = clock.now + 1000 if kind == "raise" else None
            led.apply(id, Change(kind=kind, budget="all", amount=5 * (kind == "raise"), until=until, actor="bo"))
            if kind == "freeze":
                led.apply(f"{id}/thaw", Change(kind="unfreeze", budget="all", actor="bo"))
    led.close()
    led = tf.Ledger.open(path, clock=clock)
    assert led.recovered > 0
    return led


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> tf.Ledger:
    return write_history(tmp_path_factory.mktemp("books"), steps=3000)


def entries_arrow(led: tf.Ledger, *args: Any, **options: Any) -> ArrowBatches:
    return entry_batches(led._core, *args, **options)


def time_of(at_ms: int | None) -> datetime.datetime | None:
    return None if at_ms is None else datetime.datetime.fromtimestamp(at_ms // 1000, datetime.UTC).replace(
        microsecond=at_ms % 1000 * 1000
    )  # fmt: skip


def row_of(entry: tf.Entry) -> dict[str, Any]:
    change = entry.change
    return {
        "seq": entry.seq,
        "id": entry.id,
        "kind": entry.kind,
        "overrun": EntryFlags.OVERRUN in entry.flags,
        "uncertain": EntryFlags.UNCERTAIN in entry.flags,
        "estimated": EntryFlags.ESTIMATED in entry.flags,
        "at": time_of(entry.at),
        "posted_at": time_of(entry.posted_at),
        **msgspec.structs.asdict(entry.amounts),
        **msgspec.structs.asdict(entry.tallies),
        **{axis: getattr(entry.axes, axis) or None for axis in AXES},
        "session_start": time_of(entry.session_start or None),
        "of": entry.of,
        "actor": (change.actor if change else entry.actor) or None,
        "reason": (change.reason if change else entry.reason) or None,
        "detail": entry.detail,
        "burns": [{"grant": burn.grant, "amount": burn.amount} for burn in entry.burns],
        "change": change
        and {
            "kind": change.kind,
            "budget": change.budget,
            "each": None if change.each is None else list(change.each),
            "amount": change.amount,
            "start": time_of(change.start),
            "until": time_of(change.until),
            "priority": change.priority,
            "price_nano": change.price_nano,
            "price_currency": change.price_currency or None,
        },
    }


def test_the_history_has_entries_of_every_kind(led: tf.Ledger) -> None:
    entries = led.entries()
    assert {entry.kind for entry in entries} == set(KINDS)
    assert any(isinstance(burn, Burn) for entry in entries for burn in entry.burns)
    assert len(entries) > 2500


@pytest.mark.parametrize("batch_rows", [65_536, 100])
def test_pyarrow_reads_the_entries(led: tf.Ledger, batch_rows: int) -> None:
    table = pyarrow.table(entries_arrow(led, batch_rows=batch_rows))
    table.validate(full=True)
    assert table.to_pylist() == [row_of(entry) for entry in led.entries()]


@pytest.mark.parametrize("batch_rows", [65_536, 100])
def test_polars_reads_the_entries(led: tf.Ledger, batch_rows: int) -> None:
    frame = polars.DataFrame(entries_arrow(led, batch_rows=batch_rows))
    assert frame.to_dicts() == [row_of(entry) for entry in led.entries()]


def test_a_range_is_that_of_entries(led: tf.Ledger) -> None:
    middle = led.entries()[1500].at
    for arguments, options in [
        ((), {}),
        ((1000,), {}),
        ((1000, 1), {}),
        ((-1, 0), {}),
        ((10**12,), {}),
        ((), {"start": middle}),
        ((5, 200), {"until": middle}),
        ((), {"start": middle, "until": middle}),
    ]:
        table = pyarrow.table(entries_arrow(led, *arguments, **options))
        assert table["seq"].to_pylist() == [entry.seq for entry in led.entries(*arguments, **options)]


@pytest.mark.parametrize("read", [pyarrow.table, polars.DataFrame])
@pytest.mark.parametrize("batch_rows", [65_536, 7])
def test_rollups_are_those_of_the_ledger(led: tf.Ledger, read: Any, batch_rows: int) -> None:
    data = read(rollup_batches(led._core, batch_rows=batch_rows))
    rows = data.to_pylist() if isinstance(data, pyarrow.Table) else data.to_dicts()
    assert rows == [
        {
            "hour": time_of(rollup.hour),
            **{axis: getattr(rollup.axes, axis) or None for axis in AXES if axis != "session"},
            **{kind: rollup.entries.get(kind, 0) for kind in KINDS},
            "overruns": rollup.overruns,
            "uncertain": rollup.uncertain,
            "estimated": rollup.estimated,
            **msgspec.structs.asdict(rollup.amounts),
            **msgspec.structs.asdict(rollup.tallies),
        }
        for rollup in led.rollups()
    ]


def test_one_object_gives_a_stream_to_each_consumer(led: tf.Ledger) -> None:
    batches = entries_arrow(led)
    table = pyarrow.table(batches)
    assert pyarrow.table(batches) == table
    assert pyarrow.schema(batches) == table.schema
    assert polars.DataFrame(batches)["seq"].to_list() == table["seq"].to_pylist()


def test_an_empty_ledger_has_columns_and_no_rows(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        for batches in entries_arrow(led), led.rollups_arrow():
            assert pyarrow.table(batches).num_rows == 0
            assert polars.DataFrame(batches).shape == (0, len(pyarrow.schema(batches)))


def test_closing_the_ledger_ends_a_stream_with_an_error(tmp_path: Path) -> None:
    led = write_history(tmp_path, steps=300)
    batches = entries_arrow(led, batch_rows=50)
    reader = pyarrow.RecordBatchReader.from_stream(batches)
    batch = reader.read_next_batch()
    led.close()
    for _ in range(2):
        with pytest.raises(OSError, match="this ledger is closed"):
            reader.read_next_batch()
    with pytest.raises(InvalidState, match="this ledger is closed"):
        pyarrow.table(batches)
    assert batch["seq"].to_pylist() == list(range(50))
    with tf.Ledger.open(tmp_path) as again:  # The abandoned stream does not keep the directory.
        assert pyarrow.table(entries_arrow(again)).num_rows == len(again.entries())


def test_a_stream_keeps_the_ledger_that_nobody_closed(tmp_path: Path) -> None:
    led = write_history(tmp_path, steps=300)
    expected = [entry.id for entry in led.entries()]
    reader = pyarrow.RecordBatchReader.from_stream(entries_arrow(led, batch_rows=50))
    del led
    gc.collect()
    table = reader.read_all()
    del reader
    assert table["id"].to_pylist() == expected
    tf.Ledger.open(tmp_path).close()  # It went with the stream.


def test_closing_from_another_thread_never_crashes_a_stream(tmp_path: Path) -> None:
    for seed in range(5):
        led = write_history(tmp_path / str(seed), steps=200, seed=seed)
        count = len(led.entries())
        reader = pyarrow.RecordBatchReader.from_stream(entries_arrow(led, batch_rows=1))
        closing = threading.Timer(seed / 1000, led.close)
        closing.start()
        read: list[int] = []
        with contextlib.suppress(OSError):  # "this ledger is closed"
            for batch in reader:
                read += batch["seq"].to_pylist()
        assert read == list(range(len(read)))
        assert len(read) <= count
        closing.join()


def test_a_capsule_that_nobody_consumes_is_released(led: tf.Ledger) -> None:
    for _ in range(100):
        entries_arrow(led).__arrow_c_stream__()
        entries_arrow(led).__arrow_c_schema__()


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def test_a_long_ledger_streams_in_bounded_memory(tmp_path: Path) -> None:
    count, detail = 50_000, b"x" * 1000
    clock = Clock()
    with tf.Ledger.open(tmp_path, clock=clock) as led:
        for i in range(count):
            led.record(str(i), kind="hit", axes=tf.Axes(session=str(i)), detail=detail)
        stream = entries_arrow(led, batch_bytes=1 << 20)
        before, most, rows = resident_bytes(), 0, 0
        for batch in pyarrow.RecordBatchReader.from_stream(stream):
            assert batch.nbytes < 12 << 20
            rows += batch.num_rows
            most = max(most, resident_bytes())
    assert rows == count
    assert most - before < 40 << 20, "the entries are 60 MB"


def test_wrong_ranges_are_refused(led: tf.Ledger) -> None:
    with pytest.raises(InvalidInput, match="after"):
        entries_arrow(led, -2)
    with pytest.raises(InvalidInput, match="limit"):
        entries_arrow(led, limit=-1)
    with pytest.raises(InvalidInput, match="batch_rows"):
        entries_arrow(led, batch_rows=0)
