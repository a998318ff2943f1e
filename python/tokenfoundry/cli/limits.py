"""`limits`: the rate limits and what is left of them; they live in the running server's memory."""

from __future__ import annotations

from typing import Any

import typer

from tokenfoundry.cli.access import administration
from tokenfoundry.cli.options import ConfigOption, DataDirOption, JsonOption, load_settings
from tokenfoundry.cli.output import print_json, show, table

_COLUMNS = ["limit", "for", "requests left", "tokens left", "calls left", "refused"]
_NONE_YET = "no rate limits: `rate_limits` in the configuration, or those of a key, set them"


def add_to(app: typer.Typer) -> None:
    app.command("limits")(list_limits)


def list_limits(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the rate limits: what each allows, and what is left where it is in use."""
    with administration(load_settings(config, data_dir)) as administrator:
        listed = administrator.handle("GET", "/admin/limits", {})["limits"]
    if as_json:
        print_json(listed)
        return
    rows = []
    for limit in listed:
        allowed = {name: limit[name] for name in ("requests", "tokens", "concurrent")}
        rows.append([limit["name"], "", *_amounts(allowed, allowed), str(limit["refused"])])
        for cell in limit["cells"]:
            left = {level["what"]: level["left"] for level in cell["levels"]}
            rows.append(["", " ".join(cell["each"].values()) or "all", *_amounts(left, allowed), ""])
    show(table("Rate limits", _COLUMNS, rows, left=2), if_empty=_NONE_YET)


def _amounts(values: dict[str, Any], allowed: dict[str, Any]) -> list[str]:
    return [
        "" if allowed[name] is None else f"{values[name]}" if values is not allowed else f"of {allowed[name]}"
        for name in ("requests", "tokens", "concurrent")
    ]
