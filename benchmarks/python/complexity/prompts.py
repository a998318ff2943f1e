"""The labelled prompts that the complexity score is fitted on and measured with, and those of the blind test. Always
the same ones.
"""

from __future__ import annotations

import csv
import itertools
import lzma
import random
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from complexity.families import Family, families
from complexity.slots import slots_of

COMMITTED = Path(__file__).resolve().parents[3] / "tests" / "data" / "complexity" / "prompts.tsv.xz"
_CORE = Path(__file__).parent / "core.tsv"
_BLIND = Path(__file__).parent / "blind.tsv"
_OF_EACH = 6  # Prompts of a family in a language, at most.
_SLOT = re.compile(r"\{(\w+)\}")
_CHOICE = re.compile(r"\{([^}]+)\}")


class Prompt(NamedTuple):
    family: str
    language: str
    hard: bool
    held_out: bool
    tools: int  # Tools offered with it.
    max_tokens: int  # The caller's bound of the answer; 0: none.
    turns: int  # Messages of the conversation up to it.
    text: str


def written() -> list[Prompt]:
    """Every prompt: of each family and language, and the ones written one by one, which are all held out."""
    made = [prompt for family in families() for prompt in _of(family)]
    with _CORE.open(encoding="utf-8", newline="") as source:
        for language, label, text in csv.reader(source, delimiter="\t", quoting=csv.QUOTE_NONE):
            made.append(Prompt("core", language, label == "1", True, 0, 0, 1, text))
    return made


def _of(family: Family) -> Iterator[Prompt]:
    slots = slots_of(family.language)
    names = list(dict.fromkeys(_SLOT.findall(family.template)))
    fillings = [dict(zip(names, values, strict=True)) for values in itertools.product(*(slots[name] for name in names))]
    chance = random.Random(f"{family.name}/{family.language}")
    for filling in chance.sample(fillings, min(_OF_EACH, len(fillings))):
        text = _SLOT.sub(partial(_filled, filling), family.template)
        yield Prompt(
            family.name,
            family.language,
            family.hard,
            family.held_out,
            family.tools,
            family.max_tokens,
            family.turns,
            text[0].upper() + text[1:],
        )


def _filled(filling: dict[str, str], slot: re.Match[str]) -> str:
    return filling[slot[1]]


def committed() -> list[Prompt]:
    """The prompts as they are kept with the tests."""
    with lzma.open(COMMITTED, "rt", encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source, delimiter="\t"))[1:]
    return [
        Prompt(family, language, hard == "1", held_out == "1", int(tools), int(tokens), int(turns), text)
        for family, language, hard, held_out, tools, tokens, turns, text in rows
    ]


def commit(prompts: Iterable[Prompt]) -> None:
    """Writes the file that `committed` reads."""
    COMMITTED.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(COMMITTED, "wt", encoding="utf-8", newline="", preset=9) as sink:
        table = csv.writer(sink, delimiter="\t", lineterminator="\n")
        table.writerow(Prompt._fields)
        for prompt in prompts:
            table.writerow(int(value) if isinstance(value, bool) else value for value in prompt)


def blind() -> list[Prompt]:
    """The prompts of the blind test: families that were written when weights, features and threshold were final."""
    with _BLIND.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [
        Prompt(family, language, hard == "1", True, 0, 0, 1, text)
        for family, hard, language, template in rows
        for text in _wordings(template.replace("\\n", "\n"))
    ]


def _wordings(template: str) -> Iterator[str]:
    """The template with each of its `{one|other}`."""
    choice = _CHOICE.search(template)
    assert choice is not None, template
    for wording in choice[1].split("|"):
        yield template[: choice.start()] + wording + template[choice.end() :]
