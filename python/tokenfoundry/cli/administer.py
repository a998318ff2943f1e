"""`keys` and `budgets`: through the running server when there is one, else directly on the data directory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tokenfoundry.cli.access import administration
from tokenfoundry.cli.options import ConfigOption, DataDirOption, JsonOption, load_settings
from tokenfoundry.cli.output import money, out, print_json, table
from tokenfoundry.errors import InvalidInput

keys = typer.Typer(help="Make, list and change API keys.", no_args_is_help=True)
budgets = typer.Typer(help="Set, list and remove budgets.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(keys, name="keys")
    app.add_typer(budgets, name="budgets")


@keys.command("create")
def create_key(
    project: Annotated[str, typer.Option(help="The project its calls are booked on.")] = "default",
    workspace: Annotated[str, typer.Option(help="The workspace the project belongs to.")] = "default",
    consumer: Annotated[str, typer.Option(help="The team or service that uses it.")] = "",
    env: Annotated[str, typer.Option(help="The environment, e.g. production.")] = "",
    name: Annotated[str, typer.Option(help="A name for people.")] = "",
    model: Annotated[list[str] | None, typer.Option(help="A model it may use; repeat for more. Without: all.")] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="A region it may use; repeat for more. Without: all.")
    ] = None,
    expires_days: Annotated[int | None, typer.Option(help="Expires after this many days.", min=1)] = None,
    admin: Annotated[bool, typer.Option("--admin", help="May use the admin API, and nothing else.")] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key. Its text is shown now and never again."""
    fields: dict[str, Any] = {
        "workspace": workspace,
        "project": project,
        "consumer": consumer,
        "env": env,
        "name": name,
    }
    if admin:
        fields["scopes"] = ["admin"]
    if model:
        fields["models"] = model
    if region:
        fields["regions"] = region
    if expires_days is not None:
        fields["expires_at_ms"] = int((datetime.now(UTC) + timedelta(days=expires_days)).timestamp() * 1000)
    with administration(load_settings(config, data_dir)) as administrator:
        made = administrator.handle("POST", "/admin/keys", fields)
    if as_json:
        print_json(made)
    else:
        out.print(made["key"], soft_wrap=True)


@keys.command("list")
def list_keys(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the keys, without their text."""
    with administration(load_settings(config, data_dir)) as administrator:
        listed = administrator.handle("GET", "/admin/keys", {})["keys"]
    if as_json:
        print_json(listed)
        return
    rows = [
        [
            key["id"],
            key["name"],
            key["workspace"],
            key["project"],
            key["state"],
            ",".join(key["scopes"]),
            _day(key["expires_at_ms"]),
        ]
        for key in listed
    ]
    out.print(table("Keys", ["id", "name", "workspace", "project", "state", "scopes", "expires"], rows, left=7))


@keys.command("set-state")
def set_key_state(
    key_id: Annotated[str, typer.Argument(help="The key's id, the 8 characters after tf_.")],
    state: Annotated[str, typer.Argument(help="active, frozen or disabled.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Freeze, disable or reactivate a key."""
    with administration(load_settings(config, data_dir)) as administrator:
        changed = administrator.handle("PATCH", f"/admin/keys/{quote(key_id, safe='')}", {"state": state})
    out.print(f"key {changed['id']} is {changed['state']}")


@budgets.command("set")
def set_budget(
    name: Annotated[str, typer.Argument(help="The budget's name; an existing one is replaced.")],
    hard: Annotated[str, typer.Option(help="The cap: units of the currency, or a whole number of tokens or requests.")],
    unit: Annotated[str, typer.Option(help="money, tokens or requests.")] = "money",
    match: Annotated[list[str] | None, typer.Option(help="axis=value, e.g. project=claims; repeat for more.")] = None,
    each: Annotated[list[str] | None, typer.Option(help="One account per value of this axis; repeat for more.")] = None,
    window: Annotated[str, typer.Option(help="daily, monthly or lifetime.")] = "monthly",
    anchor_day: Annotated[int | None, typer.Option(help="The day a monthly window starts on.", min=1, max=31)] = None,
    tz: Annotated[str, typer.Option(help="The window's time zone.")] = "Europe/Rome",
    track: Annotated[bool, typer.Option("--track", help="Count only, refuse nothing.")] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make or replace a budget; what was already spent in its current window counts at once."""
    spec: dict[str, Any] = {"kind": window, "tz": tz}
    if anchor_day is not None:
        spec["anchor_day"] = anchor_day
    fields = {
        "unit": unit,
        "hard": hard,
        "match": _pairs(match or []),
        "each": each or [],
        "window": spec,
        "mode": "track" if track else "enforce",
    }
    with administration(load_settings(config, data_dir)) as administrator:
        administrator.handle("PUT", f"/admin/budgets/{quote(name, safe='')}", fields)
    out.print(f"budget {name} is set")


@budgets.command("remove")
def remove_budget(name: str, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Remove a budget that was set here or through the admin API."""
    with administration(load_settings(config, data_dir)) as administrator:
        administrator.handle("DELETE", f"/admin/budgets/{quote(name, safe='')}", {})
    out.print(f"budget {name} is removed")


@budgets.command("list")
def list_budgets(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the budgets and what is posted and held on each account in its current window."""
    with administration(load_settings(config, data_dir)) as administrator:
        listed = administrator.handle("GET", "/admin/budgets", {})
    if as_json:
        print_json(listed)
        return
    rows = []
    for budget in listed["budgets"]:

        def amount(value: int, unit: str = budget["unit"]) -> str:
            return money(value, listed["currency"]) if unit == "money" else f"{value} {unit}"

        for account in budget["accounts"] or [None]:
            if account is None:
                rows.append([budget["name"], "", "0", "0", f"{budget['hard']}", "", budget["source"]])
                continue
            rows.append(
                [
                    budget["name"],
                    " ".join(account["each"].values()),
                    amount(account["posted"]),
                    amount(account["held"]),
                    amount(account["cap"]),
                    _day(account["end"]),
                    budget["source"],
                ]
            )
    out.print(table("Budgets", ["budget", "account", "posted", "held", "cap", "resets", "source"], rows, left=2))


def _pairs(texts: list[str]) -> dict[str, list[str]]:
    match: dict[str, list[str]] = {}
    for text in texts:
        axis, separator, value = text.partition("=")
        if not separator or not axis or not value:
            raise InvalidInput(f"--match {text}: needs axis=value, e.g. project=claims")
        match.setdefault(axis, []).append(value)
    return match


def _day(at_ms: int | None) -> str:
    return "never" if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%MZ")
