"""The command line: `tokenfoundry`, or `tf`. Every command has `--help` and, where it reports, `--json`."""

from __future__ import annotations

import sys

import typer

from tokenfoundry._core import __version__
from tokenfoundry.cli import (
    budgets,
    configuration,
    counting,
    demo,
    doctor,
    gateway,
    keys,
    ledger,
    limits,
    packages,
    quotas,
    reports,
    route,
    serving,
    texts,
)
from tokenfoundry.cli.output import err
from tokenfoundry.errors import TokenFoundryError

app = typer.Typer(
    name="tokenfoundry",
    help="An AI token factory between your code and every model provider.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
serving.add_to(app)
demo.add_to(app)
texts.add_to(app)
counting.add_to(app)
configuration.add_to(app)
doctor.add_to(app)
keys.add_to(app)
budgets.add_to(app)
quotas.add_to(app)
packages.add_to(app)
limits.add_to(app)
gateway.add_to(app)
reports.add_to(app)
ledger.add_to(app)
route.add_to(app)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"tokenfoundry {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    pass


def main() -> None:
    """Runs the command line; an expected error is one sentence on standard error and exit code 1."""
    try:
        app()
    except TokenFoundryError as error:
        err.print("[red]error:[/red]", end=" ")
        err.print(str(error), markup=False)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does.
        sys.stderr.close()
        sys.exit(141)
