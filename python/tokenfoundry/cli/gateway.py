"""`prices`, `routes`, `cache` and `reload`: what the gateway does, asked and changed through its server's admin API.
Without a server they work on the data directory itself, and say so; `reload` is for a server alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape

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
from tokenfoundry.cli.output import err, out, print_json, show, table
from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.admin import Admin

prices = typer.Typer(help="What the targets cost, now and later.", no_args_is_help=True)
cache = typer.Typer(help="The answers that the gateway keeps.", no_args_is_help=True)

_NO_TARGETS = "no targets are in force: the configuration (--config FILE) names them under `targets`"

_RATES = ("input", "output", "cache_read", "cache_write")


def _asked(config: Path | None, data_dir: Path | None, method: str, path: str, fields: dict[str, Any]) -> Any:
    """The answer to it; who reads it is told when no server gave it."""
    settings = load_settings(config, data_dir)
    with administration(settings) as administrator:
        answer = administrator.handle(method, path, fields)
        if isinstance(administrator, Admin):
            said = f"no server runs on {settings.data_dir}: this is of its books and the configuration"
            err.print(said, markup=False, soft_wrap=True)
        return answer


def add_to(app: typer.Typer) -> None:
    app.add_typer(prices, name="prices")
    app.add_typer(cache, name="cache")
    app.command("routes")(show_routes)
    app.command("reload")(reload)


@prices.command("list")
def list_prices(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the price of every target, per million tokens, and what it will be."""
    listed = _asked(config, data_dir, "GET", "/admin/prices", {})["prices"]
    if as_json:
        print_json(listed)
        return
    rows = []
    for price in listed:
        rows.append([escape(price["target"]), "now", *_rates(price), escape(price["source"])])
        rows += [["", change["from"], *_rates(change), ""] for change in price["changes"]]
    columns = ["target", "from", "input", "output", "cache read", "cache write", "currency", "source"]
    show(table("Prices", columns, rows, left=2), if_empty=_NO_TARGETS)


@prices.command("set", epilog="Example: tokenfoundry prices set qwen --input 0.20 --output 0.60 --reason contract")
def set_price(
    target: Annotated[str, typer.Argument(help="The target's name.")],
    input_rate: Annotated[str | None, typer.Option("--input", help="Per million input tokens.")] = None,
    output_rate: Annotated[str | None, typer.Option("--output", help="Per million output tokens.")] = None,
    cache_read: Annotated[str | None, typer.Option(help="Per million input tokens from the provider's cache.")] = None,
    cache_write: Annotated[str | None, typer.Option(help="Per million input tokens written to it.")] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217; else the ledger's.")] = None,
    configured: Annotated[bool, typer.Option("--configured", help="Give the configuration's price back.")] = False,
    since: Annotated[str | None, typer.Option("--from", help="A day, in UTC, or an instant; else at once.")] = None,
    reason: ReasonOption = "",
    actor: ActorOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """State another price of a target from an instant on. What was booked keeps its price."""
    rates = stated(
        input=input_rate, output=output_rate, cache_read=cache_read, cache_write=cache_write, currency=currency
    )
    if configured == bool(rates):
        raise InvalidInput("state --input and --output, or --configured")
    fields = {"price": None if configured else rates, "actor": actor or os_user(), **stated(reason=reason)}
    if since is not None:
        fields["from"] = since
    made = _asked(config, data_dir, "POST", f"/admin/prices/{quote(target, safe='')}", fields)
    if as_json:
        print_json(made)
    else:
        out.print(f"the price of {escape(target)} changes from {made['from']} on")


@cache.command("show")
def show_cache(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Show how much is kept, and for how long."""
    shown = _asked(config, data_dir, "GET", "/admin/cache", {})
    if as_json:
        print_json(shown)
        return
    show(table("Cache", ["what", "value"], [[name, str(value)] for name, value in shown.items()]))


@cache.command("clear")
def clear_cache(
    project: Annotated[str | None, typer.Option(help="Of this project alone.")] = None,
    intent: Annotated[str | None, typer.Option(help="Of this intent alone.")] = None,
    alias: Annotated[str | None, typer.Option(help="Asked for by this model name alone.")] = None,
    target: Annotated[str | None, typer.Option(help="Made by this target alone.")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget the answers that these values made; without any, every answer that is kept."""
    makers = {"project": project, "intent": intent, "alias": alias, "target": target}
    match = {name: value for name, value in makers.items() if value is not None}
    cleared = _asked(config, data_dir, "POST", "/admin/cache/invalidate", match)
    if as_json:
        print_json(cleared)
    else:
        of = " of " + ", ".join(f"{name} {value}" for name, value in match.items()) if match else ""
        out.print(f"every answer{of} that was kept is forgotten")


def show_routes(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Show the targets, aliases and policies that are in force."""
    shown = _asked(config, data_dir, "GET", "/admin/routes", {})
    if as_json:
        print_json(shown)
        return
    rows = [
        [escape(target["name"]), target["provider"], escape(target["model"]), target.get("region", ""), target["trust"]]
        for target in shown["targets"]
    ]
    show(table("Targets", ["target", "provider", "model", "region", "trust"], rows, left=5), if_empty=_NO_TARGETS)
    aliases = [
        [escape(name), ", ".join(alias["use"].get("targets", [])) if "use" in alias else f"policy {alias['policy']}"]
        for name, alias in shown["aliases"].items()
    ]
    if aliases:
        show(table("Aliases", ["alias", "targets"], aliases, left=2))


def reload(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Let the running server read its configuration again, without dropping a call."""
    answer = _asked(config, data_dir, "POST", "/admin/reload", {})
    if as_json:
        print_json(answer)
    else:
        out.print("the configuration was read again")


def _rates(price: dict[str, Any]) -> list[str]:
    return [*(price[name] or "" for name in _RATES), price["currency"]]
