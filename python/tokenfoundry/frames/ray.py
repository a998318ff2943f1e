"""Ray Data: columns of a Dataset redacted by workers, with `map_batches`.

    from tokenfoundry.frames.ray import redact_ray
    safe = redact_ray(dataset, columns=["note"], redactor=tf.Redactor(policy={"default": "redact"}), workers=8)

The workers need the package with the extra `ray`. Each is an actor with one redactor, on one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokenfoundry.frames.workers import RedactBatches, check_needs_no_numbers
from tokenfoundry.privacy import Redactor


def redact_ray(
    dataset: Any, *, columns: Sequence[str], redactor: Redactor, workers: int = 2, batch_rows: int = 4096
) -> Any:
    """A Ray Dataset with `columns` redacted, as lazy as `dataset` is.

    Raises `InvalidInput` here for a policy with placeholders, and on the workers, as Ray's own error with our sentence
    in it, for a column that is missing or no text and for what the policy blocks.
    """
    return dataset.map_batches(
        RedactBatches,
        fn_constructor_args=(list(columns), check_needs_no_numbers(redactor)),
        batch_format="pyarrow",
        batch_size=batch_rows,
        concurrency=workers,
    )
