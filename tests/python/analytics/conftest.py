from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.upstream import Upstream
from tokenfoundry.analytics.demo_data import write_demo_data
from tokenfoundry.analytics.rows import ExportDirectory


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> ExportDirectory:
    """A year of some thousand calls. Not to be changed."""
    return write_demo_data(tmp_path_factory.mktemp("demo") / "year", calls=30_000, seed=7)
