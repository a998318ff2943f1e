"""The validators as the core hands them out."""

from __future__ import annotations

import pytest

from tokenfoundry import _core, errors


def test_names_are_sorted_and_each_answers() -> None:
    names = _core.pii_validators()
    assert list(names) == sorted(names)
    assert {"luhn", "iban", "card", "it_fiscal_code", "it_vat", "es_nif", "eu_vat"} <= set(names)
    assert not any(_core.pii_validate(name, "") for name in names)


def test_a_value_passes_or_not() -> None:
    assert _core.pii_validate("it_vat", "IT00743110157")
    assert not _core.pii_validate("it_vat", "IT00743110158")


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="it_vta"):
        _core.pii_validate("it_vta", "00743110157")


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(errors.InvalidInput):
        _core.pii_validate("luhn", "\ud800")
