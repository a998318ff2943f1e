"""One numbering for a data set: what goes through a session is redacted alike, and can be restored by it."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy import Detector, Finding, PlaceholderMap, Policy, RedactionSession, Redactor
from tokenfoundry.privacy.forms import literals_in
from tokenfoundry.privacy.placeholders import LITERAL
from tokenfoundry.privacy.restore import restore

# What the core does by itself; for other actions it asks for each value's stand-in.
_NATIVE: Final = {
    "allow": "allow",
    "block": "block",
    "mask": "mask",
    "on_prem": "pseudonymize",
    "pseudonymize": "pseudonymize",
    "redact": "redact",
}
_MOST_THREADS: Final = 256


@dataclass(frozen=True, slots=True)
class Found:
    """How often an entity was found, and in how many rows."""

    findings: int
    rows: int


@dataclass(frozen=True, slots=True)
class ColumnCounts:
    """What was found in the columns of one name. `rows` counts nulls too, `bytes` is UTF-8.

    `entities` has those that were found, the most frequent first.
    """

    rows: int
    nulls: int
    bytes: int
    rows_found: int
    entities: dict[str, Found]


class FrameSession:
    """A redactor, and one numbering for every column, frame and file that goes through it.

    The same value gets the same placeholder in all of them. It keeps the distinct values in memory, about 150 bytes
    and the value for each, and nothing else; it is the way back (`restore_frame`), so keep it as long as you need that,
    and let nobody have it who must not know the values.

    `threads` is how many look for personal data at once, all cores when `None`; what comes out does not depend on it.
    With `labels`, a column's name is read before its values where it is a word that tells what they are
    (`partita_iva`, `password`). Thread-safe; calls that overlap number in the order in which they get there.

    Raises `InvalidInput` for a number of threads that is not from 1 to 256.

    >>> session = FrameSession()
    >>> session.redact_texts(["Sono mario@example.it", None, "anna@example.it, mario@example.it"])
    ['Sono [EMAIL_ADDRESS_1]', None, '[EMAIL_ADDRESS_2], [EMAIL_ADDRESS_1]']
    >>> session.restore_texts(["Ciao [EMAIL_ADDRESS_2]!"])
    ['Ciao anna@example.it!']
    >>> session.counts["text"].entities
    {'EMAIL_ADDRESS': Found(findings=3, rows=2)}
    >>> session
    FrameSession(2 values)
    """

    def __init__(self, redactor: Redactor | None = None, *, threads: int | None = None, labels: bool = True) -> None:
        self._redactor = redactor if redactor is not None else Redactor()
        self._threads = checked_threads(threads)
        self._session = self._redactor.session()  # For what the core does not do by itself.
        detector, policy = self._redactor.detector, self._redactor.policy
        rules = [policy.rule(entity) for entity in detector.entities]
        in_context = _InContext(self._session, detector.entities) if self._session.uses_surrogates else None
        restorer = _Restorer()
        self._core = _core.ColumnRedaction(
            detector.core,
            [(_NATIVE.get(rule.action, "ask"), rule.keep_last, rule.character) for rule in rules],
            threads=self._threads,
            use_labels=labels,
            stand_in=self._session.stand_in,
            detect=_Detect(detector, policy) if detector.asks_python else None,
            read=_Read(self._session, detector.entities),
            literals=_Literals(detector.entities),
            restore=self._session.restore if in_context else restorer,
            rewrite=in_context,
        )
        restorer.core = weakref.ref(self._core)

    @property
    def redactor(self) -> Redactor:
        """What decides."""
        return self._redactor

    @property
    def threads(self) -> int:
        """How many look for personal data at once, at most."""
        return self._threads

    @property
    def core(self) -> _core.ColumnRedaction:
        """What does the work."""
        return self._core

    def redact_texts(
        self,
        texts: Sequence[str | None],
        *,
        column: str = "text",
        rows: Sequence[int] | None = None,
        repeats: Sequence[int] | None = None,
    ) -> list[Any]:
        """Each text redacted; what is unchanged is the same object, and None stays None.

        `column` is what errors and `counts` call it. `rows` and `repeats` are for texts that stand for several rows:
        the first of them, and how many there are.

        Raises `BlockedContent` for an entity that the policy blocks, naming column and row, and `InvalidInput`, with
        the row, for what is not text or holds a lone surrogate.
        """
        return self._core.redact_texts(list(texts), column, _numbers(rows), _numbers(repeats))

    def detect_texts(
        self, texts: Sequence[str | None], *, column: str = "text", repeats: Sequence[int] | None = None
    ) -> None:
        """Adds to `counts` what is found in the texts."""
        self._core.detect_texts(list(texts), column, _numbers(repeats))

    def restore_texts(self, texts: Sequence[str | None]) -> list[Any]:
        """Each text with this session's placeholders replaced by their values."""
        return self._core.restore_texts(list(texts))

    @property
    def counts(self) -> dict[str, ColumnCounts]:
        """What was found so far, by column, in the order in which they came; what the policy allows is left out."""
        names = self._redactor.detector.entities
        return {
            column: ColumnCounts(rows, nulls, size, rows_found, _by_findings(names, entities))
            for column, rows, nulls, size, rows_found, entities in self._core.tallies()
        }

    @property
    def findings(self) -> list[tuple[str, str, int, int]]:
        """`counts` as rows of a table: column, entity, findings, rows."""
        return [
            (column, entity, found.findings, found.rows)
            for column, counts in self.counts.items()
            for entity, found in counts.entities.items()
        ]

    @property
    def values(self) -> Mapping[str, str]:
        """A copy of what the placeholders, and surrogates, stand for, in order of first occurrence."""
        if self._session.uses_surrogates:
            return dict(self._session.restorable)
        values = PlaceholderMap()
        for entity, _, value in self._core.values():
            values.assign(entity, value)
        return values

    def resume(self, values: Mapping[str, str]) -> None:
        """Takes up the numbering of another session, as its `values` had it: the same values get the same placeholders.

        Raises `InvalidInput` if a number is another value's here already.

        >>> before = FrameSession()
        >>> said = before.redact_texts(["Sono mario@example.it"])
        >>> after = FrameSession()
        >>> after.resume(before.values)
        >>> after.restore_texts(said)
        ['Sono mario@example.it']
        """
        for placeholder, value in values.items():
            if self._session.uses_surrogates:
                self._session.resume(placeholder, value)
                continue
            entity, _, number = placeholder[1:-1].rpartition("_")
            if str(self._core.assign(entity, value)) != number:
                raise InvalidInput(f"{placeholder} cannot be taken up: its number is given to another value here")

    def __len__(self) -> int:
        return len(self._session.restorable) if self._session.uses_surrogates else len(self._core)

    def __bool__(self) -> bool:
        return True  # An empty numbering is one.

    def __repr__(self) -> str:
        return f"FrameSession({len(self)} values)"


class _Detect:
    """The detector with the functions in Python that it asks, as the core calls it: entities by index, bytes."""

    def __init__(self, detector: Detector, policy: Policy) -> None:
        self._detector = detector
        self._wanted = detector.wanted(policy.protected)
        self._index = {entity: index for index, entity in enumerate(detector.entities)}

    def __call__(self, text: str) -> list[tuple[int, int, int]]:
        return _in_bytes(text, self._detector.detect_wanted(text, self._wanted), self._index)


class _Read:
    """What is found in a text that may be JSON, as the core asks for it: entities by index, bytes."""

    def __init__(self, session: RedactionSession, entities: tuple[str, ...]) -> None:
        self._session = session
        self._index = {entity: index for index, entity in enumerate(entities)}

    def __call__(self, text: str, label: str) -> list[tuple[int, int, int]]:
        found = self._session.findings_in_data(text, label=label)
        return _in_bytes(text, found, self._index)


class _InContext:
    """What stands for a value where that depends on what stands beside it: text by text, as conversations go."""

    def __init__(self, session: RedactionSession, entities: tuple[str, ...]) -> None:
        self._session = session
        self._entities = entities

    def __call__(self, text: str, found: list[tuple[int, int, int]]) -> str:
        findings = [Finding(self._entities[entity], start, end, 1.0) for entity, start, end in found]
        return self._session.redact_findings(text, findings)


class _Restorer:
    """Restores texts with placeholders in forms that the core leaves to `privacy.restore`.

    The core holds it, so it must not hold the core.
    """

    core: Callable[[], _core.ColumnRedaction | None]

    def __call__(self, text: str) -> str:
        return restore(text, self)

    def value_of(self, placeholder: str) -> str | None:
        core = self.core()
        return None if core is None else core.value_of(placeholder[1:-1])


class _Literals:
    """What in a text reads as a placeholder, in forms that the core leaves to `privacy.forms`; bytes."""

    def __init__(self, entities: tuple[str, ...]) -> None:
        self._known = frozenset((*entities, LITERAL))

    def __call__(self, text: str) -> list[tuple[int, int]]:
        return [
            (len(text[: form.start].encode()), len(text[: form.end].encode()))
            for form in literals_in(text, self._known)
        ]


def _in_bytes(text: str, findings: list[Finding], index: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """Entities by index, and places in bytes, of findings in order."""
    places = []
    done = end = 0
    for found in findings:
        start = end + len(text[done : found.start].encode())
        end = start + len(text[found.start : found.end].encode())
        done = found.end
        places.append((index[found.entity], start, end))
    return places


def _by_findings(names: tuple[str, ...], entities: list[tuple[int, int]]) -> dict[str, Found]:
    found = {name: Found(*counts) for name, counts in zip(names, entities, strict=True) if counts[0]}
    return dict(sorted(found.items(), key=lambda item: (-item[1].findings, item[0])))


def _numbers(numbers: Sequence[int] | None) -> list[int] | None:
    return None if numbers is None else [int(number) for number in numbers]


def checked_threads(threads: int | None) -> int:
    """All cores when `None`. Raises `InvalidInput` for a number out of bounds."""
    if threads is None:
        return min(os.cpu_count() or 1, _MOST_THREADS)
    if not 1 <= threads <= _MOST_THREADS:
        raise InvalidInput(f"threads must be from 1 to {_MOST_THREADS}, not {threads}")
    return threads
