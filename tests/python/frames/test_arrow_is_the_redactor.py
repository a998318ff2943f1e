"""The core's redaction of columns does what RedactionSession does to one text after the other."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from support.messages import json_texts, messages
from tokenfoundry.errors import BlockedContent, InvalidInput
from tokenfoundry.frames import FrameSession, detect_arrow, redact_arrow, restore_arrow

POLICIES: dict[str, dict[str, Any]] = {
    "numbered": {},
    "mixed": {"EMAIL_ADDRESS": "mask", "IBAN_CODE": "redact", "PHONE_NUMBER": "on_prem", "URL": "pseudonymize"},
    "allowed": {"default": "allow", "EMAIL_ADDRESS": {"action": "mask", "keep_last": 2, "character": "•"}},
    "hashed": {"default": "hash", "IBAN_CODE": "pseudonymize"},
    "surrogates": {"default": "surrogate", "IP_ADDRESS": "mask"},
}
LAYOUTS = (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int16(), pa.large_string()))


@cache
def redactor(policy: str, *, asks_python: bool = False) -> tf.Redactor:
    badge = tf.Pattern("BADGE", r"EMP-\d+", validator=(lambda value: value.endswith("2")) if asks_python else "")
    return tf.Redactor(tf.Detector(patterns=[badge]), policy=POLICIES[policy], key=b"a key of sixteen bytes or more")


rows = st.lists(st.one_of(st.none(), messages, json_texts), max_size=6)


@pytest.mark.parametrize("policy", POLICIES)
@given(texts=rows)
@settings(max_examples=150, deadline=None)
def test_rows_come_out_as_from_a_session_and_go_back(policy: str, texts: list[str | None]) -> None:
    reference = redactor(policy).session()
    expected = [None if text is None else reference.redact_data(text) for text in texts]
    session = FrameSession(redactor(policy))
    assert session.redact_texts(texts) == expected
    assert dict(session.values) == dict(reference.restorable)
    assert session.restore_texts(expected) == [None if text is None else reference.restore(text) for text in expected]
    counts = session.counts["text"].entities if texts else {}
    assert {entity: found.findings for entity, found in counts.items()} == reference.counts


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@given(texts=rows, start=st.integers(0, 3), threads=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_every_layout_and_slice_says_the_same(
    layout: pa.DataType, texts: list[str | None], start: int, threads: int
) -> None:
    array = pa.array(texts, pa.large_string()).cast(layout).slice(start)
    session = FrameSession(redactor("numbered"), threads=threads)
    out = pa.chunked_array(redact_arrow(array, session=session)).combine_chunks()
    out.validate(full=True)
    assert out.type == array.type
    assert out.to_pylist() == FrameSession(redactor("numbered")).redact_texts(texts[start:])
    assert pa.chunked_array(restore_arrow(out, session)).to_pylist() == array.to_pylist()


@given(texts=rows)
@settings(max_examples=60, deadline=None)
def test_a_detector_with_functions_in_python_says_the_same(texts: list[str | None]) -> None:
    texts = [*texts, "EMP-12 è EMP-13"]
    reference = redactor("numbered", asks_python=True).session()
    expected = [None if text is None else reference.redact_data(text) for text in texts]
    assert FrameSession(redactor("numbered", asks_python=True)).redact_texts(texts) == expected


def test_the_number_of_threads_changes_nothing() -> None:
    texts = [f"riga {i}: scrivi a persona{i % 700}@example.it o a Mario Rossi" for i in range(5000)]
    one, *others = (FrameSession(redactor("numbered"), threads=threads).redact_texts(texts) for threads in (1, 2, 8))
    assert all(other == one for other in others)
    assert one[699].startswith("riga 699: scrivi a [EMAIL_ADDRESS_700]")


def test_a_telling_name_of_a_column_speaks_for_its_values() -> None:
    table = pa.table({"partita_iva": ["07643520567"], "note": ["07643520567"]})
    assert pa.table(redact_arrow(table, redactor=redactor("numbered"))).to_pydict() == {
        "partita_iva": ["[IT_VAT_CODE_1]"],
        "note": ["07643520567"],
    }
    silent = FrameSession(redactor("numbered"), labels=False)
    assert pa.table(redact_arrow(table, session=silent)).to_pydict() == table.to_pydict()


def test_what_is_blocked_is_named_with_its_row_and_never_its_value() -> None:
    blocking = tf.Redactor(policy={"EMAIL_ADDRESS": "block"})
    with pytest.raises(BlockedContent, match=r"^row 1 of column 'note' holds EMAIL_ADDRESS at 2\.\.18") as caught:
        FrameSession(blocking).redact_texts(["a", "è mario@example.it"], column="note")
    assert (caught.value.entity, caught.value.start, caught.value.end) == ("EMAIL_ADDRESS", 2, 18)
    table = pa.table({"note": pa.chunked_array([["a"], ["b", "mario@example.it"]])})
    with pytest.raises(OSError, match=r"column 'note', row 2: the text holds EMAIL_ADDRESS at 0\.\.16"):
        pa.table(redact_arrow(table, redactor=blocking))


def test_wrong_columns_and_data_are_told_apart() -> None:
    table = pa.table({"age": [1], "when": pa.array([1], pa.date32()), "note": ["x"]})
    for columns, said in (
        (["age"], "column 'age' is not text but int64"),
        (["when"], "column 'when' is not text but a date"),
        (["absent"], "no column 'absent'; there are: age, when, note"),
        ([], "names no column"),
    ):
        with pytest.raises(InvalidInput, match=said):
            redact_arrow(table, columns=columns).__arrow_c_stream__()
    with pytest.raises(InvalidInput, match="must be a list"):
        redact_arrow(table, columns="note")
    with pytest.raises(InvalidInput, match="int is no Arrow data"):
        redact_arrow(7)
    with pytest.raises(InvalidInput, match="column 'text', row 1: not text but float"):
        FrameSession(redactor("numbered")).redact_texts(["x", 1.5])  # type: ignore[list-item]
    with pytest.raises(InvalidInput, match="row 0: the text holds a lone surrogate"):
        FrameSession(redactor("numbered")).redact_texts(["\ud800"])


def test_text_inside_nested_columns_is_not_passed_over_silently() -> None:
    table = pa.table({"note": ["mario@example.it"], "notes": [["mario@example.it"]], "numbers": [[1]]})
    with pytest.raises(InvalidInput, match=r"column 'notes' is a list .* and holds what may be text"):
        redact_arrow(table).__arrow_c_stream__()
    for frame in (pl.DataFrame(table), pl.DataFrame(table).lazy(), table.to_pandas()):
        with pytest.raises(InvalidInput, match=r"column 'notes' .*holds"):
            tf.redact_frame(frame)
    assert pa.table(redact_arrow(table, columns=["note"])).drop("note") == table.drop("note")


def test_text_that_is_not_utf8_is_named_by_its_row() -> None:
    offsets = pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0")
    broken = pa.Array.from_buffers(pa.utf8(), 2, [None, offsets, pa.py_buffer(b"a\xff")])
    with pytest.raises(pa.ArrowInvalid, match="column 'note', row 1: the text is not UTF-8"):
        pa.table(redact_arrow(pa.table({"note": broken}), redactor=redactor("numbered")))


def test_what_a_function_in_python_raises_comes_through() -> None:
    class Refused(Exception):
        pass

    def refuse(value: str) -> bool:
        raise Refused

    failing = tf.Redactor(tf.Detector([], patterns=[tf.Pattern("BADGE", r"EMP-\d+", validator=refuse)]))
    with pytest.raises(Refused):
        FrameSession(failing).redact_texts(["EMP-12"])


@pytest.mark.parametrize(
    "column",
    [
        pa.array([b"mario@example.it"]),
        pa.array([b"mario@example.it"], pa.large_binary()),
        pa.array([b"mario@example.it"], pa.binary(16)),
        pa.array([b"mario@example.it"]).dictionary_encode(),
        pa.array([[b"mario@example.it"]]),
        pa.RunEndEncodedArray.from_arrays([1], ["mario@example.it"]),
    ],
    ids=lambda column: str(column.type),
)
def test_bytes_that_may_be_text_are_not_passed_over_silently(column: pa.Array) -> None:
    table = pa.table({"note": ["mario@example.it"], "raw": column})
    with pytest.raises(InvalidInput, match=r"column 'raw' is .* and holds what may be text: name the columns"):
        tf.redact_frame(table)
    assert tf.redact_frame(table, columns=["note"])["raw"] == table["raw"]


def test_a_type_that_redacted_texts_would_lose_is_refused() -> None:
    notes = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"who": "mario@example.it"}']))
    table = pa.table({"note": notes})
    for columns in (None, ["note"]):
        with pytest.raises(InvalidInput, match=r"column 'note' is of the extension type arrow\.json"):
            tf.redact_frame(table, columns=columns)
    assert detect_arrow(table)["note"].entities["EMAIL_ADDRESS"].findings == 1
    plain = table.set_column(0, "note", table["note"].cast(pa.string()))
    assert tf.redact_frame(plain).to_pylist() == [{"note": '{"who": "[EMAIL_ADDRESS_1]"}'}]
