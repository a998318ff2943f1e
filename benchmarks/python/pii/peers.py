"""The rivals: their virtual environment, and the process that each runs in."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pii.scoring import Found
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
    _process: subprocess.Popen[str]

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

    def _exchange(self, question: dict[str, object]) -> dict[str, list]:  # type: ignore[type-arg]
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return _line(self.name, self._process)


def _line(name: str, process: subprocess.Popen[str]) -> dict[str, list]:  # type: ignore[type-arg]
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the process of {name} ended with code {process.wait()}")
    answer: dict[str, list] = json.loads(line)  # type: ignore[type-arg]
    return answer


@contextlib.contextmanager
def worker(python: Path, name: str) -> Iterator[Worker]:
    """Starts the rival, waits until it is loaded, and ends it on leaving."""
    command = [str(python), str(HERE / "peer_worker.py"), name]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            hello = _line(name, process)
            yield Worker(name, hello["started_ms"], hello["resident_mb"], hello["versions"], process)  # type: ignore[arg-type]
        finally:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
