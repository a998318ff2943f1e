"""`report NAME`: the saved reports, over a live data directory or exported rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import typer
from rich.markup import escape
from rich.text import Text

from tokenfoundry.analytics.report import instant_of
from tokenfoundry.analytics.rows import Reads
from tokenfoundry.analytics.saved import Result, SavedReport, built_in_reports, find_report, reports_in, run_report
from tokenfoundry.analytics.saved.results import FORMATS, NANO
from tokenfoundry.cli.exported import exported_rows, open_books
from tokenfoundry.cli.output import money, out, print_json, show, table
from tokenfoundry.errors import InvalidInput
from tokenfoundry.settings import Settings

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHADES = " ░▒▓█"
_OF_HEATMAP = ("weekday", "hour_of_day", "spent_nano")
_REPORTS = "reports"  # The folder of a user's own, in the data directory.


def own_reports(settings: Settings) -> Path:
    """Where a user keeps reports."""
    return Path(settings.data_dir) / _REPORTS


def list_reports(settings: Settings, *, as_json: bool) -> None:
    """Prints the reports that there are."""
    own = reports_in(own_reports(settings))
    found = [(report, "yours" if name in own else "built in") for name, report in (built_in_reports() | own).items()]
    if as_json:
        print_json(
            [{"name": each.name, "title": each.title, "about": each.about, "whose": whose} for each, whose in found]
        )
        return
    rows = [[each.name, escape(each.title), whose, escape(each.about)] for each, whose in found]
    show(table("Saved reports", ["name", "title", "whose", "about"], rows, left=4, wrapped=("about",)))
    out.print(f"Your own: files of SQL in {escape(str(own_reports(settings)))}, or the path of one.", soft_wrap=True)


def show_saved(
    name: str,
    settings: Settings,
    *,
    exports: Path | None,
    start: str | None,
    until: str | None,
    reads: str | None,
    tz: str,
    params: Sequence[str],
    form: str,
    file: Path | None,
) -> None:
    """Runs the report of that name or path, and prints or writes what it found."""
    if form not in FORMATS:
        raise InvalidInput(f"--format: {form!r} is not one of {', '.join(FORMATS)}")
    if reads not in (None, *get_args(Reads)):
        raise InvalidInput(f"--reads: {reads!r} is not one of {', '.join(get_args(Reads))}")
    if form == "parquet" and file is None:
        raise InvalidInput("--format parquet needs --out, the file to write")
    report = find_report(name, own_reports(settings))
    directory, stated = exported_rows(settings, exports)
    with ExitStack() as opened:
        asks_books = exports is None and report.uses_budgets
        result = run_report(
            report,
            directory,
            start=None if start is None else instant_of(start, "start"),
            until=None if until is None else instant_of(until, "until"),
            reads=reads,  # type: ignore[arg-type]
            tz=tz,
            budgets=stated.budgets,
            balances=opened.enter_context(open_books(settings)).balances if asks_books else None,
            params=_params(params),
        )
    if file is not None:
        result.write(file, "csv" if form == "table" else form)
    elif form == "json":
        print_json(result.to_json())
    elif form == "csv":
        typer.echo(result.to_csv(), nl=False)
    else:
        _print(report, result)


def _params(stated: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in stated:
        name, _, value = each.partition("=")
        if not value.isascii() or not value.isdecimal():
            raise InvalidInput(f"--set {each}: needs name=number, such as limit=50")
        found[name] = int(value)
    return found


def _print(report: SavedReport, result: Result) -> None:
    if not result.rows:
        out.print(f"{escape(result.title)}: no calls")
    elif report.show == "heatmap":
        _heatmap(result)
    else:
        numbers = {name for name in result.columns if _is_number(result, name)}
        texts = [
            [_cell(name, value, name in numbers) for name, value in zip(result.columns, row, strict=True)]
            for row in result.rows
        ]
        headings = [
            f"{name.removesuffix(NANO)} {result.currency}" if name.endswith(NANO) else name for name in result.columns
        ]
        left = next((index for index, name in enumerate(result.columns) if name in numbers), len(headings))
        show(table(result.title, [heading.replace("_", " ") for heading in headings], texts, left=max(1, left)))


def _is_number(result: Result, name: str) -> bool:
    return any(isinstance(value, int | float) for value in result.column(name))


def _cell(name: str, value: Any, is_number: bool) -> str:
    if value is None:
        return "" if is_number else "(none)"
    if name.endswith(NANO):
        return money(value, "").rstrip()
    if isinstance(value, datetime):
        # A time of no zone is one of the calendar that the query made it in.
        return value.strftime("%Y-%m-%d %H:%M" if value.tzinfo is None else "%Y-%m-%d %H:%MZ")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _heatmap(result: Result) -> None:
    """A line for each day of the week, a shade for each hour, by what was spent in it."""
    spent = _spent_by_hour(result)
    most = max(1, *spent.values())
    rows = []
    for number, day in enumerate(_DAYS, 1):
        nanos = [spent.get((number, hour), 0) for hour in range(24)]
        shades = "".join(_SHADES[max(0, min(4, -(-nano * 4 // most)))] * 2 for nano in nanos)
        rows.append([day, Text(shades).markup, money(sum(nanos), "").rstrip()])
    hours = "".join(f"{hour:<6}" for hour in range(0, 24, 3))
    show(table(f"{result.title}: spent", ["day", hours, f"spent {result.currency}"], rows, left=2))
    dearest = max(spent, key=lambda each: spent[each])
    out.print(f"Dearest: {_DAYS[dearest[0] - 1]} {dearest[1]:02}:00, {money(spent[dearest], result.currency)} in all.")


def _spent_by_hour(result: Result) -> Mapping[tuple[int, int], int]:
    """By day of the week, 1 for Monday, and hour of the day. Raises `InvalidInput` for a result that has not that."""
    missing = [name for name in _OF_HEATMAP if name not in result.columns]
    if missing:
        raise InvalidInput(f"{result.name}: a heatmap needs {', '.join(_OF_HEATMAP)}, and {missing[0]} is missing")
    spent: dict[tuple[int, int], int] = {}
    for weekday, hour, nano in zip(*map(result.column, _OF_HEATMAP), strict=True):
        if weekday not in range(1, 8) or hour not in range(24):
            raise InvalidInput(
                f"{result.name}: a heatmap has weekdays 1 to 7 and hours 0 to 23, not {weekday!r}, {hour!r}"
            )
        at = int(weekday), int(hour)
        spent[at] = spent.get(at, 0) + (nano or 0)
    return spent
