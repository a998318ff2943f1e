"""`models`: what each model is and costs, from when on, and who may use it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from tokenfoundry.cli.access import administration
from tokenfoundry.cli.options import ConfigOption, DataDirOption, JsonOption, load_settings
from tokenfoundry.cli.output import print_json, show, table
from tokenfoundry.errors import NotFound

_RATES = ("input", "output", "cache_read", "cache_write")
_BESIDE = ("from", "in_force", "currency", "reservation", "tiers", "service_tiers", "hours", *_RATES)


def add_to(app: typer.Typer) -> None:
    app.command("models", epilog="Example: tokenfoundry models fast --json")(show_models)


def show_models(
    model: Annotated[str | None, typer.Argument(help="One name that clients ask for; else all.")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every model that clients may ask for: its targets, their region and context, their rates now and later with
    tiers and hours, and how many keys may use it.
    """
    with administration(load_settings(config, data_dir)) as administrator:
        listed = administrator.handle("GET", "/admin/models", {})
    if model is not None:
        listed["data"] = [row for row in listed["data"] if row["id"] == model]
        if not listed["data"]:
            raise NotFound(f"no model is called {model!r}: `tokenfoundry models` lists all")
    if as_json:
        print_json(listed)
        return
    rows = [cells for row in listed["data"] for cells in _rows(row)]
    columns = ["model", "target", "region", "context", "from", *(name.replace("_", " ") for name in _RATES), "", "keys"]
    show(table("Models: rates per million tokens", columns, rows, left=3))


def _rows(row: dict[str, Any]) -> list[list[str]]:
    """A line for each price of each target, what belongs to the model or the target in the first one alone."""
    rows = []
    for number, target in enumerate(row["targets"]):
        for place, price in enumerate(target["prices"]):
            is_first = place == 0
            rows.append(
                [
                    escape(row["id"]) if is_first and number == 0 else "",
                    escape(f"{target['target']}\n{target['provider']}/{target['model']}") if is_first else "",
                    target["region"] or "" if is_first else "",
                    str(target["context_tokens"] or "") if is_first else "",
                    "now" if price["in_force"] else price["from"],
                    *(price.get(name, "") for name in _RATES),
                    escape(_more(price)),
                    str(len(row["keys"])) if is_first and number == 0 else "",
                ]
            )
    return rows


def _more(price: dict[str, Any]) -> str:
    """The currency, and what has no column of its own."""
    lines = [price["currency"]]
    lines += [f"{name.replace('_', ' ')} {rate}" for name, rate in price.items() if name not in _BESIDE]
    if rented := price.get("reservation"):
        lines += [f"{rented['gpus']} GPUs at {rented['gpu_hour']} {rented['currency']}/h", f"until {rented['until']}"]
    lines += [f"above {tier['above']}: {_pair(tier)}" for tier in price.get("tiers", ())]
    lines += [f"{name}: {_pair(rates)}" for name, rates in price.get("service_tiers", {}).items()]
    lines += [f"{each['from']}-{each['until']}: {_pair(each)}" for each in price.get("hours", ())]
    return "\n".join(lines)


def _pair(rates: dict[str, Any]) -> str:
    return f"{rates.get('input', '')} / {rates.get('output', '')}"
