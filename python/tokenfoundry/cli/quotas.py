"""`quotas`: what the workspaces have used of their month, as their billing page shows it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer
from rich.markup import escape

from tokenfoundry.cli.access import administration
from tokenfoundry.cli.options import ConfigOption, DataDirOption, JsonOption, load_settings
from tokenfoundry.cli.output import bar, out, print_json, show, table
from tokenfoundry.errors import NotFound


def add_to(app: typer.Typer) -> None:
    app.command("quotas", epilog="Example: tokenfoundry quotas --workspace acme")(list_quotas)


def list_quotas(
    workspace: Annotated[str | None, typer.Option(help="Show this workspace only.")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the quotas of workspaces: used, held and left of each bucket, and when it starts anew."""
    with administration(load_settings(config, data_dir)) as administrator:
        pages = administrator.handle("GET", "/admin/quotas", {})["quotas"]
    if workspace is not None:
        pages = [page for page in pages if page["workspace"] == workspace]
        if not pages:
            raise NotFound(f"the workspace {workspace!r} has no quota")
    if as_json:
        print_json(pages)
        return
    for page in pages:
        rows = []
        for bucket in page["buckets"]:
            if bucket["limit"] is None:
                rows.append([bucket["bucket"], bucket["status"], "", "", "", "", "", ""])
                continue
            state = "exceeded" if bucket["exceeded"] else "warning" if bucket["warning"] else "ok"
            numbers = [f"{bucket[name]:,}" for name in ("used", "held", "remaining", "limit")]
            share = bar(Decimal(str(bucket["used_percent"])))
            rows.append([bucket["bucket"], state, *numbers, share, bucket["resets_at"]])
        columns = ["bucket", "state", "used", "held", "remaining", "limit", "", "resets"]
        show(table(f"Quotas of {escape(page['workspace'])}", columns, rows, left=2))
        if page["banner"]:
            out.print(page["banner"])
    if not pages:
        out.print("no workspace has a quota: `quotas` in the configuration sets them")
