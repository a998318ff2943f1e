"""The way to a provider, as `doctor` walks it: certificates, clocks, silence."""

from __future__ import annotations

import ssl
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from support.authority import Authority
from support.raw_server import Peer, RawServer, always, once, raw_server, whole
from tokenfoundry.doctor import reach as reaching
from tokenfoundry.doctor.finding import Finding
from tokenfoundry.doctor.reach import reach
from tokenfoundry.providers.http.lean import default_tls
from tokenfoundry.settings import ProviderSettings

NOW_S = int(time.time())


def provider(base_url: str, **fields: str) -> ProviderSettings:
    return ProviderSettings.model_validate({"format": "openai_compatible", "base_url": base_url, **fields})


async def walked(base_url: str, *, ahead_s: int = 0, tls: object = default_tls) -> list[Finding]:
    return await reach("p", provider(base_url), lambda: (NOW_S + ahead_s) * 1000, tls=tls)  # type: ignore[arg-type]


def dated(server: RawServer) -> str:
    return f"http://127.0.0.1:{server.port}/v1"


@pytest.mark.parametrize(("ahead_s", "state"), [(0, "ok"), (-60, "warning"), (400, "failed")])
async def test_a_clock_that_is_wrong_is_told(ahead_s: int, state: str) -> None:
    async with raw_server(once(whole(b"", f"date: {formatdate(NOW_S, usegmt=True)}"))) as server:
        way, clock = await walked(dated(server), ahead_s=ahead_s)
    assert (way.state, clock.state) == ("ok", state)
    assert f"{abs(ahead_s)} s" in clock.said
    assert server.received[0].line == "HEAD /v1 HTTP/1.1"


@pytest.mark.parametrize("date", [None, "soon", "Fri, 31 Dec 99999 00:00:00 GMT"])
async def test_a_server_without_a_clock_is_told_so(date: str | None) -> None:
    async with raw_server(once(whole(b"", *(() if date is None else (f"date: {date}",))))) as server:
        assert [finding.state for finding in await walked(dated(server))] == ["ok", "skipped"]


@pytest.mark.parametrize(
    ("said", "state"),
    [(b"SSH-2.0-OpenSSH_9.6\r\n", "failed"), (b"\x15\x03\x01\x00\x02\x02\x46", "failed"), (b"", "warning")],
)
async def test_a_server_that_speaks_no_http_is_not_called_right(said: bytes, state: str) -> None:
    async with raw_server(once(said)) as server:
        assert [finding.state for finding in await walked(dated(server))] == [state]


@pytest.mark.parametrize(
    "address",
    ["http://api..example/v1", f"http://{'a' * 70}.example/v1", "http://127.0.0.1:99999/v1", "http://[::1/v1", "x"],
)
async def test_a_proxy_that_is_no_address_is_a_failure(address: str) -> None:
    settings = provider("https://provider.example/v1").model_copy(update={"proxy": address})
    (way,) = await reach("p", settings, lambda: NOW_S * 1000)
    assert (way.state, way.said) == ("failed", "its proxy is no address")


async def test_what_goes_wrong_on_the_way_is_a_finding() -> None:
    def tls() -> ssl.SSLContext:
        raise ValueError("of a kind that nobody thought of")

    async with raw_server(once(b"")) as server:
        (way,) = await walked(f"https://127.0.0.1:{server.port}/v1", tls=tls)
    assert (way.state, "cannot be reached: ValueError" in way.said) == ("failed", True)


async def test_a_certificate_says_how_long_it_is_good_for(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with raw_server(always(whole(b"")), tls=authority.server("localhost")) as server:
        url = f"https://localhost:{server.port}/v1"
        way, certificate, _ = await walked(url, ahead_s=3600, tls=authority.client)
        assert "TLS " in way.said
        assert (certificate.state, certificate.said) == ("warning", "its certificate is good for 0 more days")
        (stranger,) = await walked(url)
        assert stranger.state == "failed"
        assert "is not believed" in stranger.said


async def test_a_provider_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "_LONGEST_S", 0.05)
    async with raw_server(Peer.hang) as server:
        (silent,) = await walked(dated(server))
    assert silent.state == "failed"
    assert "then answer" in silent.said


async def test_behind_a_proxy_only_the_proxy_is_looked_at() -> None:
    async with raw_server(always(whole(b""))) as server:
        settings = provider("https://provider.example/v1", proxy=f"http://127.0.0.1:{server.port}")
        (way,) = await reach("p", settings, lambda: NOW_S * 1000)
        assert (way.state, server.received) == ("ok", [])
    assert "its proxy 127.0.0.1:" in way.said
