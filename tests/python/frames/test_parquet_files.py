"""Parquet: the columns that are named change; the schema, the row groups, the metadata and every other byte stay."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tokenfoundry import Detector, Redactor
from tokenfoundry.errors import BlockedContent, InvalidInput
from tokenfoundry.frames.files import parquet, redact_file, restore_file

REDACTOR = Redactor(Detector(["EMAIL_ADDRESS"]))
CHAT = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))

LISTS = pa.large_list(pa.string())


def table(rows: int = 2000) -> pa.Table:
    chats: list[Any] = [
        None,
        [],
        [{"role": "user", "content": "sono anna@example.it"}, None, {"role": None, "content": None}],
        [{"role": "x", "content": "y"}],
    ]
    return pa.table(
        {
            "id": pa.array(range(rows), pa.int64()),
            "note": pa.array([None if at % 7 == 0 else f"ciao {at} mario{at % 50}@example.it" for at in range(rows)]),
            "large": pa.array([f"{at}@example.it" for at in range(rows)], pa.large_string()),
            "view": pa.array(["anna@example.it, " + "x" * 20] * rows, pa.string_view()),
            "few": pa.array(["mario@example.it" if at % 2 else "nothing" for at in range(rows)]).dictionary_encode(),
            "chat": pa.array([chats[at % 4] for at in range(rows)], CHAT),
            "lists": pa.array([["a@example.it", None] if at % 3 else None for at in range(rows)], LISTS),
            "when": pa.array(range(rows), pa.timestamp("us", "UTC")),
        }
    ).replace_schema_metadata({"made": "by hand"})  # fmt: skip


COLUMNS = ["note", "large", "view", "few", "chat.content", "lists"]
CODECS = {"id": "zstd", "note": "gzip", "large": "none", "view": "lz4", "few": "brotli", "when": "snappy"}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "in.parquet"
    sorted_by = [pq.SortingColumn(1), pq.SortingColumn(0)]
    pq.write_table(
        table(), path, row_group_size=300, compression=CODECS, write_page_index=True, sorting_columns=sorted_by
    )
    return path


@pytest.mark.parametrize("part_bytes", [1, parquet._PART_BYTES])
def test_only_the_named_columns_change(written: Path, monkeypatch: pytest.MonkeyPatch, part_bytes: int) -> None:
    monkeypatch.setattr(parquet, "_PART_BYTES", part_bytes)
    monkeypatch.setattr(parquet, "_BATCH_ROWS", 70)
    out = written.with_name("out.parquet")
    report = redact_file(written, out, columns=COLUMNS, redactor=REDACTOR)
    before, after = pq.ParquetFile(written), pq.ParquetFile(out)
    assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
    assert after.metadata.metadata == before.metadata.metadata
    assert after.schema.equals(before.schema)
    was, made = before.read(), after.read()
    made.validate(full=True)
    for name in ("id", "when"):
        assert made[name].equals(was[name])
    for column in ("note", "large", "view", "few"):
        assert "example.it" not in str(made[column].to_pylist())
        assert made[column].null_count == was[column].null_count
    assert made["note"][1].as_py() == "ciao 1 [EMAIL_ADDRESS_1]"
    assert made["chat"][2].as_py()[0] == {"role": "user", "content": "sono [EMAIL_ADDRESS_3]"}
    assert made["chat"][2].as_py()[1:] == [None, {"role": None, "content": None}]
    assert made["lists"][1].as_py() == ["[EMAIL_ADDRESS_5]", None]
    assert (report.rows, report.counts["EMAIL_ADDRESS"]) == (2000, 1714 + 2000 + 2000 + 1000 + 500 + 1333)
    for group in range(before.metadata.num_row_groups):
        of_before, of_after = before.metadata.row_group(group), after.metadata.row_group(group)
        assert of_after.num_rows == of_before.num_rows
        assert [of_after.column(at).compression for at in range(of_after.num_columns)] == [
            of_before.column(at).compression for at in range(of_before.num_columns)
        ]
        assert of_after.column(0).statistics == of_before.column(0).statistics
        assert of_after.column(1).statistics is None  # It would tell the least and the greatest value.
    assert polars.read_parquet(out)["note"].to_list() == made["note"].to_pylist()


def test_no_value_is_left_anywhere_in_the_file(written: Path) -> None:
    out = written.with_name("out.parquet")
    redact_file(written, out, columns=COLUMNS, redactor=REDACTOR)
    assert b"1999@example.it" in written.read_bytes()
    assert b"@example.it" not in out.read_bytes()
    assert not pq.ParquetFile(out).metadata.row_group(0).sorting_columns  # They were in the order of the values.


def test_redacted_and_restored_a_table_is_what_it_was(written: Path) -> None:
    out, back, sealed = (written.with_name(name) for name in ("out.parquet", "back.parquet", "map.sealed"))
    redact_file(written, out, columns=COLUMNS, redactor=REDACTOR, map=sealed)
    restore_file(out, back, map=sealed)
    assert pq.read_table(back).equals(pq.read_table(written))


def test_an_empty_table_and_one_without_text_are_copied(tmp_path: Path) -> None:
    nulls = pa.table({"note": pa.array([None, None], pa.string()), "none": pa.nulls(2)})
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    for made, columns in ((table(0), ["note", "chat.content"]), (nulls, ["note", "none"])):
        pq.write_table(made, source)
        redact_file(source, out, columns=columns, redactor=REDACTOR, force=True)
        assert pq.read_table(out).equals(pq.read_table(source))


def test_a_file_that_polars_wrote_is_rewritten_too(tmp_path: Path) -> None:
    frame = polars.DataFrame({"id": [1, 2], "note": ["anna@example.it", None], "tags": [["a@example.it"], []]})
    frame.write_parquet(tmp_path / "in.parquet")
    redact_file(tmp_path / "in.parquet", tmp_path / "out.parquet", columns=["note", "tags"], redactor=REDACTOR)
    assert polars.read_parquet(tmp_path / "out.parquet").to_dicts() == [
        {"id": 1, "note": "[EMAIL_ADDRESS_1]", "tags": ["[EMAIL_ADDRESS_2]"]},
        {"id": 2, "note": None, "tags": []},
    ]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("id", "the column 'id' is not text, it is int64, leave it out or convert it"),
        ("chat", "the column 'chat' is not text, it is struct"),
        ("chat.text", "the column 'chat.text' has no 'text'; it has role, content"),
        ("name", "there is no column 'name'; there are id, note, large, view, few, chat, lists, when"),
        ("note.text", "the column 'note.text' is not text"),
    ],
)
def test_a_column_that_is_missing_or_no_text_is_refused(written: Path, column: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        redact_file(written, written.with_name("out.parquet"), columns=[column], redactor=REDACTOR)
    assert message in str(caught.value)
    assert [path.name for path in written.parent.iterdir()] == ["in.parquet"]


def test_a_damaged_file_is_told_and_leaves_nothing(written: Path) -> None:
    whole = written.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    group = pq.ParquetFile(written).metadata.row_group(3)
    damages = [b"", b"PAR1", whole[:-20], whole[:-4] + b"PARE"]
    damages += [whole[:footer] + bytes(len(whole) - 8 - footer) + whole[-8:]]
    for chunk in (group.column(1), group.column(2)):
        at = chunk.dictionary_page_offset
        damages += [whole[:start] + b"\xff" * 40 + whole[start + 40 :] for start in (at, at + 60)]
    for damaged in damages:
        written.write_bytes(damaged)
        with pytest.raises(InvalidInput, match=r"in\.parquet|UTF-8"):
            redact_file(written, written.with_name("out.parquet"), columns=["note", "large"], redactor=REDACTOR)
    assert [path.name for path in written.parent.iterdir()] == ["in.parquet"]


def test_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    wrong = pa.Array.from_buffers(pa.string(), 1, [None, *pa.array([b"caff\xe8"]).buffers()[1:]])
    pq.write_table(pa.table({"note": wrong}), tmp_path / "in.parquet")
    with pytest.raises(InvalidInput, match="the column 'note' is not UTF-8 text near row 1"):
        redact_file(tmp_path / "in.parquet", tmp_path / "out.parquet", columns=["note"], redactor=REDACTOR)


def test_personal_data_in_the_notes_of_a_file_is_redacted_wherever_they_stand(tmp_path: Path) -> None:
    frame = pandas.DataFrame(
        {
            "note": pandas.Categorical(["anna@example.it", "nothing"]),
            "when": pandas.to_datetime(["2024-01-01", "2024-01-02"]).tz_localize("Europe/Rome"),
        },
        index=pandas.Index(["x", "y"], name="key"),
    )
    frame.attrs["owner"] = {"mail": "mario@example.it", "of": ["lucia@example.it", 3]}
    table = pa.Table.from_pandas(frame)
    inner = pa.struct([pa.field("a", pa.string(), metadata={"by": "paolo@example.it"})])
    table = table.append_column(
        pa.field("n", inner, metadata={"by": "carla@example.it"}), pa.array([{"a": "1"}, None], inner)
    )
    table = table.replace_schema_metadata(
        {**table.schema.metadata, b"made": rb'{"by": "giulia\u0040example.it"}', b"raw": b"\xff ugo@example.it"}
    )
    source, out, back, sealed = (tmp_path / name for name in ("in.parquet", "out.parquet", "back.parquet", "map"))
    pq.write_table(table, source)
    redact_file(source, out, columns=["note"], redactor=REDACTOR, map=sealed)

    schema = pq.read_schema(out)
    notes = pq.read_metadata(out).metadata
    arrow = base64.b64decode(notes[b"ARROW:schema"])
    written = out.read_bytes() + arrow
    assert b"example.it" not in written
    assert rb"\u0040example" not in written
    assert notes[b"made"].startswith(b'{"by": "[EMAIL_ADDRESS_')
    assert b"raw" not in notes
    assert schema.names == table.schema.names
    read = pandas.read_parquet(out)
    assert [str(kind) for kind in read.dtypes] == ["category", "datetime64[us, Europe/Rome]", "object"]
    assert read.index.name == "key"
    assert "[EMAIL_ADDRESS_" in read.attrs["owner"]["mail"]
    assert read.attrs["owner"]["of"][1] == 3

    restore_file(out, back, map=sealed)
    assert pandas.read_parquet(back).attrs == pandas.read_parquet(source).attrs
    assert pq.read_metadata(back).metadata[b"made"] == table.schema.metadata[b"made"]


def test_a_note_that_the_policy_blocks_stops_the_run_and_leaves_nothing(tmp_path: Path) -> None:
    table = pa.table({"note": ["nothing"]}).replace_schema_metadata({"made": "by anna@example.it"})
    pq.write_table(table, tmp_path / "in.parquet")
    redactor = Redactor(Detector(["EMAIL_ADDRESS"]), policy={"EMAIL_ADDRESS": "block"})
    with pytest.raises(BlockedContent, match="the metadata 'made' of the file"):
        redact_file(tmp_path / "in.parquet", tmp_path / "out.parquet", columns=["note"], redactor=redactor)
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]
