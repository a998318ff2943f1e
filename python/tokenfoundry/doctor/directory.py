"""The data directory: whether it can be written, what room it has, who holds it, whether the books can be read."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tokenfoundry.doctor.finding import Finding, failed, ok, skipped, warning
from tokenfoundry.errors import DataLoss, TokenFoundryError
from tokenfoundry.ledger import Ledger
from tokenfoundry.settings import Settings

_ABOUT = "data directory"
_LEAST_BYTES = 256 * 10**6
_BOOKS_BYTES = 10**9  # Room for the books beside a full cache.
_SERVER_FILE = "server.json"
_LOCKS = Path("/proc/locks")


def data_directory(settings: Settings) -> Iterator[Finding]:
    """Findings about it. Writes nothing, and opens nothing for writing."""
    path = Path(settings.data_dir)
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    if there.exists() and not there.is_dir():
        yield failed(_ABOUT, f"{there} is no directory", "name another `data_dir`")
        return
    if not os.access(there, os.W_OK | os.X_OK):
        advice = f"give the user {os.getuid()} the right to write there, or name another `data_dir`"
        yield failed(_ABOUT, f"{there} cannot be written", advice)
        return
    yield ok(_ABOUT, f"{path.resolve()} can be written" if there == path else f"{path} will be made when it is needed")
    yield _room(settings, there)
    books = path / "books"
    if not books.is_dir():
        yield skipped("books", "there are none yet")
        return
    holder = holder_of(books)
    if holder is not None:
        yield _held(path, holder)
        yield skipped("books", "not read while they are in use")
        return
    yield ok("lock", "no process holds the books")
    yield _books(books)


def _room(settings: Settings, path: Path) -> Finding:
    free = shutil.disk_usage(path).free
    wanted = _BOOKS_BYTES + (settings.cache.max_bytes if settings.cache.in_use else 0)
    said = f"{free / 10**9:.1f} GB free"
    if free < _LEAST_BYTES:
        return failed("disk", said, "make room: when the books cannot be written no call is served")
    if free < wanted:
        return warning(
            "disk",
            f"{said}, and the cache may take {settings.cache.max_bytes / 10**9:.1f} GB",
            "make room, or lower `cache.max_bytes`",
        )
    return ok("disk", said)


def holder_of(books: Path) -> int | None:
    """The process that holds the lock of the books; 0 when the system does not say which, None when there is none.

    It is read and not tried, as a lock that was tried would be in the way of a server that starts.
    """
    inode = str(books.stat().st_ino)
    try:
        locks = _LOCKS.read_text(encoding="ascii").splitlines()
    except OSError:
        locks = []
    for line in locks:
        fields = line.split()  # 1: FLOCK ADVISORY WRITE 4711 fe:00:15630499 0 EOF
        if len(fields) > 5 and fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == inode:
            return max(0, int(fields[4]))
    return None


def _held(path: Path, pid: int) -> Finding:
    who = f"process {pid}" if pid else "another process"
    try:
        server = json.loads((path / _SERVER_FILE).read_text(encoding="utf-8"))
        if server["pid"] == pid or not pid:
            return ok("lock", f"held by the server at {server['url']} ({who})")
    except (OSError, ValueError, KeyError, TypeError):
        pass
    advice = "end it, or run `tokenfoundry serve` once and point clients at it: one process at a time holds the books"
    return warning("lock", f"held by {who}, which is no `tokenfoundry serve`", advice)


def _books(books: Path) -> Finding:
    try:
        with Ledger.open(books, read_only=True) as ledger:
            entries, holds = ledger.audit_head().size, len(ledger.holds())
    except DataLoss as error:
        return failed("books", str(error), "restore the directory from a copy; `tokenfoundry audit verify` tells more")
    except TokenFoundryError as error:
        return failed("books", f"cannot be read: {error}", "see that this user may read every file in it")
    said = f"can be read: {entries} entries"
    if holds:
        return ok("books", f"{said}, {holds} holds of calls that were cut off, which the next start settles")
    return ok("books", said)
