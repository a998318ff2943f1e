"""Second opinions: other people's models that look at a text after the detector did.

They are slow (milliseconds for each KB, where the detector takes microseconds) and optional; what they find is added
where the detector found nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tokenfoundry.errors import MissingExtra

Opinion = Callable[[str], Iterable[tuple[str, int, int, float]]]
"""Entity, start and end in code points, score from 0 to 1, of each finding in a text."""

_SPACY_LABELS: Final = {"PERSON": "PERSON", "PER": "PERSON"}
_GLINER_LABELS: Final = {"person": "PERSON"}


def spacy_opinion(
    model: str | Any = "en_core_web_sm", *, labels: Mapping[str, str] = _SPACY_LABELS, score: float = 0.6
) -> Opinion:
    """The named entities of a spaCy pipeline: `model` is its name, or the loaded pipeline.

    `labels` says which of its labels are which entity; spaCy gives no probability, so every finding has `score`.
    Raises `MissingExtra` without spaCy (`pip install 'tokenfoundry[spacy]'`), and what `spacy.load` raises.
    """
    if isinstance(model, str):
        try:
            import spacy  # type: ignore[import-not-found, unused-ignore]
        except ImportError as error:
            raise MissingExtra("spacy", "spacy") from error
        model = spacy.load(model)

    def opinion(text: str) -> Iterable[tuple[str, int, int, float]]:
        for found in model(text).ents:
            if found.label_ in labels:
                yield labels[found.label_], found.start_char, found.end_char, score

    return opinion


def gliner_opinion(model: str | Any, *, labels: Mapping[str, str] = _GLINER_LABELS, threshold: float = 0.5) -> Opinion:
    """The entities that a GLiNER model finds: `model` is its name or path, or the loaded model.

    `labels` are the words that GLiNER is asked for, and the entity of each. Raises `MissingExtra` without GLiNER
    (`pip install 'tokenfoundry[gliner]'`), and what `GLiNER.from_pretrained` raises.
    """
    if isinstance(model, str):
        try:
            from gliner import GLiNER  # type: ignore[import-not-found, unused-ignore]
        except ImportError as error:
            raise MissingExtra("gliner", "gliner") from error
        model = GLiNER.from_pretrained(model)

    def opinion(text: str) -> Iterable[tuple[str, int, int, float]]:
        for found in model.predict_entities(text, list(labels), threshold=threshold):
            yield labels[found["label"]], found["start"], found["end"], float(found["score"])

    return opinion
