"""Numbers of persons, companies and cards with valid checks, in ranges that are never given to anybody."""

from __future__ import annotations

from tokenfoundry.privacy.surrogates.draw import Draw
from tokenfoundry.privacy.surrogates.forms import bare, digits_of, luhn_digit, written_as

# Numbers that the schemes set aside for tests, by what a card number begins with; Visa's for all others.
_TEST_RANGES = {"5": "555555", "2": "222300", "34": "378282", "37": "378282", "6": "601100099"}
_VISA_TEST = "400000"

# Decreto 23 dicembre 1976, n. 13813: what a character counts at an odd place.
_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17),
            *(19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        ),
        strict=True,
    )
)
_CONSONANTS = "BCDFGLMNPRSTVZ"
_MONTHS = "ABCDEHLMPRST"


def card(value: str, draw: Draw) -> str | None:
    """A card number of as many digits that passes Luhn's test, in a range for tests.

    >>> card("5500 0000 0000 0004", Draw(bytes(32)))
    '5555 5500 0000 0002'
    """
    digits = digits_of(value)
    begin = _TEST_RANGES.get(digits[:2]) or _TEST_RANGES.get(digits[:1], _VISA_TEST)
    if len(digits) <= len(begin) + 1:
        return None
    made = begin + draw.digits(len(digits) - len(begin) - 1)
    return written_as(value, made + luhn_digit(made))


def fiscal_code(value: str, draw: Draw) -> str | None:
    """An Italian fiscal code with the right last letter, of a birthplace that is none: the cadastre's codes begin with
    A to M or, abroad, with Z.

    >>> fiscal_code("RSSMRA85T10A562S", Draw(bytes(32)))
    'BBBBBB40A01Y000N'
    """
    letters = "".join(draw.one_of(_CONSONANTS) for _ in range(6))
    day = draw.below(28) + draw.one_of((1, 41))
    made = f"{letters}{40 + draw.below(60)}{draw.one_of(_MONTHS)}{day:02}Y{draw.digits(3)}"
    total = sum(_ODD[character] if place % 2 == 0 else int(character, 36) for place, character in enumerate(made))
    # At an even place a letter counts by its place in the alphabet, not from 10 on.
    total -= 10 * sum(character.isalpha() for character in made[1::2])
    return written_as(value, made + chr(ord("A") + total % 26))


def italian_vat(value: str, draw: Draw) -> str | None:
    """A partita IVA with the right last digit and a number that no office has reached: they count from 1, and the
    largest stands below two million.

    >>> italian_vat("IT00743110157", Draw(bytes(32)))
    'IT99000000010'
    """
    characters = bare(value)
    country, digits = characters[:-11], characters[-11:]
    if country not in ("", "IT") or len(digits) != 11 or not digits.isdecimal():
        return None
    made = f"99{draw.digits(5)}{draw.below(95) + 1:03}"
    return written_as(value, f"{country}{made}{luhn_digit(made)}")


def social_security(value: str, draw: Draw) -> str | None:
    """A US social security number of area 666, which the SSA never gives (POMS RM 10201.035)."""
    return written_as(value, f"666{draw.below(99) + 1:02}{draw.below(9999) + 1:04}")
