from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI

from support.batch_provider import BatchProvider
from support.batching import batching
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory


@pytest.fixture
def provider() -> BatchProvider:
    return BatchProvider()


@pytest.fixture
def upstream(provider: BatchProvider) -> Iterator[Upstream]:
    with Upstream(provider) as running:
        yield running


@pytest.fixture
def gateway(upstream: Upstream, tmp_path: Path) -> Iterator[TokenFactory]:
    with TokenFactory.from_config(batching(upstream.base_url, tmp_path / "data")) as made:
        yield made


@pytest.fixture
def client(gateway: TokenFactory) -> OpenAI:
    return gateway.openai_client(key=gateway.create_key(project="claims"), max_retries=0)
