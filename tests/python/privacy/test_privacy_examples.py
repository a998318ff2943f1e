"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize("module", ["detector", "placeholders", "policy", "redactor", "restore"])
def test_the_docstrings_of_the_module_are_true(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"tokenfoundry.privacy.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
