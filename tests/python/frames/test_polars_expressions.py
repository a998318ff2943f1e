from __future__ import annotations

import gc
from pathlib import Path

import polars as pl
import pytest
from polars.exceptions import ComputeError

import tokenfoundry as tf
from tokenfoundry.errors import BlockedContent, InvalidInput
from tokenfoundry.frames.polars import shared_session

TEXTS = ["Sono mario@example.it", None, "anna@example.it e mario@example.it", "nulla", ""]
REDACTED = ["Sono [EMAIL_ADDRESS_1]", None, "[EMAIL_ADDRESS_2] e [EMAIL_ADDRESS_1]", "nulla", ""]
DTYPES = [pl.String, pl.Categorical]


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_an_expression_redacts_in_either_engine(engine: str, dtype: pl.DataType) -> None:
    session = tf.FrameSession()
    lazy = pl.LazyFrame({"note": pl.Series(TEXTS, dtype=dtype), "n": range(5)})
    redacted = lazy.with_columns(pl.col("note").pii.redact(session=session)).collect(engine=engine)  # type: ignore[call-overload]
    assert redacted["note"].cast(pl.String).to_list() == REDACTED
    assert redacted["n"].to_list() == list(range(5))
    back = redacted.lazy().with_columns(pl.col("note").pii.restore(session)).collect(engine=engine)  # type: ignore[call-overload]
    assert back["note"].cast(pl.String).to_list() == TEXTS


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_series_keeps_its_name_and_nulls(dtype: pl.DataType) -> None:
    session = tf.FrameSession()
    series = pl.Series("note", TEXTS, dtype=dtype)
    redacted = series.pii.redact(session=session)
    assert (redacted.name, redacted.cast(pl.String).to_list()) == ("note", REDACTED)
    assert redacted.pii.restore(session).cast(pl.String).to_list() == TEXTS


def test_a_query_over_a_file_streams_and_agrees_with_itself(tmp_path: Path) -> None:
    rows = 60_000
    people = [f"persona{row % 500}@example.it" for row in range(rows)]
    pl.DataFrame(
        {"row": range(rows), "note": [f"da {person}, testo {row}" for row, person in enumerate(people)]}
    ).write_parquet(tmp_path / "in.parquet", row_group_size=5_000)
    session = tf.FrameSession()
    pl.scan_parquet(tmp_path / "in.parquet").pii.redact(session=session).sink_parquet(tmp_path / "out.parquet")
    out = pl.read_parquet(tmp_path / "out.parquet").sort("row")["note"].to_list()
    assert len(session) == 500
    placeholder = {value: name for name, value in session.values.items()}
    assert out == [f"da {placeholder[person]}, testo {row}" for row, person in enumerate(people)]


def test_expressions_without_a_session_share_one() -> None:
    frame = pl.DataFrame({"a": ["mario.condiviso@example.it"], "b": ["di mario.condiviso@example.it"]})
    a, b = frame.select(pl.col("a").pii.redact(), pl.col("b").pii.redact()).row(0)
    assert b == f"di {a}"
    assert shared_session().restore_texts([a]) == ["mario.condiviso@example.it"]


def test_expressions_stand_wherever_polars_takes_one() -> None:
    frame = pl.DataFrame({"note": ["a@example.it", "b@example.it", "a@example.it"], "g": [1, 1, 2]})
    expr = pl.col("note").pii.redact(session=(session := tf.FrameSession()))
    expected = ["[EMAIL_ADDRESS_1]", "[EMAIL_ADDRESS_2]", "[EMAIL_ADDRESS_1]"]
    assert frame.select(expr)["note"].to_list() == expected
    assert frame.select(expr.over("g"))["note"].to_list() == expected
    assert frame.group_by("g", maintain_order=True).agg(expr)["note"].to_list() == [expected[:2], expected[2:]]
    assert frame.filter(expr == "[EMAIL_ADDRESS_2]")["g"].to_list() == [1]
    assert frame.clear().select(expr).shape == (0, 1)
    assert frame.lazy().select(expr).collect_schema() == {"note": pl.String}
    assert len(session) == 2


def test_a_frame_says_what_it_holds() -> None:
    frame = pl.DataFrame({"note": TEXTS, "n": range(5)})
    assert frame.pii.redact().to_dict(as_series=False) == {"note": REDACTED, "n": list(range(5))}
    assert frame.pii.detect().rows() == [("note", "EMAIL_ADDRESS", 3, 2)]
    assert frame["note"].pii.detect().rows() == [("EMAIL_ADDRESS", 3, 2)]
    assert frame.drop("note").pii.detect().is_empty()
    session = tf.FrameSession()
    assert tf.restore_frame(tf.redact_frame(frame, session=session, columns=["note"]), session).equals(frame)
    lazy = tf.redact_frame(frame.lazy(), session=session)
    assert tf.restore_frame(lazy, session).collect().equals(frame)


def test_tokens_are_those_of_the_model() -> None:
    frame = pl.DataFrame({"note": TEXTS})
    tokenizer = tf.Tokenizer.for_model("gpt-4")
    expected = [None if text is None else tokenizer.count(text) for text in TEXTS]
    counted = frame["note"].pii.count_tokens("gpt-4")
    assert (counted.dtype, counted.to_list()) == (pl.UInt32, expected)
    assert frame.lazy().select(pl.col("note").pii.count_tokens(tokenizer)).collect()["note"].to_list() == expected


def test_what_cannot_be_done_is_said_with_the_column() -> None:
    frame = pl.DataFrame({"note": ["", None, "anna@example.it"], "age": [1, 2, 3]})
    with pytest.raises(ComputeError, match="column 'age' is not text but int64"):
        frame.select(pl.col("age").pii.redact())
    with pytest.raises(InvalidInput, match="column 'age' is not text but int64"):
        frame["age"].pii.redact()
    with pytest.raises(InvalidInput, match="there is no column 'absent'; there are: note, age"):
        frame.pii.redact(columns=["absent"])
    blocking = tf.FrameSession(tf.Redactor(policy={"EMAIL_ADDRESS": "block"}))
    with pytest.raises(BlockedContent, match=r"row 2 of column 'note' holds EMAIL_ADDRESS at 0\.\.15"):
        frame["note"].pii.redact(session=blocking)
    with pytest.raises(ComputeError, match=r"column 'note', row 2: the text holds EMAIL_ADDRESS at 0\.\.15"):
        frame.select(pl.col("note").pii.redact(session=blocking))


def test_an_expression_whose_session_is_gone_says_so() -> None:
    expr = pl.col("note").pii.redact(session=tf.FrameSession())
    gc.collect()
    with pytest.raises(ComputeError, match="the session of this expression is gone"):
        pl.DataFrame({"note": ["x"]}).select(expr)


def test_an_enum_whose_texts_are_fixed_is_refused() -> None:
    frame = pl.DataFrame({"note": pl.Series([EMAIL], dtype=pl.Enum([EMAIL]))})
    with pytest.raises(InvalidInput, match="column 'note' is an Enum, whose texts are fixed: cast it"):
        frame.pii.redact()
    with pytest.raises(ComputeError, match="column 'note' is an Enum"):
        frame.lazy().pii.redact().collect()
    assert frame.pii.detect()["findings"].to_list() == [1]
    assert frame.cast(pl.Categorical).pii.redact()["note"].to_list() == ["[EMAIL_ADDRESS_1]"]


EMAIL = "mario@example.it"
MAY_HOLD_TEXT = [
    pl.Series([[EMAIL]]),
    pl.Series([[EMAIL]], dtype=pl.List(pl.Categorical)),
    pl.Series([[[EMAIL]]], dtype=pl.List(pl.Array(pl.String, 1))),
    pl.Series([[EMAIL]], dtype=pl.Array(pl.Enum([EMAIL]), 1)),
    pl.Series([{"n": 1, "who": EMAIL}], dtype=pl.Struct({"n": pl.Int8, "who": pl.Categorical})),
    pl.Series([{"who": EMAIL}], dtype=pl.Struct({"who": pl.Enum([EMAIL])})),
    pl.Series([EMAIL], dtype=pl.Object),
    pl.Series([EMAIL.encode()], dtype=pl.Binary),
]


@pytest.mark.parametrize("values", MAY_HOLD_TEXT, ids=lambda values: str(values.dtype))
def test_a_column_that_may_hold_text_is_never_passed_over_silently(values: pl.Series) -> None:
    frame = pl.DataFrame({"n": [1], "note": values})
    for act in (frame.pii.redact, frame.pii.detect, frame.lazy().pii.redact, lambda: tf.redact_frame(frame)):
        with pytest.raises(InvalidInput, match=r"column 'note' is .* and holds what may be text: name the columns"):
            act()


def test_columns_without_text_pass_whatever_their_type() -> None:
    frame = pl.DataFrame(
        {
            "float": [1.5],
            "boolean": [True],
            "null": [None],
            "decimal": pl.Series(["1.5"]).cast(pl.Decimal(5, 2)),
            "time": pl.Series([0], dtype=pl.Datetime("us", "UTC")),
            "duration": pl.Series([0], dtype=pl.Duration),
            "embedding": pl.Series([[0.5]], dtype=pl.Array(pl.Float32, 1)),
            "points": [[{"x": 1, "y": None}]],
        }
    )
    assert frame.pii.redact().equals(frame)
