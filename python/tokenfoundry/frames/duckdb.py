"""DuckDB with `pii_redact(text)`, a function of SQL that is given whole vectors of rows.

    from tokenfoundry.frames import duckdb as pii

    session = pii.register(connection)
    connection.sql("select id, pii_redact(note) as note from notes")

DuckDB works on several parts of a table at once, in an order of its own: the same value gets the same placeholder
everywhere, but which number that is may differ from run to run (`set threads = 1` keeps to the order of the rows).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenfoundry import _core
from tokenfoundry.errors import MissingExtra
from tokenfoundry.frames.arrow import ArrowStream, opener, session_of
from tokenfoundry.frames.session import FrameSession
from tokenfoundry.frames.tokens import tokenizer_of
from tokenfoundry.privacy import Redactor
from tokenfoundry.tokens import Tokenizer

if TYPE_CHECKING:
    import duckdb


def register(
    connection: duckdb.DuckDBPyConnection,
    *,
    redactor: Redactor | None = None,
    session: FrameSession | None = None,
    restore: bool = False,
    tokenizer: Tokenizer | str = "gpt-4o",
) -> FrameSession:
    """Adds `pii_redact(text)` and `pii_tokens(text)` to the connection, with `restore` also `pii_restore(text)`.

    Returns the session that they use, `session` or a new one; it lives as long as the connection. Queries raise
    DuckDB's error with the sentence of ours for an entity that the policy blocks, and `pii_tokens` counts as
    `tokenizer` does.

    Raises `MissingExtra` without pyarrow, through which DuckDB hands its vectors over.

    >>> import duckdb
    >>> with duckdb.connect() as connection:
    ...     session = register(connection)
    ...     connection.sql("select pii_redact('Sono mario@example.it')").fetchall()
    [('Sono [EMAIL_ADDRESS_1]',)]
    """
    try:
        import pyarrow as pa
        from duckdb.func import ARROW, SPECIAL
    except ImportError as error:
        raise MissingExtra(error.name or "duckdb", "duckdb") from error
    used = session_of(session, redactor, None)
    counter = tokenizer_of(tokenizer)

    def made(stream: Any) -> Any:
        return pa.chunked_array(ArrowStream(lambda: stream))

    def redacted(texts: Any) -> Any:
        return made(used.core.redact_columns(opener(texts)(), "text"))

    def restored(texts: Any) -> Any:
        return made(used.core.restore_stream(opener(texts)(), "text"))

    def tokens(texts: Any) -> Any:
        return made(_core.count_stream(counter, opener(texts)(), "text", used.threads))

    functions = {"pii_redact": (redacted, "VARCHAR"), "pii_tokens": (tokens, "UINTEGER")}
    if restore:
        functions["pii_restore"] = (restored, "VARCHAR")
    for name, (function, returns) in functions.items():
        connection.create_function(name, function, ["VARCHAR"], returns, type=ARROW, null_handling=SPECIAL)
    return used
