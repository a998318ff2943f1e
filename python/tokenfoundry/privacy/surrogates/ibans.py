"""IBANs of the same country with valid checks that no bank can have given: the code of the bank is one that is not
assigned.

Nines alone are no bank in the registers of these countries (Banca d'Italia's ABI codes begin with 0 to 3; Deutsche
Bundesbank's clearing areas are 1 to 8; the Banque de France, the Banco de Espana, the Banco de Portugal, the
Oesterreichische Nationalbank, SIX and the CSSF have given no such code), and where banks are named by letters, XXXX is
none (ISO 9362). The checks inside are right too: the CIN of Italy and San Marino, the key of France and Monaco, the
control digits of Spain and of Portugal.
"""

from __future__ import annotations

from collections.abc import Callable

from tokenfoundry.privacy.surrogates.draw import Draw
from tokenfoundry.privacy.surrogates.forms import bare, written_as

# What a character counts at an odd place of a CIN, by its value; letters count as digits do (Banca d'Italia, BBAN).
_CIN_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_SPANISH_WEIGHTS = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)


def _italian(draw: Draw) -> str:
    rest = f"99999{draw.digits(5)}{draw.digits(12)}"
    return _cin(rest) + rest


def _cin(digits: str) -> str:
    total = sum(_CIN_ODD[int(digit)] if place % 2 == 0 else int(digit) for place, digit in enumerate(digits))
    return chr(ord("A") + total % 26)


def _french(draw: Draw) -> str:
    bank, branch, account = "99999", draw.digits(5), draw.digits(11)
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    return f"{bank}{branch}{account}{key:02}"


def _spanish(draw: Draw) -> str:
    bank, account = f"9999{draw.digits(4)}", draw.digits(10)
    return f"{bank}{_spanish_check('00' + bank)}{_spanish_check(account)}{account}"


def _spanish_check(digits: str) -> int:
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, _SPANISH_WEIGHTS, strict=True)) % 11
    return {10: 1, 11: 0}.get(check, check)


def _portuguese(draw: Draw) -> str:
    digits = f"9999{draw.digits(4)}{draw.digits(11)}"
    return f"{digits}{98 - int(digits + '00') % 97:02}"


def _lettered(bank: str, digits: int) -> Callable[[Draw], str]:
    return lambda draw: bank + draw.digits(digits)


# What follows the country and its two check digits (SWIFT, IBAN Registry).
_BBANS: dict[str, Callable[[Draw], str]] = {
    "AT": lambda draw: "99999" + draw.digits(11),
    "CH": lambda draw: "99999" + draw.digits(12),
    "DE": lambda draw: "99999999" + draw.digits(10),
    "ES": _spanish,
    "FR": _french,
    "GB": _lettered("XXXX", 14),
    "IE": _lettered("XXXX", 14),
    "IT": _italian,
    "LI": lambda draw: "99999" + draw.digits(12),
    "LU": lambda draw: "999" + draw.digits(13),
    "MC": _french,
    "NL": _lettered("XXXX", 10),
    "PT": _portuguese,
    "SM": _italian,
}


def iban(value: str, draw: Draw) -> str | None:
    """An IBAN of the same country, written in the same groups.

    >>> iban("IT60 X054 2811 1010 0000 0123 456", Draw(bytes(32)))
    'IT90 L999 9900 0000 0000 0000 000'
    """
    country = bare(value)[:2]
    made = _BBANS.get(country)
    if made is None:
        return None
    bban = made(draw)
    number = "".join(str(int(character, 36)) for character in f"{bban}{country}00")
    return written_as(value, f"{country}{98 - int(number) % 97:02}{bban}")
