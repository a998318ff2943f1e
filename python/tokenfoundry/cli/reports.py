"""`report` and `audit verify`: they read the books, also while a server writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from tokenfoundry.analytics.report import AXES, instant_of, report
from tokenfoundry.cli.exported import open_books
from tokenfoundry.cli.options import ConfigOption, DataDirOption, ExportsOption, JsonOption, load_settings
from tokenfoundry.cli.output import out, print_json, show, table
from tokenfoundry.cli.saved_reports import list_reports, show_saved
from tokenfoundry.errors import InvalidInput
from tokenfoundry.money import decimal_text
from tokenfoundry.records import Savings

audit = typer.Typer(help="The audit log.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.command("report", epilog="Example: tokenfoundry report intents --tz Europe/Rome")(show_report)
    app.add_typer(audit, name="audit")


def show_report(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME|FILE.sql]", help="A saved report (--saved lists them), or your SQL.")
    ] = None,
    saved: Annotated[bool, typer.Option("--saved", help="List the saved reports.")] = False,
    by: Annotated[
        str, typer.Option(help=f"What to sum over: {', '.join(AXES)}, or tag:NAME of a tag of yours.")
    ] = "project",
    start: Annotated[
        str | None, typer.Option(help="Calls since: 2026-03-01 or 2026-03-01T08:00+01:00; else UTC.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Calls before; written as --start.")] = None,
    exports: ExportsOption = None,
    reads: Annotated[
        str | None, typer.Option(help="Read rollups or rows; without: rollups wherever they can say it.")
    ] = None,
    tz: Annotated[str, typer.Option(help="The zone of months and hours, such as Europe/Rome.")] = "UTC",
    params: Annotated[
        list[str] | None, typer.Option("--set", help="A param of the report: limit=50; repeat for more.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, json, csv or parquet.")] = "table",
    file: Annotated[
        Path | None, typer.Option("--out", help="Write the report to this file: csv, or as --format.")
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    savings: Annotated[bool, typer.Option("--savings", help="Say what saved it; reads every entry.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show calls, tokens, cost and savings: summed over an axis of the ledger, or as a saved report says."""
    settings = load_settings(config, data_dir)
    if saved:
        list_reports(settings, as_json=as_json)
        return
    if name is not None:
        show_saved(
            name,
            settings,
            exports=exports,
            start=start,
            until=until,
            reads=reads,
            tz=tz,
            params=params or [],
            form="json" if as_json else form,
            file=file,
        )
        return
    if exports is not None or file is not None or form != "table" or params:
        raise InvalidInput("name a report: tokenfoundry report --saved lists them")
    since, before = (
        None if text is None else instant_of(text, name) for text, name in ((start, "start"), (until, "until"))
    )
    with open_books(settings) as ledger:
        rows = report(ledger, by=by, start=since, until=before, savings=savings)
    if as_json:
        print_json({"by": by, "currency": settings.currency, "rows": [row.to_json() for row in rows]})
        return
    shown = [
        [
            escape(row.value) or "(none)",
            str(row.calls),
            str(row.hits),
            str(row.refused),
            str(row.failed),
            str(row.input_tokens),
            str(row.output_tokens),
            decimal_text(row.cost_nano),
            decimal_text(row.saved_nano),
            *(decimal_text(nano) for nano in (msgspec.structs.astuple(row.savings) if row.savings else ())),
        ]
        for row in rows
    ]
    currency = settings.currency
    columns = [by, "calls", "cached", "refused", "failed", "in", "out", f"spent {currency}", f"saved {currency}"]
    if savings:
        columns += [name.replace("_", " ") for name in Savings.__struct_fields__]
    show(table(f"Calls, tokens and money by {by}", columns, shown))


@audit.command("verify")
def verify_audit(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Recompute every leaf and the root from the stored entries; exit 1 and name the first entry that does not fit."""
    settings = load_settings(config, data_dir)
    with open_books(settings) as ledger:
        verification = ledger.verify()
    if as_json:
        print_json(msgspec.to_builtins(verification))
    elif verification.ok:
        out.print(f"[green]verified[/green]: {verification.size} entries, root {verification.root}", soft_wrap=True)
    else:
        out.print(f"[red]broken[/red] at entry {verification.broken_seq}: {verification.problem}", soft_wrap=True)
    if not verification.ok:
        raise typer.Exit(1)
