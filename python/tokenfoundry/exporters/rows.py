"""The rows themselves, a file a month: every attempt, hit, refusal and correction with all that its record says."""

from __future__ import annotations

from pathlib import Path

from tokenfoundry.analytics.rows import ExportDirectory, open_views
from tokenfoundry.analytics.rows.columns import ENTITIES, ENTRY_COLUMNS, FLAGS, RECORD_COLUMNS
from tokenfoundry.exporters.months import UNITS, Progress, check_format, write_months

_FORMATS = ("parquet", "csv")
_WHAT = "rows 2"
_NANO = "_nano"


def export_rows(
    directory: ExportDirectory, folder: Path, *, form: str = "parquet", progress: Progress | None = None
) -> list[Path]:
    """Writes the exported rows into `folder` as Parquet or CSV, a file a month, and returns the files.

    Money is in units of the currency, exactly: `decimal(28, 9)` of Parquet, decimals in CSV. Raises `InvalidInput`.
    """
    checked = check_format(form, _FORMATS)
    columns = ", ".join(map(_column, [*ENTRY_COLUMNS, *RECORD_COLUMNS, ENTITIES, FLAGS, "saved_nano"]))
    with open_views(directory, reads="rows") as connection:
        connection.execute(UNITS)
        return write_months(
            connection,
            folder,
            what=_WHAT,
            form=checked,
            query=lambda month: f"select {columns} from calls where {month}",
            progress=progress,
        )


def _column(name: str) -> str:
    return f"units({name}) as {name.removesuffix(_NANO)}" if name.endswith(_NANO) else name
