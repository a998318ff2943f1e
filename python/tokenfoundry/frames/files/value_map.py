"""What the placeholders of data sets stand for, sealed in a file: one numbering for all files that use it.

First how many pieces were written for good, sealed, in a place of its own; then a sealed log (`privacy.sealed_log`) of
JSON: which columns were redacted, and the values in the order of their numbers. A value is on the disk, and counted,
before any output that names its placeholder: a map that was cut short is known by its count, wherever it was cut, and
nothing is numbered anew behind the cut. It is read whole into memory, about 300 bytes and the value for each. One
process at a time holds it.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import msgspec

from tokenfoundry.errors import Conflict, DataLoss, InvalidInput
from tokenfoundry.frames.files.outputs import disk_errors
from tokenfoundry.privacy.sealed import OVERHEAD_BYTES, Sealer, key_in_file, key_of_text
from tokenfoundry.privacy.sealed_log import LogReader, LogWriter, sync_directory

KEY_VARIABLE: Final = "TOKENFOUNDRY_MAP_KEY"
_PURPOSE: Final = "values of data sets"
_PIECE_VALUES: Final = 1000
# The count: a mark, and 8 bytes sealed. It is written in place, within one sector.
_MARK: Final = b"TFVALUES"
_COUNT: Final = struct.Struct("<Q")
_LOG_BEGIN: Final = len(_MARK) + _COUNT.size + OVERHEAD_BYTES


class ValueMap:
    """The values in the file at `path`; a context manager, which holds the file.

    The key is the secret text in `TOKENFOUNDRY_MAP_KEY`, or else a file beside it (`map.sealed.key`, mode 600, made
    with the first map): keep that apart from what the map belongs to. Raises `DataLoss` for a map that does not open
    with the key or was cut short, and `Conflict` for one that another process holds. With `must_exist` it is read only,
    as far as it is there. `repr` shows how many there are.
    """

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        if must_exist and not path.is_file():
            raise InvalidInput(f"there is no map {path}: it is what redact --map wrote")
        if not path.parent.is_dir():
            raise InvalidInput(f"cannot use {path}: there is no directory {path.parent}")
        self.path = path
        self.values: dict[str, str] = {}
        self.columns: list[str] = []
        with disk_errors(path):
            self._sealer = Sealer(_key(path)).derived(_PURPOSE)
            if not path.exists():
                self._make()
            self._file: BinaryIO = os.fdopen(os.open(path, os.O_RDWR), "r+b", buffering=0)
        try:
            self._hold()
            _beside(path).unlink(missing_ok=True)
            self._read(may_be_cut=must_exist)
            self._log = LogWriter(path, self._sealer, begin=_LOG_BEGIN)
        except BaseException:
            self._file.close()
            raise

    def _make(self) -> None:
        """The file with its count, which is never there without: who finds it empty knows that something was lost."""
        beside = _beside(self.path)
        with os.fdopen(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as made:
            made.write(self._counted(0))
            made.flush()
            os.fsync(made.fileno())
        try:
            os.link(beside, self.path)
        except FileExistsError:
            pass  # Another process was first: its map is used.
        except OSError:  # No hard links there: of two processes that begin a map at once, the later one's is used.
            beside.rename(self.path)
        sync_directory(self.path.resolve().parent)

    def _counted(self, pieces: int) -> bytes:
        return _MARK + self._sealer.seal(_COUNT.pack(pieces), place=_MARK)

    def _hold(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"another process uses the map {self.path} at this moment") from None

    def _read(self, *, may_be_cut: bool) -> None:
        log = LogReader(self.path, self._sealer, begin=_LOG_BEGIN)
        there = len(log.places())
        counted = self._count()
        if not may_be_cut and (counted is None or there < counted):
            raise DataLoss(
                f"the map {self.path} was cut short: put back a whole copy of it, or the same placeholder would stand "
                "for several values; restoring still works as far as it goes"
            )
        for piece in log:
            try:
                content = msgspec.json.decode(piece, type=dict[str, Any])
            except msgspec.DecodeError:
                raise DataLoss(f"{self.path} is no map of values") from None
            self.columns += [column for column in content.get("columns", ()) if column not in self.columns]
            self.values.update(content.get("values", ()))

    def _count(self) -> int | None:
        """How many pieces were written for good, or None where that itself was cut."""
        written = os.pread(self._file.fileno(), _LOG_BEGIN, 0)
        if not _MARK.startswith(written[: len(_MARK)]):
            raise DataLoss(f"{self.path} is no map of values")
        if len(written) < _LOG_BEGIN:
            return None
        return int(_COUNT.unpack(self._sealer.open(written[len(_MARK) :], place=_MARK))[0])

    def keep_columns(self, columns: Sequence[str]) -> None:
        """Notes what was redacted: what a restore looks at."""
        new = [column for column in columns if column not in self.columns]
        if new:
            self.columns += new
            self._log.append(msgspec.json.encode({"columns": new}))
            self._flush()

    def keep(self, values: Mapping[str, str]) -> None:
        """Once it returns, all of `values` survive a loss of power. Those of one kind come in the order of their
        numbers.
        """
        new = (item for item in values.items() if item[0] not in self.values)
        while piece := list(islice(new, _PIECE_VALUES)):
            self._log.append(msgspec.json.encode({"values": piece}))
            self.values.update(piece)
        self._flush()

    def _flush(self) -> None:
        with disk_errors(self.path):
            self._log.flush()
            self._log.sync()
            os.pwrite(self._file.fileno(), self._counted(self._log.count), 0)
            os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._log.close()
        self._file.close()

    def __repr__(self) -> str:
        return f"ValueMap({len(self.values)} values)"


def _beside(path: Path) -> Path:
    """Where a map is made."""
    return path.with_name(f"{path.name}.new")


def _key(path: Path) -> bytes:
    text = os.environ.get(KEY_VARIABLE)
    if text:
        return key_of_text(text)
    file = path.with_name(f"{path.name}.key")
    if path.exists() and not file.exists():
        raise InvalidInput(f"the key of {path} is missing: put it back at {file}, or state {KEY_VARIABLE}")
    return key_in_file(file)
