"""Redaction on the workers of a cluster, where nobody sees all of the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.arrow import checked_columns, redact_arrow
from tokenfoundry.frames.session import FrameSession
from tokenfoundry.privacy import Redactor

# What is done alike to the same value wherever it is met.
_WITHOUT_NUMBERS: Final = frozenset({"allow", "block", "hash", "mask", "redact"})


class RedactBatches:
    """Redacts `columns` of Arrow record batches or tables, one after the other. Travels to workers by pickle; the
    redactor is made there once.

    Raises `InvalidInput` for a policy with placeholders: each worker would give out the same numbers to other values.
    """

    def __init__(self, columns: Sequence[str], redactor: Redactor) -> None:
        self._columns = checked_columns(columns)
        self._redactor = check_needs_no_numbers(redactor)
        self._session: FrameSession | None = None

    def __call__(self, batch: Any) -> Any:
        """The batch redacted, of the same kind and schema. Raises as `redact_arrow` does."""
        import pyarrow as pa

        if self._session is None:
            self._session = FrameSession(self._redactor, threads=1)  # The cluster has the other cores.
        table = pa.table(redact_arrow(batch, columns=self._columns, session=self._session))
        if isinstance(batch, pa.Table):
            return table
        batches = table.combine_chunks().to_batches()
        return batches[0] if batches else batch

    def __getstate__(self) -> dict[str, Any]:
        return {"_columns": self._columns, "_redactor": self._redactor, "_session": None}


def check_needs_no_numbers(redactor: Redactor) -> Redactor:
    """The redactor, if the same value becomes the same text on every worker. Raises `InvalidInput`."""
    for entity in redactor.policy.protected:
        action = redactor.policy.action(entity)
        if action not in _WITHOUT_NUMBERS:
            raise InvalidInput(
                f"{entity} would be replaced by {action}, which needs one numbering, and the workers of a cluster have "
                "none in common: choose hash, mask or redact, such as Redactor(policy={'default': 'redact'}), or "
                "redact the files with a map before"
            )
    return redactor
