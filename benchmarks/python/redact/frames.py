"""How many MB of text a second does one core redact, in a column of pandas, polars and DuckDB? 10^6 bytes of UTF-8 per
second of CPU time, all threads together; one run.

Before anything is timed it is asserted that they agree, that what they make goes back to what it was, and that no
planted address is left. DuckDB and polars's streaming engine number in an order of their own, so those are compared
restored. The rivals see the first rows alone, and are compared by their rate.

Rows repeat themselves, as columns do, and a row that comes again is cheap: how many are distinct is said, and pandas
redacts those alone too, each once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl

import tokenfoundry as tf
import tokenfoundry.frames.pandas
import tokenfoundry.frames.polars
from redact.rows import make_rows
from rivals_process import rival_process
from rivals_venv import rivals_python
from tokenfoundry.frames import duckdb as sql

HERE = Path(__file__).resolve().parent
GOALS_MB_PER_S = {False: 100, True: 20}  # Without names, with.
RIVALS = {"piicleaner": False, "presidio-patterns": False, "presidio": True}  # Whether they look for names.


@dataclass(frozen=True, slots=True)
class Size:
    rows: int
    checked_rows: int
    rival_rows: dict[str, int]


FULL = Size(1_000_000, 20_000, {"piicleaner": 50_000, "presidio-patterns": 1_000, "presidio": 500})
QUICK = Size(20_000, 5_000, {})

Redact = Callable[[tf.FrameSession], Any]


def through_pandas(rows: list[str]) -> Redact:
    series = pd.Series(rows, name="note")
    return lambda session: series.pii.redact(session=session)


def through_polars(rows: list[str]) -> Redact:
    frame = pl.DataFrame({"note": rows})
    return lambda session: frame.select(pl.col("note").pii.redact(session=session))["note"]


def through_polars_streaming(rows: list[str]) -> Redact:
    frame = pl.LazyFrame({"note": rows})
    return lambda session: frame.select(pl.col("note").pii.redact(session=session)).collect(engine="streaming")["note"]


def through_duckdb(rows: list[str]) -> Redact:
    table = pl.DataFrame({"note": rows}).to_arrow()

    def redact(session: tf.FrameSession) -> Any:
        with closing(duckdb.connect()) as connection:
            sql.register(connection, session=session)
            connection.register("notes", table)
            return connection.sql("select pii_redact(note) as note from notes").pl()["note"]

    return redact


THROUGH = {
    "pandas": through_pandas,
    "polars": through_polars,
    "polars, streaming": through_polars_streaming,
    "DuckDB": through_duckdb,
}


def redactor(*, names: bool) -> tf.Redactor:
    return tf.Redactor(tf.Detector(None if names else [name for name in tf.entities("default") if name != "PERSON"]))


def check(rows: list[str]) -> None:
    """Raises `AssertionError` unless all of them say the same."""
    expected = tf.FrameSession(redactor(names=True)).redact_texts(rows)
    assert sum(text != row for text, row in zip(expected, rows, strict=True)) > len(rows) / 10
    assert not any("@example." in text for text in expected)
    for name, through in THROUGH.items():
        session = tf.FrameSession(redactor(names=True))
        texts = through(rows)(session).to_list()
        assert name in ("polars, streaming", "DuckDB") or texts == expected, name
        assert session.restore_texts(texts) == rows, name


def measured(size: Size) -> Iterator[str]:
    """The lines of the table, as they are known."""
    rows = make_rows(size.rows)
    check(rows[: size.checked_rows])
    megabytes = sum(len(row.encode()) for row in rows) / 1e6
    distinct = list(dict.fromkeys(rows))
    each = 1e6 * megabytes / size.rows
    yield f"{size.rows:,} rows, {len(distinct):,} distinct, {megabytes:.0f} MB, {each:.0f} bytes each"
    ours: dict[bool, float] = {}
    for names, goal in GOALS_MB_PER_S.items():
        used = redactor(names=names)
        what = "with names" if names else "without names"
        for name, through in THROUGH.items():
            rate, here = rates(through(rows), used, megabytes)
            ours[names] = min(rate, ours.get(names, rate))
            mark = "" if rate >= goal else f"   (goal {goal})"
            yield f"{name + ', ' + what:34} {rate:8.1f} MB/s a core   {here:8.1f} MB/s here{mark}"
        rate, here = rates(through_pandas(distinct), used, sum(len(row.encode()) for row in distinct) / 1e6)
        yield f"{'no row twice, ' + what:34} {rate:8.1f} MB/s a core   {here:8.1f} MB/s here"
    for name, rival_rows in size.rival_rows.items():
        yield rival_line(name, rows[:rival_rows], ours[RIVALS[name]])


def rates(redact: Redact, used: tf.Redactor, megabytes: float) -> tuple[float, float]:
    """MB per second of CPU time, and of time."""
    session = tf.FrameSession(used)
    start, clock = time.process_time(), time.perf_counter()
    redact(session)
    return megabytes / (time.process_time() - start), megabytes / (time.perf_counter() - clock)


def rival_line(name: str, rows: list[str], ours: float) -> str:
    python = rivals_python(
        "redact",
        HERE / "requirements.txt",
        installing="installing the rivals into .bench-venv/redact (a minute or two)",
        failed="bench redact: the rivals could not be installed (--no-peers leaves them out)",
    )
    with rival_process(name, [str(python), str(HERE / "rival_worker.py"), name]) as process:
        version = process.answer()["version"]
        process.send({"rows": rows})
        answer = process.answer()
    assert answer["found"] > 0, name
    rate = sum(len(row.encode()) for row in rows) / 1e6 / answer["cpu_s"]
    return (
        f"{f'{name} {version}, {len(rows):,} rows':34} {rate:8.3f} MB/s a core   ours is {ours / rate:,.0f} times that"
    )


def main(*, quick: bool, peers: bool) -> None:
    size = QUICK if quick else FULL
    for line in measured(size if peers else Size(size.rows, size.checked_rows, {})):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
