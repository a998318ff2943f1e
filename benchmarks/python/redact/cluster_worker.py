"""One local cluster that redacts a Parquet file, for `clusters`: the engine, how many workers, the file.

Prints JSON: seconds, without the start of the cluster and of its workers, and how many characters came out.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import tokenfoundry as tf


def spark(workers: int, path: str, redactor: tf.Redactor) -> dict[str, Any]:
    from pyspark.sql import SparkSession, functions

    from tokenfoundry.frames.spark import redact_spark

    session = (
        SparkSession.builder.master(f"local[{workers}]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.files.maxPartitionBytes", "1m")
        .getOrCreate()
    )
    try:
        frame = session.read.parquet(path)

        def redact(rows: int | None) -> int:
            some = frame if rows is None else frame.limit(rows).repartition(workers)
            safe = redact_spark(some, columns=["note"], redactor=redactor)
            characters: int = safe.agg(functions.sum(functions.length("note"))).collect()[0][0]
            return characters

        return timed(redact)
    finally:
        session.stop()


def ray(workers: int, path: str, redactor: tf.Redactor) -> dict[str, Any]:
    import pyarrow.compute as pc
    import ray as engine

    from tokenfoundry.frames.ray import redact_ray

    # A worker takes a core to itself, and what feeds them another.
    engine.init(num_cpus=workers + 1, include_dashboard=False, log_to_driver=False, object_store_memory=500_000_000)
    try:
        engine.data.DataContext.get_current().enable_progress_bars = False
        dataset = engine.data.read_parquet(path, override_num_blocks=8).materialize()

        def redact(rows: int | None) -> int:
            some = dataset if rows is None else dataset.limit(rows)
            safe = redact_ray(some, columns=["note"], redactor=redactor, workers=workers)
            return sum(
                pc.sum(pc.utf8_length(batch["note"])).as_py() for batch in safe.iter_batches(batch_format="pyarrow")
            )

        return timed(redact)
    finally:
        engine.shutdown()


def timed(redact: Callable[[int | None], int]) -> dict[str, Any]:
    redact(1000)  # Starts the workers.
    start = time.perf_counter()
    characters = redact(None)
    return {"seconds": time.perf_counter() - start, "characters": characters}


if __name__ == "__main__":
    answer = {"spark": spark, "ray": ray}[sys.argv[1]](
        int(sys.argv[2]), sys.argv[3], tf.Redactor(policy={"default": "redact"})
    )
    sys.stdout.write("\n" + json.dumps(answer) + "\n")
