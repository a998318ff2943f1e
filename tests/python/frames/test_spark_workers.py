"""Spark redacts on its workers: a local cluster of two, in a process of its own."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys

import pyarrow
import pytest

from tokenfoundry import Redactor
from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.workers import RedactBatches

pytest.importorskip("pyspark")
pytestmark = pytest.mark.skipif(
    shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="there is no Java"
)

SCRIPT = """
import json, sys
from pyspark.sql import SparkSession
from tokenfoundry import Detector, Redactor
from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.spark import redact_spark

settings = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.memory": "512m",
}
builder = SparkSession.builder.master("local[2]")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
try:
    rows = [(at, None if at % 9 == 0 else f"riga {at}: anna{at}@example.it", float(at)) for at in range(200)]
    frame = spark.createDataFrame(rows, "id long, note string, amount double").repartition(2)
    redactor = Redactor(Detector(["EMAIL_ADDRESS"]), policy={"default": "redact"})
    safe = redact_spark(frame, columns=["note"], redactor=redactor)
    refused = []
    for columns in (["name"], ["id"]):
        try:
            redact_spark(frame, columns=columns, redactor=redactor)
        except InvalidInput as error:
            refused.append(str(error))
    blocking = Redactor(Detector(["EMAIL_ADDRESS"]), policy={"default": "block"})
    try:
        redact_spark(frame.coalesce(1), columns=["note"], redactor=blocking).collect()
        blocked = ""
    except Exception as error:
        blocked = str(error)
    def with_pid(batches):
        import os
        import pyarrow as pa
        for batch in batches:
            yield batch.append_column("pid", pa.array([os.getpid()] * batch.num_rows, pa.int64()))
    made = safe.mapInArrow(with_pid, "id long, note string, amount double, pid long").collect()
    found = {row.id: (row.note, row.amount) for row in made}
    workers = {row.pid for row in made}
    print(json.dumps({
        "schema": safe.schema == frame.schema,
        "rows": found == {
            at: (None if at % 9 == 0 else f"riga {at}: [EMAIL_ADDRESS]", float(at)) for at in range(200)
        },
        "workers": len(workers),
        "refused": refused,
        "blocked": "which the privacy policy blocks" in blocked and "anna1@example.it" not in blocked,
    }))
finally:
    spark.stop()
"""


def test_two_spark_workers_redact_a_frame() -> None:
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=240, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "schema": True,
        "rows": True,
        "workers": 2,
        "refused": [
            "there is no column 'name'; there are id, note, amount",
            "the column 'id' is not text, it is long, leave it out or convert it",
        ],
        "blocked": True,
    }


def test_what_travels_to_a_worker_is_the_redactor_and_refuses_placeholders() -> None:
    here = RedactBatches(["note"], Redactor(policy={"default": "hash"}, key=b"at least sixteen bytes"))
    there = pickle.loads(pickle.dumps(here))
    table = pyarrow.table({"note": ["scrivi a anna@example.it", None]})
    assert there(table).equals(here(table))
    assert here(table)["note"][0].as_py().startswith("scrivi a [EMAIL_ADDRESS:")
    for policy in ({}, {"default": "redact", "PERSON": "pseudonymize"}, {"default": "on_prem"}):
        with pytest.raises(InvalidInput, match="choose hash, mask or redact"):
            RedactBatches(["note"], Redactor(policy=policy))
