"""Letters and digits in the form in which other ones were written: their spaces, dots, dashes and case."""

from __future__ import annotations

import re

_LETTERS_AND_DIGITS = re.compile(r"[A-Za-z0-9]")
_BETWEEN = frozenset(" .-/()\u00a0")


def bare(value: str) -> str:
    """The letters and digits of a value, in capitals."""
    return "".join(_LETTERS_AND_DIGITS.findall(value)).upper()


def digits_of(value: str) -> str:
    """The digits of a value."""
    return "".join(character for character in value if "0" <= character <= "9")


def written_as(value: str, characters: str) -> str | None:
    """`characters` with what stands between the letters and digits of `value`, in its case; None when there are more
    or fewer of them, or when something else stands between.

    >>> written_as("it60 x05", "IT22Y99")
    'it22 y99'
    """
    rest = iter(characters)
    in_small = value.islower()
    made = []
    for character in value:
        if character.isascii() and character.isalnum():
            drawn = next(rest, None)
            if drawn is None:
                return None
            made.append(drawn.lower() if in_small else drawn)
        elif character in _BETWEEN:
            made.append(" " if character == "\u00a0" else character)
        else:
            return None
    return "".join(made) if next(rest, None) is None else None


def luhn_digit(digits: str) -> str:
    """The check digit that follows these (ISO/IEC 7812-1, annex B).

    >>> luhn_digit("411111111111111")
    '1'
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)
