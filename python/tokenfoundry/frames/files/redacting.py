"""What is done with the texts of files: they are redacted, and get their values back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tokenfoundry.errors import BlockedContent, InvalidInput
from tokenfoundry.frames.files.cells import Cells
from tokenfoundry.frames.files.finder import Finder
from tokenfoundry.frames.files.json_lines import path_of
from tokenfoundry.frames.files.value_map import ValueMap
from tokenfoundry.frames.report import Report
from tokenfoundry.privacy import Detector, Finding, RedactionSession, Redactor
from tokenfoundry.privacy.forms import LONGEST_FORM, forms_in, may_hold_form
from tokenfoundry.privacy.placeholders import LITERAL


class Redacting:
    """Redacts the texts of `columns`, and keeps what the report says of them.

    The last name of a column speaks for its values. With a `value_map` there is one numbering for all that use it;
    without one each row is a record of its own, numbered from 1.
    """

    def __init__(
        self, redactor: Redactor, columns: Sequence[str], *, value_map: ValueMap | None = None, threads: int = 1
    ) -> None:
        self._redactor = redactor
        self._columns = tuple(columns)
        self._labels = [path_of(column)[-1] for column in columns]
        self._finder = Finder(redactor, threads)
        self._map = value_map
        self._session = redactor.resumed(value_map.values) if value_map else None
        self._uses_surrogates = (self._session or redactor.session()).uses_surrogates
        self.report = Report.empty(columns, redactor)
        if value_map:
            value_map.keep_columns(columns)

    def changed(self, cells: Cells) -> list[str]:
        found = self._findings(cells)
        changed = list(cells.texts)
        session, row_of_session = self._session, 0
        for at, (row, text) in enumerate(zip(cells.rows, cells.texts, strict=True)):
            if not found[at] and not self._may_be_taken(text):  # As most texts.
                continue
            if session is None or (self._session is None and row != row_of_session):
                session, row_of_session = self._redactor.session(), row
            changed[at] = self._redacted(session, cells, at, row, found[at])
        self.report.add(cells, found)
        return changed

    def examine(self, cells: Cells) -> None:
        """Reports what is found, and changes nothing. Raises `InvalidInput` as `changed` does."""
        self.report.add(cells, self._findings(cells))

    def changed_note(self, name: str, text: str) -> str:
        session = self._session or self._redactor.session()
        try:
            return session.redact_data(text, label=name)
        except BlockedContent as blocked:
            place = f"the metadata {name!r} of the file"
            raise BlockedContent(blocked.entity, blocked.start, blocked.end, place=place) from None

    def _may_be_taken(self, text: str) -> bool:
        """Whether a text without findings may hold what could be taken for a stand-in."""
        return self._uses_surrogates or may_hold_form(text)

    def _redacted(self, session: RedactionSession, cells: Cells, at: int, row: int, findings: list[Finding]) -> str:
        try:
            return session.redact_findings(cells.texts[at], findings)
        except BlockedContent as blocked:
            place = f"row {row} of column {self._columns[cells.columns[at]]!r}"
            raise BlockedContent(blocked.entity, blocked.start, blocked.end, place=place) from None

    def _findings(self, cells: Cells) -> list[list[Finding]]:
        """By cell; each column is looked through at once, as its name speaks for its values."""
        found: list[list[Finding]] = [[]] * len(cells.texts)
        for column, label in enumerate(self._labels):
            indices = [at for at, of in enumerate(cells.columns) if of == column]
            texts = [cells.texts[at] for at in indices]
            try:
                findings = self._finder.findings(texts, label)
            except InvalidInput as error:
                raise self._unreadable(cells, indices, error) from None
            for at, of_text in zip(indices, findings, strict=True):
                found[at] = of_text
        return found

    def _unreadable(self, cells: Cells, indices: list[int], error: InvalidInput) -> InvalidInput:
        for at in indices:
            try:
                cells.texts[at].encode()
            except UnicodeEncodeError:
                where = f"row {cells.rows[at]}, column {self._columns[cells.columns[at]]}"
                return InvalidInput(f"{where}: half a character (a lone surrogate), which is no text; take it out")
        return error

    def sync(self) -> None:
        if self._map is not None and self._session is not None:
            self._map.keep(self._session.restorable)

    def state(self) -> dict[str, Any]:
        return self.report.state()

    def go_on(self, state: dict[str, Any]) -> None:
        self.report.go_on(state)


class Restoring:
    """Puts the values of a map back in place of their placeholders in the texts of `columns`."""

    def __init__(self, values: Mapping[str, str], columns: Sequence[str]) -> None:
        self._session = restoring_session(values)
        self._known = KnownPlaceholders(values)
        self._columns = tuple(columns)
        self.restored = 0

    def changed(self, cells: Cells) -> list[str]:
        for row, column, text in zip(cells.rows, cells.columns, cells.texts, strict=True):
            self._known.check(text, f"row {row} of column {self._columns[column]!r}: ")
        whole = [self._session.restore(text) for text in cells.texts]
        self.restored += sum(new != old for new, old in zip(whole, cells.texts, strict=True))
        return whole

    def changed_note(self, name: str, text: str) -> str:
        self._known.check(text, f"the metadata {name!r} of the file: ")
        return self._session.restore(text)

    def sync(self) -> None:
        """Nothing is kept."""

    def state(self) -> dict[str, Any]:
        return {"restored": self.restored}

    def go_on(self, state: dict[str, Any]) -> None:
        self.restored = state["restored"]


class KnownPlaceholders:
    """The placeholders that a map has values for.

    Redacting leaves no placeholder that the map does not know, not even one that a text had of its own: one without a
    value means that the map is cut short, or another file's.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        named = (placeholder[1:-1].rpartition("_")[0] for placeholder in values)
        self._entities = frozenset((LITERAL, *Detector(profile="strict").entities, *named))
        self._before = ""

    def check(self, text: str, place: str = "") -> None:
        """Raises `InvalidInput` for a placeholder without a value, as it was sent or as a model writes it."""
        if not may_hold_form(text):
            return
        for form in forms_in(text):
            entity, _, number = form.placeholder[1:-1].rpartition("_")
            if number.isdecimal() and entity in self._entities and form.placeholder not in self._values:
                raise InvalidInput(
                    f"{place}{form.placeholder} has no value in the map: it is cut short, or belongs to another file; "
                    "take the map that this file was redacted with"
                )

    def check_next(self, piece: str) -> None:
        """As `check`, for a text that comes in pieces, cut anywhere."""
        text = self._before + piece
        self.check(text)
        self._before = text[-LONGEST_FORM:]


def restoring_session(values: Mapping[str, str]) -> RedactionSession:
    """A session that restores these values; what it would look for does not matter."""
    return Redactor(Detector(["EMAIL_ADDRESS"])).resumed(values)
