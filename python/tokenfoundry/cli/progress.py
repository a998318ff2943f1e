"""Bars on a terminal, for files large enough to wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from tokenfoundry.cli.output import err

_FROM_BYTES = 4 * 1024 * 1024


@contextmanager
def progress(file: Path, doing: str) -> Iterator[Callable[[int, int], None]]:
    """Told the bytes of `file` that were read so far, and the rows: shows both, the speed and the time that is left."""
    size = file.stat().st_size if file.is_file() else 0
    if size < _FROM_BYTES or not err.is_terminal:
        yield lambda taken_bytes, rows: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(doing, total=size, rows=0)
        yield lambda taken_bytes, rows: bar.update(task, completed=taken_bytes, rows=rows)
