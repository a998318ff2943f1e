"""International telephone numbers agree with phonenumbers, an independent implementation of the numbering plans."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

import tokenfoundry as tf

pytest.importorskip("phonenumbers")
import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

DETECTOR = tf.Detector(["PHONE_NUMBER"])
MIN_DIGITS, MAX_DIGITS = 7, 15  # With the country code; E.164 allows no more.
TYPES = (
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.VOIP,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.UAN,
)


def examples() -> Iterator[PhoneNumber]:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in TYPES:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                yield number
    for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
        yield phonenumbers.example_number_for_non_geo_entity(code)


def siblings(number: PhoneNumber, source: random.Random) -> Iterator[PhoneNumber]:
    """The number itself, and valid ones that differ in their last digits."""
    yield number
    digits = str(number.national_number)
    for _ in range(8):
        tail = source.randint(1, max(1, len(digits) - 2))
        other = PhoneNumber()
        other.merge_from(number)
        other.national_number = int(digits[:-tail] + "".join(source.choices("0123456789", k=tail)))
        if phonenumbers.is_valid_number(other):
            yield other


def spans(text: str) -> list[tuple[int, int]]:
    return [(f.start, f.end) for f in DETECTOR.detect(text)]


def test_valid_numbers_of_every_region_are_found_with_their_exact_extent() -> None:
    source = random.Random(1)
    regions = set()
    checked = 0
    for example in examples():
        for number in siblings(example, source):
            e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            if not MIN_DIGITS <= len(e164) - 1 <= MAX_DIGITS:
                continue
            international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
            for value in (e164, international, "00" + international[1:]):
                if value.startswith("00") and len(e164) - 1 - len(str(number.country_code)) < 7:
                    continue  # Without a plus sign so few digits are any number.
                text = f"see {value}."
                assert spans(text) == [(4, 4 + len(value))], text
                checked += 1
            regions.add(phonenumbers.region_code_for_number(number))
    assert len(regions) >= 245
    assert checked > 10_000


def test_a_country_code_that_is_not_assigned_is_no_number() -> None:
    source = random.Random(2)
    assigned = {str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}
    for code in range(1, 1000):
        if any(str(code)[:size] in assigned for size in (1, 2, 3)):
            continue
        for size in range(5, 12):
            value = f"+{code:03d}" if code >= 100 else f"+{code}"
            if code < 100:
                continue  # The digits that follow might complete a code of three.
            value += "".join(source.choices("0123456789", k=size))
            assert spans(f"see {value}.") == [], value


def test_a_length_that_is_not_possible_in_the_country_is_no_number() -> None:
    source = random.Random(3)
    refused = 0
    for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE):
        for size in range(1, 16 - len(str(code))):
            national = source.choice("123456789") + "".join(source.choices("0123456789", k=size - 1))
            reason = phonenumbers.is_possible_number_with_reason(
                PhoneNumber(country_code=code, national_number=int(national))
            )
            if reason in (ValidationResult.IS_POSSIBLE, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
                continue
            if code == 52 and national.startswith("1"):
                continue  # Mexican mobiles had a 1 before their ten digits until 2019, and are still written so.
            assert spans(f"see +{code}{national}.") == [], f"+{code}{national}"
            refused += 1
    assert refused > 1_000
