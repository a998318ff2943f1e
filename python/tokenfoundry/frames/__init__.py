"""Data sets of any size, redacted by the same engine as conversations.

    session         one numbering for a data set: what goes through it is redacted alike, and can be restored
    arrow           the one implementation: whatever speaks Arrow, batch by batch
    pandas, polars, duckdb
                    the same where you work: importing one adds `.pii` to it (`duckdb.register` a function)
    dispatch        a frame of any of them, without saying which
    files           CSV, JSON lines and Parquet larger than memory
    examine, report, html
                    what is in a frame or a text, for people
    kept            one numbering for frames and files, kept sealed
    measure         how much of what you labelled is found
    workers, spark, ray
                    on a cluster

Nothing heavy is imported before you name it.
"""

from tokenfoundry.frames.arrow import ArrowStream, count_arrow, detect_arrow, redact_arrow, restore_arrow
from tokenfoundry.frames.dispatch import redact_frame, restore_frame
from tokenfoundry.frames.session import ColumnCounts, Found, FrameSession

__all__ = [
    "ArrowStream",
    "ColumnCounts",
    "Found",
    "FrameSession",
    "count_arrow",
    "detect_arrow",
    "redact_arrow",
    "redact_frame",
    "restore_arrow",
    "restore_frame",
]
