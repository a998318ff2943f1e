"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import tokenfoundry

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(tokenfoundry.__path__, "tokenfoundry.")
    if module.name not in ("tokenfoundry.__main__", "tokenfoundry._core")
)


def test_the_walk_found_the_package() -> None:
    assert {"tokenfoundry.keys", "tokenfoundry.gateway.pipeline", "tokenfoundry.pricing.rates"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
