"""What was found in a data set: how much, of which kinds, where, and how bad that is; never a value.

The risk is a rule that anybody can check, of what stood in the data as it came:

    high       something was found that a state, a bank or an insurer gave to one person, or a secret; or a row names a
               person and holds another kind beside the name, so that it says something about somebody
    moderate   anything else was found: ways to reach somebody, places, machines, patterns of one's own
    none       nothing was found, by a detector that is not perfect
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any, Final, Literal, Self

from tokenfoundry.frames.files.cells import Cells
from tokenfoundry.frames.html import page, span, table
from tokenfoundry.privacy import Finding, Redactor, catalogue

Risk = Literal["high", "moderate", "none"]

_SAMPLES: Final = 3  # Of one entity in one column.
_AROUND: Final = 40  # Characters on each side of a sample.
_PERSON: Final = "PERSON"

# What is known by name and does less harm by itself than an identity, an account or a key.
_MILD: Final = frozenset(
    {
        "BIC",
        "DATE_OF_BIRTH",
        "DATE_TIME",
        "DE_HANDELSREGISTER",
        "DE_KFZ",
        "DE_PLZ",
        "EMAIL_ADDRESS",
        "IP_ADDRESS",
        "LICENSE_PLATE",
        "MAC_ADDRESS",
        "PERSON",
        "PHONE_NUMBER",
        "POSTCODE",
        "STREET_ADDRESS",
        "UK_POSTCODE",
        "UK_VEHICLE_REGISTRATION",
        "URL",
        "UUID",
    }
)


@dataclass(slots=True)
class EntityReport:
    """One kind in one column. A sample is the text around a find, as pieces of text and, in place of every value that
    was found there, its entity.
    """

    found: int = 0
    rows: int = 0
    samples: list[list[dict[str, str]]] = field(default_factory=list)


@dataclass(slots=True)
class ColumnReport:
    """One column: texts that were looked at, rows in which something was found, and what."""

    texts: int = 0
    rows_touched: int = 0
    entities: dict[str, EntityReport] = field(default_factory=dict)

    def add(self, text: str, findings: list[Finding], finding: Finding) -> None:
        """Counts one of the findings of a text."""
        entity = self.entities.setdefault(finding.entity, EntityReport())
        entity.found += 1
        if len(entity.samples) < _SAMPLES:
            sample = _sample(text, findings, finding)
            entity.samples += [sample] if sample not in entity.samples else []

    def add_row(self, kinds: set[str]) -> None:
        """Counts a row in which these kinds were found."""
        self.rows_touched += 1
        for kind in kinds:
            self.entities[kind].rows += 1


@dataclass(slots=True)
class Report:
    """Made by `redact_file` and `report_frame`. In a notebook it shows itself; `to_dict`, `to_json` and `to_html` are
    for everything else.
    """

    columns: dict[str, ColumnReport]
    actions: dict[str, str]
    """What was done with each entity that was looked for."""
    rows: int = 0
    rows_touched: int = 0
    identifying_rows: int = 0
    """Rows that name a person and hold another kind beside the name."""

    @classmethod
    def empty(cls, columns: Sequence[str], redactor: Redactor) -> Self:
        """Before the first row."""
        policy = redactor.policy
        actions = {entity: str(policy.action(entity)) for entity in policy.protected}
        return cls({column: ColumnReport() for column in columns}, actions)

    @property
    def counts(self) -> dict[str, int]:
        """Findings by entity, most first."""
        counts: Counter[str] = Counter()
        for column in self.columns.values():
            counts.update({entity: of.found for entity, of in column.entities.items()})
        return dict(counts.most_common())

    @property
    def risk(self) -> Risk:
        """By the rule of this module."""
        counts = self.counts
        if self.identifying_rows or any(map(_is_severe, counts)):
            return "high"
        return "moderate" if counts else "none"

    @property
    def reasons(self) -> list[str]:
        """What the risk comes from, in sentences."""
        counts = self.counts
        said = [
            f"{number:,} of {entity}, an identity, an account or a key"
            for entity, number in counts.items()
            if _is_severe(entity)
        ]
        if self.identifying_rows:
            said.append(f"{self.identifying_rows:,} rows name a person and hold something else of theirs")
        if counts and not said:
            said.append("what was found does not by itself single somebody out")
        return said or ["nothing was found, by a detector that is not perfect"]

    def add(self, cells: Cells, found: Sequence[list[Finding]]) -> None:
        """Counts what was found in the texts of some rows."""
        columns = list(self.columns.values())
        for index, number in Counter(cells.columns).items():
            columns[index].texts += number
        touched = [at for at, findings in enumerate(found) if findings]
        for _, indices in groupby(touched, cells.rows.__getitem__):
            of_row: dict[int, set[str]] = {}
            for at in indices:
                kinds = of_row.setdefault(cells.columns[at], set())
                for finding in found[at]:
                    kinds.add(finding.entity)
                    columns[cells.columns[at]].add(cells.texts[at], found[at], finding)
            for index, kinds in of_row.items():
                columns[index].add_row(kinds)
            kinds = set().union(*of_row.values())
            self.rows_touched += 1
            self.identifying_rows += _PERSON in kinds and len(kinds) > 1

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {
            "rows": self.rows,
            "rows_touched": self.rows_touched,
            "identifying_rows": self.identifying_rows,
            "risk": self.risk,
            "reasons": self.reasons,
            "counts": self.counts,
            "actions": {entity: self.actions.get(entity, "") for entity in self.counts},
            "columns": {name: _column_fields(column) for name, column in self.columns.items()},
        }

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    def to_html(self) -> str:
        """A document that stands by itself, runs no script and fetches nothing."""
        return page("What was found", self._repr_html_())

    def state(self) -> dict[str, Any]:
        """What `go_on` takes up, as JSON has it."""
        kept = ("rows", "rows_touched", "identifying_rows")
        return {name: getattr(self, name) for name in kept} | {
            "columns": {name: _column_fields(column) for name, column in self.columns.items()}
        }

    def go_on(self, state: dict[str, Any]) -> None:
        """Takes up what `state` gave."""
        self.rows, self.rows_touched = state["rows"], state["rows_touched"]
        self.identifying_rows = state["identifying_rows"]
        for name, fields in state["columns"].items():
            kinds = {entity: EntityReport(**of) for entity, of in fields["entities"].items()}
            self.columns[name] = ColumnReport(fields["texts"], fields["rows_touched"], kinds)

    def _repr_html_(self) -> str:
        head = f"<p><b>Risk: {escape(self.risk)}</b>. {escape('; '.join(self.reasons))}.</p>"
        rows = f"<p>{self.rows_touched:,} of {self.rows:,} rows hold personal data.</p>"
        lines = [
            [
                escape(name),
                span(entity, entity),
                escape(self.actions.get(entity, "")),
                f"{of.found:,}",
                f"{of.rows:,}",
            ]
            for name, column in self.columns.items()
            for entity, of in sorted(column.entities.items(), key=lambda item: -item[1].found)
        ]
        counted = table(["column", "entity", "action", "found", "rows"], lines, left=3)
        samples = "".join(
            f"<li>{escape(name)}: {_sample_html(sample)}</li>"
            for name, column in self.columns.items()
            for of in column.entities.values()
            for sample in of.samples
        )
        shown = f"<p>Samples, values hidden:</p><ul>{samples}</ul>" if samples else ""
        return f"<div>{head}{rows}{counted}{shown}</div>"

    def __repr__(self) -> str:
        return f"Report(rows={self.rows}, rows_touched={self.rows_touched}, risk={self.risk!r}, counts={self.counts})"


def _is_severe(entity: str) -> bool:
    return entity in catalogue() and entity not in _MILD


def _column_fields(column: ColumnReport) -> dict[str, Any]:
    return {
        "texts": column.texts,
        "rows_touched": column.rows_touched,
        "entities": {
            entity: {"found": of.found, "rows": of.rows, "samples": of.samples}
            for entity, of in column.entities.items()
        },
    }


def _sample(text: str, findings: list[Finding], around: Finding) -> list[dict[str, str]]:
    """The text around one finding, cut, with every value in it hidden."""
    first, last = max(0, around.start - _AROUND), min(len(text), around.end + _AROUND)
    pieces: list[dict[str, str]] = [{"text": "…"}] if first else []
    done = first
    for finding in findings:
        if finding.end <= first or finding.start >= last:
            continue
        pieces.append({"text": text[done : finding.start]})
        pieces.append({"entity": finding.entity})
        done = finding.end
    pieces.append({"text": text[done:last]})
    if max(last, done) < len(text):
        pieces.append({"text": "…"})
    return [piece for piece in pieces if piece != {"text": ""}]


def _sample_html(sample: list[dict[str, str]]) -> str:
    return "".join(
        span(piece["entity"], f"▇▇▇ {piece['entity']}") if "entity" in piece else escape(piece["text"])
        for piece in sample
    )
