"""Second opinions are added where nothing surer was found."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

from tokenfoundry.errors import InvalidInput, MissingExtra
from tokenfoundry.privacy import Detector, gliner_opinion, spacy_opinion


def names_zorblax(text: str) -> Iterator[tuple[str, int, int, float]]:
    start = text.find("zorblax")
    if start >= 0:
        yield "PERSON", start, start + len("zorblax"), 0.7


def test_an_opinion_is_added_where_nothing_else_was_found() -> None:
    detector = Detector(opinions=[names_zorblax])
    text = "🍋 è zorblax, zorblax@example.it"
    assert [(f.entity, text[f.start : f.end], f.reason) for f in detector.detect(text)] == [
        ("PERSON", "zorblax", "second opinion"),
        ("EMAIL_ADDRESS", "zorblax@example.it", "the grammar of addresses"),
    ]
    assert detector.detect_batch([text]) == [detector.detect(text)]


def test_an_opinion_loses_against_what_was_found() -> None:
    detector = Detector(opinions=[lambda text: [("PERSON", 0, len(text), 1.0)]])
    assert [f.entity for f in detector.detect("mario@example.it")] == ["EMAIL_ADDRESS"]


def test_an_opinion_on_what_is_not_looked_for_or_not_sure_enough_is_left() -> None:
    detector = Detector(
        ["EMAIL_ADDRESS", "PERSON"], opinions=[lambda _: [("PLANET", 0, 2, 1.0), ("PERSON", 0, 2, 0.1)]]
    )
    assert detector.detect("il sole") == []


@pytest.mark.parametrize("place", [(0, 99), (3, 3), (5, 2)])
def test_an_opinion_on_no_place_in_the_text_is_refused(place: tuple[int, int]) -> None:
    detector = Detector(opinions=[lambda _: [("PERSON", *place, 0.9)]])
    with pytest.raises(InvalidInput, match="no place in the text"):
        detector.detect("corto")


def test_a_stream_cannot_ask_for_opinions() -> None:
    with pytest.raises(InvalidInput, match="cannot read a stream"):
        Detector(opinions=[names_zorblax]).stream()


@pytest.mark.parametrize(("opinion", "extra"), [(spacy_opinion, "spacy"), (gliner_opinion, "gliner")])
def test_a_missing_package_says_what_to_type(opinion: type, extra: str) -> None:
    if importlib.util.find_spec(extra) is not None:
        pytest.skip(f"{extra} is installed")
    with pytest.raises(MissingExtra, match=rf"pip install 'tokenfoundry\[{extra}\]'"):
        opinion("a-model")


def test_spacy_itself_is_asked() -> None:
    spacy = pytest.importorskip("spacy")
    pipeline = spacy.blank("it")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "PER", "pattern": "Zorblax"}])
    detector = Detector(["PERSON"], opinions=[spacy_opinion(pipeline)], name_margin=30.0)
    assert [(f.start, f.end, f.score) for f in detector.detect("🍋 oggi Zorblax")] == [(7, 14, 0.6)]
