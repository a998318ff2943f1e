"""`redact` and `count`: the engine on files, without a gateway."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, cast

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from tokenfoundry.cli.findings import BLOCK_CHARACTERS, Advance, findings_by_line, print_report
from tokenfoundry.cli.output import err, print_json, show, table
from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy import Detector, Profile, Redactor
from tokenfoundry.tokens import Tokenizer

_PROGRESS_FROM_BYTES = 4 * 1024 * 1024


def add_to(app: typer.Typer) -> None:
    app.command()(redact)
    app.command()(count)


def redact(
    file: Annotated[Path, typer.Argument(help="A UTF-8 text file, or a CSV file with --column; - is standard input.")],
    column: Annotated[
        list[str] | None, typer.Option(help="Treat FILE as CSV and redact this column; repeat for more.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write here instead of standard output.")
    ] = None,
    action: Annotated[
        str, typer.Option(help="pseudonymize ([EMAIL_ADDRESS_1]), redact ([EMAIL_ADDRESS]) or mask.")
    ] = "pseudonymize",
    entity: Annotated[list[str] | None, typer.Option(help="Look for this entity only; repeat for more.")] = None,
    profile: Annotated[str, typer.Option(help="How much to look for: minimal, default or strict.")] = "default",
    report: Annotated[
        bool, typer.Option("--report", help="Write no text; say what is found, where, how sure and why.")
    ] = False,
    delimiter: Annotated[str, typer.Option(help="The CSV delimiter.")] = ",",
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts, or the report, as JSON.")] = False,
) -> None:
    """Replace personal data in a text file or in columns of a CSV file; the counts go to standard error."""
    if report and (column or output):
        raise InvalidInput("--report reads a text and writes none: leave out --column and --output")
    detector = Detector(entities=entity or None, profile=cast(Profile, profile))
    named = dict.fromkeys(
        entity or (), action
    )  # What is asked for by name is replaced, even what is allowed by default.
    redactor = Redactor(detector, policy={"default": action, **named})
    if report:
        with _reading(file) as source, _progress(file) as advance:
            print_report(findings_by_line(source, redactor, advance), as_json=as_json)
        return
    counts: Counter[str] = Counter()
    with _reading(file, is_table=bool(column)) as source, _writing(output) as sink, _progress(file) as advance:
        if column:
            _redact_csv(source, sink, redactor, column, delimiter, counts, advance)
        else:
            _redact_text(source, sink, redactor, counts, advance)
    _print_counts(counts, as_json)


def _redact_text(source: IO[str], sink: IO[str], redactor: Redactor, counts: Counter[str], advance: Advance) -> None:
    session = redactor.session()
    stream = session.incoming()
    while block := source.read(BLOCK_CHARACTERS):
        sink.write(stream.feed(block))
        advance(len(block))
    sink.write(stream.close())
    counts.update(session.counts)


def _redact_csv(
    source: IO[str],
    sink: IO[str],
    redactor: Redactor,
    columns: list[str],
    delimiter: str,
    counts: Counter[str],
    advance: Advance,
) -> None:
    if len(delimiter) != 1:
        raise InvalidInput(f"--delimiter {delimiter!r}: needs one character")
    reader = csv.DictReader(source, delimiter=delimiter, strict=True)
    names = list(reader.fieldnames or [])
    if len(set(names)) < len(names):
        raise InvalidInput("two columns of the file have the same name")
    missing = [column for column in columns if column not in names]
    if missing:
        raise InvalidInput(f"the file has no column {missing[0]!r}; it has {', '.join(names) or 'no header'}")
    writer = csv.DictWriter(sink, names, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    try:
        for row in reader:
            if None in row or None in row.values():
                raise InvalidInput(f"line {reader.line_num} has not as many fields as the header")
            # Each row is a record of its own: its numbering starts at 1.
            session = redactor.session()
            for column in columns:
                row[column] = session.redact(row[column], label=column)
            counts.update(session.counts)
            writer.writerow(row)
            advance(sum(map(len, row.values())))
    except csv.Error as error:
        raise InvalidInput(f"line {reader.line_num} is not CSV: {error}") from None


def count(
    files: Annotated[list[Path], typer.Argument(help="UTF-8 text files; - is standard input.")],
    model: Annotated[str | None, typer.Option(help="Count as this model does.")] = None,
    tokenizer: Annotated[str, typer.Option(help="The tokenizer when no model is given.")] = "o200k_base",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Count the tokens of text files."""
    counter = Tokenizer.for_model(model) if model else Tokenizer.load(tokenizer)
    rows = []
    for file in files:
        with _reading(file) as source:
            text = source.read()
        rows.append({"file": str(file), "characters": len(text), "tokens": counter.count(text)})
    if as_json:
        print_json({"tokenizer": counter.name, "files": rows})
        return
    shown = [[escape(str(row["file"])), str(row["characters"]), str(row["tokens"])] for row in rows]
    show(table(f"Tokens ({counter.name})", ["file", "characters", "tokens"], shown))


@contextmanager
def _reading(file: Path, *, is_table: bool = False) -> Iterator[IO[str]]:
    """The file as UTF-8 text, line ends untouched; a byte order mark before a table's header is dropped.

    Raises `InvalidInput` when it is not there or not UTF-8.
    """
    try:
        if str(file) == "-":
            sys.stdin.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
            yield sys.stdin
        else:
            with file.open(encoding="utf-8-sig" if is_table else "utf-8", newline="") as source:
                yield source
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8 text: byte {error.start} of a block: {error.reason}") from None
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InvalidInput(f"cannot use {error.filename}: {error.strerror}") from None


@contextmanager
def _writing(output: Path | None) -> Iterator[IO[str]]:
    """Standard output, or a file that appears whole or not at all."""
    if output is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        yield sys.stdout
        return
    part = output.with_name(output.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as sink:
            yield sink
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _progress(file: Path) -> Iterator[Advance]:
    """A bar on a terminal, for a file large enough to wait for."""
    size = file.stat().st_size if file.is_file() else 0
    if size < _PROGRESS_FROM_BYTES or not err.is_terminal:
        yield Advance(None, size)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        yield Advance(progress, size)


def _print_counts(counts: Counter[str], as_json: bool) -> None:
    if as_json:
        err.print_json(data=dict(counts))
        return
    rows = [[entity, str(number)] for entity, number in counts.most_common()]
    if rows:
        show(table("Redacted", ["entity", "found"], rows), on=err)
    else:
        err.print("nothing was found")
