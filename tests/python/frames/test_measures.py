"""What is measured on somebody's labels."""

from __future__ import annotations

from pathlib import Path

import polars
import pytest

from tokenfoundry import Detector
from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.dispatch import redact_frame, restore_frame
from tokenfoundry.frames.files import redact_file, restore_file
from tokenfoundry.frames.kept import kept_session
from tokenfoundry.frames.measure import measure, wilson

DETECTOR = Detector(["EMAIL_ADDRESS", "IBAN_CODE"])


def test_each_mistake_is_counted_once_and_can_be_read() -> None:
    texts = [
        ("da anna@example.it a mario@example.it", [("EMAIL_ADDRESS", 3, 18)]),  # The second was not labelled.
        ("casella anna", [("EMAIL_ADDRESS", 8, 12)]),  # Nothing finds it.
        ("IBAN IT60X0542811101000000123456", []),  # A kind that nobody labelled.
    ]
    measured = measure(texts, DETECTOR)
    of = measured.entities["EMAIL_ADDRESS"]
    assert list(measured.entities) == ["EMAIL_ADDRESS"]
    assert (of.labelled, of.found, of.right) == (2, 2, 1)
    assert (of.precision.share, of.recall.share, of.f1) == (0.5, 0.5, 0.5)
    assert [(each.start, each.end) for each in measured.missed] == [(8, 12)]
    assert [each.text[each.start : each.end] for each in measured.invented] == ["mario@example.it"]
    assert "mario" not in repr(measured) + repr(measured.invented)
    assert "<b>" not in measure([("<b> x", [("EMAIL_ADDRESS", 4, 5)])], DETECTOR).missed[0]._repr_html_()
    assert measure(texts, DETECTOR, entities=["IBAN_CODE"]).entities["IBAN_CODE"].found == 1


def test_a_find_is_right_by_how_much_it_has_in_common() -> None:
    text = "da anna@example.it"
    half = [(text, [("EMAIL_ADDRESS", 3, 11)])]
    assert measure(half, DETECTOR).entities["EMAIL_ADDRESS"].right == 1
    assert measure(half, DETECTOR, overlap=1.0).entities["EMAIL_ADDRESS"].right == 0
    with pytest.raises(InvalidInput, match=r"names no place in its text: 3..99"):
        measure([(text, [("EMAIL_ADDRESS", 3, 99)])], DETECTOR)


def test_an_interval_is_narrower_the_more_was_tried() -> None:
    few, many = wilson(9, 10), wilson(900, 1000)
    assert few.high - few.low > many.high - many.low
    assert wilson(0, 10).low == pytest.approx(0)
    assert wilson(10, 10).high == pytest.approx(1)


def test_frames_and_files_share_the_numbering_of_a_map(tmp_path: Path) -> None:
    sealed = tmp_path / "map.sealed"
    (tmp_path / "in.csv").write_text("note\nanna@example.it\n", encoding="utf-8")
    redact_file(tmp_path / "in.csv", tmp_path / "out.csv", columns=["note"], map=sealed)
    frame = polars.DataFrame({"said": ["mario@example.it e anna@example.it"]})
    with kept_session(sealed) as session:
        safe = redact_frame(frame, session=session)
    assert safe["said"][0] == "[EMAIL_ADDRESS_2] e [EMAIL_ADDRESS_1]"
    safe.write_csv(tmp_path / "safe.csv")
    restore_file(tmp_path / "safe.csv", tmp_path / "back.csv", map=sealed, columns=["said"])
    assert polars.read_csv(tmp_path / "back.csv").equals(frame)
    with kept_session(sealed) as session:
        assert restore_frame(safe, session).equals(frame)
