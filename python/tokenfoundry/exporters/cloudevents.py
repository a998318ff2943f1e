"""CloudEvents 1.0 (https://github.com/cloudevents/spec), JSON lines: an event for each entry of the ledger.

The id is the entry's, so who receives one twice knows it. Money is decimal text: JSON's numbers are floats to many.
"""

from __future__ import annotations

from pathlib import Path

from tokenfoundry.analytics.duck import text
from tokenfoundry.analytics.rows import ExportDirectory, open_views
from tokenfoundry.analytics.rows.columns import ENTITIES, ENTRY_COLUMNS, FLAGS, RECORD_COLUMNS
from tokenfoundry.exporters.months import UNITS, Progress, write_months

_TYPE = "tokenfoundry.call."  # And the kind of the entry: settled, void, hit, refused, recovered, adjusted.
_HOUR_TYPE = "tokenfoundry.reservation.hour"
_ENVELOPE = frozenset({"id", "kind"})
_NANO = "_nano"


def export_cloudevents(
    directory: ExportDirectory, folder: Path, *, source: str = "/tokenfoundry", progress: Progress | None = None
) -> list[Path]:
    """Writes an event a line into `folder`, a file a month, and returns the files. `source` names these books: with the
    id it is unique.
    """
    data = ", ".join(
        f"{_name(name)} := {_value(name)}"
        for name in [*ENTRY_COLUMNS, *RECORD_COLUMNS, ENTITIES, FLAGS, "saved_nano"]
        if name not in _ENVELOPE
    )
    envelope = f"""
        select '1.0' as specversion, id, {text(source)} as source,
            if(kind = 'rented', '{_HOUR_TYPE}', '{_TYPE}' || kind) as type, request_id as subject,
            strftime(posted_at, '%Y-%m-%dT%H:%M:%S.%gZ') as time, 'application/json' as datacontenttype,
            struct_pack({data}) as data
        from calls
    """
    with open_views(directory, reads="rows") as connection:
        connection.execute(UNITS)
        return write_months(
            connection,
            folder,
            what=f"cloudevents 1.0 of {source}",
            form="jsonl",
            query=lambda month: f"{envelope} where {month}",
            progress=progress,
        )


def _name(column: str) -> str:
    return column.removesuffix(_NANO)


def _value(column: str) -> str:
    if column.endswith(_NANO):
        return f"units({column})::VARCHAR"
    if ENTRY_COLUMNS.get(column) == "TIMESTAMPTZ":
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%gZ')"
    return column
