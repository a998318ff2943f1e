"""What personal data a text holds, where, how sure and why. The work is done in C++ (`cpp/tokenfoundry/pii`)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy.catalogue import catalogue
from tokenfoundry.privacy.opinions import Opinion
from tokenfoundry.privacy.patterns import Pattern, checked_name

Profile = Literal["minimal", "default", "strict"]
LANGUAGES: Final = ("de", "en", "es", "fr", "it")

_NAMES_MODEL = Path(_core.__file__).resolve().parent / "data" / "names.tfn"  # Beside the extension, wherever that is.
_BATCH_THREADS = os.cpu_count() or 1

# In the order of the core's Outcome.
_OUTCOMES: Final = ("found", "overlapped", "unsure", "allowed")


class Finding(msgspec.Struct, frozen=True, eq=False):
    """One piece of personal data: its kind and place, never its value.

    `start` and `end` are code points, `text[start:end]`; `score` is from 0 to 1. `reason` says what speaks for it:
    a proof (`check letter and a date`), its form beside a word (`form, beside 'passport'`), its form alone, or the
    name tagger; two findings that differ only in it are equal.
    """

    entity: str
    start: int
    end: int
    score: float
    reason: str = ""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Finding):
            return NotImplemented
        mine = (self.entity, self.start, self.end, self.score)
        return mine == (other.entity, other.start, other.end, other.score)

    def __hash__(self) -> int:
        return hash((self.entity, self.start, self.end, self.score))

    def __repr__(self) -> str:
        return f"Finding(entity={self.entity!r}, start={self.start}, end={self.end}, score={self.score})"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Something that was considered, and what became of it.

    `outcome` is `found`; `overlapped`: something surer or longer covers the same text; `unsure`: the score is below
    the threshold; or `allowed`: the value is on the allow list.
    """

    finding: Finding
    outcome: str


class Detector:
    """Finds personal data in text. Immutable: build one and share it between threads.

    `entities` are the names to look for. When `None` they are those of `profile`: `minimal` is what is certain and
    does most harm, `default` adds national identifiers, names, addresses and what else is somebody's, `strict` also
    takes what is less sure (a lower `score_threshold`) or rarely personal. Every entity is looked for in every text,
    and what a national identifier is called at home is always understood; `languages` says whose other words beside
    a value are (`cellulare`, `order`).

    `patterns` and `deny` (entity to words that always are one) are looked for as well; a value in `allow` never is a
    finding. What scores below `score_threshold` (the profile's when `None`) is left out. `name_margin` is the dial
    for PERSON: above 0 finds fewer and surer names, below 0 more.

    `opinions` are functions that look at the text too, such as `spacy_opinion()` or `gliner_opinion()`; what they
    find is added where nothing else was found. They make `detect` as slow as they are.

    Compiling takes up to a second, so the result is kept in `cache_dir` (`tokenfoundry` under `$XDG_CACHE_HOME` or
    `~/.cache` when `None`); a folder that cannot be written means working without it.

    Raises `InvalidInput` for an unknown entity, profile or language, naming the known ones, and for a pattern that
    does not compile or can match the empty text, with its name and the reason.

    >>> detector = Detector(patterns=[Pattern("BADGE", r"EMP-\\d+")], deny={"PROJECT": ["Blue Fern"]})
    >>> detector.detect("È il badge EMP-12 di BLUE FERN.")
    [Finding(entity='BADGE', start=11, end=17, score=0.8), Finding(entity='PROJECT', start=21, end=30, score=1.0)]
    """

    def __init__(
        self,
        entities: Iterable[str] | None = None,
        *,
        profile: Profile = "default",
        languages: Iterable[str] = LANGUAGES,
        patterns: Iterable[Pattern] = (),
        deny: Mapping[str, Iterable[str]] | None = None,
        allow: Iterable[str] = (),
        score_threshold: float | None = None,
        name_margin: float = 0.0,
        opinions: Iterable[Opinion] = (),
        cache_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        patterns = tuple(patterns)
        opinions = tuple(opinions)
        for pattern in patterns:
            if not isinstance(pattern, Pattern):
                raise InvalidInput(f"patterns must be Pattern objects, not {type(pattern).__name__}")
        if deny is not None and not isinstance(deny, Mapping):
            raise InvalidInput("deny must map each entity to its words, as in {'PROJECT': ['Blue Fern']}")
        self._arguments: dict[str, Any] = {  # What makes the same detector elsewhere.
            "entities": None if entities is None else _texts("entities", entities),
            "profile": profile,
            "languages": _texts("languages", languages),
            "patterns": patterns,
            "deny": {
                checked_name("deny list", name): _texts(f"deny[{name!r}]", words)
                for name, words in (deny or {}).items()
            },
            "allow": _texts("allow", allow),
            "score_threshold": score_threshold,
            "name_margin": name_margin,
            "opinions": opinions,
            "cache_dir": _default_cache_dir() if cache_dir is None else os.fspath(cache_dir),
        }
        core = self._arguments | {
            "patterns": [pattern.fields() for pattern in patterns],
            "deny": list(self._arguments["deny"].items()),
            "names_model": os.fspath(_NAMES_MODEL),
        }
        del core["opinions"]
        self._core = _core.PiiDetector(**core)
        self._opinions = opinions
        self._reasons = {name: _reasons_of(name) for name in self._core.entities}
        self._validators = {
            index: pattern.validator for index, pattern in enumerate(patterns) if callable(pattern.validator)
        }

    @property
    def entities(self) -> tuple[str, ...]:
        """The names of what is looked for, those of custom patterns and deny lists last."""
        return self._core.entities

    @property
    def core(self) -> _core.PiiDetector:
        """What does the work, for those who hand it whole columns. It knows nothing of functions in Python."""
        return self._core

    @property
    def asks_python(self) -> bool:
        """Whether functions of yours have a say: validators or opinions. They run one at a time."""
        return bool(self._validators or self._opinions)

    def detect(
        self, text: str, *, entities: Iterable[str] | None = None, score_threshold: float | None = None
    ) -> list[Finding]:
        """The findings in `text`, disjoint and in order; positions are code points.

        `entities` narrows what is reported to some of the detector's, `score_threshold` replaces its threshold.
        Where several overlap, what a checksum or a full grammar proves wins, then what a word beside it speaks for,
        then a form alone, then a name; among equals the longer, then the surer, then the one further left. Takes time
        linear in the text, whatever it says. Raises `InvalidInput` for a lone surrogate and for an entity that is not
        looked for.

        >>> found = Detector().detect("mario.rossi@example.it, IT60 X054 2811 1010 0000 0123 456")
        >>> [finding.entity for finding in found]
        ['EMAIL_ADDRESS', 'IBAN_CODE']
        >>> found[1].reason
        "ISO 7064 MOD 97-10 and the country's structure"
        """
        return self.detect_wanted(text, self.wanted(entities), score_threshold)

    def words_of_name(self, name: str) -> tuple[str, ...]:
        """The words of a PERSON of several words that by themselves still name them: none that is a title, a place or a
        word of every day, unless it is a surname or a given name too. Raises `InvalidInput` for a lone surrogate.

        >>> Detector().words_of_name("Mario De Rossi"), Detector().words_of_name("Dr Will Young")
        (('Mario', 'Rossi'), ('Young',))
        """
        return self._core.words_of_name(name)

    def detect_batch(
        self,
        texts: Iterable[str],
        *,
        entities: Iterable[str] | None = None,
        score_threshold: float | None = None,
        threads: int = _BATCH_THREADS,
    ) -> list[list[Finding]]:
        """`detect` of each text, on as many `threads` as the machine has cores.

        >>> [len(found) for found in Detector().detect_batch(["nothing here", "mario@example.it"])]
        [0, 1]
        """
        if isinstance(texts, str):
            raise InvalidInput("detect_batch takes a list of texts, not one text")
        texts = list(texts)
        if self.asks_python:  # Functions in Python run one at a time anyway.
            return [self.detect(text, entities=entities, score_threshold=score_threshold) for text in texts]
        flats = self._core.detect_batch(texts, max(1, threads), self.wanted(entities) or b"", score_threshold)
        return [self._findings(text, flat) for text, flat in zip(texts, flats, strict=True)]

    def stream(self, *, entities: Iterable[str] | None = None, score_threshold: float | None = None) -> DetectorStream:
        """A reader for one text that comes in pieces and is never held whole; the rest is as for `detect`.

        Raises `InvalidInput` if the detector has functions of yours: validators or opinions need the whole text.
        """
        if self.asks_python:
            raise InvalidInput("a detector with validators or opinions in Python cannot read a stream; use detect")
        return DetectorStream(self, self._core.stream(self.wanted(entities) or b"", score_threshold))

    def pattern_matches(self, text: str) -> list[tuple[int, int, int]]:
        """Every match of the patterns, as found: index of the pattern, start, end; before overlaps are resolved.

        Of the matches that end at one place it is the longest, of those that start at one place too. For those who
        judge matches themselves; functions that validate are not asked.

        >>> Detector([], patterns=[Pattern("RUN", "[ab]{2,3}")]).pattern_matches("abab")
        [(0, 0, 3), (0, 1, 4)]
        """
        return [(pattern, start, end) for pattern, _, _, start, end in self._core.pattern_matches(text)]

    def explain(self, text: str) -> list[Explanation]:
        """Everything that was considered in `text`, in order of start, and why it is a finding or not.

        For people who tune patterns and lists; validators in Python are not asked.

        >>> for explained in Detector().explain("IBAN IT60X0542811101000000123456"):
        ...     print(explained.outcome, explained.finding.entity, explained.finding.reason)
        found IBAN_CODE ISO 7064 MOD 97-10 and the country's structure
        """
        explanations = []
        for *fields, outcome in self._core.explain(text):
            (finding,) = self._findings(text, tuple(fields))
            explanations.append(Explanation(finding, _OUTCOMES[outcome]))
        return explanations

    def wanted(self, entities: Iterable[str] | None) -> bytes | None:
        """`entities` as `detect_wanted` takes them, for those who ask again and again.

        Raises `InvalidInput` for an entity that is not looked for.
        """
        if entities is None:
            return None
        names = _texts("entities", entities)
        for name in names:
            if name not in self._core.entities:
                raise InvalidInput(f"{name!r} is not looked for; this detector looks for {', '.join(self.entities)}")
        return bytes(name in names for name in self._core.entities)

    def detect_wanted(self, text: str, wanted: bytes | None, score_threshold: float | None = None) -> list[Finding]:
        """`detect`, of what `wanted` made of the entities; all of them when `None`."""
        if wanted is not None and not any(wanted):
            return []
        rejected = self._rejected(text) if self._validators else []
        opinions = self._asked(text) if self._opinions else []
        return self._findings(text, self._core.detect(text, wanted or b"", score_threshold, rejected, opinions))

    def _rejected(self, text: str) -> list[tuple[int, int, int]]:
        """The matches that a validator in Python refuses, as the core names them."""
        rejected = []
        for pattern, start_byte, end_byte, start, end in self._core.pattern_matches(text):
            validator = self._validators.get(pattern)
            if validator is not None and not validator(text[start:end]):
                rejected.append((pattern, start_byte, end_byte))
        return rejected

    def _asked(self, text: str) -> list[tuple[int, int, int, float]]:
        """What the opinions find of the entities that are looked for, in bytes."""
        asked = []
        for opinion in self._opinions:
            for entity, start, end, score in opinion(text):
                if not 0 <= start < end <= len(text):
                    raise InvalidInput(f"an opinion on {entity} names no place in the text: {start} to {end}")
                if entity in self._core.entities:
                    start_byte, end_byte = len(text[:start].encode()), len(text[:end].encode())
                    asked.append((self._core.entities.index(entity), start_byte, end_byte, score))
        return asked

    def _findings(self, text: str, flat: tuple[object, ...]) -> list[Finding]:
        fields = iter(flat)  # Entity, start, end, score, evidence, cue start, cue end; entity, ...
        findings = []
        for entity, start, end, score, evidence, cue_start, cue_end in zip(*[fields] * 7, strict=True):
            reason = self._reasons[entity][evidence]
            if cue_end > cue_start:
                reason = _beside(text, reason, cue_start, cue_end)
            findings.append(Finding(entity, start, end, score, reason))
        return findings

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What makes the same detector: the arguments that were given, and the defaults of the others."""
        return self._arguments

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (self._arguments,)

    def __repr__(self) -> str:
        return f"Detector(entities={list(self.entities)})"


class DetectorStream:
    """Finds personal data in a text that comes in pieces. One text, one thread; made by `Detector.stream()`.

    Keeps at most 128 KiB. The findings are those of `detect` on the whole text as long as lines and findings are
    under 16 KiB; positions are code points from the start of the whole text.

    >>> stream = Detector().stream()
    >>> stream.feed("scrivi a mario@exam"), stream.feed("ple.it, grazie")
    ([], [])
    >>> stream.close()
    [Finding(entity='EMAIL_ADDRESS', start=9, end=25, score=1.0)]
    """

    def __init__(self, detector: Detector, core: _core.PiiStream) -> None:
        self._detector = detector
        self._core = core

    def feed(self, text: str) -> list[Finding]:
        """What is now known, after everything returned before. Raises `InvalidInput` for a lone surrogate."""
        return self._detector._findings("", self._core.feed(text))

    @property
    def decided(self) -> int:
        """Code points of the text of which every finding has been returned."""
        return self._core.decided

    def close(self) -> list[Finding]:
        """The rest. The stream may then be fed a new text."""
        return self._detector._findings("", self._core.close())


def _rebuilt(arguments: dict[str, Any]) -> Detector:
    return Detector(**arguments)


def _reasons_of(entity: str) -> tuple[str, ...]:
    """What is said of a finding of `entity`, by its evidence."""
    info = catalogue().get(entity)
    proof = (info.validator if info is not None else "") or "a deny list or the pattern's validator"
    return proof, "form", "form alone", "name tagger", "second opinion"


def _beside(text: str, reason: str, cue_start: int, cue_end: int) -> str:
    """`reason`, and the words that speak for it; in a stream their text is gone."""
    words = repr(text[cue_start:cue_end]) if text else "a word that speaks for it"
    return f"{reason}, beside {words}"


def _texts(what: str, values: Iterable[str]) -> list[str]:
    if isinstance(values, str):
        raise InvalidInput(f"{what} must be a list, not the text {values!r}")
    return list(values)


def _default_cache_dir() -> str:
    """The XDG base directory specification: a relative `XDG_CACHE_HOME` is to be ignored. Empty: nowhere."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(configured):
        return os.path.join(configured, "tokenfoundry")
    try:
        return str(Path.home() / ".cache" / "tokenfoundry")
    except RuntimeError:  # A user without a home.
        return ""
