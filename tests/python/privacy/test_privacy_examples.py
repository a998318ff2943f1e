"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = [
    *("detector", "placeholders", "policy", "pseudonyms", "redactor", "restore", "session", "incoming", "carried"),
    *("forms", "json_in_text", "json_levels", "json_leaves", "spelling"),
    *(f"surrogates.{name}" for name in ("addresses", "dates", "draw", "forms", "ibans", "names", "numbers", "phones")),
]


@pytest.mark.parametrize("module", MODULES)
def test_the_docstrings_of_the_module_are_true(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"tokenfoundry.privacy.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
