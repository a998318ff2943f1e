"""The families of prompts: one task each, said in five languages, with the label it has by the rule of the README.

`held_out` families are never seen by the fit. They were chosen by task, not by result: each kind of work has families
on both sides, so that what is measured is how the score carries over to wordings it was not fitted on.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

_TABLE = Path(__file__).with_suffix(".tsv")


class Family(NamedTuple):
    """A row of the table: a task in one language. `template` has {slots} to be filled in."""

    name: str
    hard: bool
    held_out: bool
    tools: int  # Tools offered with it.
    max_tokens: int  # The caller's bound of the answer; 0: none.
    turns: int  # Messages of the conversation up to it.
    language: str
    template: str


def families() -> list[Family]:
    """The whole table."""
    with _TABLE.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [
        Family(name, hard == "1", held_out == "1", int(tools), int(tokens), int(turns), language, _read(template))
        for name, hard, held_out, tools, tokens, turns, language, template in rows
    ]


def _read(template: str) -> str:
    return template.replace("\\n", "\n")
