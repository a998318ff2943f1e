"""A report tells how much, what kind and how bad, and neither a value nor anybody's HTML."""

from __future__ import annotations

import html.parser
import json
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry import Detector, Pattern, Redactor
from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.examine import highlight, report_frame
from tokenfoundry.frames.files import redact_file
from tokenfoundry.frames.report import Report

ROWS = {
    "id": [1, 2, 3, 4],
    "note": [
        "Sono Anna De Luca, passaporto YA1234567, scrivi a anna@example.it",
        "scrivi a mario@example.it o anna@example.it",
        None,
        "niente",
    ],
    "other": ["mario@example.it", "", "x", "y"],
}
VALUES = ("Anna", "YA1234567", "anna@example.it", "mario@example.it")


def report() -> Report:
    return report_frame(polars.DataFrame(ROWS), columns=["note", "other"])


def test_counts_are_by_column_and_entity_and_by_row() -> None:
    made = report().to_dict()
    assert (made["rows"], made["rows_touched"], made["identifying_rows"]) == (4, 2, 1)
    assert made["counts"] == {"EMAIL_ADDRESS": 4, "PERSON": 1, "IT_PASSPORT": 1}
    note = made["columns"]["note"]
    assert (note["texts"], note["rows_touched"]) == (3, 2)
    assert (note["entities"]["EMAIL_ADDRESS"]["found"], note["entities"]["EMAIL_ADDRESS"]["rows"]) == (3, 2)
    assert made["columns"]["other"]["entities"]["EMAIL_ADDRESS"]["rows"] == 1
    assert made["actions"] == dict.fromkeys(made["counts"], "pseudonymize")


def test_a_sample_shows_the_text_around_and_no_value() -> None:
    made = report()
    samples = made.columns["note"].entities["EMAIL_ADDRESS"].samples
    assert samples[1] == [
        {"text": "scrivi a "},
        {"entity": "EMAIL_ADDRESS"},
        {"text": " o "},
        {"entity": "EMAIL_ADDRESS"},
    ]
    for said in (made.to_json(), made.to_html(), repr(made), json.dumps(made.state())):
        assert not [value for value in VALUES if value in said]


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("niente", "none"),
        ("scrivi a anna@example.it", "moderate"),
        ("badge EMP-12", "moderate"),
        ("passaporto YA1234567", "high"),
        ("Sono Anna De Luca, scrivi a anna@example.it", "high"),
    ],
)
def test_the_risk_follows_its_rule(text: str, risk: str) -> None:
    redactor = Redactor(Detector(patterns=[Pattern("BADGE", r"EMP-\d+")]))
    made = report_frame(pa.table({"note": [text]}), columns=["note"], redactor=redactor)
    assert made.risk == risk
    assert made.reasons


def test_pandas_polars_and_arrow_give_one_report() -> None:
    frames: list[Any] = [pandas.DataFrame(ROWS), polars.DataFrame(ROWS), pa.table(ROWS)]
    assert len({report_frame(frame, columns=["note", "other"]).to_json() for frame in frames}) == 1
    with pytest.raises(InvalidInput, match="there is no column 'name'; there are id, note, other"):
        report_frame(frames[2], columns=["name"])
    with pytest.raises(InvalidInput, match="list is no frame"):
        report_frame([1], columns=["name"])
    redactor = Redactor(Detector(["EMAIL_ADDRESS"]), policy={"default": "block"})
    blocked = report_frame(frames[2], columns=["note"], redactor=redactor)
    assert (blocked.counts, blocked.actions) == ({"EMAIL_ADDRESS": 3}, {"EMAIL_ADDRESS": "block"})


class _Tags(html.parser.HTMLParser):
    """The tags of a document, with the names of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[tuple[str, tuple[str, ...]]] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add((tag, tuple(name for name, _ in attrs)))


HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</style><script>",
    "&lt;b&gt;",
    "<svg/onload=alert(1)>",
]  # fmt: skip
SHOWN = {
    ("div", ()), ("div", ("style",)), ("p", ()), ("b", ()), ("span", ("title", "style")), ("table", ("style",)),
    ("thead", ()), ("tbody", ()), ("tr", ()), ("th", ("style",)), ("td", ("style",)), ("ul", ()), ("li", ()),
}  # fmt: skip


@given(text=st.lists(st.sampled_from([*HOSTILE, "anna@example.it", " ", "x"]), max_size=6).map("".join))
def test_hostile_text_is_shown_and_never_becomes_html(text: str) -> None:
    redactor = Redactor(Detector(["EMAIL_ADDRESS"]))
    column = f"{text}<i>"
    made = report_frame(
        pa.table({column.replace(".", ""): [text]}), columns=[column.replace(".", "")], redactor=redactor
    )
    for shown in (made._repr_html_(), *(highlight(text, redactor=redactor, values=on)._repr_html_() for on in (0, 1))):
        assert _Tags(shown).tags <= SHOWN


def test_what_the_escapes_of_json_hide_is_highlighted() -> None:
    shown = highlight(r'{"nota": "Sono Niccol\u00f2 Fabbrizi"}')._repr_html_()
    assert "Fabbrizi" not in shown
    assert "PERSON" in shown


def test_highlighted_values_are_shown_only_when_asked() -> None:
    hidden, shown = (highlight("scrivi a anna@example.it", values=values) for values in (False, True))
    assert "EMAIL_ADDRESS" in hidden._repr_html_()
    assert "anna@example.it" not in hidden._repr_html_() + repr(hidden) + repr(shown)
    assert "anna@example.it" in shown._repr_html_()


def test_a_report_as_a_document_runs_and_fetches_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f'note\n"{HOSTILE[0]} anna@example.it"\n', encoding="utf-8")
    made = redact_file(tmp_path / "in.csv", tmp_path / "out.csv", columns=["note"]).to_html()
    tags = _Tags(made).tags
    assert tags - SHOWN == {
        ("html", ("lang",)), ("head", ()), ("meta", ("charset",)), ("meta", ("http-equiv", "content")),
        ("title", ()), ("style", ()), ("body", ()),
    }  # fmt: skip
    assert "default-src 'none'" in made
