"""The command line: `tokenfoundry`, or `tf`. Every command has `--help` and, where it reports, `--json`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from tokenfoundry._core import __version__
from tokenfoundry.cli.output import err
from tokenfoundry.errors import TokenFoundryError

# Each command, in the order of `--help`, and the module it stands in.
_MODULES = {
    "serve": "serving",
    "demo": "demo",
    "redact": "texts",
    "restore": "texts",
    "count": "counting",
    "estimate": "estimating",
    "config": "configuration",
    "doctor": "doctor",
    "keys": "keys",
    "budgets": "budgets",
    "quotas": "quotas",
    "packages": "packages",
    "limits": "limits",
    "prices": "gateway",
    "cache": "gateway",
    "vault": "vault",
    "routes": "gateway",
    "route": "route",
    "reload": "gateway",
    "report": "reports",
    "whatif": "economics",
    "advise": "economics",
    "export": "exports",
    "demo-data": "exports",
    "audit": "reports",
    "ledger": "ledger",
    "echo-provider": "serving",
}


class _Commands(Mapping[str, Any]):
    """The commands by name. A module is loaded when one of its commands is asked for: most bring the gateway along,
    which others need not wait for.
    """

    def __getitem__(self, name: str) -> Any:
        made = typer.Typer()
        import_module(f"tokenfoundry.cli.{_MODULES[name]}").add_to(made)
        return typer.main.get_group(made).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


class _Group(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings | {"commands": None})
        self.commands = _Commands()  # type: ignore[assignment]  # Nobody adds to it.


app = typer.Typer(
    name="tokenfoundry",
    cls=_Group,
    help="An AI token factory between your code and every model provider.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
