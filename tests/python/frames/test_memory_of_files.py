"""Memory does not grow with the file. `TF_LONG=1` compares files of 50 and 500 MB, else of 5 and 50."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

IS_LONG = os.environ.get("TF_LONG") == "1"
SMALL_BYTES = 50_000_000 if IS_LONG else 5_000_000
GROWTH = 10
MOST_MIB = 500
NOTE = "Il cliente chiede quando arriva il pacco e risponde il servizio, che non lo sa ancora. " * 5

# One entity, so that it is the reading and writing that is measured and not the time of the detector.
SCRIPT = """
import sys
from tokenfoundry import Detector, Redactor
from tokenfoundry.frames.files import redact_file
redactor = Redactor(Detector(["EMAIL_ADDRESS"]))
report = redact_file(sys.argv[1], sys.argv[2], columns=["note"], redactor=redactor, threads=1, force=True)
assert report.rows == report.rows_touched, report
# Not getrusage: that knows of the process which this one was forked from, too.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(int(peak.split()[1]) // 1024)
"""


def write(path: Path, size_bytes: int) -> None:
    rows = size_bytes // (len(NOTE) + 30)
    if path.suffix == ".parquet":
        schema = pa.schema({"id": pa.int64(), "note": pa.string()})
        with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
            for start in range(0, rows, 10_000):
                numbers = range(start, min(rows, start + 10_000))
                notes = [f"{NOTE} anna{at}@example.it" for at in numbers]
                writer.write_table(pa.table({"id": numbers, "note": notes}))
        return
    with path.open("w", encoding="utf-8") as file:
        if path.suffix == ".csv":
            file.write("id,note\n")
        form = '{},"{} anna{}@example.it"\n' if path.suffix == ".csv" else '{{"id":{},"note":"{} anna{}@example.it"}}\n'
        for at in range(rows):
            file.write(form.format(at, NOTE, at))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_the_peak_does_not_grow_with_the_file(tmp_path: Path, suffix: str) -> None:
    peaks_mib = []
    for size_bytes in (SMALL_BYTES, SMALL_BYTES * GROWTH):
        path, out = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
        write(path, size_bytes)
        command = [sys.executable, "-c", SCRIPT, str(path), str(out)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
        peaks_mib.append(int(done.stdout))
    assert peaks_mib[1] < MOST_MIB
    assert peaks_mib[1] - peaks_mib[0] < 100, peaks_mib  # A part of a row group, not the ten times larger file.
