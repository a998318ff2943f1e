"""What personal data a text holds, and where. The work is done in C++ (`cpp/tokenfoundry/pii`)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_ENDS_LIKE_A_PLACEHOLDER = re.compile(r".*_[0-9]+")
_RESERVED_NAME = "LITERAL"  # Stands for a user's own text that looks like a placeholder.


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of personal data: its kind and place, never its value.

    `start` and `end` are code points, `text[start:end]`; `score` is from 0 to 1.
    """

    entity: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Pattern:
    """A kind of data of your own, by regular expression.

    The syntax is Hyperscan's subset of PCRE, over code points: no look-around and no back-references; `\\d`,
    `\\w`, `\\s` and `\\b` are ASCII. The longest match from the leftmost start is found. A name of the
    catalogue adds to that entity.

    Raises `InvalidInput` for a name that is not like `BADGE` or `STAFF_ID`, that ends in a number (`BADGE_2`
    would read like the placeholder of `BADGE`), or that is `LITERAL`. The expression is judged when the detector
    is built.

    >>> Pattern("BADGE", r"EMP-\\d+").score
    0.8
    """

    name: str
    regex: str
    score: float = 0.8

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidInput(
                f"pattern name {self.name!r} must be like BADGE or STAFF_ID: A-Z, 0-9 and _, starting with a letter"
            )
        if _ENDS_LIKE_A_PLACEHOLDER.fullmatch(self.name):
            raise InvalidInput(f"pattern name {self.name!r} must not end in a number: placeholders are numbered")
        if self.name == _RESERVED_NAME:
            raise InvalidInput(f"pattern name {self.name!r} is reserved")


def entities() -> tuple[str, ...]:
    """The names of every entity that is known without custom patterns, sorted. The names are Presidio's.

    >>> entities()
    ('CREDIT_CARD', 'EMAIL_ADDRESS', 'IBAN_CODE', 'IT_FISCAL_CODE', 'PHONE_NUMBER')
    """
    return _core.pii_entities()


class Detector:
    """Finds personal data in text. Immutable: build one and share it between threads.

    `entities` are the names to look for (all of them when `None`), `patterns` are looked for as well. Compiling
    takes up to half a second, so the result is kept in `cache_dir` (`tokenfoundry` under `$XDG_CACHE_HOME` or
    `~/.cache` when `None`); a folder that cannot be written means working without it.

    Raises `InvalidInput` for an unknown entity, naming the known ones, and for a pattern that does not compile or
    can match the empty text, with its name and the reason.

    >>> detector = Detector(patterns=[Pattern("BADGE", r"EMP-\\d+")])
    >>> detector.detect("È il badge EMP-12.")
    [Finding(entity='BADGE', start=11, end=17, score=0.8)]
    """

    def __init__(
        self,
        entities: Iterable[str] | None = None,
        *,
        patterns: Iterable[Pattern] = (),
        cache_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        if isinstance(entities, str):
            raise InvalidInput(f"entities must be a list of names, not the text {entities!r}")
        self._core = _core.PiiDetector(
            entities=list(_core.pii_entities() if entities is None else entities),
            patterns=[(pattern.name, pattern.regex, pattern.score) for pattern in patterns],
            cache_dir=_default_cache_dir() if cache_dir is None else os.fspath(cache_dir),
        )

    @property
    def entities(self) -> tuple[str, ...]:
        """The names of what is looked for, those of custom patterns last."""
        return self._core.entities

    def detect(self, text: str) -> list[Finding]:
        """The findings in `text`, disjoint and in order; positions are code points.

        Where several overlap, one that a checksum or a full grammar proves wins, then the longer, then the one
        further left. Takes time linear in the text, whatever it says. Raises `InvalidInput` for a lone surrogate.

        >>> [f.entity for f in Detector().detect("mario.rossi@example.it, IT60 X054 2811 1010 0000 0123 456")]
        ['EMAIL_ADDRESS', 'IBAN_CODE']
        """
        fields = iter(self._core.detect(text))  # Entity, start, end, score; entity, ...
        return [Finding(*finding) for finding in zip(fields, fields, fields, fields, strict=True)]

    def __repr__(self) -> str:
        return f"Detector(entities={list(self.entities)})"


def _default_cache_dir() -> str:
    """The XDG base directory specification: a relative `XDG_CACHE_HOME` is to be ignored. Empty: nowhere."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(configured):
        return os.path.join(configured, "tokenfoundry")
    try:
        return str(Path.home() / ".cache" / "tokenfoundry")
    except RuntimeError:  # A user without a home.
        return ""
