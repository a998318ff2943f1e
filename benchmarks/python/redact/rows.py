"""A column of text as support tools and registers have it: paragraphs that nobody wrote for this, and in some of them
what a customer or an office would add.

The paragraphs are those of `tests/data/texts` (five languages) and of the documents that the machine's packages came
with, which name people and their addresses themselves. The same seed gives the same rows on the same machine.
"""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = Path("/usr/share/doc")
LONGEST = 600  # Characters of a row; longer paragraphs are cut between words.
SHORTEST = 40
DOCUMENT_CHARACTERS = 3_000_000  # Of all that is read.
PLANTED = 0.3  # Of the rows.

_PLANTS = (
    "Contatto: {first}.{last}@example.it, tel. +39 3{a:02d} {b:07d}.",
    "Please write to {first}.{last}@example.com or call +44 20 7946 0{a:03d}.",
    "Bonifico su {iban}.",
    "La pratica è della signora {First} {Last}, partita IVA {vat}.",
    "Charged twice on the card 4111 1111 1111 1111, says {First} {Last}.",
    "login from 10.{a}.7.{c} by {first}{c}",
)
_FIRST = ("Mario", "Anna", "Giulia", "Paolo", "Karin", "Jürgen", "Claire", "Pedro", "Emily", "Lucía")
_LAST = ("Rossi", "Bianchi", "Ferrari", "Smith", "Müller", "Dubois", "García", "Moretti", "Jones", "Weber")
_IBANS = ("IT60X0542811101000000123456", "DE89370400440532013000", "FR1420041010050500013M02606")
_VATS = ("07643520567", "00743110157", "12345670017")


def make_rows(count: int, seed: int = 7) -> list[str]:
    """`count` rows, about 250 bytes each."""
    draw = random.Random(seed)
    paragraphs = sorted(set(_paragraphs()))
    rows: list[str] = []
    for _ in range(count):
        text = draw.choice(paragraphs)
        rows.append(f"{text} {_plant(draw)}" if draw.random() < PLANTED else text)
    return rows


def _plant(draw: random.Random) -> str:
    first, last = draw.choice(_FIRST), draw.choice(_LAST)
    return draw.choice(_PLANTS).format(
        first=first.lower(),
        last=last.lower(),
        First=first,
        Last=last,
        iban=draw.choice(_IBANS),
        vat=draw.choice(_VATS),
        a=draw.randrange(20, 90),
        b=draw.randrange(10**7),
        c=draw.randrange(250),
    )


def _paragraphs() -> Iterator[str]:
    for text in _texts():
        for paragraph in re.split(r"\n\s*\n", text):
            line = " ".join(paragraph.split())
            while len(line) >= SHORTEST:
                cut = len(line) if len(line) <= LONGEST else line.rfind(" ", SHORTEST, LONGEST)
                cut = LONGEST if cut < 0 else cut
                yield line[:cut]
                line = line[cut:].strip()


def _texts() -> Iterator[str]:
    for path in sorted((ROOT / "tests" / "data" / "texts").glob("*.txt")):
        yield path.read_text(encoding="utf-8")
    left = DOCUMENT_CHARACTERS
    for path in sorted(DOCUMENTS.rglob("*")):
        if left <= 0:
            return
        if not path.is_file() or not re.match(r"(README|NEWS|FAQ|copyright|.*\.txt|.*\.md)(\.gz)?$", path.name):
            continue
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = content.decode("utf-8", errors="ignore")[: min(left, 100_000)]
        left -= len(text)
        yield text
