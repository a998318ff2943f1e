"""The C++ driver, `benchmarks/cpp/ledger`: the core without Python. `scripts/bench` builds it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

DRIVER = Path(__file__).resolve().parents[3] / "build" / "bench" / "benchmarks" / "cpp" / "tf_bench_ledger"


def measure(*words: object, seconds: int = 120) -> dict[str, float]:
    """What the driver prints, on a fresh directory."""
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as path:
        return run(words[0], path, *words[1:], seconds=seconds)


def run(what: object, path: str, *words: object, seconds: int = 120) -> dict[str, float]:
    command = [str(DRIVER), str(what), path, *map(str, words)]
    shown = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=seconds).stdout
    figures: dict[str, float] = json.loads(shown)
    return figures
