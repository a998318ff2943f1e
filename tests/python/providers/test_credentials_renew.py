"""Keys that change and tokens that end: what the walk is given never waits, is never over, and is never in the log."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tokenfoundry.errors import ConfigError
from tokenfoundry.providers.credentials import CredentialFailed, renewed
from tokenfoundry.providers.credentials.fixed import KeyFile
from tokenfoundry.providers.credentials.registry import credentials_of
from tokenfoundry.providers.credentials.renewed import RenewedToken, Token
from tokenfoundry.settings import KeyReference, ProviderSettings, Settings

HOUR_MS = 3_600_000


class Time:
    def __init__(self) -> None:
        self.now_ms = 1_000_000_000_000

    def __call__(self) -> int:
        return self.now_ms


class Giver:
    """Gives `token-1`, `token-2`, ..., each good for an hour; waits for `may_give` first."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails: BaseException | None = None
        self.may_give = threading.Event()
        self.may_give.set()
        self.is_asked = threading.Semaphore(0)

    def __call__(self, now_ms: int) -> Token:
        self.asked += 1
        self.is_asked.release()
        assert self.may_give.wait(10)
        if self.fails is not None:
            raise self.fails
        return Token.until(f"token-{self.asked}", now_ms + HOUR_MS, now_ms=now_ms)


def reference(path: Path) -> KeyReference:
    return KeyReference(kind="file", place=str(path))


async def renewed_by(token: RenewedToken, text: str) -> None:
    """Until what was begun beside the walk has ended."""
    async with asyncio.timeout(10):
        while token.current() != text:
            await asyncio.sleep(0.001)


async def test_a_token_is_fetched_once_for_all_who_wait_for_it() -> None:
    giver, time = Giver(), Time()
    giver.may_give.clear()
    token = RenewedToken("google", giver, clock=time)
    assert token.current() is None
    assert giver.asked == 0
    waiting = [asyncio.ensure_future(token.renew(within_s=10)) for _ in range(20)]
    await asyncio.to_thread(giver.is_asked.acquire)
    assert token.current() is None
    giver.may_give.set()
    await asyncio.gather(*waiting)
    assert (token.current(), giver.asked) == ("token-1", 1)


async def test_a_token_is_renewed_beside_the_walk_before_it_ends() -> None:
    giver, time = Giver(), Time()
    token = RenewedToken("google", giver, clock=time)
    await token.renew(within_s=10)
    time.now_ms += HOUR_MS - 301_000
    assert (token.current(), giver.asked) == ("token-1", 1)
    time.now_ms += 2_000
    giver.may_give.clear()
    assert token.current() == token.current() == "token-1"  # Given on while another one is fetched.
    giver.may_give.set()
    await renewed_by(token, "token-2")
    assert giver.asked == 2


async def test_a_token_that_is_over_is_not_given_and_the_wait_for_another_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    giver, time = Giver(), Time()
    token = RenewedToken("google", giver, clock=time)
    await token.renew(within_s=10)
    time.now_ms += HOUR_MS
    giver.may_give.clear()
    assert token.current() is None
    with pytest.raises(CredentialFailed, match="in time"):
        await token.renew(within_s=0.01)
    monkeypatch.setattr(renewed, "_LONGEST_WAIT_S", 0.01)
    with pytest.raises(CredentialFailed, match="in time"):
        await token.renew(within_s=1000)
    giver.may_give.set()
    await renewed_by(token, "token-2")


async def test_whoever_stops_waiting_stops_nobody_else() -> None:
    giver = Giver()
    giver.may_give.clear()
    token = RenewedToken("google", giver, clock=Time())
    first, second = (asyncio.ensure_future(token.renew(within_s=10)) for _ in range(2))
    await asyncio.to_thread(giver.is_asked.acquire)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    giver.may_give.set()
    await second
    assert token.current() == "token-1"


def test_one_token_serves_several_loops() -> None:
    giver, time = Giver(), Time()
    token = RenewedToken("google", giver, clock=time)
    asyncio.run(token.renew(within_s=10))
    asyncio.run(token.renew(within_s=10))
    assert (token.current(), giver.asked) == ("token-1", 1)
    time.now_ms += HOUR_MS
    asyncio.run(token.renew(within_s=10))
    assert token.current() == "token-2"


@pytest.mark.parametrize("error", [CredentialFailed("the role is gone"), ValueError("token-secret")])
async def test_a_failure_is_told_in_the_log_and_rests_without_being_asked_again(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    giver, time = Giver(), Time()
    giver.fails = error
    token = RenewedToken("aws:billing", giver, clock=time)
    for _ in range(3):
        with pytest.raises(CredentialFailed) as raised:
            await token.renew(within_s=10)
        assert "role" not in str(raised.value)
    assert giver.asked == 1
    (line,) = caplog.messages
    assert line.startswith("no new token from aws:billing")
    assert "token-secret" not in line
    time.now_ms += 5_000
    giver.fails = None
    await token.renew(within_s=10)
    assert token.current() == "token-2"


async def test_the_rest_begins_when_the_fetch_has_failed_however_long_it_took() -> None:
    time, asked = Time(), []

    def fetch(now_ms: int) -> Token:
        asked.append(now_ms)
        time.now_ms += 60_000
        raise CredentialFailed("timed out")

    token = RenewedToken("google:/account", fetch, clock=time)
    for _ in range(3):
        with pytest.raises(CredentialFailed):
            await token.renew(within_s=5)
    assert len(asked) == 1


async def test_a_token_that_is_over_when_it_comes_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    time, asked = Time(), []

    def fetch(now_ms: int) -> Token:
        asked.append(now_ms)
        return Token.until(f"token-{len(asked)}", now_ms + (HOUR_MS if len(asked) == 2 else 0), now_ms=now_ms)

    token = RenewedToken("google:/account", fetch, clock=time)
    for _ in range(3):
        with pytest.raises(CredentialFailed):
            await token.renew(within_s=5)
        assert token.current() is None
    assert len(asked) == 1
    assert "is over by this machine's clock" in caplog.text
    time.now_ms += 5_000
    await token.renew(within_s=5)
    assert (token.current(), len(asked)) == ("token-2", 2)


async def test_a_token_that_cannot_be_renewed_is_used_to_its_end() -> None:
    giver, time = Giver(), Time()
    token = RenewedToken("google", giver, clock=time)
    await token.renew(within_s=10)
    giver.fails = CredentialFailed("nobody is there")
    time.now_ms += HOUR_MS - 10_000
    assert token.current() == "token-1"
    time.now_ms += 9_999
    assert token.current() == "token-1"
    time.now_ms += 1
    assert token.current() is None


def test_a_token_shows_where_it_comes_from_and_not_what_it_is() -> None:
    token = Token.until("token-secret", 10, now_ms=0)
    assert "token-secret" not in repr(token) + repr(RenewedToken("google", lambda _: token))


def test_a_short_life_is_renewed_after_four_fifths_of_it() -> None:
    assert Token.until("t", 100_000, now_ms=0).renew_at_ms == 80_000


def test_a_key_file_that_changes_is_read_again_without_a_word_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="tokenfoundry")
    now_s = [0.0]
    path = tmp_path / "key"
    path.write_text("first-secret\n", encoding="utf-8")
    key = KeyFile(reference(path), clock_s=lambda: now_s[0])
    path.write_text("second-secret\n", encoding="utf-8")
    assert key.current() == "first-secret"
    now_s[0] = 1.0
    assert key.current() == "second-secret"
    # As a secret store does: another file in its place, of the same size and time.
    other = tmp_path / "other"
    other.write_text("thirdd-secret\n", encoding="utf-8")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    now_s[0] = 2.0
    assert key.current() == "thirdd-secret"
    assert "secret" not in caplog.text


def test_a_key_file_that_is_gone_or_empty_leaves_the_key_of_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now_s = [0.0]
    path = tmp_path / "key"
    path.write_text("first", encoding="utf-8")
    key = KeyFile(reference(path), clock_s=lambda: now_s[0])
    for written in ("", None):
        now_s[0] += 1.0
        path.unlink() if written is None else path.write_text(written, encoding="utf-8")
        assert key.current() == "first"
    assert len(caplog.messages) == 2
    path.write_text("second", encoding="utf-8")
    now_s[0] += 1.0
    assert key.current() == "second"


def test_a_key_file_has_another_fingerprint_when_another_key_is_in_it(tmp_path: Path) -> None:
    now_s = [0.0]
    path = tmp_path / "key"
    path.write_text("first", encoding="utf-8")
    key = KeyFile(reference(path), clock_s=lambda: now_s[0])
    before = key.fingerprint()
    for text, is_another in (("first\n", False), ("the second", True), ("first", False)):
        path.write_text(text, encoding="utf-8")
        now_s[0] += 1.0
        assert (key.fingerprint() != before) is is_another
    assert "first" not in before


def test_a_key_that_is_not_there_is_refused_with_its_place() -> None:
    provider = ProviderSettings.model_validate({"format": "openai", "keys": ["file:/nowhere/key"]})
    with pytest.raises(ConfigError) as raised:
        credentials_of("main", provider)
    assert raised.value.path == "providers.main.keys[0]"


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ({"format": "openai", "keys": ["google"]}, "providers.p.keys[0]"),
        ({"format": "bedrock", "options": {"region": "eu-south-1"}, "keys": ["entra"]}, "providers.p.keys[0]"),
        ({"format": "azure", "base_url": "https://a.example", "keys": ["entra"]}, "providers.p.options.auth"),
        ({"format": "openai", "keys": ["aws:"]}, "providers.p.keys[0]"),
        ({"format": "openai", "keys": ["google:relative/path"]}, "providers.p.keys[0]"),
    ],
)
def test_tokens_are_taken_where_they_are_of_use_alone(provider: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_dict({"providers": {"p": provider}})
    assert raised.value.path == path
