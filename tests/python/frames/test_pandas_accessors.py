from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import tokenfoundry as tf
import tokenfoundry.frames.pandas
from tokenfoundry.errors import BlockedContent, InvalidInput

TEXTS = ["Sono mario@example.it", None, "anna@example.it e mario@example.it", "nulla", ""]
REDACTED = ["Sono [EMAIL_ADDRESS_1]", None, "[EMAIL_ADDRESS_2] e [EMAIL_ADDRESS_1]", "nulla", ""]
DTYPES: list[Any] = [
    "object",
    "str",
    "string[python]",
    "string[pyarrow]",
    pd.ArrowDtype(pa.string()),
    pd.ArrowDtype(pa.large_string()),
    pd.ArrowDtype(pa.string_view()),
    pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string())),
    "category",
]


def none_for_missing(series: pd.Series[Any]) -> list[str | None]:
    return [None if missing else text for text, missing in zip(series.tolist(), series.isna(), strict=True)]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_column_keeps_its_type_index_name_and_missing_values(dtype: Any) -> None:
    series = pd.Series(TEXTS, index=[9, 7, 7, 3, 1], name="note", dtype=dtype)
    session = tf.FrameSession()
    redacted = series.pii.redact(session=session)
    assert none_for_missing(redacted) == REDACTED
    assert redacted.index.equals(series.index)
    assert redacted.name == "note"
    assert redacted.dtype == series.dtype if dtype != "category" else redacted.dtype == "category"
    assert none_for_missing(redacted.pii.restore(session)) == TEXTS
    assert none_for_missing(series) == TEXTS


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA], ids=str)
def test_whatever_stands_for_a_missing_value_still_does(missing: Any) -> None:
    series = pd.Series(["a", missing], dtype="object")
    assert series.pii.redact().iloc[1] is missing


def test_the_categories_that_no_row_has_are_redacted_too() -> None:
    dtype = pd.CategoricalDtype(["anna@example.it", "mario@example.it", "x"], ordered=True)
    session = tf.FrameSession()
    redacted = pd.Series(["x", "mario@example.it", None, "mario@example.it"], dtype=dtype).pii.redact(session=session)
    assert redacted.cat.categories.tolist() == ["[EMAIL_ADDRESS_2]", "[EMAIL_ADDRESS_1]", "x"]
    assert redacted.cat.ordered
    assert none_for_missing(redacted) == ["x", "[EMAIL_ADDRESS_1]", None, "[EMAIL_ADDRESS_1]"]
    assert session.counts["text"].entities["EMAIL_ADDRESS"] == tf.frames.Found(findings=2, rows=2)


def test_categories_that_come_out_alike_become_one() -> None:
    hiding = tf.Redactor(policy={"EMAIL_ADDRESS": "redact"})
    series = pd.Series(["anna@example.it", "mario@example.it"], dtype="category").pii.redact(redactor=hiding)
    assert series.cat.categories.tolist() == ["[EMAIL_ADDRESS]"]
    assert series.tolist() == ["[EMAIL_ADDRESS]"] * 2


def test_a_frame_has_one_numbering_and_keeps_its_other_columns() -> None:
    frame = pd.DataFrame({"note": TEXTS, "n": range(5), 7: TEXTS})
    redacted = frame.pii.redact()
    assert none_for_missing(redacted["note"]) == none_for_missing(redacted[7]) == REDACTED
    assert redacted["n"].equals(frame["n"])
    assert list(redacted.columns) == ["note", "n", 7]
    one = tf.redact_frame(frame, columns=["note"])
    assert none_for_missing(one[7]) == TEXTS
    session = tf.FrameSession()
    assert tf.restore_frame(tf.redact_frame(frame, session=session), session).equals(frame)


def test_columns_of_one_name_are_all_redacted() -> None:
    frame = pd.DataFrame([["mario@example.it", 1, "anna@example.it"]], columns=["a", "a", "a"])
    assert frame.pii.redact().iloc[0].tolist() == ["[EMAIL_ADDRESS_1]", 1, "[EMAIL_ADDRESS_2]"]
    assert frame.pii.detect().loc[("a", "EMAIL_ADDRESS"), "findings"] == 2


def arrow(values: list[Any], kind: pa.DataType) -> pd.Series[Any]:
    return pd.Series(values, dtype=pd.ArrowDtype(kind))


EMAIL = "mario@example.it"
MAY_HOLD_TEXT: dict[str, Any] = {
    "lists": arrow([[EMAIL]], pa.list_(pa.string())),
    "structs": arrow([{"a": EMAIL}], pa.struct({"a": pa.dictionary(pa.int8(), pa.string())})),
    "maps": arrow([[("a", EMAIL)]], pa.map_(pa.string(), pa.string())),
    "bytes of Arrow": arrow([EMAIL.encode()], pa.binary()),
    "mixed categories": pd.Categorical([EMAIL, 3]),
    "sparse": pd.arrays.SparseArray([EMAIL, None], dtype=pd.SparseDtype(object)),
    "mixed objects": pd.Series([EMAIL, 3], dtype=object),
    "bytes": pd.Series([EMAIL.encode()], dtype=object),
    "lists of objects": pd.Series([[EMAIL]]),
}


@pytest.mark.parametrize("values", MAY_HOLD_TEXT.values(), ids=MAY_HOLD_TEXT)
def test_a_column_that_may_hold_text_is_never_passed_over_silently(values: Any) -> None:
    frame = pd.DataFrame({"note": values})
    for act in (frame.pii.redact, frame.pii.detect, lambda: tf.redact_frame(frame)):
        with pytest.raises(InvalidInput, match=r"column 'note' is .* and holds what may be text: name the columns"):
            act()


def test_columns_without_text_pass_whatever_their_dtype() -> None:
    frame = pd.DataFrame(
        {
            "numpy": [1.5],
            "time": [pd.Timestamp("2030-01-02")],
            "zoned": [pd.Timestamp("2030-01-02", tz="UTC")],
            "period": [pd.Period("2030-01")],
            "interval": pd.arrays.IntervalArray.from_tuples([(1, 2)]),
            "Int64": pd.array([1], dtype="Int64"),
            "UInt8": pd.array([1], dtype="UInt8"),
            "Float64": pd.array([1.5], dtype="Float64"),
            "boolean": pd.array([None], dtype="boolean"),
            "category": pd.Categorical([3]),
            "sparse": pd.arrays.SparseArray([1.0]),
            "objects": pd.Series([3], dtype=object),
            "embedding": arrow([[0.5]], pa.list_(pa.float32())),
            "point": arrow([{"x": 1}], pa.struct({"x": pa.int8()})),
            "null": arrow([None], pa.null()),
        }
    )
    assert frame.pii.redact().equals(frame)


@pytest.mark.parametrize(
    "index", [pd.Index([EMAIL], name="who"), pd.MultiIndex.from_tuples([(1, EMAIL)], names=["n", "who"])], ids=type
)
def test_an_index_that_may_hold_text_is_refused_unless_columns_are_named(index: Any) -> None:
    frame = pd.DataFrame({"note": [EMAIL]}, index=index)
    for act in (frame.pii.redact, frame.pii.detect):
        with pytest.raises(InvalidInput, match="the index 'who' may hold text"):
            act()
    assert frame.pii.redact(columns=["note"]).index.equals(index)
    assert EMAIL not in frame.reset_index().pii.redact().to_string()


def test_what_is_found_is_told_by_column_and_entity() -> None:
    frame = pd.DataFrame({"note": TEXTS, "iban": ["IT60X0542811101000000123456", *[""] * 4], "n": range(5)})
    found = frame.pii.detect()
    assert found.to_dict("index") == {
        ("note", "EMAIL_ADDRESS"): {"findings": 3, "rows": 2},
        ("iban", "IBAN_CODE"): {"findings": 1, "rows": 1},
    }
    assert frame["note"].pii.detect().loc["EMAIL_ADDRESS"].to_dict() == {"findings": 3, "rows": 2}
    assert frame[["n"]].pii.detect().empty


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_tokens_are_those_of_the_model(dtype: Any) -> None:
    series = pd.Series(TEXTS, name="note", dtype=dtype)
    counted = series.pii.count_tokens("gpt-4")
    assert counted.dtype == "UInt32"
    tokenizer = tf.Tokenizer.for_model("gpt-4")
    assert [None if count is pd.NA else count for count in counted] == [
        None if text is None else tokenizer.count(text) for text in TEXTS
    ]
    assert list(series.to_frame().pii.count_tokens().columns) == ["note"]


def test_what_cannot_be_done_is_said_with_the_column() -> None:
    frame = pd.DataFrame({"note": ["x"], "age": [3], "mixed": pd.Series([b"x"], dtype="object")})
    with pytest.raises(InvalidInput, match="column 'age' is not text but int64"):
        frame.pii.redact(columns=["age"])
    with pytest.raises(InvalidInput, match="there is no column 'absent'; there are: note, age, mixed"):
        frame.pii.redact(columns=["absent"])
    with pytest.raises(InvalidInput, match="column 'mixed', row 0: not text but bytes"):
        frame.pii.redact(columns=["mixed"])
    with pytest.raises(InvalidInput, match="2 columns are called 'note'"):
        frame[["note", "note"]].pii.redact(columns=["note"])
    with pytest.raises(InvalidInput, match="either the session or those"):
        frame.pii.redact(session=tf.FrameSession(), threads=1)
    blocking = tf.Redactor(policy={"EMAIL_ADDRESS": "block"})
    for dtype in DTYPES:
        with pytest.raises(BlockedContent, match=r"row 2 of column 'note' holds EMAIL_ADDRESS at 0\.\.15"):
            pd.Series(["", None, "anna@example.it"], name="note", dtype=dtype).pii.redact(redactor=blocking)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_an_empty_column_stays_one(dtype: Any) -> None:
    redacted = pd.Series([], name="note", dtype=dtype).pii.redact()
    assert (len(redacted), redacted.name) == (0, "note")
