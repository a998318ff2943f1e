"""A rival over a column of text, in a process of its own: a JSON object per line on stdin, one per line on stdout.

    rival_worker.py presidio | presidio-patterns | piicleaner

    {"rows": [...]}     answers {"cpu_s": ..., "found": ...}

`cpu_s` is the CPU time of all of this process's threads for the rows as its own batch interface takes them; `found`
counts findings, or changed rows where it tells no more. The first line out is {"version": ...}. Runs in the rivals'
virtual environment: it imports nothing of this project.
"""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

Run = Callable[[list[str]], tuple[float, int]]


def presidio(*, names: bool) -> Run:
    """`BatchAnalyzerEngine` over the recognizers that `bench pii` asks: it only finds, nothing is replaced."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from presidio_analyzer import BatchAnalyzerEngine

    from pii.peer_worker import presidio_analyzer

    engine = BatchAnalyzerEngine(presidio_analyzer(names=names))

    def run(rows: list[str]) -> tuple[float, int]:
        start = time.process_time()
        found = sum(len(results) for results in engine.analyze_iterator(rows, language="en", batch_size=64))
        return time.process_time() - start, found

    return run


def piicleaner() -> Run:
    """Its expression of polars, which redacts; it knows no names and British forms above all."""
    import piicleaner  # noqa: F401 - adds its namespace to polars
    import polars as pl

    def run(rows: list[str]) -> tuple[float, int]:
        frame = pl.DataFrame({"text": rows})
        start = time.process_time()
        cleaned = frame.select(pl.col("text").pii.clean_pii("redact"))
        return time.process_time() - start, int((cleaned["text"] != frame["text"]).sum())

    return run


RIVALS: dict[str, tuple[Callable[[], Run], str]] = {
    "presidio": (lambda: presidio(names=True), "presidio-analyzer"),
    "presidio-patterns": (lambda: presidio(names=False), "presidio-analyzer"),
    "piicleaner": (piicleaner, "piicleaner"),
}


def main() -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # What a rival prints must not mix with the answers.
    make, package = RIVALS[sys.argv[1]]
    run = make()
    run(["Warm-up: write to mario.rossi@example.it"])
    print(json.dumps({"version": importlib.metadata.version(package)}), file=answers, flush=True)
    for line in sys.stdin:
        cpu_s, found = run(json.loads(line)["rows"])
        print(json.dumps({"cpu_s": cpu_s, "found": found}), file=answers, flush=True)


if __name__ == "__main__":
    main()
