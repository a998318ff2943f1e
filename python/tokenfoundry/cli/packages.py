"""`packages`: prepaid units, bought and listed."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from tokenfoundry.cli.access import administration
from tokenfoundry.cli.options import (
    ActorOption,
    ConfigOption,
    DataDirOption,
    ForOption,
    IdOption,
    JsonOption,
    ReasonOption,
    account,
    load_settings,
    os_user,
    stated,
)
from tokenfoundry.cli.output import out, print_json, show, table

_PER = {1_000_000: "million"}

packages = typer.Typer(help="Buy and list prepaid packages.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(packages, name="packages")


@packages.command(
    "add",
    epilog="Example: tokenfoundry packages add acme-tokens --amount 1000000 --price 10 --expires 2027-12-31 --id inv-7",
)
def add_package(
    budget: Annotated[str, typer.Argument(help="The prepaid budget it is for.")],
    amount: Annotated[str, typer.Option(help="How much is bought, in the budget's unit.")],
    price: Annotated[str, typer.Option(help="What was paid for all of it.")] = "0",
    currency: Annotated[str | None, typer.Option(help="The price's currency; else the ledger's.")] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            help="The last day it can be used (2027-12-31, to its end in the budget's time zone), or an instant with "
            "its offset; else never."
        ),
    ] = None,
    priority: Annotated[int, typer.Option(help="The least is used first, then what expires first.")] = 0,
    id_: IdOption = None,
    for_: ForOption = None,
    reason: ReasonOption = "",
    actor: ActorOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Buy a package for a prepaid budget. Repeated with the same --id it buys nothing more."""
    fields = stated(
        budget=budget,
        amount=amount,
        price=price,
        currency=currency,
        expires=expires,
        priority=priority,
        id=id_,
        reason=reason,
        actor=actor or os_user(),
        **{"for": account(for_)},
    )
    with administration(load_settings(config, data_dir)) as administrator:
        made = administrator.handle("POST", "/admin/packages", fields)
    if as_json:
        print_json(made)
        return
    left = f"{made['left']} of {made['granted']} {made['unit']} left, until {made['expires'] or 'used up'}"
    out.print(f"package {escape(made['id'])} of {escape(made['budget'])}: {left}", soft_wrap=True)


@packages.command("list", epilog="Example: tokenfoundry packages list --json")
def list_packages(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the packages: what was bought, spent, held and is left, until when, and at what price."""
    with administration(load_settings(config, data_dir)) as administrator:
        listed = administrator.handle("GET", "/admin/packages", {})["packages"]
    if as_json:
        print_json(listed)
        return
    rows = [
        [
            escape(row["id"]),
            escape("\n".join([row["budget"], *(f"  {axis} {value}" for axis, value in row["for"].items())])),
            row["state"],
            f"{row['granted']} {row['unit'] or ''}",
            row["spent"],
            row["held"],
            row["left"],
            str(row["priority"]),
            (row["expires"] or "never").replace("T", "\n"),
            f"{row['price']} {row['currency']}\n{row['effective_price']} / {_PER.get(row['effective_per'], '1')}",
        ]
        for row in listed
    ]
    columns = ["package", "budget", "state", "granted", "spent", "held", "left", "priority", "expires", "price"]
    show(table("Packages", columns, rows, left=3), if_empty="no package was bought yet: tokenfoundry packages add")
