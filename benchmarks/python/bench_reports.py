"""How long does a built-in report take, from hourly sums and from rows, and the export of a million rows; with how much
memory?

    scripts/bench reports                    10 million rows, what the targets below are stated for
    scripts/bench reports --calls 2000000    fewer
    scripts/bench reports --only workflows   one of them; --store FOLDER keeps the rows elsewhere than in ~/.cache

Targets: any built-in report over 10 million rows in 1 s from rollups and 5 s from rows, a million rows to Parquet in
10 s, each in less than 1 GB. The rival is pandas over the same files: the sums of `intents` without its percentiles,
compared before anything is timed. Each measurement is a process of its own: `first` is what it took before anything was
loaded or read, DuckDB itself included, and `seconds` the median of what it took again.

The rows are drawn once and kept for the next run, until the code that draws and sums them is another.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import tokenfoundry.analytics
from tokenfoundry.analytics.demo_data import write_demo_data
from tokenfoundry.analytics.rows import ExportDirectory, Reads
from tokenfoundry.analytics.saved import built_in_reports, run_report
from tokenfoundry.exporters import export_rows
from tokenfoundry.settings import Settings

_TIMES = 3
_READS: tuple[Reads, ...] = ("rollups", "rows")
_DRAWN_BY = ("demo_data", "rows")  # Whose code decides what the files hold.


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--only", help="One report, or pandas, or export.")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser.add_argument("--store", type=Path, default=cache / "tokenfoundry-bench", help="Where the rows are kept.")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure is not None:
        year, name, reads = asked.measure
        print(json.dumps(measured(Path(year), name, reads)))
        return
    print_table(kept_year(asked.store, asked.calls), asked.only)


def kept_year(store: Path, calls: int) -> Path:
    """The rows that an earlier run kept, or new ones. One that was cut off left a folder that is drawn anew."""
    code = hashlib.sha256()
    folder = Path(tokenfoundry.analytics.__file__).parent
    for file in sorted(each for name in _DRAWN_BY for each in (folder / name).glob("*.py")):
        code.update(file.read_bytes())
    year = store / f"year-{calls}-{code.hexdigest()[:12]}"
    if not year.exists():
        for old in store.glob(f"year-{calls}-*"):
            shutil.rmtree(old)
        begun, drawn = time.perf_counter(), year.with_suffix(".part")
        write_demo_data(drawn, calls=calls)
        drawn.rename(year)
        print(f"drew {calls:,} rows in {time.perf_counter() - begun:.1f} s, {resident_mb()} MB")
    print(f"rows: {year}\n")
    return year


def print_table(year: Path, only: str | None) -> None:
    print(f"{'report':16}{'from':8}{'first':>7}{'seconds':>9}{'spread':>8}{'CPU s':>7}{'MB':>6}{'rows out':>12}")
    reports = [(name, reads) for name in built_in_reports() for reads in _READS]
    for name, reads in [*reports, ("pandas", "rows"), ("export", "parquet")]:
        if only in (None, name):
            print_line(name, reads, in_own_process(year, name, reads))


def print_line(name: str, reads: str, found: dict[str, Any]) -> None:
    times = f"{found['first']:7.2f}{found['seconds']:9.2f}{found['spread']:8.2f}{found['cpu']:7.2f}"
    print(f"{name:16}{reads:8}{times}{found['mb']:6}{found['rows']:12,}", flush=True)


def in_own_process(year: Path, name: str, reads: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--measure", str(year), name, reads]
    done: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return done


def measured(year: Path, name: str, reads: Any) -> dict[str, Any]:
    asked = question(year, name, reads)
    begun, begun_cpu = time.perf_counter(), time.process_time()
    rows = asked()
    first, seconds, times = time.perf_counter() - begun, [], 0 if name == "export" else _TIMES
    for again in range(times):
        begun = time.perf_counter()
        begun_cpu = time.process_time() if again == 0 else begun_cpu
        asked()
        seconds.append(time.perf_counter() - begun)
    return {
        "first": first,
        "seconds": statistics.median(seconds or [first]),
        "spread": max(seconds, default=0) - min(seconds, default=0),
        "cpu": (time.process_time() - begun_cpu) / max(1, times),
        "mb": resident_mb(),
        "rows": rows,
    }


def question(year: Path, name: str, reads: Any) -> Callable[[], int]:
    """What is asked again and again; it returns how many rows there were."""
    directory = ExportDirectory(year)
    if name == "export":
        return partial(exported, directory)
    if name == "pandas":
        return partial(by_pandas, directory)
    report, budgets = built_in_reports()[name], Settings.load(year / "tokenfoundry.yaml").budgets
    return lambda: len(run_report(report, directory, reads=reads, tz="Europe/Rome", budgets=budgets).rows)


def exported(directory: ExportDirectory) -> int:
    """The rows to Parquet, a file a month."""
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory(prefix="tokenfoundry-bench-") as folder:
        return sum(pq.read_metadata(file).num_rows for file in export_rows(directory, Path(folder) / "out"))


def by_pandas(directory: ExportDirectory) -> int:
    """Cost per intent without percentiles, and the same sums as ours."""
    import pandas

    columns = ["intent", "money_nano", "input_tokens", "output_tokens"]
    frames = [pandas.read_parquet(file, columns=columns) for file in directory.files("entries")]
    found = pandas.concat(frames).groupby("intent").sum()
    ours = run_report(built_in_reports()["intents"], directory)
    assert dict(zip(ours.column("intent"), ours.column("spent_nano"), strict=True)) == found["money_nano"].to_dict()
    return len(found)


def resident_mb() -> int:
    """The most that this process had in memory: what getrusage says is the parent's too."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    main()
