"""One numbering for frames and files, kept sealed between runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tokenfoundry.frames.files.value_map import ValueMap
from tokenfoundry.frames.session import FrameSession
from tokenfoundry.privacy import Redactor


@contextmanager
def kept_session(
    map: str | Path, *, redactor: Redactor | None = None, threads: int | None = None
) -> Iterator[FrameSession]:
    """A session that goes on with the numbering in `map`, the file that `redact_file` uses too, and keeps it there.

    What was given out is on the disk at the end of the block; one that ends in an error keeps it as well, as some of
    it may have left. Raises as `ValueMap` does.

    >>> import tempfile, pandas
    >>> from tokenfoundry.frames.dispatch import redact_frame
    >>> path = tempfile.mkdtemp() + "/map.sealed"
    >>> for note in ("anna@example.it", "mario@example.it, anna@example.it"):
    ...     with kept_session(path) as session:
    ...         print(redact_frame(pandas.DataFrame({"note": [note]}), session=session)["note"][0])
    [EMAIL_ADDRESS_1]
    [EMAIL_ADDRESS_2], [EMAIL_ADDRESS_1]
    """
    with ValueMap(Path(map)) as value_map:
        session = FrameSession(redactor, threads=threads)
        session.resume(value_map.values)
        try:
            yield session
        finally:
            value_map.keep(session.values)
            value_map.keep_columns(list(session.counts))
