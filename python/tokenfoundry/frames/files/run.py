"""Files of any size, changed from beginning to end: read in pieces, written beside the output, marked as they go.

What decides what is left behind: a mistake in the input, the columns or the policy leaves nothing; an interruption or a
full disk leaves the part file and its journal, and no output; the output appears whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

from tokenfoundry._core import __version__
from tokenfoundry.errors import BlockedContent, Conflict, InvalidInput, MissingExtra
from tokenfoundry.frames.files.cells import Change, Place
from tokenfoundry.frames.files.formats import Format
from tokenfoundry.frames.files.journal import Journal, check_paths, fingerprint, refuse_interrupted, work_digest
from tokenfoundry.frames.files.outputs import Output, PartFile, StandardOutput, name_whole, part_of
from tokenfoundry.frames.files.progress import Mark, Pace, Progress, no_progress
from tokenfoundry.frames.files.records import blocks
from tokenfoundry.frames.files.sources import Source


@dataclass(frozen=True, slots=True)
class Files:
    """What is read and where it goes. None is standard input or output; between those nothing can be resumed."""

    source: Path | None
    target: Path | None
    format: Format
    columns: tuple[str, ...]
    target_format: Format
    delimiter: str | None = None

    def check(self) -> None:
        """Raises `InvalidInput`."""
        if self.format.name != self.target_format.name:
            raise InvalidInput(
                f"{self.source} is {self.format.name} and {self.target} is {self.target_format.name}: "
                "a file keeps its format"
            )
        if self.format.name == "parquet" and (self.source is None or self.target is None):
            raise InvalidInput("Parquet is read from its end: name a file to read and one to write")
        self.check_source()

    def check_source(self) -> None:
        """Raises `InvalidInput`, or `MissingExtra` where Parquet cannot be read."""
        if self.format.name == "parquet" and find_spec("pyarrow") is None:
            raise MissingExtra("pyarrow", "files")
        if not self.columns:
            raise InvalidInput("no columns are named: --columns note,comment")
        twice = [column for at, column in enumerate(self.columns) if column in self.columns[:at]]
        if twice:
            raise InvalidInput(f"the column {twice[0]!r} is named twice")
        if self.source is not None and not self.source.is_file():
            why = "it is a directory" if self.source.is_dir() else "No such file"
            raise InvalidInput(f"cannot use {self.source}: {why}")

    @property
    def existing_source(self) -> Path:
        """The file to read, where it cannot be standard input. Raises `InvalidInput`."""
        if self.source is None:
            raise InvalidInput("Parquet is read from its end: name a file to read")
        return self.source


class Steps(Protocol):
    """A run in one format."""

    def go_on(self, marks: Sequence[dict[str, Any]]) -> None:
        """Goes on after these marks, of which there is at least one."""
        ...

    def run(self, mark: Mark, progress: Progress) -> int:
        """Reads and writes all that is left; the rows of the whole file."""
        ...


def change_file(
    files: Files,
    change: Change,
    *,
    work: dict[str, Any],
    resume: bool = False,
    force: bool = False,
    pace: Pace | None = None,
    progress: Progress = no_progress,
) -> int:
    """Writes `files.target` with the texts of its columns changed; its rows. `work` is what else decides what becomes
    of them.

    Raises `InvalidInput` or `BlockedContent` for the input, which leave nothing; `StoreError` for the disk, which like
    an interruption leaves what `resume` goes on with; `Conflict` for an output or a journal that is in the way.
    """
    files.check()
    if files.source is None or files.target is None:
        return _stream(files, change, force, progress)
    check_paths(files.source, files.target, resume=resume, force=force)
    described = {
        "input": fingerprint(files.source),
        "work": work_digest(
            version=__version__,
            columns=files.columns,
            format=files.format,
            written=files.target_format,
            delimiter=files.delimiter,
            **work,
        ),
    }
    with Journal(files.target, described, resume=resume, force=force) as journal:
        last = journal.marks[-1] if journal.marks else {"output": 0}
        if "rows" in last:
            return _name_what_is_whole(files.target, change, journal)
        if last["output"] and _size(part_of(files.target)) < last["output"]:
            raise Conflict(f"what was begun of {files.target} is gone: --force starts anew")
        try:
            rows = _run(files, files.target, change, journal, pace or Pace(), progress)
        except (InvalidInput, BlockedContent):
            part_of(files.target).unlink(missing_ok=True)
            journal.remove()
            raise
        journal.remove()
        return rows


def _name_what_is_whole(target: Path, change: Change, journal: Journal) -> int:
    """What is left of a run that was interrupted at its very end."""
    last = journal.marks[-1]
    change.go_on(last["change"])
    if part_of(target).exists():
        name_whole(target)
    elif not target.exists():
        raise Conflict(f"what was begun of {target} is gone: --force starts anew")
    journal.remove()
    return cast(int, last["rows"])


def _run(files: Files, target: Path, change: Change, journal: Journal, pace: Pace, progress: Progress) -> int:
    last: dict[str, Any] = journal.marks[-1] if journal.marks else {"output": 0}
    with ExitStack() as opened:
        part = PartFile(target, files.target_format.compression, size=last["output"])
        opened.callback(part.close)
        steps = _steps(files, change, part, opened)
        if journal.marks:
            change.go_on(last["change"])
            steps.go_on(journal.marks)

        def keep(state: dict[str, Any]) -> None:
            change.sync()  # First what the output refers to, then the output, then the word that it is there.
            journal.mark({**state, "output": part.mark(), "change": change.state()})

        def mark(taken_bytes: int, state: Callable[[], dict[str, Any]]) -> None:
            if pace.is_due(taken_bytes):
                keep(state())

        rows = steps.run(mark, progress)
        keep({"rows": rows})
        part.finish()
    return rows


def _stream(files: Files, change: Change, force: bool, progress: Progress) -> int:
    """From standard input, or to standard output: nothing that could be resumed."""
    if files.target is not None:
        check_paths(None, files.target, resume=False, force=force)
        refuse_interrupted(files.target, force=force)
    with ExitStack() as opened:
        output: Output = StandardOutput()
        if files.target is not None:
            part = output = PartFile(files.target, files.target_format.compression)
            opened.callback(part.discard)
        rows = _RecordSteps(files, change, output, opened).run(lambda taken, state: None, progress)
        change.sync()
        output.finish()
    return rows


def _steps(files: Files, change: Change, part: PartFile, opened: ExitStack) -> Steps:
    if files.format.name == "parquet":
        # Only here: it needs pyarrow.
        from tokenfoundry.frames.files.parquet import ParquetFile, ParquetRewrite

        source = opened.enter_context(ParquetFile(files.existing_source, files.columns))
        return ParquetRewrite(source, change, part)
    return _RecordSteps(files, change, part, opened)


class _RecordSteps:
    def __init__(self, files: Files, change: Change, output: Output, opened: ExitStack) -> None:
        self._source = opened.enter_context(Source(files.source, files.format.compression))
        self._records = files.format.records(files.columns, files.delimiter)
        self._change = change
        self._output = output
        self._start: Place | None = None

    def go_on(self, marks: Sequence[dict[str, Any]]) -> None:
        self._start = Place(*marks[-1]["place"])
        self._records.go_on(marks[-1]["seen"])

    def run(self, mark: Mark, progress: Progress) -> int:
        place = self._start or Place()
        for block in blocks(self._source, self._records, self._start):
            self._output.write(block.with_texts(self._change.changed(block.cells)))
            place = block.end
            progress(self._source.taken_bytes, place.rows)
            mark(self._source.taken_bytes, lambda: {"place": block.end, "seen": self._records.seen()})  # noqa: B023
        return place.rows


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
