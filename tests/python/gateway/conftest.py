from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.factories import factory
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


@pytest.fixture
def gateway(upstream: Upstream, tmp_path: Path) -> Iterator[TokenFactory]:
    with factory(upstream.base_url, tmp_path / "data") as made:
        yield made


@pytest.fixture
def key(gateway: TokenFactory) -> str:
    return gateway.create_key(project="claims", consumer="care")
