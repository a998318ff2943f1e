"""The tests of the HTTP client run on both event loops that a gateway may run on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from tokenfoundry.providers.http.lean import LeanTransport


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    ours = {"asyncio": asyncio.new_event_loop}
    return {**ours, "uvloop": uvloop.new_event_loop} if item.path.name.startswith("test_http_") else ours


@pytest.fixture
async def lean() -> AsyncIterator[LeanTransport]:
    transport = LeanTransport()
    yield transport
    await transport.aclose()
