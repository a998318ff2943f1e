"""Starts PostgreSQL and Redis in directories of their own, on unix sockets, and ends them by their process ids.

Durable: both keep their logs on the disk that the other books are on. A server's CPU time is that of its process and
all of its children.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_S = 30
POSTGRES = Path("/usr/lib/postgresql/15/bin")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")

# What a server for this alone would set; the rest is the distribution's.
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_wal_size": "1GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
}


@dataclass(frozen=True, slots=True)
class Server:
    """`directory` holds the socket."""

    name: str
    version: str
    directory: str
    pid: int

    def cpu_us(self) -> float:
        """User and system time of the process and its children, dead ones included, to a hundredth of a second."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # It has ended meanwhile.
                fields = stat.read_text().rpartition(")")[2].split()
                parent, (own_user, own_system, dead_user, dead_system) = int(fields[1]), map(int, fields[11:15])
                if int(stat.parent.name) == self.pid:
                    ticks += own_user + own_system + dead_user + dead_system
                elif parent == self.pid:
                    ticks += own_user + own_system
        return ticks * 1e6 / TICKS_PER_S


def missing() -> list[str]:
    """The programs that are not installed."""
    programs = [POSTGRES / "initdb", POSTGRES / "postgres", Path("/usr/bin/redis-server")]
    return [str(program) for program in programs if not program.exists()]


@contextlib.contextmanager
def postgres() -> Iterator[Server]:
    """A fresh cluster. PostgreSQL refuses to run as root: then it runs as its own user."""
    user = "postgres" if os.geteuid() == 0 else None
    with _directory("postgres", user) as directory:
        where = ["-D", f"{directory}/data"]
        initdb = [
            str(POSTGRES / "initdb"),
            *where,
            "-U",
            "bench",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, timeout=START_S, **_as(user))
        settings = {**POSTGRES_SETTINGS, "unix_socket_directories": directory}
        command = [str(POSTGRES / "postgres"), *where]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        # SIGINT: it ends its connections and stops.
        with _running(command, directory, Path(directory, ".s.PGSQL.5432"), signal.SIGINT, user) as pid:
            yield Server("PostgreSQL", _version(command[0]), directory, pid)


@contextlib.contextmanager
def redis() -> Iterator[Server]:
    with _directory("redis", None) as directory:
        socket = Path(directory, "redis.sock")
        command = ["/usr/bin/redis-server", "--port", "0", "--unixsocket", str(socket), "--dir", directory]
        command += ["--appendonly", "yes", "--save", ""]
        with _running(command, directory, socket, signal.SIGTERM, None) as pid:
            yield Server("Redis", _version(command[0]), directory, pid)


@contextlib.contextmanager
def _directory(name: str, user: str | None) -> Iterator[str]:
    path = tempfile.mkdtemp(prefix=f"bench-{name}-")
    try:
        if user is not None:
            shutil.chown(path, user, user)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _running(command: list[str], directory: str, socket: Path, end: signal.Signals, user: str | None) -> Iterator[int]:
    with open(f"{directory}/diary", "wb") as diary:
        process = subprocess.Popen(command, stdout=diary, stderr=diary, stdin=subprocess.DEVNULL, **_as(user))
    try:
        _wait_until_ready(process, command, Path(directory), socket)
        yield process.pid
    finally:
        process.send_signal(end)
        try:
            process.wait(timeout=START_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], command: list[str], directory: Path, socket: Path) -> None:
    deadline = time.monotonic() + START_S
    diary = directory / "diary"
    while not (socket.exists() and b"ready to accept connections" in diary.read_bytes().lower()):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"bench ledger: {command[0]} did not start:\n{diary.read_text()[-2000:]}")
        time.sleep(0.05)


def _as(user: str | None) -> dict[str, Any]:
    """Popen's words for another user; a directory that the user may enter."""
    if user is None:
        return {"cwd": "/"}
    return {"cwd": "/", "user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _version(program: str) -> str:
    shown = subprocess.run([program, "--version"], check=True, capture_output=True, text=True, timeout=START_S).stdout
    words = shown.replace("v=", "").split()
    return next(word for word in words if word[0].isdigit())
