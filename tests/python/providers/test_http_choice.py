"""Which transport a provider gets, and how it is reached through a proxy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from support.asking import post
from support.raw_server import Peer, always, raw_server, whole
from tokenfoundry.errors import ConfigError
from tokenfoundry.providers.client import ConnectFailed, ProviderClient
from tokenfoundry.providers.http.by_aiohttp import AiohttpTransport
from tokenfoundry.providers.http.lean import LeanTransport
from tokenfoundry.settings import ProviderSettings

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def settings(base_url: str, **options: Any) -> ProviderSettings:
    return ProviderSettings.model_validate({"format": "openai", "base_url": base_url, **options})


def transport_of(base_url: str, **options: Any) -> object:
    return ProviderClient({"p": settings(base_url, **options)})._routes["p"][0]


@pytest.fixture
async def asked_by() -> AsyncIterator[list[ProviderClient]]:
    """Closes the clients put into it."""
    clients: list[ProviderClient] = []
    yield clients
    for client in clients:
        await client.aclose()


async def test_a_provider_is_reached_directly_by_the_lean_transport(asked_by: list[ProviderClient]) -> None:
    assert isinstance(transport_of("https://api.example/v1"), LeanTransport)
    async with raw_server(always(whole(b"ok"))) as server:
        client = ProviderClient({"p": settings(server.url)})
        asked_by.append(client)
        async with client.send("p", post(server.url)) as reply:
            assert await reply.read() == b"ok"
        assert client.open_loops == 1
        await client.aclose()
        assert client.open_loops == 0


@pytest.mark.parametrize("options", [{"client": "aiohttp"}, {"proxy": "http://proxy.example:3128"}])
async def test_a_setting_chooses_aiohttp(options: dict[str, str]) -> None:
    assert isinstance(transport_of("https://api.example/v1", **options), AiohttpTransport)


async def test_aiohttp_is_used_where_httptools_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httptools", None)
    assert isinstance(transport_of("https://api.example/v1"), AiohttpTransport)


@pytest.mark.parametrize(
    ("variables", "url", "goes_through"),
    [
        ({"HTTPS_PROXY": "http://proxy.example:1"}, "https://api.example/v1", "http://proxy.example:1"),
        ({"https_proxy": "proxy.example:1"}, "https://api.example/v1", "http://proxy.example:1"),
        ({"HTTP_PROXY": "http://proxy.example:1"}, "https://api.example/v1", None),
        ({"ALL_PROXY": "http://proxy.example:1"}, "https://api.example/v1", "http://proxy.example:1"),
        ({"HTTPS_PROXY": "http://proxy.example:1", "NO_PROXY": "example"}, "https://api.example/v1", None),
        ({"HTTPS_PROXY": "http://proxy.example:1", "no_proxy": "*"}, "https://api.example/v1", None),
        (
            {"HTTPS_PROXY": "http://proxy.example:1", "NO_PROXY": "other.example"},
            "https://a.example/",
            "http://proxy.example:1",
        ),
        ({"HTTP_PROXY": "http://proxy.example:1"}, "http://127.0.0.1:8000/v1", None),
        ({"HTTP_PROXY": "http://proxy.example:1"}, "http://localhost:8000/v1", None),
        ({"HTTP_PROXY": "http://proxy.example:1"}, "http://[::1]:8000/v1", None),
    ],
)
async def test_the_environment_states_proxies_but_not_for_this_machine(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, goes_through: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    transport = transport_of(url)
    assert getattr(transport, "_proxy", None) == goes_through
    assert isinstance(transport, AiohttpTransport if goes_through else LeanTransport)


async def test_a_proxy_of_another_kind_is_refused_with_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.example:1080")
    with pytest.raises(ConfigError, match=r"providers\.p\.proxy: .*http://host:port"):
        transport_of("https://api.example/v1")


async def test_a_request_goes_through_the_proxy_with_its_own_path(
    monkeypatch: pytest.MonkeyPatch, asked_by: list[ProviderClient]
) -> None:
    async with raw_server(always(whole(b"by proxy"))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:secret@127.0.0.1:{proxy.port}")
        client = ProviderClient({"p": settings("http://provider.example/v1")})
        asked_by.append(client)
        async with client.send("p", post("http://provider.example/v1/chat")) as reply:
            assert await reply.read() == b"by proxy"
        [asked] = proxy.received
        assert asked.line == "POST http://provider.example/v1/chat HTTP/1.1"
        assert asked.headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize("url", ["https://provider.example/v1", "http://provider.example/v1"])
async def test_a_proxy_that_is_not_there_is_no_connection(asked_by: list[ProviderClient], url: str) -> None:
    client = ProviderClient({"p": settings(url, proxy="http://127.0.0.1:9")})
    asked_by.append(client)
    with pytest.raises(ConnectFailed):
        async with client.send("p", post(url)):
            pass


async def test_a_proxy_that_refuses_the_way_is_no_connection(asked_by: list[ProviderClient]) -> None:
    async def refuse(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")

    async with raw_server(refuse) as proxy:
        url = "https://provider.example/v1"
        client = ProviderClient({"p": settings(url, proxy=f"http://127.0.0.1:{proxy.port}")})
        asked_by.append(client)
        with pytest.raises(ConnectFailed):
            async with client.send("p", post(url)):
                pass
        assert proxy.received[0].line.startswith("CONNECT provider.example:443 ")


@pytest.mark.parametrize("proxy", ["proxy.example:3128", "socks5://proxy.example", "http://", "http://a b"])
def test_a_proxy_setting_that_is_no_address_is_refused(proxy: str) -> None:
    with pytest.raises(ValidationError, match="proxy"):
        settings("https://api.example/v1", proxy=proxy)


def test_a_proxys_password_is_not_shown() -> None:
    assert "secret" not in repr(settings("https://api.example/v1", proxy="http://user:secret@proxy.example"))


def test_aiohttp_is_not_imported_where_nothing_needs_it() -> None:
    code = (
        "import sys\n"
        "from tokenfoundry.providers.client import ProviderClient\n"
        "from tokenfoundry.settings import ProviderSettings\n"
        "made = ProviderSettings.model_validate({'format': 'openai', 'base_url': 'https://api.example/v1'})\n"
        "ProviderClient({'p': made})\n"
        "assert 'aiohttp' not in sys.modules and 'httptools' in sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path))}
    )
