"""Telephone numbers that ring nowhere: of ranges that regulators keep for films, or assign to nobody.

    +1    NPA 555-0100 to 555-0199 (NANPA, 555 line numbers)
    +44   07700 900000 to 900999 (Ofcom, numbers for use in TV and radio drama)
    +33   06 39 98 00 00 to 06 39 98 99 99 (ARCEP, plan national de numerotation, numbers for works of fiction)
    +49   0171 3920000 to 0171 3920099 (Bundesnetzagentur, Rufnummern fuer Film und Fernsehen)
    +39   6...: the first digit 6 is kept for needs to come (AGCOM, piano di numerazione)

A number without a country's code is answered with one that has it, because what is free in one country may be
somebody's in the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tokenfoundry.privacy.surrogates.draw import Draw
from tokenfoundry.privacy.surrogates.forms import digits_of

_LETTERS = re.compile(r"[^\W\d_]")
_AREAS = (
    "202",
    "206",
    "212",
    "303",
    "305",
    "312",
    "404",
    "415",
    "503",
    "512",
    "602",
    "617",
    "702",
    "713",
    "718",
    "808",
)

_RANGES: dict[str, Callable[[Draw], str]] = {
    "1": lambda draw: f"+1 {draw.one_of(_AREAS)}-555-01{draw.digits(2)}",
    "33": lambda draw: f"+33 6 39 98 {draw.digits(2)} {draw.digits(2)}",
    "39": lambda draw: f"+39 6{draw.digits(2)} {draw.digits(3)} {draw.digits(4)}",
    "44": lambda draw: f"+44 7700 900{draw.digits(3)}",
    "49": lambda draw: f"+49 171 39200{draw.digits(2)}",
}

# How numbers without a code are written at home: the first that fits says where that may be.
_NATIONAL = (
    ("39", re.compile(r"3\d{8,9}|0\d{6,8}")),
    ("33", re.compile(r"0[1-9]\d{8}")),
    ("44", re.compile(r"07\d{9}|020\d{8}")),
    ("1", re.compile(r"1?[2-9]\d{9}")),
    ("49", re.compile(r"0\d{9,12}")),
)


def phone(value: str, draw: Draw) -> str | None:
    """A number of the same country, where that has a range of its own; else of another.

    >>> phone("+39 333 1234567", Draw(bytes(32))), phone("(212) 555-7890", Draw(bytes(32)))
    ('+39 600 000 0000', '+1 202-555-0100')
    """
    if _LETTERS.search(value):
        return None
    made = _RANGES[_country_of(value, draw)](draw)
    return made if " " in value.strip() or "-" in value or "." in value else "+" + digits_of(made)


def _country_of(value: str, draw: Draw) -> str:
    digits = digits_of(value)
    if value.lstrip(" (").startswith("+") or digits.startswith("00"):
        code = digits.removeprefix("00")
        return next((each for each in _RANGES if code.startswith(each)), draw.one_of(("1", "39")))
    return next((code for code, form in _NATIONAL if form.fullmatch(digits)), draw.one_of(("1", "39")))
