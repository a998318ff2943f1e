"""Files larger than memory: redacted, restored and counted, with nothing half-written.

    cells           the texts of some rows, and what may be done with them
    formats         what kind of file a name says it is
    sources         bytes in, decompressed
    records         files of records, all but the wanted texts left as written: csv_records, json_lines
    parquet         the same of Parquet, by row groups: parquet_footer, thrift, arrow_columns, arrow_texts
    outputs         bytes out: whole or not at all
    journal         what was done, for a run that goes on later
    value_map       what placeholders stand for, sealed
    redacting       what is done with the texts
    counting        or only their tokens and what they cost
    run             from the beginning of a file to its end

Parquet needs the extra `files`, and so does zstd.
"""

from tokenfoundry.frames.files.counting import Counted, count_file
from tokenfoundry.frames.files.value_map import ValueMap
from tokenfoundry.frames.files.whole import redact_file, restore_file

__all__ = ["Counted", "ValueMap", "count_file", "redact_file", "restore_file"]
