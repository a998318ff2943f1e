"""`report` and `audit verify`: they read the books, also while a server writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from tokenfoundry.analytics.report import AXES, instant_of, report
from tokenfoundry.cli.options import ConfigOption, DataDirOption, JsonOption, load_settings
from tokenfoundry.cli.output import out, print_json, show, table
from tokenfoundry.errors import NotFound
from tokenfoundry.ledger import Ledger
from tokenfoundry.money import decimal_text
from tokenfoundry.settings import Settings

audit = typer.Typer(help="The audit log.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.command("report")(show_report)
    app.add_typer(audit, name="audit")


def _open(settings: Settings) -> Ledger:
    books = Path(settings.data_dir) / "books"
    if not books.exists():
        raise NotFound(f"there are no books in {settings.data_dir}: nothing was ever served from it")
    return Ledger.open(books, read_only=True)


def show_report(
    by: Annotated[str, typer.Option(help=f"What to sum over: {', '.join(AXES)}.")] = "project",
    start: Annotated[
        str | None, typer.Option(help="Calls since: 2026-03-01 or 2026-03-01T08:00+01:00; else UTC.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Calls before; written as --start.")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show calls, tokens, cost and savings, from the ledger."""
    settings = load_settings(config, data_dir)
    since, before = (
        None if text is None else instant_of(text, name) for text, name in ((start, "start"), (until, "until"))
    )
    with _open(settings) as ledger:
        rows = report(ledger, by=by, start=since, until=before)
    if as_json:
        print_json({"by": by, "currency": settings.currency, "rows": [msgspec.to_builtins(row) for row in rows]})
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
        ]
        for row in rows
    ]
    currency = settings.currency
    columns = [by, "calls", "cached", "refused", "failed", "in", "out", f"spent {currency}", f"saved {currency}"]
    show(table(f"Calls, tokens and money by {by}", columns, shown))


@audit.command("verify")
def verify_audit(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Recompute every leaf and the root from the stored entries; exit 1 and name the first entry that does not fit."""
    settings = load_settings(config, data_dir)
    with _open(settings) as ledger:
        verification = ledger.verify()
    if as_json:
        print_json(msgspec.to_builtins(verification))
    elif verification.ok:
        out.print(f"[green]verified[/green]: {verification.size} entries, root {verification.root}", soft_wrap=True)
    else:
        out.print(f"[red]broken[/red] at entry {verification.broken_seq}: {verification.problem}", soft_wrap=True)
    if not verification.ok:
        raise typer.Exit(1)
