"""The processes of the four, their virtual environment, and what is asked of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rivals_process import RivalProcess, rival_process
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
    _process: RivalProcess

    def ask(self, do: str, **question: object) -> dict[str, Any]:
        self.send(do, **question)
        return self.answer()

    def send(self, do: str, **question: object) -> None:
        """For two workers at once: send to both, then read both answers."""
        self._process.send({"do": do, **question})

    def answer(self) -> dict[str, Any]:
        return self._process.answer(within_s=ANSWER_S)


@contextlib.contextmanager
def worker(python: Path, name: str, where: str, durability: str) -> Iterator[Worker]:
    """Opens the books in a process of their own, and closes them on leaving."""
    with rival_process(name, [str(python), str(HERE / "worker.py"), name, where, durability]) as process:
        one = Worker(name, process)
        one.answer()
        yield one
