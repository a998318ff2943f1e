"""Writes the bill: one row for each hour, key, model and token class, a file for each billing period (a month)."""

from __future__ import annotations

from pathlib import Path

from tokenfoundry.analytics.duck import text
from tokenfoundry.analytics.rows import ExportDirectory, open_views
from tokenfoundry.errors import InvalidInput
from tokenfoundry.exporters.focus.columns import FOCUS_VERSIONS, Type, columns_of_version
from tokenfoundry.exporters.focus.query import classes_query, make_rates
from tokenfoundry.exporters.months import UNITS, Progress, check_format, write_months
from tokenfoundry.pricing import PriceBook

_FORMATS = ("parquet", "csv")
_TYPES: dict[Type, str] = {
    "decimal": "DECIMAL(28, 9)",
    "string": "VARCHAR",
    "datetime": "TIMESTAMPTZ",
    "json": "VARCHAR",
}
_ORDER = "hour, workspace, project, key, provider, model, region, target, tags, rent, class"


def export_focus(
    directory: ExportDirectory,
    folder: Path,
    *,
    version: str = FOCUS_VERSIONS[-1],
    form: str = "parquet",
    account: str = "default",
    prices: PriceBook | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Writes FOCUS of that version into `folder`, and returns the files.

    The costs of all rows sum to what the ledger posted, and the savings in the `x_` columns to its savings. `account`
    is the BillingAccountId. `prices` weigh the token classes of a target; without, the catalogue's. Raises
    `InvalidInput`.
    """
    if not account.strip():
        raise InvalidInput("account: a bill needs the id of who is billed")
    columns = columns_of_version(version)
    checked = check_format(form, _FORMATS)
    made = ", ".join(
        f"({column.value.replace('$account', text(account))})::{_TYPES[column.type]} as {name}"
        for name, column in columns.items()
    )

    def query(month: str) -> str:
        hours = classes_query(month.replace("began_at", "hour"))
        return f"select {made} from ({hours}) order by {_ORDER}"

    with open_views(directory) as connection:
        connection.execute(UNITS)
        ((at_ms,),) = connection.execute("select epoch_ms(max(hour)) from sums").fetchall()
        make_rates(connection, prices, at_ms)
        what = f"FOCUS {version} of the account {account}"
        return write_months(connection, folder, what=what, form=checked, query=query, progress=progress)
