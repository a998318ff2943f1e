"""`demo-data` and `export`: the ledger's rows as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from tokenfoundry.analytics.demo_data import DEFAULT_CALLS, write_demo_data
from tokenfoundry.cli.exported import counting
from tokenfoundry.cli.output import out


def add_to(app: typer.Typer) -> None:
    app.command("demo-data", epilog="Example: tokenfoundry demo-data year --calls 200000")(make_demo_data)


def make_demo_data(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    calls: Annotated[int, typer.Option(help="About how many calls.")] = DEFAULT_CALLS,
    seed: Annotated[int, typer.Option(help="The same seed makes the same files.")] = 1,
) -> None:
    """Write a year of made-up calls of nine teams, with waste planted in it, as exported rows."""
    with counting("drawing") as told:
        write_demo_data(folder, calls=calls, seed=seed, progress=told)
    shown = escape(str(folder))
    out.print(f"A year of calls is in {shown}. Try: tokenfoundry report intents --exports {shown}", soft_wrap=True)
