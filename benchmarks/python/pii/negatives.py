"""What looks like personal data and is none: wrong checksums, numbers of orders, parcels and devices, hashes, code.

A detector that reports one of these is wrong, whatever it calls it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Callable

from stdnum import ean, iban, isbn, luhn
from stdnum.de import idnr
from stdnum.es import nif
from stdnum.fr import nir
from stdnum.it import codicefiscale, iva

from pii import identifiers
from pii.items import Draw, Generator, Value, nothing


def _spoiled(draw: Draw, value: str, valid: Callable[[str], bool]) -> Value:
    """`value` with one of its last digits (or its last letter, if it has none) changed until it is wrong."""
    digits = [place for place, character in enumerate(value) if character.isdigit()][-4:]
    for _ in range(1000):
        place = draw.random.choice(digits or [len(value) - 1])
        wrong = (
            value[:place]
            + draw.letters(1, "0123456789" if digits else "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            + value[place + 1 :]
        )
        if not valid(re.sub(r"[\s.\-]", "", wrong).upper()):
            return nothing(wrong)
    raise RuntimeError(f"every change of {value!r} is valid")


def _not_luhn(draw: Draw, count: int) -> str:
    """Digits that no card check accepts: where a card may stand, even a human could not tell."""
    while True:
        number = draw.digits(count)
        if not luhn.is_valid(number):
            return number


def not_iban(draw: Draw, variant: str | None = None) -> Value:
    return _spoiled(draw, identifiers.iban(draw).text, iban.is_valid)


def not_card(draw: Draw, variant: str | None = None) -> Value:
    return _spoiled(
        draw,
        identifiers.card(draw).text,
        luhn.is_valid,
    )


def not_fiscal_code(draw: Draw, variant: str | None = None) -> Value:
    return _spoiled(draw, identifiers.fiscal_code(draw).text, codicefiscale.is_valid)


def not_vat(draw: Draw, variant: str | None = None) -> Value:
    return _spoiled(draw, "".join(filter(str.isdigit, identifiers.it_vat(draw).text)), iva.is_valid)


def not_nif(draw: Draw, variant: str | None = None) -> Value:
    return _spoiled(draw, identifiers.es_nif(draw).text, nif.is_valid)


def not_nir(draw: Draw, variant: str | None = None) -> Value:
    return _spoiled(draw, identifiers.fr_nir(draw).text, nir.is_valid)


def not_tax_id(draw: Draw, variant: str | None = None) -> Value:
    return _spoiled(draw, identifiers.de_tax_id(draw).text, idnr.is_valid)


def order(draw: Draw, variant: str | None = None) -> Value:
    forms = [
        f"{draw.digits(3)}-{draw.digits(7)}-{draw.digits(7)}",
        f"ORD-{draw.digits(8)}",
        f"#{draw.digits(6)}",
        f"{draw.digits(4)}/{draw.digits(5)}",
        f"PO{draw.digits(7)}",
    ]
    return nothing(draw.random.choice(forms))


def tracking(draw: Draw, variant: str | None = None) -> Value:
    forms = [
        f"1Z{draw.letters(6, '0123456789ABCDEFGH')}{draw.digits(10)}",
        f"0034{draw.digits(16)}",
        f"RR{draw.digits(9)}IT",
        f"JD0{draw.digits(15)}",
    ]
    return nothing(draw.random.choice(forms))


def invoice(draw: Draw, variant: str | None = None) -> Value:
    year = draw.random.randint(2021, 2026)
    return nothing(
        draw.random.choice(
            [
                f"{year}/{draw.digits(6)}",
                f"INV-{year}-{draw.digits(5)}",
                f"{draw.digits(4)}/FE",
                f"R{year}{draw.digits(4)}",
            ]
        )
    )


def case(draw: Draw, variant: str | None = None) -> Value:
    return nothing(
        draw.random.choice(
            [
                f"{draw.digits(5)}/{draw.random.randint(2015, 2026)}",
                f"CASE-{draw.digits(6)}",
                f"R.G. {draw.digits(4)}/{draw.random.randint(2015, 2026)}",
            ]
        )
    )


def protocol(draw: Draw, variant: str | None = None) -> Value:
    return nothing(
        draw.random.choice([draw.digits(7), f"{draw.letters(2)}-{draw.digits(8)}", f"0{_not_luhn(draw, 12)}"])
    )


def git_sha(draw: Draw, variant: str | None = None) -> Value:
    digest = draw.random.randbytes(20).hex()
    return nothing(digest if draw.likely(0.5) else digest[:8] + "e")


def hash_digest(draw: Draw, variant: str | None = None) -> Value:
    name = variant or draw.random.choice(["md5", "sha1", "sha256"])
    return nothing(hashlib.new(name, draw.random.randbytes(16), usedforsecurity=False).hexdigest())


def request_id(draw: Draw, variant: str | None = None) -> Value:
    return nothing(str(uuid.UUID(bytes=draw.random.randbytes(16), version=4)))


def blob(draw: Draw, variant: str | None = None) -> Value:
    return nothing(base64.b64encode(b"\x89PNG\r\n\x1a\n" + draw.random.randbytes(draw.random.randint(40, 90))).decode())


def version(draw: Draw, variant: str | None = None) -> Value:
    small = [str(draw.random.randint(0, 30)) for _ in range(3)]
    return nothing(
        draw.random.choice(
            [
                ".".join(small),
                "v" + ".".join(small),
                f"10.0.{draw.random.randint(10000, 26000)}.{draw.digits(3)}",
                ".".join(small) + "-rc1",
                f"2025.{small[0]}",
            ]
        )
    )


def coordinates(draw: Draw, variant: str | None = None) -> Value:
    return nothing(f"{draw.random.uniform(36, 60):.6f}, {draw.random.uniform(-9, 19):.6f}")


def book(draw: Draw, variant: str | None = None) -> Value:
    body = draw.random.choice(["978", "979"]) + draw.digits(9)
    number = body + ean.calc_check_digit(body)
    return nothing(isbn.format(number) if draw.likely(0.5) else number)


def barcode(draw: Draw, variant: str | None = None) -> Value:
    while True:
        body = draw.random.choice(["80", "40", "30", "84", "50"]) + draw.digits(10)
        number = body + ean.calc_check_digit(body)
        if not luhn.is_valid(number):
            return nothing(number)


def price(draw: Draw, variant: str | None = None) -> Value:
    amount = draw.random.randint(100, 9_999_999)
    text = f"{amount / 100:,.2f}"
    return nothing(text if draw.language == "en" else text.translate(str.maketrans(",.", ".,")))


def count(draw: Draw, variant: str | None = None) -> Value:
    return nothing(str(draw.random.randint(2, 9_999)))


def sku(draw: Draw, variant: str | None = None) -> Value:
    return nothing(
        draw.random.choice(
            [
                f"{draw.letters(3)}-{draw.digits(5)}-{draw.letters(2)}",
                f"{draw.digits(4)}-{draw.digits(6)}",
                f"{draw.letters(2)}{draw.digits(6)}",
            ]
        )
    )


def lot(draw: Draw, variant: str | None = None) -> Value:
    return nothing(f"L{draw.digits(6)}{draw.letters(1)}")


def epoch(draw: Draw, variant: str | None = None) -> Value:
    seconds = draw.random.randint(1_600_000_000, 1_790_000_000)
    return nothing(draw.random.choice([str(seconds), f"{seconds}{draw.digits(3)}", f"{seconds}.{draw.digits(6)}"]))


def meter(draw: Draw, variant: str | None = None) -> Value:
    return nothing(f"{draw.random.randint(1_000, 99_999)}")


def serial(draw: Draw, variant: str | None = None) -> Value:
    return nothing(
        draw.random.choice(
            [
                f"SN{draw.digits(9)}",
                f"{draw.letters(4)}{draw.digits(8)}",
                f"{draw.digits(2)}{draw.letters(2)}{draw.digits(6)}X",
            ]
        )
    )


def imei(draw: Draw, variant: str | None = None) -> Value:
    body = "35" + draw.digits(12)  # A phone's number passes Luhn too; no card of 15 digits starts with 35.
    return nothing(body + luhn.calc_check_digit(body))


NEGATIVES: dict[str, Generator] = {
    "NOT_IBAN": not_iban,
    "NOT_CARD": not_card,
    "NOT_FISCAL_CODE": not_fiscal_code,
    "NOT_VAT": not_vat,
    "NOT_NIF": not_nif,
    "NOT_NIR": not_nir,
    "NOT_TAX_ID": not_tax_id,
    "ORDER": order,
    "TRACKING": tracking,
    "INVOICE": invoice,
    "CASE": case,
    "PROTOCOL": protocol,
    "GIT_SHA": git_sha,
    "HASH": hash_digest,
    "UUID": request_id,
    "BASE64": blob,
    "VERSION": version,
    "COORDINATES": coordinates,
    "ISBN": book,
    "EAN": barcode,
    "PRICE": price,
    "COUNT": count,
    "SKU": sku,
    "LOT": lot,
    "EPOCH": epoch,
    "METER": meter,
    "SERIAL": serial,
    "IMEI": imei,
}
