"""`whatif` and `advise`: what stored calls would have cost otherwise, and what to do about what they cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import msgspec
import typer
from rich.markup import escape

from tokenfoundry.analytics.advice import Finding, advise, labels_of_file
from tokenfoundry.analytics.report import instant_of
from tokenfoundry.analytics.whatif import Caching, Outcome, WhatIf, replay
from tokenfoundry.analytics.whatif.result import AXES
from tokenfoundry.cli.exported import counting, exported_rows
from tokenfoundry.cli.options import ConfigOption, DataDirOption, ExportsOption, JsonOption, load_settings
from tokenfoundry.cli.output import money, out, print_json, show, table
from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.money import decimal_text
from tokenfoundry.settings import Settings

StartOption = Annotated[str | None, typer.Option(help="Calls since: 2026-03-01 or 2026-03-01T08:00+01:00; else UTC.")]
UntilOption = Annotated[str | None, typer.Option(help="Calls before; written as --start.")]


def add_to(app: typer.Typer) -> None:
    app.command("whatif", epilog="Example: tokenfoundry whatif cheaper.yaml --start 2026-03-01")(show_whatif)
    app.command("advise", epilog="Example: tokenfoundry advise --start 2026-01-01")(show_advice)


def show_whatif(
    other: Annotated[Path, typer.Argument(metavar="FILE", help="The configuration to replay under.")],
    by: Annotated[str, typer.Option(help=f"What to sum over: {', '.join(AXES)}.")] = "intent",
    caching: Annotated[
        str, typer.Option(help="recorded: hits stay hits. replayed: repeats within the time to live are hits.")
    ] = "recorded",
    start: StartOption = None,
    until: UntilOption = None,
    exports: ExportsOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay stored calls under another configuration of routes, prices, cache and budgets: what would have been
    spent, refused and saved.
    """
    if by not in AXES:
        raise InvalidInput(f"--by: {by!r} is not one of {', '.join(AXES)}")
    if caching not in get_args(Caching):
        raise InvalidInput(f"--caching: {caching!r} is not one of {', '.join(get_args(Caching))}")
    if not other.exists():
        raise ConfigError(f"there is no file {other}")
    under = Settings.load(other)
    directory, _ = exported_rows(load_settings(config, data_dir), exports)
    with counting("replaying") as told:
        found = replay(
            directory,
            under,
            start=_instant(start, "start"),
            until=_instant(until, "until"),
            caching=caching,  # type: ignore[arg-type]
            progress=told,
        )
    if as_json:
        rows = [_plain(row) for row in found.by(by)]
        print_json(
            {"by": by, "currency": found.currency, "total": _plain(found.total), "rows": rows, "notes": found.notes}
        )
        return
    _print_whatif(found, by)


def show_advice(
    labels: Annotated[
        Path | None, typer.Option(help="CSV of intent,model,score: models that did well in your evaluation, 0 to 1.")
    ] = None,
    start: StartOption = None,
    until: UntilOption = None,
    exports: ExportsOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what to change, with the money at stake and the evidence, from the stored calls."""
    directory, stated = exported_rows(load_settings(config, data_dir), exports)
    findings = advise(
        directory,
        stated,
        start=_instant(start, "start"),
        until=_instant(until, "until"),
        labels=labels_of_file(labels) if labels is not None else None,
    )
    currency = directory.whose.currency
    if as_json:
        print_json({"currency": currency, "findings": [_plain_finding(each) for each in findings]})
        return
    if not findings:
        out.print("Nothing of note: no advice has money at stake.")
    for number, finding in enumerate(findings, 1):
        stake = money(finding.stake_nano, currency)
        out.print(f"[bold]{number}. {escape(finding.title)}[/bold]: {stake} at stake", soft_wrap=True)
        out.print(f"   {escape(finding.advice)}", soft_wrap=True)
        for name, value in finding.evidence.items():
            out.print(f"   {escape(name.replace('_', ' '))}: {escape(str(value))}", soft_wrap=True)


def _instant(text: str | None, name: str) -> int | None:
    return None if text is None else instant_of(text, name)


def _plain(row: Outcome) -> dict[str, object]:
    counts = {name: value for name, value in msgspec.to_builtins(row).items() if not name.endswith("_nano")}
    return {
        **counts,
        "spent_before": decimal_text(row.spent_before_nano),
        "spent_after": decimal_text(row.spent_after_nano),
        "saved": decimal_text(row.saved_nano),
    }


def _plain_finding(finding: Finding) -> dict[str, object]:
    fields: dict[str, object] = msgspec.to_builtins(finding)
    del fields["stake_nano"]
    return {**fields, "stake": decimal_text(finding.stake_nano)}


def _print_whatif(found: WhatIf, by: str) -> None:
    currency, total = found.currency, found.total
    total.value = "in all"
    rows = [
        [
            escape(row.value) or "(none)",
            f"{row.calls:,}",
            f"{row.hits_before:,}",
            f"{row.hits_after:,}",
            f"{row.refused:,}",
            f"{row.unserved:,}",
            *(money(nano, "").rstrip() for nano in (row.spent_before_nano, row.spent_after_nano, row.saved_nano)),
        ]
        for row in (*found.by(by), total)
    ]
    headings = [by, "calls", "cached", "cached then", "refused", "no target"]
    headings += [f"spent {currency}", f"spent then {currency}", f"saved {currency}"]
    show(table("The same calls under the other configuration", headings, rows))
    for note in found.notes:
        out.print(f"[yellow]note:[/yellow] {escape(note)}", soft_wrap=True)
