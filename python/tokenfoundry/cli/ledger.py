"""`ledger`: one entry of the books, and corrections, which are entries themselves."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape

from tokenfoundry.cli.access import administration
from tokenfoundry.cli.options import (
    ActorOption,
    ConfigOption,
    DataDirOption,
    IdOption,
    JsonOption,
    load_settings,
    os_user,
    stated,
)
from tokenfoundry.cli.output import out, print_json, show, table

ledger = typer.Typer(help="Show and correct entries of the books.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(ledger, name="ledger")


EntryArgument = Annotated[
    str, typer.Argument(metavar="ID|SEQ", help="A request id (x-request-id of the reply), or an entry's number.")
]


@ledger.command("show", epilog="Example: tokenfoundry ledger show 42")
def show_entry(
    entry: EntryArgument, config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """Show an entry: what it cost and used, whose it was, and what its call's record says."""
    with administration(load_settings(config, data_dir)) as administrator:
        found = administrator.handle("GET", f"/admin/entries/{quote(entry, safe='')}", {})
    if as_json:
        print_json(found)
        return
    currency = found.pop("currency")
    found["cost"] = f"{found['cost']} {currency}"
    for section in ("amounts", "tallies", "axes", "change", "record"):
        fields = found.pop(section) or {}
        found |= {f"{section}.{name}": value for name, value in fields.items()}
    rows = [[name, escape(_text(value))] for name, value in found.items() if value not in (None, "", [], {})]
    show(table(f"Entry {found['seq']}", ["field", "value"], rows, left=2))


@ledger.command("adjust", epilog="Example: tokenfoundry ledger adjust 42 --money -0.25 --reason 'refunded by invoice'")
def adjust_entry(
    entry: EntryArgument,
    reason: Annotated[str, typer.Option(help="Why, for the books.")],
    money: Annotated[str | None, typer.Option(help="The difference, in the ledger's currency: -0.25.")] = None,
    tokens: Annotated[str | None, typer.Option(help="The difference of tokens; so with the other units.")] = None,
    requests: Annotated[str | None, typer.Option()] = None,
    images: Annotated[str | None, typer.Option()] = None,
    audio: Annotated[str | None, typer.Option()] = None,
    gpu_seconds: Annotated[str | None, typer.Option()] = None,
    actor: ActorOption = None,
    id_: IdOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Post a linked correction: it counts on the entry's axes and in its windows, and the entry stays as it is."""
    fields = stated(
        money=money,
        tokens=tokens,
        requests=requests,
        images=images,
        audio=audio,
        gpu_seconds=gpu_seconds,
        reason=reason,
        id=id_,
        actor=actor or os_user(),
    )
    with administration(load_settings(config, data_dir)) as administrator:
        done = administrator.handle("POST", f"/admin/entries/{quote(entry, safe='')}/adjust", fields)
    if as_json:
        print_json(done)
    else:
        out.print(f"entry {done['of']} is corrected by entry {done['seq']}")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
