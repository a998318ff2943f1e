"""`redact` and `restore`: the engine on files, without a gateway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from tokenfoundry.cli.findings import findings_by_line, print_report
from tokenfoundry.cli.options import ConfigFileOption, names
from tokenfoundry.cli.output import err, print_json, show, table
from tokenfoundry.cli.progress import progress
from tokenfoundry.cli.reading import reading
from tokenfoundry.cli.redaction import redactor_of
from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.files import ValueMap, redact_file, restore_file
from tokenfoundry.frames.files.formats import is_table
from tokenfoundry.frames.files.journal import journal_of
from tokenfoundry.frames.files.outputs import write_whole
from tokenfoundry.frames.files.redacting import KnownPlaceholders, restoring_session
from tokenfoundry.frames.files.texts import change_text
from tokenfoundry.frames.report import Report
from tokenfoundry.privacy import Redactor

_REPORTS = (".json", ".html")

ColumnsOption = Annotated[
    list[str] | None,
    typer.Option(help="Columns by name, note,comment; in JSON lines and Parquet also paths, messages.content."),
]
FormatOption = Annotated[
    str | None, typer.Option(help="csv, jsonl or parquet, where the name of the file does not say it.")
]
DelimiterOption = Annotated[
    str | None, typer.Option(help="The CSV delimiter, where it is none of comma, semicolon, tab and bar.")
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on with what was interrupted.")]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace OUT, and begin anew where something was interrupted.")
]


class _WithReport(TyperCommand):
    """`--report` alone, or followed by the file that the report goes to."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for at, arg in enumerate(args):
            if arg == "--":
                break
            follows = args[at + 1] if at + 1 < len(args) else ""
            if arg == "--report" and not follows.lower().endswith(_REPORTS):
                args = [*args[:at], "--report=", *args[at + 1 :]]
        return super().parse_args(ctx, args)


def add_to(app: typer.Typer) -> None:
    app.command(cls=_WithReport)(redact)
    app.command()(restore)


def redact(
    file: Annotated[
        Path,
        typer.Argument(help="A UTF-8 text, or with --columns CSV, JSON lines or Parquet; - is standard input."),
    ],
    out: Annotated[Path | None, typer.Argument(help="Where it goes: there whole or not at all.")] = None,
    columns: ColumnsOption = None,
    column: Annotated[
        list[str] | None, typer.Option(help="One column, whose name may have a comma; repeat for more.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="As OUT, and replaces what is there.")] = None,
    action: Annotated[
        str | None,
        typer.Option(help="For all that --policy does not name: pseudonymize ([EMAIL_ADDRESS_1]), redact or mask."),
    ] = None,
    policy: Annotated[
        list[str] | None, typer.Option(help="What is done with an entity: IBAN_CODE=mask,SECRET=block,default=redact.")
    ] = None,
    config: ConfigFileOption = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="Where the key of hashes and surrogates is kept, 16 characters or more: env:NAME, file:/path."
        ),
    ] = None,
    entity: Annotated[list[str] | None, typer.Option(help="Look for this entity only; repeat for more.")] = None,
    entities: Annotated[list[str] | None, typer.Option(help="The same, with commas.")] = None,
    languages: Annotated[
        list[str] | None, typer.Option(help="Whose words beside a value are understood: it,en.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="How much to look for: minimal, default or strict.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="At most; as many as there are cores.")] = None,
    map: Annotated[
        Path | None,
        typer.Option(help="Keep the values here, sealed, with one numbering for all files: restore brings them back."),
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(
            help="Alone: write no text, say what is found, where, how sure and why. With a name in .json or .html: "
            "write there what was found in the columns, values hidden."
        ),
    ] = None,
    resume: ResumeOption = False,
    force: ForceOption = False,
    format: FormatOption = None,
    delimiter: DelimiterOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the counts as JSON, and with OUT the report on standard output.")
    ] = False,
) -> None:
    """Replace personal data in a text, or in columns of a data set of any size; the counts go to standard error."""
    wanted = names(columns) + (column or [])
    target = _target(out, output)
    _check_report(report, wanted, target)
    redactor = redactor_of(
        config=config,
        policy=names(policy),
        action=action,
        entities=(entity or []) + names(entities),
        languages=names(languages),
        profile=profile,
        key=key,
    )
    if report == "":
        with reading(file) as source, progress(file, "reading") as told:
            print_report(findings_by_line(source, redactor, told), as_json=as_json)
        return
    force = force or (output is not None and not journal_of(output).exists())
    if not wanted:
        _refuse_tables(file)
        _print_counts(_redact_text(file, target, redactor, map, force), as_json)
        return
    with _interruptible(target), progress(file, "redacting") as told:
        found = redact_file(
            _path(file),
            target,
            columns=wanted,
            redactor=redactor,
            map=map,
            resume=resume,
            force=force,
            threads=threads,
            format=format,
            delimiter=delimiter,
            progress=told,
        )
    if report:
        _write_report(Path(report), found)
    _print_counts(found.counts, as_json)
    if as_json and target is not None:
        print_json(found.to_dict())


def restore(
    file: Annotated[Path, typer.Argument(help="What redact --map wrote; - is standard input.")],
    out: Annotated[Path | None, typer.Argument(help="Where it goes: there whole or not at all.")] = None,
    map: Annotated[Path, typer.Option(help="The sealed values.")] = ...,  # type: ignore[assignment]
    columns: ColumnsOption = None,
    resume: ResumeOption = False,
    force: ForceOption = False,
    format: FormatOption = None,
    delimiter: DelimiterOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Put the values of a map back into what `redact --map` wrote; the columns are those that were redacted."""
    if not columns and format is None and not is_table(_path(file)):
        _restore_text(file, out, map, force)
        return
    with _interruptible(out), progress(file, "restoring") as told:
        restored = restore_file(
            _path(file),
            out,
            map=map,
            columns=names(columns) or None,
            resume=resume,
            force=force,
            format=format,
            delimiter=delimiter,
            progress=told,
        )
    if as_json:
        err.print_json(data={"restored": restored})
    else:
        err.print(f"{restored:,} texts restored")


def _redact_text(file: Path, target: Path | None, redactor: Redactor, map: Path | None, force: bool) -> dict[str, int]:
    with ExitStack() as opened:
        value_map = opened.enter_context(ValueMap(map)) if map is not None else None
        session = redactor.resumed(value_map.values) if value_map else redactor.session()
        stream = session.incoming()
        told = opened.enter_context(progress(file, "redacting"))
        change_text(
            _path(file),
            target,
            feed=stream.feed,
            close=stream.close,
            sync=lambda: value_map.keep(session.restorable) if value_map else None,
            force=force,
            progress=told,
        )
    return session.counts


def _restore_text(file: Path, target: Path | None, map: Path, force: bool) -> None:
    with ValueMap(map, must_exist=True) as value_map, progress(file, "restoring") as told:
        stream = restoring_session(value_map.values).stream()
        known = KnownPlaceholders(value_map.values)

        def feed(piece: str) -> str:
            known.check_next(piece)
            return stream.feed(piece)

        change_text(_path(file), target, feed=feed, close=stream.close, force=force, progress=told)


def _path(file: Path) -> Path | None:
    return None if str(file) == "-" else file


def _target(out: Path | None, output: Path | None) -> Path | None:
    if out is not None and output is not None:
        raise InvalidInput("OUT and --output are the same: state one")
    target = out or output
    return None if target is None else _path(target)


def _check_report(report: str | None, columns: list[str], target: Path | None) -> None:
    if report == "" and (columns or target):
        raise InvalidInput(
            "--report alone reads a text and writes none: leave out --columns, --column and OUT, or name a report in "
            ".json or .html"
        )
    if report and not report.lower().endswith(_REPORTS):
        raise InvalidInput(f"--report {report}: its name ends in .json or .html")
    if report and not columns:
        raise InvalidInput("a report is of columns: name some, or give --report alone for the findings of a text")
    if report and not Path(report).parent.is_dir():
        raise InvalidInput(f"--report {report}: there is no directory {Path(report).parent}")
    if report and Path(report).is_dir():
        raise InvalidInput(f"--report {report}: it is a directory")


def _refuse_tables(file: Path) -> None:
    if file.suffix.lower() in (".parquet", ".pq"):
        raise InvalidInput(f"{file} is a table: name its columns, --columns note,comment")


def _write_report(path: Path, found: Report) -> None:
    text = found.to_html() if path.suffix.lower() == ".html" else found.to_json() + "\n"
    write_whole(path, text.encode())


@contextmanager
def _interruptible(target: Path | None) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        kept = target is not None and journal_of(target).exists()
        err.print(f"interrupted: {'the same command with --resume goes on' if kept else 'nothing is kept'}")
        raise typer.Exit(130) from None


def _print_counts(counts: dict[str, int], as_json: bool) -> None:
    if as_json:
        err.print_json(data=counts)
        return
    rows = [[entity, f"{number:,}"] for entity, number in sorted(counts.items(), key=lambda item: -item[1])]
    if rows:
        show(table("Redacted", ["entity", "found"], rows), on=err)
    else:
        err.print("nothing was found")
