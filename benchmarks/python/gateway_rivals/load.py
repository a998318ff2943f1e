"""The load generator and the mock provider, both in C++ so that neither is what is measured."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway_rivals import asking as asked
from gateway_rivals.processes import LOAD_CORE, process

BUILD = Path(__file__).resolve().parents[3] / "build" / "bench" / "benchmarks" / "cpp"


@dataclass(frozen=True, slots=True)
class Load:
    """How one run went. Latencies are microseconds by quantile, from when a request was due."""

    answered: int
    failed: int
    events: int
    waiting: int
    seconds: float
    first_byte_us: dict[str, int]
    total_us: dict[str, int]

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds


@contextmanager
def mock_provider(scratch: Path, *, interval_us: int) -> Iterator[str]:
    """Its address, for as long as the block lasts; streams have a piece every `interval_us`."""
    reply, stream = scratch / "reply", scratch / "stream"
    reply.write_bytes(asked.reply())
    stream.write_bytes(asked.stream())
    command = [str(BUILD / "tf_bench_mock"), str(reply), str(stream), str(interval_us)]
    with process(command, core=LOAD_CORE, log=scratch / f"mock-{interval_us}.log") as started:
        assert started.stdout is not None
        yield f"http://127.0.0.1:{int(started.stdout.readline())}/v1"


def asked_so_far(upstream: str) -> int:
    """How many requests the mock provider has had."""
    with urllib.request.urlopen(f"{upstream}/asked", timeout=10) as answer:
        return int(answer.read())


def load(port: int, files: tuple[Path, Path], *, connections: int, seconds: float, rate: float = 0) -> Load:
    """One run; `rate` 0 asks as fast as it is answered. Raises `SystemExit` when a request is not answered with 200."""
    head, bodies = files
    arguments = [str(port), str(head), str(bodies), str(connections), str(seconds), str(rate)]
    command = ["taskset", "-c", str(LOAD_CORE), str(BUILD / "tf_bench_load"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60)
    if done.returncode:
        raise SystemExit(done.stderr)
    made = Load(**json.loads(done.stdout))
    if made.failed or not made.answered:
        raise SystemExit(f"{made.failed} of {made.answered} requests failed: {done.stderr}")
    return made
