"""Rate limits over HTTP: exact under concurrency, honest about when to come back, and no place is ever lost."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from support.factories import config
from support.serving import served
from support.upstream import Exchange, Upstream, answer_with, chunk, completion, usage_of
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.attempts.rates import Estimate, Rates
from tokenfoundry.gateway.durations import duration_text
from tokenfoundry.gateway.replies import StreamAnswer
from tokenfoundry.keys import Key
from tokenfoundry.ledger import Axes
from tokenfoundry.limits import RateLimit, RateLimiter, limit_of_key
from tokenfoundry.prompt_tokens import chat_tokens
from tokenfoundry.settings import Settings
from tokenfoundry.tokens import Tokenizer

MESSAGES = [{"role": "user", "content": "Quanto costa?"}]
MAX_TOKENS = 100
ESTIMATE = chat_tokens({"messages": MESSAGES}, Tokenizer.load("o200k_base")).tokens + MAX_TOKENS
NOW_MS = 1_771_200_000_000


class FakeClock:
    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


class Gateway:
    """A served gateway whose clock stands still until a test moves it."""

    def __init__(self, factory: TokenFactory, clock: FakeClock, url: str) -> None:
        self.factory = factory
        self.clock = clock
        self.url = url
        self.key = factory.create_key(project="claims")

    async def post(self, session: aiohttp.ClientSession, **fields: Any) -> tuple[int, dict[str, str], Any]:
        headers = {"authorization": f"Bearer {self.key}", "cache-control": fields.pop("cache_control", "no-store")}
        asked = {"model": "fast", "messages": MESSAGES, "max_tokens": MAX_TOKENS, **fields}
        body = {name: value for name, value in asked.items() if value is not None}
        async with session.post(f"{self.url}/v1/chat/completions", json=body, headers=headers) as reply:
            raw = await reply.read()
            return (
                reply.status,
                {k.lower(): v for k, v in reply.headers.items()},
                raw if body.get("stream") else await reply.json(),
            )

    def ask(self, **fields: Any) -> tuple[int, dict[str, str], Any]:
        return self.ask_at_once(1, **fields)[0]

    def ask_at_once(self, number: int, **fields: Any) -> list[tuple[int, dict[str, str], Any]]:
        async def run() -> list[tuple[int, dict[str, str], Any]]:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
                return list(await asyncio.gather(*(self.post(session, **fields) for _ in range(number))))

        return asyncio.run(run())

    def left(self, what: str) -> int:
        """What is left in the only cell in use; the whole amount when none is."""
        levels = [level for cell in self.factory.limits.cells() for level in cell.levels if level.what == what]
        (level,) = levels
        return level.left


Open = Callable[..., Any]


@pytest.fixture
def limited(upstream: Upstream, tmp_path: Path) -> Open:
    @contextmanager
    def open_gateway(*rate_limits: dict[str, Any], **sections: Any) -> Iterator[Gateway]:
        clock = FakeClock()
        made = config(upstream.base_url, tmp_path / "data", rate_limits=rate_limits, **sections)
        with TokenFactory(Settings.from_dict(made), clock=clock) as factory:
            with served(factory.app()) as url:
                yield Gateway(factory, clock, url)
            assert factory.limits.open_leases == 0
            assert factory.ledger.holds() == []

    return open_gateway


def limit(**fields: Any) -> dict[str, Any]:
    return {"name": "each-key", "each": ["key"], **fields}


# -- exact -------------------------------------------------------------------------------------------------------------


def test_of_64_concurrent_calls_exactly_those_within_the_limit_pass(limited: Open, upstream: Upstream) -> None:
    with limited(limit(rpm=10)) as gateway:
        statuses = Counter(status for status, _, _ in gateway.ask_at_once(64))
        assert statuses == {200: 10, 429: 54}
        assert len(upstream.received) == 10
        gateway.clock.now_ms += 60_000
        statuses = Counter(status for status, _, _ in gateway.ask_at_once(64))
    assert statuses == {200: 10, 429: 54}
    assert len(upstream.received) == 20


def test_no_more_calls_are_at_the_provider_at_once_than_may_be(limited: Open, upstream: Upstream) -> None:
    under_way, most = 0, 0

    async def behave(exchange: Exchange) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(100):  # Until as many are here as may be, or nobody else comes.
            await asyncio.sleep(0.05)
            if most >= 4:
                break
        under_way -= 1
        await exchange.answer(completion("ok", usage=usage_of(1, 1)))

    upstream.behave = behave
    with limited(limit(concurrent=4)) as gateway:
        answers = gateway.ask_at_once(64)
        assert 4 <= sum(status == 200 for status, _, _ in answers) < 64
        assert gateway.ask()[0] == 200
    assert most == 4


def test_tokens_are_taken_by_their_estimate_while_calls_are_under_way(limited: Open, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await asyncio.sleep(0.2)  # long enough for every concurrent call to be in flight
        await exchange.answer(completion("ok", usage=usage_of(ESTIMATE - MAX_TOKENS, MAX_TOKENS)))

    upstream.behave = behave
    with limited(limit(tpm=5 * ESTIMATE + ESTIMATE // 2)) as gateway:
        statuses = Counter(status for status, _, _ in gateway.ask_at_once(32))
    assert statuses == {200: 5, 429: 27}


def test_each_key_has_limits_of_its_own(limited: Open) -> None:
    with limited(limit(rpm=1)) as gateway:
        assert [gateway.ask()[0], gateway.ask()[0]] == [200, 429]
        gateway.key = gateway.factory.create_key(project="claims")
        assert [gateway.ask()[0], gateway.ask()[0]] == [200, 429]


# -- honest ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [{"rpm": 7}, {"rpm": 1}, {"tpm": 3 * ESTIMATE}, {"rpm": 90, "burst": 1}], ids=str)
def test_a_refused_call_passes_at_the_told_time_and_not_a_millisecond_before(
    limited: Open, upstream: Upstream, rate: dict[str, int]
) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=ESTIMATE - MAX_TOKENS, completion_tokens=MAX_TOKENS)
    with limited(limit(**rate)) as gateway:
        while (answer := gateway.ask())[0] == 200:
            pass
        status, headers, body = answer
        assert status == 429
        wait_ms = int(headers["retry-after-ms"])
        assert int(headers["retry-after"]) == -(-wait_ms // 1000)
        assert f"try again in {duration_text(wait_ms)}" in body["error"]["message"]
        gateway.clock.now_ms += wait_ms - 1
        assert gateway.ask()[0] == 429
        gateway.clock.now_ms += 1
        assert gateway.ask()[0] == 200


def test_a_call_refused_for_its_tokens_waits_for_its_next_request_too(limited: Open, upstream: Upstream) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=ESTIMATE - MAX_TOKENS, completion_tokens=MAX_TOKENS)
    with limited(limit(rpm=2, tpm=2 * ESTIMATE - 1)) as gateway:
        assert gateway.ask()[0] == 200
        status, headers, body = gateway.ask()
        assert status == 429
        assert "tokens per minute" in body["error"]["message"]
        assert headers["retry-after-ms"] == "30000"  # The tokens alone would have come earlier.
        gateway.clock.now_ms += 30_000
        assert gateway.ask()[0] == 200


def test_the_refusal_names_the_limit_and_what_is_used_up(limited: Open) -> None:
    with limited(limit(rpm=1)) as gateway:
        gateway.ask()
        status, headers, body = gateway.ask()
    assert status == 429
    assert body["error"] == {
        "message": "rate limit 'each-key': 1 requests per minute are used up; try again in 1m0s",
        "type": "rate_limit_error",
        "param": None,
        "code": "rate_limit_exceeded",
    }
    assert headers["retry-after"] == "60"
    assert re.fullmatch(r"[0-9a-f-]{36}", headers["x-request-id"])


def test_more_tokens_than_the_limit_ever_takes_are_refused_for_good(limited: Open, upstream: Upstream) -> None:
    with limited(limit(tpm=ESTIMATE - 1)) as gateway:
        status, headers, body = gateway.ask()
        assert status == 429
        assert body["error"]["message"] == (
            f"this call may take {ESTIMATE} tokens, more than rate limit 'each-key' takes at once ({ESTIMATE - 1}): "
            "lower max_tokens"
        )
        assert headers["x-should-retry"] == "false"
        assert "retry-after" not in headers
        assert gateway.ask(max_tokens=MAX_TOKENS - 1)[0] == 200
    assert len(upstream.received) == 1


def test_a_call_that_states_no_bound_passes_a_limit_below_ours(limited: Open, upstream: Upstream) -> None:
    with limited() as gateway:
        gateway.key = gateway.factory.create_key(project="claims", tpm=4000)
        status, headers, _ = gateway.ask(max_tokens=None)
        assert status == 200
        assert headers["x-ratelimit-remaining-tokens"] == "3975"  # 25 were used.
        (shown,) = gateway.factory.admin.handle("GET", "/admin/limits", {})["limits"]
        assert shown["refused"] == 0
    assert [exchange.body["max_tokens"] for exchange in upstream.received] == [4096]


def test_a_call_that_states_no_bound_takes_what_the_tightest_limit_takes_at_once(
    limited: Open, upstream: Upstream
) -> None:
    async def behave(exchange: Exchange) -> None:
        left.extend(level.left for cell in gateway.factory.limits.cells() for level in cell.levels)
        await exchange.answer(completion("ok", usage=usage_of(20, 5)))

    left: list[int] = []
    upstream.behave = behave
    project = {"name": "project", "match": {"project": "claims", "model": "small-1"}, "tpm": 3000, "burst_tokens": 900}
    other = {"name": "other", "match": {"project": "other"}, "tpm": 10}
    with limited(limit(tpm=4000), project, other) as gateway:
        assert gateway.ask(max_tokens=None, n=2)[0] == 200
        assert sorted(left) == [0, 4000 - 900]
        # Not enough at this moment, which a moment mends.
        status, headers, body = gateway.ask(max_tokens=None)
        assert status == 429
        assert "'project' of 3000 tokens per minute: 875 left, this call may take 900" in body["error"]["message"]
        gateway.clock.now_ms += int(headers["retry-after-ms"])
        assert gateway.ask(max_tokens=None)[0] == 200


def test_within_the_limits_a_call_that_states_no_bound_takes_all_of_ours(limited: Open, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        left.append(gateway.left("tokens"))
        await exchange.answer(completion("ok", usage=usage_of(20, 5)))

    left: list[int] = []
    upstream.behave = behave
    with limited(limit(tpm=6000)) as gateway:
        assert gateway.ask(max_tokens=None)[0] == 200
    assert left == [6000 - (ESTIMATE - MAX_TOKENS + 4096)]


@pytest.mark.parametrize("max_tokens", [None, MAX_TOKENS])
def test_a_prompt_that_fits_no_limit_is_not_told_to_lower_its_bound(
    limited: Open, upstream: Upstream, max_tokens: int | None
) -> None:
    prompt_tokens = ESTIMATE - MAX_TOKENS
    with limited(limit(tpm=prompt_tokens - 1)) as gateway:
        status, headers, body = gateway.ask(max_tokens=max_tokens)
    assert status == 429
    assert f"at once ({prompt_tokens - 1}): shorten the prompt" in body["error"]["message"]
    assert headers["x-should-retry"] == "false"
    assert not upstream.received


def test_every_answer_says_what_is_left(limited: Open) -> None:
    with limited(limit(rpm=60, tpm=6000, concurrent=3)) as gateway:
        status, headers, _ = gateway.ask()
        assert status == 200
        assert headers["x-ratelimit-limit-requests"] == "60"
        assert headers["x-ratelimit-remaining-requests"] == "59"
        assert headers["x-ratelimit-reset-requests"] == "1s"
        assert headers["x-ratelimit-limit-tokens"] == "6000"
        assert headers["x-ratelimit-remaining-tokens"] == "5975"  # 25 were used, whatever was estimated
        assert headers["x-ratelimit-reset-tokens"] == "250ms"
        assert headers["ratelimit-policy"] == (
            '"requests";q=60;w=60, "tokens";q=6000;qu="tokens";w=60, "concurrent";q=3;qu="concurrent-requests"'
        )
        assert headers["ratelimit"] == '"requests";r=59;t=1, "tokens";r=5975;t=1, "concurrent";r=3'
        status, headers, _ = gateway.ask(stream=True)
        assert status == 200
        assert headers["x-ratelimit-remaining-requests"] == "58"
        assert headers["ratelimit"].endswith('"concurrent";r=2')  # It is under way while its headers are written.
        status, headers, _ = gateway.ask(model="both", temperature="no number", messages="no list")
        assert status == 400


def test_the_tightest_of_several_limits_is_told(limited: Open) -> None:
    project = {"name": "project", "match": {"project": "claims"}, "rpm": 5}
    with limited(limit(rpm=60), project) as gateway:
        _, headers, _ = gateway.ask()
    assert headers["x-ratelimit-limit-requests"] == "5"
    assert headers["x-ratelimit-remaining-requests"] == "4"


def test_without_limits_nothing_is_said_of_them(limited: Open) -> None:
    other = {"name": "other", "match": {"project": "other"}, "rpm": 1}
    for limits in ([], [other]):
        with limited(*limits) as gateway:
            for _ in range(2):
                status, headers, _ = gateway.ask()
                assert status == 200
                assert not [name for name in headers if "ratelimit" in name]


# -- tokens as really used ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("used", [7, ESTIMATE, 5 * ESTIMATE])
def test_the_estimate_gives_way_to_what_was_used(limited: Open, upstream: Upstream, stream: bool, used: int) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=used - 5, completion_tokens=5)
    with limited(limit(tpm=10 * ESTIMATE)) as gateway:
        assert gateway.ask(stream=stream)[0] == 200
        assert gateway.left("tokens") == 10 * ESTIMATE - used


def test_a_call_that_used_more_than_there_was_leaves_a_debt(limited: Open, upstream: Upstream) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=3 * ESTIMATE - 5, completion_tokens=5)
    with limited(limit(tpm=ESTIMATE)) as gateway:
        assert gateway.ask()[0] == 200
        _, headers, _ = gateway.ask()
        assert headers["retry-after"] == "180"
        assert headers["x-ratelimit-remaining-tokens"] == "0"
        gateway.clock.now_ms += 180_000
        assert gateway.ask()[0] == 200


def test_an_answer_from_the_cache_counts_as_a_request_and_not_as_tokens(limited: Open, upstream: Upstream) -> None:
    with limited(limit(rpm=3, tpm=6000)) as gateway:
        statuses = [gateway.ask(cache_control="")[0] for _ in range(4)]
        assert gateway.left("requests") == 0
        assert gateway.left("tokens") == 5975
    assert statuses == [200, 200, 200, 429]
    assert len(upstream.received) == 1


def test_a_budget_that_refuses_gives_the_tokens_back(limited: Open) -> None:
    budget = {"name": "tiny", "unit": "tokens", "window": {"kind": "daily"}, "hard": 1}
    with limited(limit(tpm=6000, concurrent=1), budgets=[budget]) as gateway:
        status, headers, body = gateway.ask()
        assert (status, body["error"]["code"]) == (429, "budget_exceeded")
        assert headers["x-ratelimit-remaining-tokens"] == "6000"


# -- the axes of the target --------------------------------------------------------------------------------------------


def test_a_limit_on_a_model_counts_the_attempts_that_reach_it(limited: Open, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        if exchange.body["model"] == "small-1":
            await exchange.answer({"error": {"message": "busy"}}, status=503)
        else:
            await exchange.answer(completion("ok", usage=usage_of(20, 5)))

    upstream.behave = behave
    each_model = {"name": "each-model", "each": ["model"], "rpm": 2, "tpm": 6000, "concurrent": 1}
    with limited(each_model, limit(rpm=10)) as gateway:
        assert gateway.ask(model="both")[0] == 200
        left = {
            (cell.each.get("model"), level.what): level.left
            for cell in gateway.factory.limits.cells()
            for level in cell.levels
        }
        assert left[("small-1", "requests")] == left[("large-1", "requests")] == 1
        assert left[("small-1", "tokens")] == 6000
        assert left[("large-1", "tokens")] == 5975
        assert left[(None, "requests")] == 9
        assert gateway.ask(model="both")[0] == 200
        status, _, body = gateway.ask(model="both")
    assert status == 429
    assert "rate limit 'each-model': 2 requests per minute" in body["error"]["message"]


# -- no place is lost --------------------------------------------------------------------------------------------------


async def refuse(exchange: Exchange) -> None:
    await exchange.answer({"error": {"message": "no"}}, status=500)


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def lie(exchange: Exchange) -> None:
    await exchange.answer(b"<html>")


async def break_off(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"role": "assistant", "content": "Ric"}))
    exchange.reset()


@pytest.mark.parametrize("behave", [refuse, reset, lie, break_off], ids=lambda behave: behave.__name__)
@pytest.mark.parametrize("stream", [False, True])
def test_however_the_provider_fails_the_place_is_free_again(
    limited: Open, upstream: Upstream, behave: Any, stream: bool
) -> None:
    with limited(limit(concurrent=1, tpm=100_000)) as gateway:
        upstream.behave = behave
        for _ in range(3):
            status, _, body = gateway.ask(stream=stream)
            assert status in (200, 502), body  # A stream that breaks off has begun with 200.
        upstream.behave = answer_with("ok")
        assert gateway.ask()[0] == 200


def test_a_provider_that_consumed_nothing_costs_no_tokens(limited: Open, upstream: Upstream) -> None:
    upstream.behave = refuse
    with limited(limit(rpm=10, tpm=6000)) as gateway:
        assert gateway.ask()[0] == 502
        assert gateway.left("tokens") == 6000
        assert gateway.left("requests") == 9


@pytest.mark.parametrize("stream", [False, True])
def test_a_caller_that_waits_for_each_answer_always_finds_its_place_free(limited: Open, stream: bool) -> None:
    async def one_after_the_other(gateway: Gateway) -> list[int]:
        async with aiohttp.ClientSession() as session:
            caches = ["no-store", "", "", ""] * 5
            return [(await gateway.post(session, stream=stream, cache_control=cache))[0] for cache in caches]

    with limited(limit(concurrent=1)) as gateway:
        assert asyncio.run(one_after_the_other(gateway)) == [200] * 20


def test_a_client_that_hangs_up_in_mid_stream_frees_its_place(limited: Open, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        while True:
            await exchange.event(chunk({"content": "a "}))
            await asyncio.sleep(0.01)

    async def hang_up_after_the_first_bytes(gateway: Gateway) -> None:
        body = {"model": "fast", "messages": MESSAGES, "max_tokens": MAX_TOKENS, "stream": True}
        headers = {"authorization": f"Bearer {gateway.key}"}
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers) as reply:
                await reply.content.readany()
                async with aiohttp.ClientSession() as second:
                    assert (await gateway.post(second))[0] == 429
                reply.close()
            async with asyncio.timeout(5):
                while gateway.factory.limits.open_leases:
                    await asyncio.sleep(0.01)

    upstream.behave = behave
    with limited(limit(concurrent=1)) as gateway:
        asyncio.run(hang_up_after_the_first_bytes(gateway))
        upstream.behave = answer_with("ok")
        assert gateway.ask()[0] == 200


@pytest.mark.parametrize("stream", [False, True])
async def test_a_cancelled_call_frees_its_place(upstream: Upstream, tmp_path: Path, stream: bool) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def behave(exchange: Exchange) -> None:
        loop.call_soon_threadsafe(begun.set)
        await asyncio.Event().wait()

    async def receive() -> Any:
        return messages.pop() if messages else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        raise AssertionError("there is no answer to send")

    upstream.behave = behave
    made = config(upstream.base_url, tmp_path / "data", rate_limits=[limit(concurrent=1)])
    with TokenFactory.from_config(made) as factory:
        headers = [(b"authorization", f"Bearer {factory.create_key()}".encode())]
        scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "query_string": b"", "root_path": ""}
        body = {"model": "fast", "messages": MESSAGES, "max_tokens": 5, "stream": stream}
        for _ in range(2):
            begun.clear()
            messages = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]
            call = asyncio.ensure_future(factory.app()({**scope, "headers": headers}, receive, send))
            async with asyncio.timeout(5):
                await begun.wait()
                assert factory.limits.open_leases == 1
                call.cancel()
                await asyncio.wait({call})
            assert call.cancelled()
            assert factory.limits.open_leases == 0
        await factory.aclose()


async def test_a_stream_that_cannot_even_be_closed_frees_its_place() -> None:
    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    async def close() -> None:
        raise OSError("the disk is gone")

    clock = FakeClock()
    limiter = RateLimiter([RateLimit(name="a", tokens=1000, concurrent=1)], clock=clock)
    passage = Rates(limiter, clock).passage(lambda target: Axes(model="small-1"))
    target: Any = SimpleNamespace(name="small")
    with passage:
        with passage.attempt(target, lambda: Estimate(prompt=5, output=5, is_ours=False)):
            pass
        answer = passage.on(StreamAnswer(nothing(), {}, close))
    assert limiter.open_leases == 2
    assert isinstance(answer, StreamAnswer)
    with pytest.raises(OSError, match="the disk is gone"):
        await answer.close()
    assert limiter.open_leases == 0


# -- what is in force --------------------------------------------------------------------------------------------------


def test_limits_can_be_replaced_while_calls_come(limited: Open) -> None:
    with limited(limit(rpm=1)) as gateway:
        assert [gateway.ask()[0], gateway.ask()[0]] == [200, 429]
        gateway.factory.limits.set_limits([RateLimit(name="each-key", each=["key"], requests=2)])
        assert [gateway.ask()[0], gateway.ask()[0]] == [200, 429]
        gateway.factory.limits.set_limits([])
        assert gateway.ask()[0] == 200


def test_a_key_with_limits_of_its_own_is_limited_by_them() -> None:
    key = Key(id="k1", rpm=5, concurrent=2)
    assert limit_of_key(key) == RateLimit(name="key k1", match={"key": "k1"}, requests=5, concurrent=2)
    assert limit_of_key(Key(id="k1")) is None


def test_the_admin_api_shows_the_limits_and_what_is_left(limited: Open) -> None:
    with limited(limit(rpm=1, tpm=6000)) as gateway:
        gateway.ask()
        gateway.ask()
        (shown,) = gateway.factory.admin.handle("GET", "/admin/limits", {})["limits"]
    assert (shown["name"], shown["requests"], shown["tokens"], shown["refused"]) == ("each-key", 1, 6000, 1)
    (cell,) = shown["cells"]
    assert cell["each"] == {"key": gateway.key.split("_")[1]}
    assert {level["what"]: level["left"] for level in cell["levels"]} == {"requests": 0, "tokens": 5975}
