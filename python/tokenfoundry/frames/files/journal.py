"""What was done of a file, so that a run that was interrupted goes on where it was.

Lines of JSON beside the output. The first says which input and which work it is; each other one, written once all that
it speaks of is on the disk, says how far the run is. Offsets, counts and what the report says: no value that was found.
One process at a time holds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from tokenfoundry.errors import Conflict, InvalidInput
from tokenfoundry.frames.files.outputs import disk_errors
from tokenfoundry.privacy.sealed_log import sync_directory

_FORMAT: Final = 1
_END_BYTES: Final = 2**20
_SAMPLES: Final = 64
_SAMPLE_BYTES: Final = 64 * 1024


class Journal:
    """The journal of one output, locked. `marks` are those of the run before, in order; a context manager."""

    def __init__(self, target: Path, work: dict[str, Any], *, resume: bool, force: bool) -> None:
        """`work` is all that decides what the output becomes.

        Raises `Conflict` for a journal that is in the way, is held by another process, or is of other work.
        """
        self.path = journal_of(target)
        self.marks: list[dict[str, Any]] = []
        with disk_errors(self.path):
            self._file: BinaryIO = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        try:
            self._begin(target, {"format": _FORMAT, **work}, resume=resume, force=force)
        except BaseException:
            with suppress(OSError):  # A full disk takes what is still to be written no better now.
                self._file.close()
            raise

    def _begin(self, target: Path, work: dict[str, Any], *, resume: bool, force: bool) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"another process writes {target} at this moment") from None
        lines = self._lines()
        if lines and resume:
            if lines[0] != work:
                raise Conflict(_difference(lines[0], work, target))
            self.marks = lines[1:]
            return
        if lines and not force:
            raise Conflict(f"a run that was interrupted left {self.path.name}: --resume goes on, --force starts anew")
        self._file.seek(0)
        self._file.truncate()
        self._append(work)
        with disk_errors(self.path):
            sync_directory(self.path.resolve().parent)

    def _lines(self) -> list[dict[str, Any]]:
        """The whole lines; what was cut off after them is dropped."""
        whole = 0
        lines = []
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            try:
                lines.append(json.loads(line))
            except json.JSONDecodeError:
                break
            whole += len(line)
        self._file.truncate(whole)
        self._file.seek(whole)
        return lines

    def mark(self, state: dict[str, Any]) -> None:
        """Once it returns, a run that is interrupted goes on from here."""
        self.marks.append(state)
        self._append(state)

    def _append(self, line: dict[str, Any]) -> None:
        with disk_errors(self.path):
            self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def remove(self) -> None:
        """Nothing is left to go on with."""
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with suppress(OSError):  # A line that did not reach the disk is dropped by who goes on.
            self._file.close()


def journal_of(target: Path) -> Path:
    """Where the journal of `target` is."""
    return target.with_name(f"{target.name}.journal")


def fingerprint(path: Path) -> dict[str, Any]:
    """What tells a file from what it was: its size, when it was written, and a SHA-256 of its ends and of 64 places
    between them. Raises `InvalidInput` for one that cannot be read.
    """
    try:
        return _fingerprint(path)
    except OSError as error:
        raise InvalidInput(f"cannot use {path}: {error.strerror}") from None


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        digest = hashlib.sha256()
        between = max(0, status.st_size - 2 * _END_BYTES)
        offsets = [_END_BYTES + between * at // _SAMPLES for at in range(_SAMPLES if between else 0)]
        for offset, size in ((0, _END_BYTES), *((at, _SAMPLE_BYTES) for at in offsets)):
            file.seek(offset)
            digest.update(file.read(size))
        file.seek(max(0, status.st_size - _END_BYTES))
        digest.update(file.read())
    return {"size": status.st_size, "written_ns": status.st_mtime_ns, "sha256": digest.hexdigest()}


def work_digest(**parts: Any) -> str:
    """A short name of all that is given, equal for equal parts."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def check_paths(source: Path | None, target: Path, *, resume: bool, force: bool) -> None:
    """Raises `InvalidInput` for an output that cannot be, `Conflict` for one that is there already."""
    if not target.parent.is_dir():
        raise InvalidInput(f"cannot use {target}: there is no directory {target.parent}")
    if target.is_dir():
        raise InvalidInput(f"cannot use {target}: it is a directory")
    if source is not None and source.exists() and target.exists() and source.samefile(target):
        raise InvalidInput(f"the output is the input: {target} would be read and written at once; name another file")
    if target.exists() and not force and not (resume and journal_of(target).exists()):
        raise Conflict(f"{target} is there already: name another file, or --force to replace it")


def refuse_interrupted(target: Path, *, force: bool) -> None:
    """For a run that cannot be resumed. Raises `Conflict` where another one can, unless it is to be forgotten."""
    journal = journal_of(target)
    if not force and journal.exists():
        raise Conflict(f"a run that was interrupted left {journal.name}: go on with it, or --force to forget it")
    journal.unlink(missing_ok=True)


def _difference(before: dict[str, Any], now: dict[str, Any], target: Path) -> str:
    anew = "--force starts anew"
    if before.get("format") != now["format"]:
        return f"the journal of {target} is of another version: {anew}"
    if before.get("input") != now["input"]:
        return f"the input is not what it was when {target} was begun, so what was done of it cannot be used: {anew}"
    return f"{target} was begun with other columns, another policy or another map: give the same ones, or {anew}"
