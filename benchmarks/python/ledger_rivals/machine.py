"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from ledger_rivals.servers import Server


def lines(directory: str, servers: Iterable[Server]) -> list[str]:
    versions = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    versions += [f"{server.name} {server.version}" for server in servers]
    return [
        f"{_processor()}, {os.cpu_count()} cores, Linux {platform.release()}, {_file_system(directory)}",
        ", ".join(versions),
    ]


def syncs(directory: str, count: int = 50) -> dict[str, float]:
    """How many times a second the disk takes 4 KB appended to a file, one after the other."""
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        begin = time.perf_counter()
        for _ in range(count):
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
        return {"per_second": count / (time.perf_counter() - begin)}


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(directory: str) -> str:
    """Where nothing can be lost to a power loss, `power` costs nothing: said, since it makes the figures worthless."""
    mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    path = Path(directory).resolve()
    _, kind = max((len(where), kind) for where, kind in mounts if path.is_relative_to(where))
    return f"{kind} (memory: syncs cost nothing; set TMPDIR to a disk)" if kind == "tmpfs" else str(kind)
