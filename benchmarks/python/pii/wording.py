"""The sentences, forms and columns that values stand in: `benchmarks/data/pii/wording_*.txt`.

Each file has sections (`## sentences`), one template a line, `\\n` for a new line. Labels and keys are
`SLOT: one | another`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from pii.items import slots

DATA = Path(__file__).resolve().parents[2] / "data" / "pii"
LANGUAGES = ("it", "en", "fr", "de", "es")


@dataclass(frozen=True, slots=True)
class Wording:
    sentences: tuple[str, ...]
    negatives: tuple[str, ...]
    prose: tuple[str, ...]
    frames: dict[str, tuple[str, ...]]  # By family.
    labels: dict[str, tuple[str, ...]]  # By slot, a variant included: `DATE_TIME:birth`.

    def sentences_with(self, entity: str) -> list[str]:
        return [sentence for sentence in self.sentences if entity in slots(sentence)]


def alternatives(lines: list[str]) -> dict[str, tuple[str, ...]]:
    """Of lines like `SLOT: one | another`."""
    parted = (line.rpartition(": ") for line in lines)
    return {slot: tuple(part.strip() for part in words.split(" | ")) for slot, _, words in parted}


def sections(path: Path) -> dict[str, list[str]]:
    """The lines of a file under each of its `## headings`, in order."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            current = found.setdefault(line[3:], [])
        elif line:
            current.append(line)
    return found


@functools.cache
def wording(language: str) -> Wording:
    read = sections(DATA / f"wording_{language}.txt")
    lines = {name: tuple(line.replace("\\n", "\n") for line in each) for name, each in read.items()}
    return Wording(
        sentences=lines["sentences"],
        negatives=lines["negatives"],
        prose=lines["prose"],
        frames={name[7:]: each for name, each in lines.items() if name.startswith("frames ")},
        labels=alternatives(read["labels"]),
    )


@functools.cache
def keys() -> dict[str, tuple[str, ...]]:
    """Names of columns and JSON fields, by slot."""
    return alternatives((DATA / "wording_keys.txt").read_text(encoding="utf-8").splitlines())
