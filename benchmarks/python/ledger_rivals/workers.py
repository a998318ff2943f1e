"""The processes of the four, their virtual environment, and what is asked of them."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rivals_venv import rivals_python

HERE = Path(__file__).resolve().parent
ANSWER_S = 120


def clients_python() -> Path:
    """The interpreter with the rivals' clients, installed if `requirements.txt` is news to it.

    Raises `SystemExit` with a sentence where that fails.
    """
    return rivals_python(
        "ledger",
        HERE / "requirements.txt",
        installing="installing the rivals' clients into .bench-venv/ledger",
        failed="bench ledger: the clients could not be installed (--no-servers leaves them out)",
    )


@dataclass(slots=True)
class Worker:
    name: str
    _process: subprocess.Popen[str]

    def ask(self, do: str, **question: object) -> dict[str, Any]:
        self.send(do, **question)
        return self.answer()

    def send(self, do: str, **question: object) -> None:
        """For two workers at once: send to both, then read both answers."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **question}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        if not select.select([stdout], [], [], ANSWER_S)[0]:
            raise SystemExit(f"bench ledger: {self.name} did not answer within {ANSWER_S} s")
        line = stdout.readline()
        if not line:
            raise SystemExit(f"bench ledger: the process of {self.name} ended with code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def worker(python: Path, name: str, where: str, durability: str) -> Iterator[Worker]:
    """Opens the books in a process of their own, and closes them on leaving."""
    command = [str(python), str(HERE / "worker.py"), name, where, durability]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            one = Worker(name, process)
            one.answer()
            yield one
        finally:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
