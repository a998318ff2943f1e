"""`keys`: through the running server when there is one, else directly on the data directory."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape

from tokenfoundry.cli.access import administration
from tokenfoundry.cli.options import ConfigOption, DataDirOption, JsonOption, load_settings
from tokenfoundry.cli.output import day, out, print_json, show, table
from tokenfoundry.clock import system_clock
from tokenfoundry.errors import InvalidInput
from tokenfoundry.settings.fields import parse_zone
from tokenfoundry.until import end_ms

keys = typer.Typer(help="Make, list, rotate and change API keys.", no_args_is_help=True)

KeyArgument = Annotated[str, typer.Argument(help="The key's id, the 8 characters after tf_.")]

_NONE_YET = "no API keys yet: tokenfoundry keys create --project NAME makes one"


def add_to(app: typer.Typer) -> None:
    app.add_typer(keys, name="keys")


@keys.command("create")
def create_key(
    project: Annotated[str, typer.Option(help="The project its calls are booked on.")] = "default",
    workspace: Annotated[str, typer.Option(help="The workspace the project belongs to.")] = "default",
    consumer: Annotated[str, typer.Option(help="The team or service that uses it.")] = "",
    env: Annotated[str, typer.Option(help="The environment, e.g. production.")] = "",
    name: Annotated[str, typer.Option(help="A name for people.")] = "",
    model: Annotated[
        list[str] | None,
        typer.Option(help="A model it may use, or all that begin so: 'gpt-4o*'; repeat for more. Without: all."),
    ] = None,
    endpoint: Annotated[
        list[str] | None, typer.Option(help="chat, responses, embeddings, models, ...; repeat for more. Without: all.")
    ] = None,
    intent: Annotated[
        list[str] | None,
        typer.Option(help="A value of x-tf-intent it may state, '' for none; repeat for more. Without: all."),
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="A region it may use; repeat for more. Without: all.")
    ] = None,
    allow_ip: Annotated[
        list[str] | None,
        typer.Option(help="An address or range its requests may come from: 10.0.0.0/8; repeat for more. Without: all."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            help="The last day it works (2027-01-31), to its end in --tz, an instant with its offset, or a time from "
            "now (90d, 12h)."
        ),
    ] = None,
    rpm: Annotated[int | None, typer.Option(help="Requests per minute.", min=1)] = None,
    tpm: Annotated[int | None, typer.Option(help="Tokens per minute.", min=1)] = None,
    concurrent: Annotated[int | None, typer.Option(help="Calls under way at once.", min=1)] = None,
    budget: Annotated[
        list[str] | None,
        typer.Option(help="A cap of this key alone, UNIT=CAP/WINDOW: money=500/monthly; repeat for more."),
    ] = None,
    tz: Annotated[str, typer.Option(help="The time zone of --budget's windows and of --expires.")] = "Europe/Rome",
    admin: Annotated[bool, typer.Option("--admin", help="May use the admin API, and nothing else.")] = False,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="inference, or a part of the admin API: admin:keys, admin:budgets, ...; repeat for more."),
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key. Its text is shown now and never again."""
    stated = {
        "models": model,
        "endpoints": endpoint,
        "intents": intent,
        "regions": region,
        "allowed_ips": allow_ip,
        "expires_at_ms": None if expires is None else _expiry(expires, tz, system_clock()),
        "rpm": rpm,
        "tpm": tpm,
        "concurrent": concurrent,
        "budgets": [_budget(text, tz) for text in budget or []],
        "scopes": [*(["admin"] if admin else []), *(scope or [])],
    }
    fields: dict[str, Any] = {
        "workspace": workspace,
        "project": project,
        "consumer": consumer,
        "env": env,
        "name": name,
        **{field: value for field, value in stated.items() if value not in (None, [])},
    }
    with administration(load_settings(config, data_dir)) as administrator:
        made = administrator.handle("POST", "/admin/keys", fields)
    _show_text(made, as_json=as_json)


@keys.command("list")
def list_keys(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the keys, without their text."""
    with administration(load_settings(config, data_dir)) as administrator:
        listed = administrator.handle("GET", "/admin/keys", {})["keys"]
    if as_json:
        print_json(listed)
        return
    now_ms = system_clock()
    rows = [
        [
            key["id"],
            escape(key["name"]),
            escape(f"{key['workspace']}/{key['project']}"),
            "expired" if (key["expires_at_ms"] or now_ms + 1) <= now_ms else key["state"],
            escape("\n".join(_allowed(key))) or "all",
            "\n".join(_limits(key)) or "none",
            "\n".join(_ends(key, now_ms)),
        ]
        for key in listed
    ]
    columns = ["id", "name", "project", "state", "may use", "limits", "expires"]
    show(table("Keys", columns, rows, left=7, wrapped=("name", "project", "may use", "limits")), if_empty=_NONE_YET)


@keys.command("set-state")
def set_key_state(
    key_id: KeyArgument,
    state: Annotated[str, typer.Argument(help="active, frozen or disabled.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Freeze, disable or reactivate a key. Its budgets go on counting what they counted."""
    with administration(load_settings(config, data_dir)) as administrator:
        changed = administrator.handle("PATCH", f"/admin/keys/{quote(key_id, safe='')}", {"state": state})
    if as_json:
        print_json(changed)
    else:
        out.print(f"key {changed['id']} is {changed['state']}")


@keys.command("rotate")
def rotate_key(
    key_id: KeyArgument,
    overlap: Annotated[
        str, typer.Option(help="How long the old text keeps working: 90s, 24h, 7d; 0 for not at all.")
    ] = "24h",
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a key a new text, shown now and never again. Its id, and all that is booked on it, stays."""
    with administration(load_settings(config, data_dir)) as administrator:
        rotated = administrator.handle("POST", f"/admin/keys/{quote(key_id, safe='')}/rotate", {"overlap": overlap})
    _show_text(rotated, as_json=as_json)


def _show_text(made: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        out.print(made["key"], soft_wrap=True)


def _expiry(text: str, tz: str, now_ms: int) -> int:
    """The first moment at which a key with that `--expires` is over, in Unix milliseconds.

    >>> _expiry("2027-01-31", "Europe/Rome", 0) == end_ms("2027-02-01T00:00:00+01:00", tz="UTC")
    True
    """
    try:
        parse_zone(tz)
    except ValueError as error:
        raise InvalidInput(f"--tz {tz}: {error}") from None
    ends_at_ms = end_ms(text, tz=tz, now_ms=now_ms, field=f"--expires {text}")
    if ends_at_ms <= now_ms:
        raise InvalidInput(f"--expires {text}: is over already")
    return ends_at_ms


def _budget(text: str, tz: str) -> dict[str, Any]:
    """`money=500/monthly` as the fields of a budget; whether they are right is the server's to say.

    >>> _budget("tokens=2000000/daily", "Europe/Rome")
    {'unit': 'tokens', 'hard': '2000000', 'window': {'kind': 'daily', 'tz': 'Europe/Rome'}}
    """
    found = re.fullmatch(r"(\w+)=([\d.]+)/(\w+)", text)
    if found is None:
        raise InvalidInput(f"--budget {text}: needs UNIT=CAP/WINDOW, e.g. money=500/monthly")
    return {"unit": found[1], "hard": found[2], "window": {"kind": found[3], "tz": tz}}


def _allowed(key: dict[str, Any]) -> list[str]:
    lists = {
        "models": key["models"],
        "endpoints": key["endpoints"],
        "intents": key["intents"] and [intent or "(none)" for intent in key["intents"]],
        "regions": key["regions"],
        "from": key["allowed_ips"],
    }
    admin = ["the admin API"] if "admin" in key["scopes"] else []
    return admin + [f"{what} {', '.join(values)}" for what, values in lists.items() if values]


def _limits(key: dict[str, Any]) -> list[str]:
    rates = {"requests/min": key["rpm"], "tokens/min": key["tpm"], "at once": key["concurrent"]}
    budgets = [_cap_text(budget) for budget in key["budgets"]]
    return [f"{value} {what}" for what, value in rates.items() if value is not None] + budgets


def _cap_text(budget: dict[str, Any]) -> str:
    """A budget as it was stated when the key was made: a cap, a soft one only, or prepaid."""
    window = budget.get("window", {"kind": "prepaid"})["kind"]
    cap = f"{budget['hard']} " if "hard" in budget else f"soft {budget['soft']} " if "soft" in budget else ""
    return f"{cap}{budget['unit']} {window}"


def _ends(key: dict[str, Any], now_ms: int) -> list[str]:
    old = [f"old text {day(each['ends_at_ms'])}" for each in key["old_secrets"] if each["ends_at_ms"] > now_ms]
    return [day(key["expires_at_ms"]), *old]
