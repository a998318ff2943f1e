"""Spark: columns of a DataFrame redacted on the workers, with `mapInArrow`.

    from tokenfoundry.frames.spark import redact_spark
    safe = redact_spark(frame, columns=["note"], redactor=tf.Redactor(policy={"default": "redact"}))

The workers need the package with the extra `spark`, in the interpreter that PYSPARK_PYTHON names: without it Spark
starts `python3`, which in a virtual environment is another one. Each Python worker has one redactor, on one thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.workers import RedactBatches
from tokenfoundry.privacy import Redactor


class MapInArrow:
    """What `DataFrame.mapInArrow` takes: batches in, the same batches redacted out."""

    def __init__(self, columns: Sequence[str], redactor: Redactor) -> None:
        self._redact = RedactBatches(columns, redactor)

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        return map(self._redact, batches)


def redact_spark(frame: Any, *, columns: Sequence[str], redactor: Redactor) -> Any:
    """A Spark DataFrame with `columns` redacted, as lazy as `frame` is; schema and order stay.

    Raises `InvalidInput` here for a column that is missing or no text and for a policy with placeholders, and on the
    workers, as Spark's own error with our sentence in it, for what the policy blocks.
    """
    function = MapInArrow(columns, redactor)
    for column in columns:
        if column not in frame.columns:
            raise InvalidInput(f"there is no column {column!r}; there are {', '.join(frame.columns)}")
        kind = frame.schema[column].dataType.typeName()
        if kind not in ("string", "varchar", "char"):
            raise InvalidInput(f"the column {column!r} is not text, it is {kind}, leave it out or convert it")
    return frame.mapInArrow(function, frame.schema)
