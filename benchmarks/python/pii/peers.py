"""The rivals: their virtual environment, and the process that each runs in."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pii.scoring import Found
from rivals_process import RivalProcess, rival_process
from rivals_venv import rivals_python

HERE = Path(__file__).resolve().parent
CHUNK = 50


def ready() -> Path:
    """The interpreter of the rivals' environment, made from the package registry if `requirements.txt` is news to it.

    Raises `SystemExit` with a sentence where that fails.
    """
    return rivals_python(
        "pii",
        HERE / "requirements.txt",
        installing="installing the rivals into .bench-venv/pii (a minute or two)",
        failed="bench pii: the rivals could not be installed (--no-peers leaves them out)",
    )


@dataclass(slots=True)
class Answer:
    findings: list[list[Found]]
    cpu_us: list[float]


@dataclass(slots=True)
class Worker:
    """One rival's process. `started_ms` and `resident_mb` are what loading it and one first text took."""

    name: str
    started_ms: float
    resident_mb: float
    versions: dict[str, str]
    _process: RivalProcess

    def ask(self, texts: Sequence[str], *, only: Sequence[str] | None = None) -> Answer:
        """Findings with the rival's own names, and CPU microseconds, for each text."""
        answer = Answer([], [])
        for at in range(0, len(texts), CHUNK):
            reply = self._exchange({"texts": texts[at : at + CHUNK], "only": only})
            answer.findings += [[Found(*found) for found in one] for one in reply["findings"]]
            answer.cpu_us += [nanoseconds / 1000 for nanoseconds in reply["cpu_ns"]]
            if len(texts) > 20 * CHUNK and at % (20 * CHUNK) == 0:
                sys.stderr.write(f"  {self.name}: {at:,} of {len(texts):,} texts\n")
        return answer

    def _exchange(self, question: dict[str, object]) -> dict[str, Any]:
        self._process.send(question)
        return self._process.answer()


@contextlib.contextmanager
def worker(python: Path, name: str) -> Iterator[Worker]:
    """Starts the rival, waits until it is loaded, and ends it on leaving."""
    with rival_process(name, [str(python), str(HERE / "peer_worker.py"), name]) as process:
        hello = process.answer()
        yield Worker(name, hello["started_ms"], hello["resident_mb"], hello["versions"], process)
