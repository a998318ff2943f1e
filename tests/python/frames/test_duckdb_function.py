from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

import tokenfoundry as tf
from tokenfoundry.frames.duckdb import register


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def test_the_function_redacts_vectors_of_rows_with_one_numbering(connection: duckdb.DuckDBPyConnection) -> None:
    session = register(connection, restore=True)
    connection.execute(
        "create table notes as select i, case when i % 10 = 0 then null else"
        " 'da persona' || (i % 300) || '@example.it' end as note from range(20000) t(i)"
    )
    assert connection.execute(
        "select count(*), count(distinct pii_redact(note)), bool_and(pii_restore(pii_redact(note)) = note),"
        " bool_and((pii_redact(note) is null) = (note is null)) from notes"
    ).fetchone() == (20000, 270, True, True)
    assert len(session) == 270
    assert all(name.startswith("[EMAIL_ADDRESS_") for name in session.values)


def test_the_function_counts_tokens(connection: duckdb.DuckDBPyConnection) -> None:
    register(connection, tokenizer="gpt-4")
    assert connection.execute("select pii_tokens('Hello, world!'), pii_tokens(null)").fetchone() == (4, None)
    with pytest.raises(duckdb.CatalogException):
        connection.execute("select pii_restore('x')")


def test_what_is_blocked_fails_the_query(connection: duckdb.DuckDBPyConnection) -> None:
    register(connection, redactor=tf.Redactor(policy={"EMAIL_ADDRESS": "block"}))
    with pytest.raises(duckdb.InvalidInputException, match=r"holds EMAIL_ADDRESS at 3\.\.19") as caught:
        connection.execute("select pii_redact('da mario@example.it')").fetchall()
    assert "mario@" not in str(caught.value)


def test_a_relation_and_a_redacted_stream_go_either_way(connection: duckdb.DuckDBPyConnection) -> None:
    relation = connection.sql("select 1 as id, 'da mario@example.it' as note")
    assert pa.table(tf.redact_arrow(relation, columns=["note"])).to_pylist() == [
        {"id": 1, "note": "da [EMAIL_ADDRESS_1]"}
    ]
    stream = tf.redact_arrow(pa.table({"note": ["da mario@example.it"]}))
    assert connection.from_arrow(stream).fetchall() == [("da [EMAIL_ADDRESS_1]",)]
