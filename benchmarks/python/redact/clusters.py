"""How many times as fast do two workers of Spark and of Ray redact a column as one? Seconds, and rows a second.

Each run is a local cluster of its own, in processes of its own, on the same Parquet file; one worker and two take
turns, and the best time of each counts. What comes out is compared: both redact every row alike. On a machine whose
cores are busy with something else this says nothing: two workers need two cores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from redact.rows import make_rows

HERE = Path(__file__).resolve().parent
ENGINES = ("spark", "ray")
ROW_GROUPS = 8
RUNS = 2
LONGEST_S = 600  # Of one run.


def main(*, quick: bool, peers: bool) -> None:
    rows = 20_000 if quick else 200_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.parquet"
        frame = pl.DataFrame({"note": make_rows(rows)})
        frame.write_parquet(path, row_group_size=rows // ROW_GROUPS)
        for engine in ENGINES:
            seconds: dict[int, float] = {}
            characters = set()
            for _ in range(1 if quick else RUNS):
                for workers in (1, 2):
                    answer = _run(engine, workers, path)
                    characters.add(answer["characters"])
                    seconds[workers] = min(answer["seconds"], seconds.get(workers, float("inf")))
            assert len(characters) == 1, "one worker and two must make the same"
            for workers, taken in seconds.items():
                name = f"{engine}, {workers} worker{'s'[: workers - 1]}"
                sys.stdout.write(
                    f"{name:18} {taken:7.1f} s {rows / taken:12,.0f} rows/s {seconds[1] / taken:6.2f} times\n"
                )
                sys.stdout.flush()


def _run(engine: str, workers: int, path: Path) -> dict[str, Any]:
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "RAY_USAGE_STATS_ENABLED": "0"}
    done = subprocess.run(
        [sys.executable, str(HERE / "cluster_worker.py"), engine, str(workers), str(path)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=LONGEST_S,
    )
    if done.returncode != 0:
        raise SystemExit(f"bench redact: {engine} with {workers} workers failed\n{done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
