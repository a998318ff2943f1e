"""`doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer
from rich.markup import escape

from tokenfoundry.cli.options import ConfigOption, DataDirOption, JsonOption, load_settings
from tokenfoundry.cli.output import out, print_json
from tokenfoundry.doctor import Finding, State, examine

_STYLES: dict[State, str] = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}


def add_to(app: typer.Typer) -> None:
    app.command(epilog="Example: tokenfoundry doctor --config tokenfoundry.yaml --call")(doctor)


def doctor(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nothing of any provider.")] = False,
    call: Annotated[
        bool, typer.Option("--call", help="Ask each target for one token, with its key. This costs, and is not booked.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at the installation, the configuration, the data directory and the way to each provider.

    Each line says ok, warning, failed or skipped, and what to do. Exit code 1 when anything failed. Nothing is
    written, and without --call nothing costs.
    """
    found: list[Finding] = []
    for finding in examine(partial(load_settings, config, data_dir), offline=offline, call=call):
        found.append(finding)
        if not as_json:
            _show(finding)
    counts = Counter(finding.state for finding in found)
    if as_json:
        print_json({"ok": not counts["failed"], "counts": counts, "findings": [asdict(finding) for finding in found]})
    else:
        out.print(", ".join(f"{number} {state}" for state, number in counts.items()))
    if counts["failed"]:
        raise typer.Exit(1)


def _show(finding: Finding) -> None:
    style = _STYLES[finding.state]
    out.print(
        f"[{style}]{finding.state:8}[/{style}] [bold]{escape(finding.about)}[/bold]: {escape(finding.said)}",
        soft_wrap=True,
    )
    if finding.advice:
        out.print(f"         -> {escape(finding.advice)}", soft_wrap=True)
