"""`config`: whether a configuration can be served, without touching the disk or a provider, and one from LiteLLM's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from tokenfoundry.assembly import dry_router
from tokenfoundry.budgets import budgets_of_file
from tokenfoundry.cli.options import ConfigOption, JsonOption, load_settings
from tokenfoundry.cli.output import err, print_json, show, table
from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.providers.credentials.registry import missing_keys
from tokenfoundry.settings import Settings

configuration = typer.Typer(help="The configuration file.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(configuration, name="config")


@configuration.callback()
def _group() -> None:
    """The configuration file."""


@configuration.command("check", epilog="Example: tokenfoundry config check tokenfoundry.yaml")
def check_configuration(
    file: Annotated[Path | None, typer.Argument(help="The YAML file; else as --config.")] = None,
    config: ConfigOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="A key that is not there is a problem, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Load and validate a configuration: a summary of it, or every problem with its path and exit code 1.

    Keys that are not there are warnings: the file may be checked where it is not served.
    """
    settings = load_settings(file or config)
    dry_router(settings)
    missing = [str(error) for error in (*missing_keys(settings), *_sealing_key_problem(settings))]
    if missing and strict:
        raise ConfigError("\n".join(missing))
    summary: dict[str, list[str]] = {
        "providers": list(settings.providers),
        "targets": list(settings.targets),
        "aliases": list(settings.aliases),
        "budgets": [budget.name for budget in budgets_of_file(settings)],
        "rate limits": [limit.name for limit in settings.rate_limits],
        "quotas": list(settings.quotas),
        "packages": [package.name for package in settings.packages],
    }
    if as_json:
        print_json({**summary, "warnings": missing})
        return
    for line in missing:
        err.print(f"[yellow]warning:[/yellow] {escape(line)}", soft_wrap=True)
    rows = [[what, str(len(names)), escape(", ".join(names))] for what, names in summary.items()]
    show(table("The configuration is right", ["what", "number", "names"], rows, wrapped=("names",)))


def _sealing_key_problem(settings: Settings) -> list[ConfigError]:
    from tokenfoundry.doctor.batches import sealing_key  # Here, as ciphers cost every other command its start.

    try:
        if settings.batches.enabled:
            sealing_key(settings)
    except ConfigError as error:
        return [error]
    return []


@configuration.command("import-litellm", epilog="Example: tokenfoundry config import-litellm config.yaml -o mine.yaml")
def import_litellm(
    file: Annotated[Path, typer.Argument(help="The config.yaml of a LiteLLM proxy.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The new file; standard output when missing.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a LiteLLM proxy's configuration as one of ours. What has no counterpart is told, and stands in it."""
    from tokenfoundry.compat.litellm import import_config

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {type(error).__name__}") from None
    made = import_config(text)
    if output is not None:
        if output.exists():
            raise InvalidInput(f"{output} is there already: remove it, or choose another name")
        output.write_text(made.yaml, encoding="utf-8")
    if as_json:
        print_json({"yaml": made.yaml, "notes": list(made.notes)})
        return
    if output is None:
        typer.echo(made.yaml, nl=False)
    for note in made.notes:
        err.print(note, markup=False)
