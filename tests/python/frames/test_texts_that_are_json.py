"""What the escapes of JSON hide is found in columns and files as in a request, and comes back as it was written."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
import tokenfoundry.frames.pandas
import tokenfoundry.frames.polars
from support.messages import json_of
from tokenfoundry.frames import FrameSession, detect_arrow, redact_arrow, restore_arrow
from tokenfoundry.frames.duckdb import register
from tokenfoundry.frames.files import redact_file, restore_file
from tokenfoundry.gateway.bodies.texts import redacted

SAID = {"nota": "Sono Niccolò Fabbrizi,\nnico@posta.example", "testo": "Straße 7"}
TEXTS = [
    json.dumps(SAID),
    json.dumps({"n": json.dumps(SAID)}),
    json.dumps(SAID, ensure_ascii=False, indent=2).replace("@", "\\u0040"),
    "Ecco: " + json.dumps(SAID).replace("/", "\\/"),
    "Sono Niccolò Fabbrizi,\nnico@posta.example",
]
HIDDEN = ("Niccol", "Fabbrizi", "nico")


def by_arrow(texts: list[str], session: FrameSession) -> tuple[list[str], list[str]]:
    made = pa.chunked_array(redact_arrow(pa.array(texts), session=session))
    return made.to_pylist(), pa.chunked_array(restore_arrow(made, session)).to_pylist()


def by_texts(texts: list[str], session: FrameSession) -> tuple[list[str], list[str]]:
    made = session.redact_texts(texts)
    return made, session.restore_texts(made)


def by_pandas(texts: list[str], session: FrameSession, *, dtype: str) -> tuple[list[str], list[str]]:
    made = pd.Series(texts, dtype=dtype).pii.redact(session=session)
    return list(made), list(made.pii.restore(session))


def by_polars(texts: list[str], session: FrameSession) -> tuple[list[str], list[str]]:
    made = pl.Series("text", texts).pii.redact(session=session)
    return made.to_list(), made.pii.restore(session).to_list()


def by_expression(texts: list[str], session: FrameSession) -> tuple[list[str], list[str]]:
    frame = pl.LazyFrame({"text": texts}).with_columns(pl.col("text").pii.redact(session=session))
    made = frame.collect()["text"]
    return made.to_list(), made.pii.restore(session).to_list()


def by_duckdb(texts: list[str], session: FrameSession) -> tuple[list[str], list[str]]:
    with duckdb.connect() as connection:
        register(connection, session=session, restore=True)
        frame = pa.table({"text": texts})  # noqa: F841
        made = "select pii_redact(text) as said from frame"
        rows = connection.execute(f"select said, pii_restore(said) from ({made})").fetchall()
    return [said for said, _ in rows], [back for _, back in rows]


@pytest.mark.parametrize(
    "way",
    [
        by_arrow,
        by_texts,
        partial(by_pandas, dtype="object"),
        partial(by_pandas, dtype="string[pyarrow]"),
        by_polars,
        by_expression,
        by_duckdb,
    ],
    ids=["arrow", "texts", "pandas objects", "pandas arrow", "polars", "polars expression", "duckdb"],
)
def test_every_kind_of_column_hides_what_escapes_hid_and_gives_it_back(
    way: Callable[[list[str], FrameSession], tuple[list[str], list[str]]],
) -> None:
    said, back = way(TEXTS, FrameSession())
    assert not [text for text in said for value in HIDDEN if value in text]
    assert json.loads(said[0]) == {"nota": "Sono [PERSON_1],\n[EMAIL_ADDRESS_1]", "testo": "Straße 7"}
    assert json.loads(json.loads(said[1])["n"])["testo"] == "Straße 7"
    assert back == TEXTS


@pytest.mark.parametrize("name", ["notes.jsonl", "notes.csv", "notes.parquet"])
def test_every_kind_of_file_does_too(name: str, tmp_path: Path) -> None:
    source, said, back = (tmp_path / f"{step}-{name}" for step in ("in", "said", "back"))
    if name.endswith("jsonl"):
        source.write_text("".join(json.dumps({"note": text}) + "\n" for text in TEXTS))
    elif name.endswith("csv"):
        with source.open("w", newline="") as file:
            csv.writer(file).writerows([["note"], *([text] for text in TEXTS)])
    else:
        pq.write_table(pa.table({"note": TEXTS}), source)
    report = redact_file(source, said, columns=["note"], map=tmp_path / "map.json")
    restore_file(said, back, map=tmp_path / "map.json")
    assert not [value for value in HIDDEN if value.encode() in said.read_bytes()]
    assert report.counts["PERSON"] == len(TEXTS)
    assert _notes(back) == TEXTS


def _notes(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        notes: list[str] = pq.read_table(path)["note"].to_pylist()
        return notes
    with path.open(newline="") as file:
        records = csv.DictReader(file) if path.suffix == ".csv" else map(json.loads, file)
        return [record["note"] for record in records]


def test_what_is_hidden_counts_as_found() -> None:
    found = detect_arrow(pa.table({"note": TEXTS}))["note"]
    assert found.entities["PERSON"].findings == found.entities["EMAIL_ADDRESS"].rows == len(TEXTS)


values = st.lists(
    st.sampled_from(
        ("Sono Niccolò Fabbrizi", "mario@example.it", "IT60X0542811101000000123456", "\n", " è ", '"', "x")
    ),
    max_size=5,
).map("".join)


@given(text=json_of(values))
@settings(max_examples=150, deadline=None)
def test_a_row_says_what_the_same_text_of_a_request_says(text: str) -> None:
    redactor = tf.Redactor(policy={"default": "redact"})
    (row,) = FrameSession(redactor).redact_texts([text])
    if "\\" in text:
        assert _read(row) == _read(redacted(text, redactor.session().redact))


def _read(value: Any) -> Any:
    """With the JSON inside JSON read too: spaces and escapes are no part of what it says."""
    if isinstance(value, str):
        try:
            read = json.loads(value)
        except json.JSONDecodeError:
            return value
        return value if isinstance(read, str | int | float) else _read(read)
    if isinstance(value, dict):
        return {name: _read(item) for name, item in value.items()}
    return [_read(item) for item in value] if isinstance(value, list) else value
