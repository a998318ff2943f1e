"""Files redacted and restored: what the commands and notebooks call."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.files.formats import format_of
from tokenfoundry.frames.files.progress import Pace, Progress, no_progress
from tokenfoundry.frames.files.redacting import Redacting, Restoring
from tokenfoundry.frames.files.run import Files, change_file
from tokenfoundry.frames.files.value_map import ValueMap
from tokenfoundry.frames.report import Report
from tokenfoundry.privacy import Redactor


def redact_file(
    source: str | Path | None,
    target: str | Path | None,
    *,
    columns: Sequence[str],
    redactor: Redactor | None = None,
    map: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    threads: int | None = None,
    format: str | None = None,
    delimiter: str | None = None,
    pace: Pace | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Redacts `columns` of a CSV, JSON-lines or Parquet file of any size into another one; what was found.

    Everything else stays as it is written: the dialect of CSV, other fields of JSON to the byte, the schema, row
    groups, compression and metadata of Parquet. A column of JSON lines or Parquet may be a path, such as
    `messages.content`, through lists. `.gz` and `.zst` are unpacked and packed. None is standard input or output, for
    CSV and JSON lines.

    Without `map` each row is a record of its own, numbered from 1, and memory stays bounded. With it, a file of sealed
    values (`ValueMap`), there is one numbering for all files that use it, `restore_file` brings the values back, and
    memory grows with them.

    `target` appears whole or not at all. After an interruption `resume` goes on where it was; `force` replaces an
    output, and begins anew where there is something to resume.

    Raises `InvalidInput` for a mistake in the input or the columns and `BlockedContent` for what the policy blocks,
    naming row and column, which leave nothing; `StoreError` for the disk; `Conflict` for what is in the way;
    `MissingExtra` where Parquet or zstd need one.
    """
    files = _files(source, target, columns, format, delimiter)
    redactor = redactor or Redactor()
    with ExitStack() as opened:
        value_map = opened.enter_context(ValueMap(Path(map))) if map is not None else None
        change = Redacting(redactor, columns, value_map=value_map, threads=threads or os.cpu_count() or 1)
        change.report.rows = change_file(
            files,
            change,
            work={"policy": stated(redactor), "map": map and os.path.abspath(map)},
            resume=resume,
            force=force,
            pace=pace,
            progress=progress,
        )
    return change.report


def restore_file(
    source: str | Path | None,
    target: str | Path | None,
    *,
    map: str | Path,
    columns: Sequence[str] | None = None,
    resume: bool = False,
    force: bool = False,
    format: str | None = None,
    delimiter: str | None = None,
    pace: Pace | None = None,
    progress: Progress = no_progress,
) -> int:
    """Puts the values of `map` back into a file that `redact_file` made; how many texts changed.

    `columns` are those that were redacted with this map, unless stated. Raises as `redact_file` does, `InvalidInput`
    also for a placeholder that has no value in the map, and `DataLoss` for a map that was changed or sealed with
    another key.
    """
    with ValueMap(Path(map), must_exist=True) as value_map:
        columns = columns or value_map.columns
        if not columns:
            raise InvalidInput(f"{map} does not say which columns were redacted: state --columns")
        files = _files(source, target, columns, format, delimiter)
        change = Restoring(value_map.values, columns)
        work = {"restore": os.path.abspath(map), "values": len(value_map.values)}
        change_file(files, change, work=work, resume=resume, force=force, pace=pace, progress=progress)
    return change.restored


def stated(redactor: Redactor) -> dict[str, Any]:
    """What decides what a redactor does, for `work_digest`."""
    detector = {name: value for name, value in redactor.detector.arguments.items() if name != "cache_dir"}
    return {"detector": detector, "policy": repr(redactor.policy), "key": redactor.key_mark}


def _files(
    source: str | Path | None,
    target: str | Path | None,
    columns: Sequence[str],
    format: str | None,
    delimiter: str | None,
) -> Files:
    if isinstance(columns, str):
        raise InvalidInput(f"columns must be a list, not the text {columns!r}")
    read = None if source is None else Path(source)
    written = None if target is None else Path(target)
    of_source = format_of(read, format or (None if read else _name_of(written)))
    of_target = format_of(written, format or of_source.name) if written is None else format_of(written, format)
    return Files(read, written, of_source, tuple(columns), of_target, delimiter)


def _name_of(path: Path | None) -> str | None:
    return None if path is None else format_of(path).name
