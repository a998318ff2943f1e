"""`vault`: what is kept of conversations, through the running server when there is one, else on the data directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tokenfoundry.cli.access import administration
from tokenfoundry.cli.options import (
    ActorOption,
    ConfigOption,
    DataDirOption,
    JsonOption,
    ReasonOption,
    load_settings,
    os_user,
    stated,
)
from tokenfoundry.cli.output import out, print_json, show, table

vault = typer.Typer(help="What is kept of conversations.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(vault, name="vault")


def _asked(config: Path | None, data_dir: Path | None, method: str, path: str, fields: dict[str, Any]) -> Any:
    with administration(load_settings(config, data_dir)) as administrator:
        return administrator.handle(method, path, fields)


@vault.command("show")
def show_vault(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Show how many conversations and values are kept, and for how long."""
    shown = _asked(config, data_dir, "GET", "/admin/vault", {})
    if as_json:
        print_json(shown)
    else:
        show(table("Vault", ["what", "value"], [[name, str(value)] for name, value in shown.items()]))


@vault.command("erase", epilog="Example: tokenfoundry vault erase --project claims --conversation ticket-4711")
def erase(
    project: Annotated[str | None, typer.Option(help="Of this project.")] = None,
    workspace: Annotated[str | None, typer.Option(help="The workspace of the project; else default.")] = None,
    key: Annotated[str | None, typer.Option(help="Of this API key: its id.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Of this name, as x-tf-conversation states it.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every conversation.")] = False,
    reason: ReasonOption = "",
    actor: ActorOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase conversations. Their values are in no file of the data directory any more when this ends."""
    fields: dict[str, Any] = stated(
        project=project, workspace=workspace, key=key, conversation=conversation, reason=reason
    )
    if everything:
        fields["all"] = True
    done = _asked(config, data_dir, "POST", "/admin/vault/erase", {**fields, "actor": actor or os_user()})
    if as_json:
        print_json(done)
    else:
        out.print(f"conversations erased: {done['erased']}")


@vault.command("reseal")
def reseal(
    reason: ReasonOption = "",
    actor: ActorOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Seal with vault.key what the keys under vault.old_keys sealed. After it these open nothing any more."""
    fields = {**stated(reason=reason), "actor": actor or os_user()}
    done = _asked(config, data_dir, "POST", "/admin/vault/reseal", fields)
    if as_json:
        print_json(done)
    else:
        out.print(f"values sealed anew: {done['resealed']}")
