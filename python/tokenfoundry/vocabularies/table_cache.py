"""Tables that were built on this machine, so that a vocabulary is built once and then mapped in some milliseconds.

A file is named by the SHA-256 of everything it was built from, the version of the package included, is written beside
its place and renamed, and holds a digest of its own bytes. So it is either whole or built again. The folder is
`TOKENFOUNDRY_VOCABULARIES`, or `tokenfoundry/vocabularies` in the user's cache folder (`XDG_CACHE_HOME`, else
`~/.cache`). The newest are kept, some 256 MB; what cannot be written stays in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import tempfile
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from tokenfoundry import _core
from tokenfoundry.errors import InvalidState, NotFound, StoreError

MAX_BYTES: Final = 256 * 2**20
T = TypeVar("T")
_NOT_KEPT: Final = (NotFound, InvalidState, StoreError)

_BUILDER: Final = 3  # Raised when the same file gives another table, so that those of before are not found.


def folder() -> pathlib.Path:
    """Where the tables lie."""
    named = os.environ.get("TOKENFOUNDRY_VOCABULARIES")
    if named:
        return pathlib.Path(named)
    home = os.environ.get("XDG_CACHE_HOME")
    return pathlib.Path(home) / "tokenfoundry/vocabularies" if home else _in_home()


def key_of(*parts: bytes | str) -> str:
    """What a table that is built from these parts is called."""
    digest = hashlib.sha256(f"{_core.__version__} {_BUILDER}".encode())
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(content))
        digest.update(content)
    return digest.hexdigest()


def open_table(key: str, build: Callable[[], bytes], opened: Callable[[str | bytes], T]) -> T:
    """What `opened` makes of the file of a table, or of its bytes where no file can be kept."""
    path = folder() / f"{key}.tfv"
    with contextlib.suppress(*_NOT_KEPT):  # Not there, not to be read, or damaged: it is built again.
        found = opened(str(path))
        with contextlib.suppress(OSError):
            os.utime(path)
        return found
    table = build()
    try:
        _write(path, table)
        return opened(str(path))
    except (OSError, *_NOT_KEPT):
        return opened(table)


def _write(path: pathlib.Path, table: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _make_room(path.parent.glob("*.tfv"), MAX_BYTES - len(table))
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(table)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            pathlib.Path(file.name).unlink(missing_ok=True)
            raise


def _make_room(tables: Iterable[pathlib.Path], most_bytes: int) -> None:
    """Deletes the tables that were used longest ago; a process that has one mapped keeps it."""
    kept_bytes = 0
    dated = []
    for table in tables:
        with contextlib.suppress(FileNotFoundError):  # Another process makes room, too.
            found = table.stat()
            dated.append((found.st_mtime, found.st_size, table))
    for _, size_bytes, table in sorted(dated, reverse=True):
        kept_bytes += size_bytes
        if kept_bytes > most_bytes:
            table.unlink(missing_ok=True)


def _in_home() -> pathlib.Path:
    try:
        return pathlib.Path.home() / ".cache/tokenfoundry/vocabularies"
    except RuntimeError:  # A user without a home: a folder that cannot be made, so nothing is kept.
        return pathlib.Path(os.devnull) / "vocabularies"
