"""The way to a provider: its name, TCP, TLS and certificate, and how far its clock is from ours. Bounded in time; no
key is sent.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tokenfoundry.clock import Clock
from tokenfoundry.doctor.finding import Finding, failed, ok, skipped, warning
from tokenfoundry.providers.http.lean import default_tls
from tokenfoundry.providers.http.limits import MAX_HEAD_BYTES
from tokenfoundry.providers.http.proxies import proxy_of_environment
from tokenfoundry.settings import ProviderSettings

Tls = Callable[[], ssl.SSLContext]
T = TypeVar("T")

_LONGEST_S = 10.0
_DAYS_LEFT = 14
_SKEW_TOLD_S = 30
_SKEW_REFUSED_S = 300  # Signatures of AWS and tokens of Google are refused beyond five minutes.


async def reach(name: str, provider: ProviderSettings, clock: Clock, *, tls: Tls = default_tls) -> list[Finding]:
    """Findings of the way to one provider, within ten seconds."""
    about = f"provider {name}"
    proxy = provider.proxy or proxy_of_environment(provider.base_url)
    try:
        host, port = _host_and_port(proxy or provider.base_url)
    except ValueError:
        # Not its message: it may quote the password of a proxy.
        field = "base_url" if proxy is None else "proxy"
        return [failed(about, f"its {field} is no address", f"state `{field}` as http://host:port")]
    place = f"{host}:{port}"
    way = _Way()
    try:
        async with asyncio.timeout(_LONGEST_S):
            return await _walk(way, about, host, port, provider, is_proxy=proxy is not None, clock=clock, tls=tls)
    except TimeoutError:
        said = f"{place} gives no answer in {_LONGEST_S:g} s ({way})"
        return [failed(about, said, "see whether a firewall is in the way, or a `proxy` is needed")]
    except ssl.SSLCertVerificationError as error:
        advice = "trust its authority with SSL_CERT_FILE, or mend `base_url`; a proxy may open TLS in between"
        return [failed(about, f"the certificate of {place} is not believed: {error.verify_message}", advice)]
    except ssl.SSLError as error:
        return [failed(about, f"no TLS with {place}: {error.reason or type(error).__name__}", "see `base_url`")]
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        said = f"{place} cannot be reached: {why or type(error).__name__} ({way})"
        return [failed(about, said, "see `base_url`, the network, and whether it needs a `proxy`")]
    finally:
        way.close()


def _host_and_port(url: str) -> tuple[str, int]:
    """Raises `ValueError` where there is neither, or a name that cannot be asked for."""
    address = urlsplit(url)
    host = address.hostname
    if not host:
        raise ValueError
    host.encode("idna")
    return host, address.port or (443 if address.scheme == "https" else 80)


class _Way:
    """How far it came, and how long each step took."""

    def __init__(self) -> None:
        self.writer: asyncio.StreamWriter | None = None
        self._steps: list[str] = []
        self._at = ""

    async def step(self, name: str, doing: Awaitable[T]) -> T:
        self._at, began = name, perf_counter()
        done = await doing
        self._steps.append(f"{name} {(perf_counter() - began) * 1000:.0f} ms")
        return done

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()

    @property
    def times(self) -> str:
        return ", ".join(self._steps)

    def __str__(self) -> str:
        return ", ".join([*self._steps, f"then {self._at}" if self._steps else self._at])


async def _walk(
    way: _Way,
    about: str,
    host: str,
    port: int,
    provider: ProviderSettings,
    *,
    is_proxy: bool,
    clock: Clock,
    tls: Tls,
) -> list[Finding]:
    loop = asyncio.get_running_loop()
    addresses = await way.step("name", loop.getaddrinfo(host, port, type=1))
    reader, writer = await way.step("TCP", _connected([info[4][0] for info in addresses], port))
    way.writer = writer
    if is_proxy:
        return [ok(about, f"its proxy {host}:{port}: {way.times}; what is behind it is not looked at")]
    parts, days = urlsplit(provider.base_url), None
    if parts.scheme == "https":
        await way.step("TLS", writer.start_tls(tls(), server_hostname=host))
        days = _days_left(writer.get_extra_info("peercert"), clock)
    head = f"HEAD {parts.path or '/'} HTTP/1.1\r\nhost: {parts.netloc}\r\nconnection: close\r\naccept: */*\r\n\r\n"
    writer.write(head.encode("ascii"))
    answered = await way.step("answer", _head(reader))
    if not answered:
        said = f"{host}:{port} closes the connection without a word ({way.times})"
        return [warning(about, said, "see the port of `base_url`, and try it with --call")]
    if not answered.startswith(b"HTTP/"):
        said = f"{host}:{port} does not answer in HTTP ({way.times})"
        return [failed(about, said, "see the port of `base_url`, and whether it is http or https")]
    findings = [ok(about, f"{host}:{port}: {way.times}")]
    if days is not None:
        findings.append(_certificate(about, days))
    findings.append(_skew(about, answered, clock))
    return findings


async def _connected(addresses: list[Any], port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the first address that takes a connection."""
    for address in addresses[:-1]:
        try:
            return await asyncio.open_connection(address, port, limit=MAX_HEAD_BYTES)
        except OSError:
            continue
    return await asyncio.open_connection(addresses[-1], port, limit=MAX_HEAD_BYTES)


async def _head(reader: asyncio.StreamReader) -> bytes:
    """What it says before a body; all of what it says when that has no end, nothing when it is too long."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError:
        return b""


def _days_left(certificate: Any, clock: Clock) -> int | None:
    ends = (certificate or {}).get("notAfter")
    return None if ends is None else int((ssl.cert_time_to_seconds(ends) - clock() / 1000) // 86_400)


def _certificate(about: str, days: int) -> Finding:
    said = f"its certificate is good for {days} more days"
    if days < _DAYS_LEFT:
        return warning(about, said, "ask its operator to renew it")
    return ok(about, said)


def _skew(about: str, head: bytes, clock: Clock) -> Finding:
    date = next(
        (line[5:].strip() for line in head.decode("latin-1").split("\r\n") if line.lower().startswith("date:")), None
    )
    try:
        told_s = None if date is None else parsedate_to_datetime(date).timestamp()
    except ValueError:
        told_s = None
    if told_s is None:
        return skipped(about, "it does not say what time it is")
    skew_s = round(clock() / 1000 - told_s)
    said = f"our clock is {abs(skew_s)} s {'ahead of' if skew_s > 0 else 'behind'} its"
    if abs(skew_s) > _SKEW_REFUSED_S:
        return failed(about, said, "set the clock (NTP): signed requests and tokens are refused")
    if abs(skew_s) > _SKEW_TOLD_S:
        return warning(about, said, "set the clock (NTP): signed requests are refused from five minutes on")
    return ok(about, said)
