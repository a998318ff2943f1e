"""A rival in a process of its own that answers questions: a line of JSON each way."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_END_S = 30


@dataclass(slots=True)
class RivalProcess:
    name: str
    _process: subprocess.Popen[str]

    def send(self, question: dict[str, Any]) -> None:
        """For two processes at once: send to both, then read both answers."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()

    def answer(self, *, within_s: float | None = None) -> dict[str, Any]:
        """The next answer. Raises `SystemExit` with a sentence when none comes."""
        stdout = self._process.stdout
        assert stdout is not None
        if not select.select([stdout], [], [], within_s)[0]:
            raise SystemExit(f"bench: {self.name} did not answer within {within_s} s")
        line = stdout.readline()
        if not line:
            raise SystemExit(f"bench: the process of {self.name} ended with code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def rival_process(name: str, command: Sequence[str]) -> Iterator[RivalProcess]:
    """Starts it, and ends it on leaving: its input is closed, and it is killed when that does not end it."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield RivalProcess(name, process)
        finally:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            try:
                process.wait(timeout=_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
