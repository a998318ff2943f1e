"""`demo-data` and `export`: the ledger's rows as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from tokenfoundry.analytics.demo_data import DEFAULT_CALLS, write_demo_data
from tokenfoundry.cli.exported import counting, exported_rows
from tokenfoundry.cli.options import ConfigOption, DataDirOption, ExportsOption, JsonOption, load_settings
from tokenfoundry.cli.output import out, print_json
from tokenfoundry.clock import system_clock
from tokenfoundry.errors import InvalidInput
from tokenfoundry.exporters import FOCUS_VERSIONS, export_cloudevents, export_focus, export_rows, validate_focus
from tokenfoundry.pricing import PriceBook, prices

export = typer.Typer(help="Write the ledger's rows for other systems.", no_args_is_help=True)
FolderArgument = Annotated[Path, typer.Argument(help="A new folder, or one of an export like this.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(export, name="export")
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


@export.command("rows", epilog="Example: tokenfoundry export rows out --format csv")
def write_rows(
    folder: FolderArgument,
    form: Annotated[str, typer.Option("--format", help="parquet or csv.")] = "parquet",
    exports: ExportsOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every attempt, hit, refusal and correction, a file a month. What is there already stays as it is."""
    directory, _ = exported_rows(load_settings(config, data_dir), exports)
    with counting("writing") as told:
        _tell(export_rows(directory, folder, form=form, progress=told), as_json)


@export.command("focus", epilog="Example: tokenfoundry export focus bill --focus-version 1.2 --format csv")
def write_focus(
    folder: FolderArgument,
    version: Annotated[str, typer.Option("--focus-version", help=", ".join(FOCUS_VERSIONS))] = FOCUS_VERSIONS[-1],
    form: Annotated[str, typer.Option("--format", help="parquet or csv.")] = "parquet",
    account: Annotated[str, typer.Option(help="The BillingAccountId of the rows.")] = "default",
    exports: ExportsOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the bill in FOCUS: a row for each hour, key, model and token class, savings in x_ columns; then check it
    against the specification.
    """
    directory, stated = exported_rows(load_settings(config, data_dir), exports)
    book = PriceBook.from_settings(stated, prices(), at=system_clock()) if stated.targets else None
    with counting("writing") as told:
        files = export_focus(directory, folder, version=version, form=form, account=account, prices=book, progress=told)
    if files and (problems := validate_focus(files, version=version)):
        raise InvalidInput(f"what was written is not FOCUS {version}: {'; '.join(problems)}")
    _tell(files, as_json)


@export.command("cloudevents", epilog="Example: tokenfoundry export cloudevents out --source /factory/milan")
def write_cloudevents(
    folder: FolderArgument,
    source: Annotated[str, typer.Option(help="Names these books: with the id of an event it is unique.")] = (
        "/tokenfoundry"
    ),
    exports: ExportsOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an event (CloudEvents 1.0, JSON lines) for every entry, a file a month."""
    directory, _ = exported_rows(load_settings(config, data_dir), exports)
    with counting("writing") as told:
        _tell(export_cloudevents(directory, folder, source=source, progress=told), as_json)


def _tell(files: list[Path], as_json: bool) -> None:
    if as_json:
        print_json([str(file) for file in files])
    elif not files:
        out.print("nothing was booked yet: there is no month to write")
    else:
        months = "a month is" if len(files) == 1 else f"{len(files)} months are"
        out.print(f"{months} in {escape(str(files[0].parent))}, a file each", soft_wrap=True)
