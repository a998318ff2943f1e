"""How long does a built-in report take, from hourly sums and from rows, and the export of a million rows; with how much
memory?

    scripts/bench reports                    2 million rows
    scripts/bench reports --calls 10000000   what the targets below are stated for

Targets: any built-in report over 10 million rows in 1 s from rollups and 5 s from rows, a million rows to Parquet in
10 s, each in less than 1 GB. The rival is the same query over a plain Parquet file of the rows with pandas, where it has
one; sums are compared before anything is timed. Each measurement is a process of its own, which has read the files once.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    print(f"{'report':12} {'from':8} {'seconds':>8} {'spread':>8} {'MB':>6} {'rows out':>9}")
    for name in built_in_reports():
        for reads in _READS:
            print_line(name, reads, in_own_process(year, calls, name, reads))
    print_line("pandas", "rows", in_own_process(year, calls, "pandas", "rows"))
    print_line("export", "parquet", in_own_process(year, calls, "export", "parquet"))


def print_line(name: str, reads: str, found: dict[str, Any]) -> None:
    line = f"{name:12} {reads:8} {found['seconds']:8.2f} {found['spread']:8.2f} {found['mb']:6} {found['rows']:9,}"
    print(line, flush=True)


def in_own_process(year: Path, calls: int, name: str, reads: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--calls", str(calls), "--exports", str(year), "--measure", name, reads]
    done: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return done


def measured(year: Path, name: str, reads: Any) -> dict[str, Any]:
    directory = ExportDirectory(year)
    asked: Callable[[], int]
    if name == "export":
        folder = Path(tempfile.mkdtemp(prefix="tokenfoundry-bench-"))
        begun = time.perf_counter()
        files = export_rows(directory, folder)
        seconds = [time.perf_counter() - begun]
        rows = len(files)
        shutil.rmtree(folder)
    else:
        settings = Settings.load(year / "tokenfoundry.yaml")
        if name == "pandas":
            asked = lambda: by_pandas(directory)  # noqa: E731
        else:
            report = built_in_reports()[name]
            asked = lambda: len(  # noqa: E731
                run_report(report, directory, reads=reads, tz="Europe/Rome", budgets=settings.budgets).rows
            )
        rows, seconds = asked(), []
        for _ in range(_TIMES):
            begun = time.perf_counter()
            asked()
            seconds.append(time.perf_counter() - begun)
    spread = max(seconds) - min(seconds)
    return {"seconds": statistics.median(seconds), "spread": spread, "mb": resident_mb(), "rows": rows}


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
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
