"""Phone numbers that exist by the numbering plans (`phonenumbers`), in the spellings of each country."""

from __future__ import annotations

import functools

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from pii.items import Draw, Value, whole

HOME = {
    "it": ["IT"],
    "en": ["US", "GB", "US", "GB", "IE"],
    "fr": ["FR", "FR", "BE"],
    "de": ["DE", "DE", "AT"],
    "es": ["ES"],
}
NATIONAL = ("IT", "FR", "DE", "ES", "GB", "US")  # Whose national forms are asked for.
ABROAD = (
    "IT",
    "FR",
    "DE",
    "ES",
    "GB",
    "US",
    "CH",
    "AT",
    "BE",
    "NL",
    "PT",
    "PL",
    "SE",
    "DK",
    "IE",
    "RO",
    "GR",
    "CZ",
    "FI",
    "NO",
    "IN",
    "BR",
)
_FAKER = {"IT": "it_IT", "FR": "fr_FR", "DE": "de_DE", "ES": "es_ES", "GB": "en_GB", "US": "en_US"}
_KINDS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
_AREAS = {  # Of large cities: the example numbers of a plan all have one area.
    "IT": ["02", "06", "011", "051", "055", "081", "0121", "0432", "0574"],
    "DE": ["30", "40", "89", "69", "221", "341", "511", "7531", "8031"],
    "GB": ["20", "121", "131", "141", "161", "1223", "1865"],
    "US": ["212", "415", "312", "617", "206", "305", "512"],
    "FR": ["1", "2", "3", "4", "5", "9"],
    "ES": ["91", "93", "95", "96", "981", "976"],
}
_MOBILES = {
    "IT": ["320", "328", "329", "333", "335", "338", "339", "340", "347", "348", "349", "366", "380", "391", "392"],
    "DE": [
        "151",
        "152",
        "157",
        "160",
        "162",
        "163",
        "170",
        "171",
        "172",
        "173",
        "174",
        "175",
        "176",
        "177",
        "178",
        "179",
    ],
    "GB": ["7400", "7511", "7700", "7712", "7803", "7911", "7973"],
    "FR": ["61", "62", "63", "66", "67", "68", "69", "75", "76", "78"],
    "ES": ["600", "615", "620", "639", "644", "655", "666", "677", "688", "690", "711", "722"],
}


def number(draw: Draw, region: str, kind: int) -> phonenumbers.PhoneNumber:
    """A valid number of the region: an example of its plan with other digits."""
    example = phonenumbers.example_number_for_type(region, kind)
    if example is None:
        raise ValueError(f"the plan of {region} has no such numbers")
    digits = phonenumbers.national_significant_number(example)
    for _ in range(1000):
        if region in _AREAS and (
            kind == PhoneNumberType.FIXED_LINE or region == "US"
        ):  # There, a mobile has an area too.
            area = draw.random.choice(_AREAS[region])
            length = draw.random.randint(9, 10) if region in {"IT", "DE"} else len(digits)
            candidate = area + str(draw.random.randint(2, 9)) + draw.digits(length - len(area) - 1)
        elif kind == PhoneNumberType.MOBILE and region in _MOBILES:
            prefix = draw.random.choice(_MOBILES[region])
            candidate = prefix + draw.digits(
                (draw.random.randint(10, 11) if region == "DE" else len(digits)) - len(prefix)
            )
        else:
            candidate = digits[: max(2, len(digits) - 7)] + draw.digits(min(7, len(digits) - 2))
        parsed = phonenumbers.parse(f"+{example.country_code}{candidate}")
        if phonenumbers.is_valid_number(parsed):
            return parsed
    raise RuntimeError(f"no valid number of {region} found")


@functools.cache
def _code(region: str) -> str:
    return str(phonenumbers.country_code_for_region(region))


def _with_country(draw: Draw, parsed: phonenumbers.PhoneNumber, region: str) -> str:
    international = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    compact = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    code = _code(region)
    rest = international[len(code) + 2 :]
    forms = {
        "written": international,
        "compact": compact,
        "zeros": "00" + compact[1:],
        "zeros spaced": "00" + international[1:],
        "dashes": international.replace(" ", "-"),
        "dots": international.replace(" ", "."),
        "half": f"+{code} {compact[len(code) + 1 :]}",
        "bracket": f"(+{code}) {rest}",
        "trunk": f"+{code} (0){rest}" if region in {"DE", "GB", "FR", "AT", "CH", "NL", "SE"} else international,
    }
    return forms[draw.random.choices(list(forms), [34, 16, 10, 8, 7, 4, 12, 4, 5])[0]]


def _national(draw: Draw, parsed: phonenumbers.PhoneNumber, region: str) -> str:
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    bare = "".join(filter(str.isdigit, written))
    mobile = phonenumbers.number_type(parsed) == PhoneNumberType.MOBILE
    forms = [written, bare, written.replace(" ", "-"), written.replace(" ", ".")]
    weights = [45, 25, 6, 6]
    if region == "IT":
        area = 3 if mobile else next(len(a) for a in sorted(_AREAS["IT"], key=len, reverse=True) if bare.startswith(a))
        rest = bare[area:]
        forms += [f"{bare[:area]} {rest}", f"{bare[:area]}/{rest}", f"{bare[:area]}-{rest}", f"{bare[:area]}.{rest}"]
        forms += [f"{bare[:area]} {rest[:3]} {rest[3:]}", f"{bare[:area]} {rest[:2]} {rest[2:4]} {rest[4:]}"]
        weights += [12, 5, 6, 4, 8, 4]
    elif region == "DE":
        head, _, tail = written.partition(" ")
        tail = "".join(filter(str.isdigit, tail))
        if tail:
            forms += [f"{head}/{tail}", f"{head} / {tail}", f"({head}) {tail}", f"{head}-{tail}"]
            weights += [12, 4, 4, 8]
    elif region == "US":
        forms += [
            f"{bare[:3]}-{bare[3:6]}-{bare[6:]}",
            f"{bare[:3]}.{bare[3:6]}.{bare[6:]}",
            f"1-{bare[:3]}-{bare[3:6]}-{bare[6:]}",
        ]
        weights += [25, 10, 5]
    return draw.random.choices(forms, weights)[0]


def phone(draw: Draw, variant: str | None = None) -> Value:
    """`national` or `international`, of a country where the language is spoken (most often) or of another."""
    style = variant or draw.random.choices(["national", "international", "faker"], [45, 45, 10])[0]
    home = draw.random.choice(HOME[draw.language])
    if style == "faker":
        region = home if home in _FAKER else HOME[draw.language][0]
        for _ in range(200):
            text = draw.faker(_FAKER[region]).phone_number()
            try:
                valid = phonenumbers.is_valid_number(phonenumbers.parse(text, region))
            except phonenumbers.NumberParseException:
                valid = False
            if valid:
                return whole(text)
        raise RuntimeError(f"Faker gave no valid number of {region}")
    if style == "national":
        region = home if home in NATIONAL else HOME[draw.language][0]
        return whole(_national(draw, number(draw, region, draw.random.choices(_KINDS, [65, 35])[0]), region))
    region = home if draw.likely(0.65) else draw.random.choice(ABROAD)
    return whole(_with_country(draw, number(draw, region, draw.random.choices(_KINDS, [65, 35])[0]), region))
