"""`redact --report`: what a text holds, where, how sure and why; never a value."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from tokenfoundry.cli.output import out, print_json, show, table
from tokenfoundry.privacy import Finding, Redactor

BLOCK_CHARACTERS = 65536  # Of a file, read at once.


@dataclass(frozen=True, slots=True)
class Located:
    """A finding, and the line and column where it starts, from 1."""

    finding: Finding
    line: int
    column: int


def findings_by_line(source: IO[str], redactor: Redactor, progress: Callable[[int, int], None]) -> Iterator[Located]:
    """What the redactor would replace in `source`, as it is read."""
    stream = redactor.incoming_findings()
    starts = [0]  # Code point where each line starts.
    read = 0
    while block := source.read(BLOCK_CHARACTERS):
        starts += [read + at + 1 for at, character in enumerate(block) if character == "\n"]
        read += len(block)
        yield from _located(stream.feed(block), starts)
        progress(read, len(starts) - 1)
    yield from _located(stream.close(), starts)


def _located(findings: list[Finding], starts: list[int]) -> Iterator[Located]:
    for finding in findings:
        line = bisect.bisect_right(starts, finding.start)
        yield Located(finding, line, finding.start - starts[line - 1] + 1)


def print_report(located: Iterator[Located], *, as_json: bool) -> None:
    """One row a finding, in order; with `as_json` an object each."""
    fields = [
        {
            "entity": item.finding.entity,
            "line": item.line,
            "column": item.column,
            "length": item.finding.end - item.finding.start,
            "score": item.finding.score,
            "reason": item.finding.reason,
        }
        for item in located
    ]
    if as_json:
        print_json({"findings": fields})
        return
    columns = ["line", "column", "length", "entity", "score", "reason"]
    rows = [[str(row[column]) for column in columns] for row in fields]
    if rows:
        show(table("Personal data", columns, rows))
    else:
        out.print("nothing was found")
