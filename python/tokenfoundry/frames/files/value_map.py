"""What the placeholders of data sets stand for, sealed in a file: one numbering for all files that use it.

A sealed log (`privacy.sealed_log`) of JSON: first which columns were redacted, then the values in the order of their
numbers. A value is on the disk before any output that names its placeholder. It is read whole into memory, about 300
bytes and the value for each. One process at a time holds it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import msgspec

from tokenfoundry.errors import Conflict, DataLoss, InvalidInput
from tokenfoundry.frames.files.outputs import disk_errors
from tokenfoundry.privacy.sealed import Sealer, key_in_file, key_of_text
from tokenfoundry.privacy.sealed_log import LogReader, LogWriter, sync_directory

KEY_VARIABLE: Final = "TOKENFOUNDRY_MAP_KEY"
_PURPOSE: Final = "values of data sets"
_PIECE_VALUES: Final = 1000


class ValueMap:
    """The values in the file at `path`; a context manager, which holds the file.

    The key is the secret text in `TOKENFOUNDRY_MAP_KEY`, or else a file beside it (`map.sealed.key`, mode 600, made
    with the first map): keep that apart from what the map belongs to. Raises `DataLoss` for a map that does not open
    with the key and `Conflict` for one that another process holds. `repr` shows how many there are.
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
            self._lock: BinaryIO = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb")
        try:
            self._hold()
            sealer = Sealer(_key(path)).derived(_PURPOSE)
            if not path.stat().st_size:
                sync_directory(path.resolve().parent)
            self._read(LogReader(path, sealer))
            self._log = LogWriter(path, sealer)
        except BaseException:
            self._lock.close()
            raise

    def _hold(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"another process uses the map {self.path} at this moment") from None

    def _read(self, log: LogReader) -> None:
        for piece in log:
            try:
                content = msgspec.json.decode(piece, type=dict[str, Any])
            except msgspec.DecodeError:
                raise DataLoss(f"{self.path} is no map of values") from None
            self.columns += [column for column in content.get("columns", ()) if column not in self.columns]
            self.values.update(content.get("values", ()))

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._log.close()
        self._lock.close()

    def __repr__(self) -> str:
        return f"ValueMap({len(self.values)} values)"


def _key(path: Path) -> bytes:
    text = os.environ.get(KEY_VARIABLE)
    if text:
        return key_of_text(text)
    file = path.with_name(f"{path.name}.key")
    if path.stat().st_size and not file.exists():
        raise InvalidInput(f"the key of {path} is missing: put it back at {file}, or state {KEY_VARIABLE}")
    return key_in_file(file)
