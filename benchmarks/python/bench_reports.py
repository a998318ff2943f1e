"""How long does a built-in report take, from hourly sums and from rows, and the export of a million rows; with how much
memory?

    scripts/bench reports                    2 million rows
    scripts/bench reports --calls 10000000   what the targets below are stated for

Targets: any built-in report over 10 million rows in 1 s from rollups and 5 s from rows, a million rows to Parquet in
10 s, each in less than 1 GB. The rival is pandas over the same files: the sums of `intents` without its percentiles,
compared before anything is timed. Each measurement is a process of its own, which has read the files once.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
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

import pyarrow.parquet as pq

from tokenfoundry.analytics.demo_data import write_demo_data
from tokenfoundry.analytics.rows import ExportDirectory, Reads
from tokenfoundry.analytics.saved import built_in_reports, run_report
from tokenfoundry.exporters import export_rows
from tokenfoundry.settings import Settings

_TIMES = 3
_READS: tuple[Reads, ...] = ("rollups", "rows")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2_000_000)
    parser.add_argument("--exports", type=Path, help="Demo data that was written before.")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure is not None:
        print(json.dumps(measured(asked.exports, *asked.measure)))
        return
    folder = Path(tempfile.mkdtemp(prefix="tokenfoundry-bench-"))
    try:
        year = asked.exports or folder / "year"
        if asked.exports is None:
            print_demo(year, asked.calls)
        print_table(year, asked.calls)
    finally:
        shutil.rmtree(folder)


def print_demo(year: Path, calls: int) -> None:
    begun = time.perf_counter()
    write_demo_data(year, calls=calls)
    print(f"demo data: {calls:,} rows in {time.perf_counter() - begun:.1f} s, {resident_mb()} MB\n")


def print_table(year: Path, calls: int) -> None:
    print(f"{'report':12} {'from':8} {'seconds':>8} {'spread':>8} {'CPU s':>8} {'MB':>6} {'rows out':>9}")
    for name in built_in_reports():
        for reads in _READS:
            print_line(name, reads, in_own_process(year, calls, name, reads))
    print_line("pandas", "rows", in_own_process(year, calls, "pandas", "rows"))
    print_line("export", "parquet", in_own_process(year, calls, "export", "parquet"))


def print_line(name: str, reads: str, found: dict[str, Any]) -> None:
    times = " ".join(f"{found[each]:8.2f}" for each in ("seconds", "spread", "cpu"))
    print(f"{name:12} {reads:8} {times} {found['mb']:6} {found['rows']:9,}", flush=True)


def in_own_process(year: Path, calls: int, name: str, reads: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--calls", str(calls), "--exports", str(year), "--measure", name, reads]
    done: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return done


def measured(year: Path, name: str, reads: Any) -> dict[str, Any]:
    asked = question(year, name, reads)
    rows, times = asked(), 1 if name == "export" else _TIMES
    seconds, begun_cpu = [], time.process_time()
    for _ in range(times):
        begun = time.perf_counter()
        asked()
        seconds.append(time.perf_counter() - begun)
    cpu = (time.process_time() - begun_cpu) / times
    spread = max(seconds) - min(seconds)
    return {"seconds": statistics.median(seconds), "spread": spread, "cpu": cpu, "mb": resident_mb(), "rows": rows}


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
