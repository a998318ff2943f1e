"""Numbers that a state or a bank gives to people, with valid check digits, in the spellings that people use.

Each generator is checked against python-stdnum where that knows the number (`tests/python/benchmarks`). The rules are
those of the issuers, as python-stdnum's documentation cites them; the NINO's are HMRC's manual NIM39110.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from stdnum import bic as stdnum_bic
from stdnum import iban as stdnum_iban
from stdnum import luhn, numdb
from stdnum.de import idnr
from stdnum.es import dni
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.iso7064 import mod_11_10
from stdnum.it import codicefiscale, iva
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.pt import nif as pt_nif
from stdnum.us import ssn

from pii.items import Draw, Value, whole

NO_BREAK_SPACE = "\u00a0"
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TRIES = 20_000


def _until(valid: Callable[[str], bool], candidate: Callable[[], str]) -> str:
    for _ in range(_TRIES):
        value = candidate()
        if valid(value):
            return value
    raise RuntimeError(f"no valid value in {_TRIES} tries, the last was {value!r}")


def _groups(text: str, sizes: tuple[int, ...], separator: str) -> str:
    parts: list[str] = []
    start = 0
    for size in sizes:
        parts.append(text[start : start + size])
        start += size
    return separator.join([*parts, *([text[start:]] if start < len(text) else [])])


# IBAN ------------------------------------------------------------------------------------------------------------


@functools.cache
def iban_structures() -> dict[str, str]:
    """Country to the structure of its BBAN, like `4!n10!c`, from the registry that python-stdnum ships."""
    return {row[1]: row[3]["bban"] for row in numdb.get("iban").prefixes if "bban" in row[3]}


def _bban(draw: Draw, structure: str) -> str:
    kinds = {"n": "0123456789", "a": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "c": _ALPHANUMERIC}
    text = ""
    number = ""
    for character in structure:
        if character.isdigit():
            number += character
        elif character in kinds:
            # Account numbers are digits nearly everywhere, also where letters are allowed.
            alphabet = "0123456789" if character == "c" and draw.likely(0.8) else kinds[character]
            text += draw.letters(int(number), alphabet)
            number = ""
    return text


def _with_national_check(country: str, bban: str) -> str:
    if country in {"IT", "SM"}:  # The CIN: the fiscal code's check letter, over the 22 characters after it.
        return codicefiscale.calc_check_digit(bban[1:]) + bban[1:]
    return bban


def iban_compact(draw: Draw, country: str) -> str:
    def candidate() -> str:
        bban = _with_national_check(country, _bban(draw, iban_structures()[country]))
        return country + stdnum_iban.calc_check_digits(country + "00" + bban) + bban

    return _until(stdnum_iban.is_valid, candidate)


_IBAN_HOME = {
    "it": ["IT", "IT", "IT", "SM", "CH"],
    "en": ["GB", "IE", "MT", "CY"],
    "fr": ["FR", "FR", "BE", "LU", "MC"],
    "de": ["DE", "DE", "AT", "CH", "LI"],
    "es": ["ES", "ES", "ES", "PT", "AD"],
}


def spell_iban(draw: Draw, compact: str) -> str:
    spelling = draw.random.choices(
        ["joined", "fours", "lower", "lower fours", "no-break", "dashes", "italian"], [40, 38, 5, 4, 4, 4, 5]
    )[0]
    fours = (4,) * (len(compact) // 4)
    if spelling == "fours":
        return _groups(compact, fours, " ")
    if spelling == "lower":
        return compact.lower()
    if spelling == "lower fours":
        return _groups(compact.lower(), fours, " ")
    if spelling == "no-break":
        return _groups(compact, fours, NO_BREAK_SPACE)
    if spelling == "dashes":
        return _groups(compact, fours, "-")
    if spelling == "italian" and compact[:2] == "IT":  # IT 60 X 05428 11101 000000123456
        return _groups(compact, (2, 2, 1, 5, 5, 12), " ")
    return compact


def iban(draw: Draw, variant: str | None = None) -> Value:
    """`home`: of a country where the language is spoken; otherwise that in half of the cases, and any country."""
    home = variant == "home" or (variant is None and draw.likely(0.5))
    country = draw.random.choice(_IBAN_HOME[draw.language] if home else sorted(iban_structures()))
    return whole(spell_iban(draw, iban_compact(draw, country)))


def bic(draw: Draw, variant: str | None = None) -> Value:
    countries = ["IT", "DE", "FR", "ES", "GB", "NL", "BE", "AT", "CH", "PT", "PL", "IE", "LU", "US"]

    def candidate() -> str:
        place = draw.letters(1, "ABCDEFGHJKLMNPRSTUVWXYZ23456789") + draw.letters(
            1, "ABCDEFGHIJKLMNPQRSTUVWXYZ23456789"
        )
        branch = draw.random.choice(["", "", 3 * "X", draw.digits(3), draw.letters(3)])
        return draw.letters(4) + draw.random.choice(countries) + place + branch

    return whole(_until(stdnum_bic.is_valid, candidate))


# Cards -----------------------------------------------------------------------------------------------------------

# Brand, first digits from, to, length, groups as embossed. The issuers' published ranges (ISO/IEC 7812).
CARD_RANGES: list[tuple[str, int, int, int, tuple[int, ...]]] = [
    ("visa", 4, 4, 16, (4, 4, 4)),
    ("mastercard", 51, 55, 16, (4, 4, 4)),
    ("mastercard 2", 2221, 2720, 16, (4, 4, 4)),
    ("amex", 34, 34, 15, (4, 6)),
    ("amex", 37, 37, 15, (4, 6)),
    ("discover", 6011, 6011, 16, (4, 4, 4)),
    ("discover", 644, 649, 16, (4, 4, 4)),
    ("discover", 65, 65, 16, (4, 4, 4)),
    ("diners", 300, 305, 14, (4, 6)),
    ("diners", 36, 36, 14, (4, 6)),
    ("diners", 38, 39, 14, (4, 6)),
    ("jcb", 3528, 3589, 16, (4, 4, 4)),
    ("unionpay", 6200, 6259, 16, (4, 4, 4)),
    ("maestro", 5018, 5018, 16, (4, 4, 4)),
    ("maestro", 5020, 5020, 16, (4, 4, 4)),
    ("maestro", 6304, 6304, 16, (4, 4, 4)),
    ("maestro", 6759, 6763, 16, (4, 4, 4)),
]
_CARD_WEIGHTS = [24, 16, 14, 4, 4, 4, 2, 2, 2, 3, 2, 4, 4, 1, 1, 1, 2]


def card(draw: Draw, variant: str | None = None) -> Value:
    _, low, high, length, groups = draw.random.choices(CARD_RANGES, _CARD_WEIGHTS)[0]
    number = str(draw.random.randint(low, high))
    number += draw.digits(length - 1 - len(number))
    number += luhn.calc_check_digit(number)
    separator = draw.random.choices(["", " ", "-", NO_BREAK_SPACE, "."], [40, 42, 12, 4, 2])[0]
    return whole(_groups(number, groups, separator))


# Italy -----------------------------------------------------------------------------------------------------------

_OMOCODIA = dict(zip("0123456789", "LMNPQRSTUV", strict=True))
_OMOCODIA_PLACES = (6, 7, 9, 10, 12, 13, 14)


def fiscal_code(draw: Draw, variant: str | None = None) -> Value:
    """`temporary`: the provisional code of 11 digits, which only its context tells from a VAT number."""
    if variant == "temporary":
        return whole(_it_eleven(draw), aliases=("IT_VAT_CODE",))
    code = _until(codicefiscale.is_valid, lambda: draw.faker("it_IT").ssn())
    if draw.likely(0.08):
        places = draw.random.sample(_OMOCODIA_PLACES, draw.random.randint(1, 7))
        code = "".join(_OMOCODIA.get(c, c) if place in places else c for place, c in enumerate(code[:15]))
        code += codicefiscale.calc_check_digit(code)
    spelling = draw.random.choices(["upper", "lower", "spaced", "title"], [80, 12, 6, 2])[0]
    if spelling == "lower":
        code = code.lower()
    elif spelling == "spaced":
        code = _groups(code, (3, 3, 5, 4), " ")
    elif spelling == "title":
        code = code[0] + code[1:].lower()
    return whole(code)


def _it_eleven(draw: Draw) -> str:
    def candidate() -> str:
        office = draw.random.choice([*range(1, 101), 120, 121])
        number = draw.digits(7) + f"{office:03}"
        return number + luhn.calc_check_digit(number)

    return _until(iva.is_valid, candidate)


def it_vat(draw: Draw, variant: str | None = None) -> Value:
    """`prefixed`: with `IT` in front, which names it where no label does."""
    number = _it_eleven(draw)
    aliases = ("IT_FISCAL_CODE",)  # A company's fiscal code is its VAT number.
    if variant == "prefixed":
        return whole(draw.random.choices(["IT", "IT ", "it", "IT-"], [75, 15, 6, 4])[0] + number, aliases=aliases)
    if draw.likely(0.25):
        return whole(draw.random.choice(["IT", "IT", "IT "]) + number, aliases=aliases)
    return whole(number if draw.likely(0.94) else _groups(number, (3, 3, 3), " "), aliases=aliases)


# Spain, France, Germany ------------------------------------------------------------------------------------------


def es_nif(draw: Draw, variant: str | None = None) -> Value:
    number = draw.digits(8)
    letter = dni.calc_check_digit(number)
    dotted = f"{number[:2]}.{number[2:5]}.{number[5:]}"
    forms = [
        number + letter,
        f"{number}-{letter}",
        f"{dotted}-{letter}",
        f"{number} {letter}",
        (number + letter).lower(),
    ]
    return whole(draw.random.choices([*forms, f"{dotted}{letter}"], [60, 14, 10, 4, 7, 5])[0])


def es_nie(draw: Draw, variant: str | None = None) -> Value:
    first = draw.letters(1, "XYZ")
    number = draw.digits(7)
    letter = dni.calc_check_digit(str("XYZ".index(first)) + number)
    forms = [first + number + letter, f"{first}-{number}-{letter}", f"{first}{number}-{letter}"]
    return whole(draw.random.choices([*forms, (first + number + letter).lower()], [65, 15, 12, 8])[0])


def fr_nir(draw: Draw, variant: str | None = None) -> Value:
    department = draw.random.choices([f"{draw.random.randint(1, 95):02}", "2A", "2B"], [94, 3, 3])[0]
    if department == "20":
        department = "75"
    body = draw.letters(1, "12") + draw.digits(2) + f"{draw.random.randint(1, 12):02}" + department
    body += f"{draw.random.randint(1, 899):03}{draw.random.randint(1, 999):03}"
    number = body + nir.calc_check_digits(body + "00")
    if draw.likely(0.5):
        return whole(
            _groups(number, (1, 2, 2, 2, 3, 3), draw.random.choices([" ", NO_BREAK_SPACE, "."], [85, 8, 7])[0])
        )
    return whole(number if draw.likely(0.8) else f"{number[:13]} {number[13:]}")


def de_tax_id(draw: Draw, variant: str | None = None) -> Value:
    def candidate() -> str:
        body = draw.digits(10)
        return body + mod_11_10.calc_check_digit(body)

    number = _until(idnr.is_valid, candidate)
    return whole(number if draw.likely(0.55) else _groups(number, (2, 3, 3), " "))


# Elsewhere -------------------------------------------------------------------------------------------------------

_NINO_FORBIDDEN = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


def uk_nino(draw: Draw, variant: str | None = None) -> Value:
    prefix = _until(
        lambda pair: pair not in _NINO_FORBIDDEN,
        lambda: draw.letters(1, "ABCEGHJKLMNOPRSTWXYZ") + draw.letters(1, "ABCEGHJKLMNPRSTWXYZ"),
    )
    number = prefix + draw.digits(6) + draw.letters(1, "ABCD")
    spelling = draw.random.choices(["joined", "pairs", "lower"], [48, 45, 7])[0]
    return whole({"joined": number, "pairs": _groups(number, (2, 2, 2, 2), " "), "lower": number.lower()}[spelling])


def uk_nhs(draw: Draw, variant: str | None = None) -> Value:
    number = _until(nhs.is_valid, lambda: draw.letters(1, "4567") + draw.digits(9))
    return whole(_groups(number, (3, 3), draw.random.choices([" ", "", "-"], [60, 30, 10])[0]))


def pl_pesel(draw: Draw, variant: str | None = None) -> Value:
    def candidate() -> str:
        year = draw.random.randint(1935, 2009)
        month = draw.random.randint(1, 12) + (20 if year >= 2000 else 0)
        body = f"{year % 100:02}{month:02}{draw.random.randint(1, 28):02}" + draw.digits(4)
        return body + pesel.calc_check_digit(body)

    return whole(_until(pesel.is_valid, candidate))


def pt_nif_number(draw: Draw, variant: str | None = None) -> Value:
    body = draw.letters(1, "123") + draw.digits(7)
    number = _until(pt_nif.is_valid, lambda: body + pt_nif.calc_check_digit(body))
    return whole(draw.random.choices([number, _groups(number, (3, 3), " "), "PT" + number], [60, 30, 10])[0])


def nl_bsn(draw: Draw, variant: str | None = None) -> Value:
    number = _until(bsn.is_valid, lambda: draw.letters(1, "123456789") + draw.digits(8))
    forms = [number, f"{number[:4]}.{number[4:6]}.{number[6:]}", _groups(number, (3, 3), " ")]
    return whole(draw.random.choices(forms, [70, 15, 15])[0])


def us_ssn(draw: Draw, variant: str | None = None) -> Value:
    number = _until(ssn.is_valid, lambda: f"{draw.digits(3)}-{draw.digits(2)}-{draw.digits(4)}")
    return whole(number.replace("-", draw.random.choices(["-", " ", ""], [76, 12, 12])[0]))
