"""Identical calls in progress are one call at the provider: each caller gets the answer with their own values, or an
attempt of their own, and the books add up.
"""

from __future__ import annotations

import asyncio
import gc
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from support.factories import config, factory
from support.serving import served
from support.upstream import Exchange, Upstream, answer_with, chunk, completion, last_content, usage_of
from support.walks import Asked, Told, chat_body, request, until, walk
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.replies import Refused, StreamAnswer
from tokenfoundry.gateway.sharing.flights import Flight, Flights, Landed
from tokenfoundry.gateway.streams.replay import NO_BORDERS
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import Settings

CHAT = "/v1/chat/completions"
MARIO, ANNA, LUCA = (f"Scrivi a {name}@example.it." for name in ("mario.rossi", "anna.bianchi", "luca.verdi"))


class Script:
    """A provider that waits before each step until the test lets it go on."""

    def __init__(self, *, pieces: list[str] | None = None, status: int = 200) -> None:
        self.steps = threading.Semaphore(0)
        self.pieces = pieces
        self.status = status

    def go(self, steps: int = 1) -> None:
        self.steps.release(steps)

    async def __call__(self, exchange: Exchange) -> None:
        await self._step()
        text = last_content(exchange)
        if self.status != 200:
            await exchange.answer({"error": {"message": "no"}}, status=self.status)
        elif not exchange.body.get("stream"):
            await exchange.answer(completion(text, usage=usage_of(20, 5)))
        else:
            await exchange.start_stream()
            for piece in self.pieces or [text]:
                await exchange.event(chunk({"content": piece}))
                await self._step()
            await exchange.event(chunk({}, finish="stop"))
            await exchange.event({**chunk({}), "choices": [], "usage": usage_of(20, 5)})
            await exchange.event(b"[DONE]")
            await exchange.end_stream()

    async def after_its_head(self, exchange: Exchange) -> None:
        """A stream that begins at once, and says nothing until it is let go on."""
        await exchange.start_stream()
        await self._step()
        await exchange.event(chunk({"content": last_content(exchange)}))
        await exchange.event(chunk({}, finish="stop"))
        await exchange.event({**chunk({}), "choices": [], "usage": usage_of(20, 5)})
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    async def _step(self) -> None:
        await asyncio.to_thread(self.steps.acquire, timeout=20)


def patient(base_url: str, data_dir: Path, **sections: Any) -> TokenFactory:
    """A gateway that waits for the provider as long as a test may need to bring its callers together."""
    provider = config(base_url, data_dir)["providers"]["upstream"]
    waits = {"connect": 5, "first_byte": 30, "read": 30, "total": 60}
    return factory(base_url, data_dir, providers={"upstream": {**provider, "timeout_s": waits}}, **sections)


@pytest.fixture
def gateway(upstream: Upstream, tmp_path: Path) -> Iterator[TokenFactory]:
    with patient(upstream.base_url, tmp_path / "data") as made:
        yield made


@pytest.fixture
def script(upstream: Upstream) -> Iterator[Script]:
    upstream.behave = made = Script()
    yield made
    made.go(1000)


def records(gateway: TokenFactory) -> list[CallRecord]:
    entries = [entry for entry in gateway.ledger.entries() if entry.kind != "changed"]
    return [CallRecord.from_bytes(entry.detail) for entry in entries]


def flights_of(gateway: TokenFactory) -> list[Flight]:
    assert gateway._flights is not None
    return list(gateway._flights._here().by_key.values())


async def joined(gateway: TokenFactory, count: int) -> None:
    """Waits until the one flight has so many followers."""
    await until(lambda: flights_of(gateway) and len(flights_of(gateway)[0]._followers) == count)


def chat(key: str, content: str = MARIO, *, stream: bool = False, headers: dict[str, str] | None = None) -> Asked:
    return request(key, CHAT, chat_body(content, **({"stream": True} if stream else {})), **(headers or {}))


@contextmanager
def books_add_up(gateway: TokenFactory) -> Iterator[None]:
    yield
    assert gateway.ledger.holds() == []
    assert gateway.ledger.verify().ok
    assert gateway._flights is not None
    assert gateway._flights._loops == {}


async def led_and_followed(
    gateway: TokenFactory, upstream: Upstream, asked: list[Asked]
) -> tuple[list[asyncio.Task[Told]], list[Told]]:
    """The first call, and the others once it is at the provider; each with what it has seen so far."""
    seen: list[Told] = [Told({}) for _ in asked]
    tasks = []

    def watch(number: int) -> Any:
        return lambda told: seen.__setitem__(number, told)

    for number, each in enumerate(asked):
        tasks.append(asyncio.create_task(walk(gateway, each, seen=watch(number))))
        if number == 0:
            await until(lambda: upstream.received)
        else:
            await joined(gateway, number)
    return tasks, seen


async def closing(gateway: TokenFactory, work: Any) -> Any:
    try:
        return await work
    finally:
        await gateway.aclose()


def run(gateway: TokenFactory, work: Any) -> Any:
    with books_add_up(gateway):
        return asyncio.run(closing(gateway, work))


@pytest.mark.parametrize("leader_streams", [False, True])
@pytest.mark.parametrize("followers_stream", [False, True])
def test_identical_calls_are_one_and_each_gets_their_own_values(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script, leader_streams: bool, followers_stream: bool
) -> None:
    async def work() -> list[Told]:
        asked = [chat(key, MARIO, stream=leader_streams)]
        asked += [chat(key, content, stream=followers_stream) for content in (ANNA, LUCA)]
        tasks, _ = await led_and_followed(gateway, upstream, asked)
        script.go(10)
        return await asyncio.gather(*tasks)

    told = run(gateway, work())
    assert [each.text for each in told] == [MARIO, ANNA, LUCA]
    assert [each.cache for each in told] == ["miss", "joined", "joined"]
    assert all(each.done for each in told)
    assert len(upstream.received) == 1
    paid, *free = sorted(records(gateway), key=lambda record: -record.cost_nano)
    assert (paid.outcome, [each.outcome for each in free]) == ("answered", ["hit", "hit"])
    assert [each.saved_nano for each in free] == [paid.cost_nano] * 2
    assert [each.summary["cache"] for each in told] == ["miss", "joined", "joined"]
    assert gateway.cache is not None
    assert gateway.cache.stats().joined == 2


def test_followers_get_the_pieces_as_they_come_and_as_they_were_cut(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script
) -> None:
    script.pieces = ["Scri", "vi a [EMAIL_AD", "DRESS_1]", ", cia", "o"]

    async def work() -> list[Told]:
        tasks, seen = await led_and_followed(gateway, upstream, [chat(key, MARIO, stream=True)])
        script.go(2)
        await until(lambda: len(seen[0].pieces) == 2)
        # Who comes in mid-stream gets it from the start.
        told: list[Told] = []
        following = asyncio.create_task(walk(gateway, chat(key, ANNA, stream=True), seen=told.append))
        await joined(gateway, 1)
        script.go(1)
        await until(lambda: told and len(told[-1].pieces) == 3)
        assert not told[-1].done
        script.go(10)
        return [await tasks[0], await following]

    leader, follower = run(gateway, work())
    assert leader.pieces == ["Scri", "vi a ", "mario.rossi@example.it", ", cia", "o"]
    assert follower.pieces == ["Scri", "vi a ", "anna.bianchi@example.it", ", cia", "o"]

    async def again() -> Told:
        return await walk(gateway, chat(key, LUCA, stream=True))

    hit = run(gateway, again())
    assert (hit.cache, hit.pieces) == ("hit", ["Scri", "vi a ", "luca.verdi@example.it", ", cia", "o"])


@pytest.mark.parametrize("stream", [False, True])
def test_when_the_provider_fails_the_leader_one_follower_leads_the_others(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script, stream: bool
) -> None:
    script.status = 500

    async def work() -> list[Any]:
        tasks, _ = await led_and_followed(
            gateway, upstream, [chat(key, content, stream=stream) for content in (MARIO, ANNA, LUCA)]
        )
        script.go()
        await until(lambda: len(upstream.received) == 2)
        await joined(gateway, 1)
        script.status = 200
        script.go(20)
        return await asyncio.gather(*tasks, return_exceptions=True)

    refused, *told = run(gateway, work())
    assert isinstance(refused, Refused)
    assert [each.text for each in told] == [ANNA, LUCA]
    assert sorted(each.cache for each in told) == ["joined", "miss"]
    assert len(upstream.received) == 2


def test_while_a_provider_keeps_failing_it_is_asked_a_few_times_and_then_everybody_is_told(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script
) -> None:
    script.status = 500

    async def work() -> list[Any]:
        contents = [f"Scrivi a nome{number}@example.it." for number in range(9)]
        tasks, _ = await led_and_followed(gateway, upstream, [chat(key, content) for content in contents])
        script.go(20)
        return await asyncio.gather(*tasks, return_exceptions=True)

    told = run(gateway, work())
    assert [(type(each), each.status) for each in told] == [(Refused, 502)] * 9
    assert len({each.headers["x-request-id"] for each in told}) == 9
    assert len(upstream.received) == 3
    assert [record.outcome for record in records(gateway)] == ["failed"] * 3


def test_what_is_wrong_with_the_question_is_told_to_all_who_ask_it(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script
) -> None:
    async def refuse(exchange: Exchange) -> None:
        await script._step()
        await exchange.answer({"error": {"message": f"cannot read: {last_content(exchange)}"}}, status=400)

    upstream.behave = refuse

    async def work() -> list[Any]:
        asked = [chat(key, content, stream=content is LUCA) for content in (MARIO, ANNA, LUCA)]
        tasks, _ = await led_and_followed(gateway, upstream, asked)
        script.go(20)
        return await asyncio.gather(*tasks, return_exceptions=True)

    told = run(gateway, work())
    assert [each.status for each in told] == [400] * 3
    for content, each in zip((MARIO, ANNA, LUCA), told, strict=True):
        assert str(each) == f"small: the provider answered 400: cannot read: {content}"
    assert len(upstream.received) == 1


def test_a_leader_that_its_budget_refuses_leaves_the_others_their_own_attempt(
    upstream: Upstream, script: Script, tmp_path: Path
) -> None:
    poor = {"name": "poor", "match": {"consumer": "poor"}, "unit": "money", "hard": "0.000001"}
    with patient(
        upstream.base_url, tmp_path / "data", budgets=[{**poor, "window": {"kind": "daily"}}], limits={"hold_wait": "0"}
    ) as gateway:
        keys = [gateway.create_key(project="claims", consumer=name) for name in ("poor", "rich")]

        async def work() -> list[Any]:
            tasks = [asyncio.create_task(walk(gateway, chat(each))) for each in keys]
            script.go(5)
            return await asyncio.gather(*tasks, return_exceptions=True)

        refused, told = run(gateway, work())
        assert isinstance(refused, Refused)
        assert refused.status == 429
        assert (told.text, told.cache) == (MARIO, "miss")


def test_an_answer_that_a_budget_made_shorter_is_not_the_followers(
    upstream: Upstream, script: Script, tmp_path: Path
) -> None:
    small = {"name": "small", "match": {"consumer": "poor"}, "unit": "tokens", "hard": 60, "window": {"kind": "daily"}}
    with patient(upstream.base_url, tmp_path / "data", budgets=[small]) as gateway:
        keys = [gateway.create_key(project="claims", consumer=name) for name in ("poor", "rich")]
        body = {"model": "fast", "messages": [{"role": "user", "content": MARIO}]}

        async def work() -> list[Told]:
            tasks = [asyncio.create_task(walk(gateway, request(each, CHAT, body))) for each in keys]
            script.go(5)
            return await asyncio.gather(*tasks)

        told = run(gateway, work())
        assert [each.cache for each in told] == ["miss", "miss"]
        assert sorted(each.body["max_tokens"] for each in upstream.received)[-1] == 4096


@pytest.mark.parametrize("stream", [False, True])
def test_a_leader_that_hangs_up_goes_on_for_its_followers_and_pays(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script, stream: bool
) -> None:
    async def work() -> Told:
        tasks, _ = await led_and_followed(
            gateway, upstream, [chat(key, MARIO, stream=stream), chat(key, ANNA, stream=stream)]
        )
        tasks[0].cancel()
        await asyncio.wait({tasks[0]})
        script.go(10)
        return await tasks[1]

    told = run(gateway, work())
    assert (told.text, told.cache, told.done) == (ANNA, "joined", True)
    assert len(upstream.received) == 1
    assert sorted(record.outcome for record in records(gateway)) == ["answered", "hit"]


def test_a_leader_that_hangs_up_in_mid_stream_goes_on_for_its_followers(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script
) -> None:
    script.pieces = ["uno ", "due ", "tre ", "quattro"]

    async def work() -> Told:
        tasks, seen = await led_and_followed(gateway, upstream, [chat(key, stream=True)])
        script.go(2)
        await until(lambda: seen[0].pieces)
        tasks.append(asyncio.create_task(walk(gateway, chat(key, ANNA, stream=True))))
        await joined(gateway, 1)
        script.go(1)
        await until(lambda: flights_of(gateway)[0].streams)
        tasks[0].cancel()
        await asyncio.wait({tasks[0]})
        script.go(10)
        return await tasks[1]

    told = run(gateway, work())
    assert told.pieces == script.pieces
    assert told.done
    assert sorted(record.outcome for record in records(gateway)) == ["answered", "hit"]


def test_with_the_last_follower_of_a_leader_that_left_the_call_ends(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script
) -> None:
    async def work() -> None:
        for stream in (False, True):
            upstream.received.clear()
            tasks, _ = await led_and_followed(
                gateway, upstream, [chat(key, MARIO, stream=stream), chat(key, ANNA, stream=stream)]
            )
            for task in tasks:
                task.cancel()
                await asyncio.wait({task})
            assert gateway._flights is not None
            tasks_left = gateway._flights._here().tasks
            await until(lambda left=tasks_left: not left)

    run(gateway, work())
    assert [record.outcome for record in records(gateway)] == ["cut", "cut"]


def test_a_follower_that_leaves_leaves_nothing(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script
) -> None:
    async def work() -> Told:
        tasks, _ = await led_and_followed(
            gateway, upstream, [chat(key, MARIO, stream=True), chat(key, ANNA, stream=True), chat(key, LUCA)]
        )
        for task in tasks[1:]:
            task.cancel()
            await asyncio.wait({task})
        script.go(10)
        return await tasks[0]

    assert run(gateway, work()).text == MARIO
    assert [record.outcome for record in records(gateway)] == ["answered"]


@pytest.mark.parametrize(
    "headers",
    [{"cache_control": "no-cache"}, {"cache_control": "no-store"}, {"cache_control": "max-age=0"}],
    ids=lambda headers: headers["cache_control"],
)
def test_who_wants_a_fresh_answer_joins_nobody(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script, headers: dict[str, str]
) -> None:
    async def work() -> list[Told]:
        first = asyncio.create_task(walk(gateway, chat(key)))
        await until(lambda: upstream.received)
        second = asyncio.create_task(walk(gateway, chat(key, headers=headers)))
        await until(lambda: len(upstream.received) == 2)
        script.go(10)
        return await asyncio.gather(first, second)

    assert [each.cache for each in run(gateway, work())] == ["miss", "bypass"]


def test_other_projects_join_nobody_and_the_switch_turns_it_off(
    upstream: Upstream, script: Script, tmp_path: Path
) -> None:
    for number, single_flight in enumerate((True, False)):
        upstream.received.clear()
        with patient(upstream.base_url, tmp_path / str(number), cache={"single_flight": single_flight}) as gateway:
            projects = ("claims", "other") if single_flight else ("claims", "claims")
            keys = [gateway.create_key(project=project) for project in projects]

            async def work(gateway: TokenFactory = gateway, keys: list[str] = keys) -> list[Told]:
                tasks = [asyncio.create_task(walk(gateway, chat(each))) for each in keys]
                await until(lambda: len(upstream.received) == 2)
                script.go(10)
                return await asyncio.gather(*tasks)

            told = asyncio.run(closing(gateway, work()))
            assert [each.cache for each in told] == ["miss", "miss"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_follower_counts_in_request_budgets(upstream: Upstream, script: Script, tmp_path: Path, stream: bool) -> None:
    one = {"name": "one", "match": {"consumer": "poor"}, "unit": "requests", "hard": 1, "window": {"kind": "daily"}}
    with patient(upstream.base_url, tmp_path / "data", budgets=[one], limits={"hold_wait": "0"}) as gateway:
        rich, poor = (gateway.create_key(project="claims", consumer=name) for name in ("rich", "poor"))

        async def work() -> list[Any]:
            tasks, _ = await led_and_followed(gateway, upstream, [chat(rich, stream=stream), chat(poor, stream=stream)])
            script.go(10)
            first = await asyncio.gather(*tasks)
            upstream.received.clear()
            script.steps = threading.Semaphore(0)
            other = "Scrivi ad altri."
            tasks, _ = await led_and_followed(
                gateway, upstream, [chat(rich, other, stream=stream), chat(poor, other, stream=stream)]
            )
            script.go(10)
            return [*first, *await asyncio.gather(*tasks, return_exceptions=True)]

        *told, refused = run(gateway, work())
        assert [each.cache for each in told] == ["miss", "joined", "miss"]
        assert isinstance(refused, Refused)
        assert refused.status == 429
        assert "one" in str(refused)


def test_a_follower_takes_its_place_among_the_concurrent_calls(
    upstream: Upstream, script: Script, tmp_path: Path
) -> None:
    with patient(
        upstream.base_url, tmp_path / "data", rate_limits=[{"name": "one", "each": ["key"], "concurrent": 1}]
    ) as gateway:
        first, second = (gateway.create_key(project="claims") for _ in range(2))

        async def work() -> list[Told]:
            tasks, _ = await led_and_followed(gateway, upstream, [chat(first, stream=True), chat(second, stream=True)])
            script.go(1)
            await until(lambda: flights_of(gateway)[0].streams)
            with pytest.raises(Refused) as refused:
                await walk(gateway, chat(second, "Altro"))
            assert refused.value.status == 429
            script.go(10)
            told = await asyncio.gather(*tasks)
            return [*told, await walk(gateway, chat(second)), await walk(gateway, chat(second, stream=True))]

        assert [each.cache for each in run(gateway, work())] == ["miss", "joined", "hit", "hit"]
        assert gateway.limits.open_leases == 0


def test_a_provider_that_dies_in_mid_stream_is_told_of_to_all(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script
) -> None:
    async def dies(exchange: Exchange) -> None:
        await exchange.start_stream()
        await script._step()
        await exchange.event(chunk({"content": "uno "}))
        await script._step()
        await exchange.event(chunk({"content": "due "}))
        await script._step()
        exchange.reset()

    upstream.behave = dies

    async def work() -> list[Told]:
        tasks, _ = await led_and_followed(
            gateway, upstream, [chat(key, MARIO, stream=True), chat(key, ANNA, stream=True)]
        )
        script.go(2)
        await until(lambda: flights_of(gateway)[0].streams)
        script.go(1)
        return await asyncio.gather(*tasks)

    leader, follower = run(gateway, work())
    assert leader.error is not None
    assert follower.error is not None
    assert follower.pieces == leader.pieces
    assert not follower.done
    assert [record.outcome for record in records(gateway)] == ["cut"]


def test_followers_get_nothing_of_an_attempt_that_failed_before_it_answered(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script
) -> None:
    async def fails_early(exchange: Exchange) -> None:
        if exchange.body["model"] == "large-1":
            await script(exchange)
            return
        await script._step()
        await exchange.start_stream()
        await exchange.event({**chunk({}), "choices": [], "usage": usage_of(20, 1)})  # Withheld from the client.
        exchange.reset()

    upstream.behave = fails_early

    async def work() -> list[Told]:
        asked = [request(key, CHAT, chat_body(content, model="both", stream=True)) for content in (MARIO, ANNA)]
        tasks, _ = await led_and_followed(gateway, upstream, asked)
        script.go(10)
        return await asyncio.gather(*tasks)

    leader, follower = run(gateway, work())
    assert (leader.text, follower.text, follower.cache, follower.done) == (MARIO, ANNA, "joined", True)
    assert [exchange.body["model"] for exchange in upstream.received] == ["small-1", "large-1"]


def test_over_http_a_leader_that_disconnects_goes_on_for_its_follower(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script
) -> None:
    script.pieces = ["uno ", "due ", "tre"]
    headers = {"authorization": f"Bearer {key}"}

    def followers() -> int:
        assert gateway._flights is not None
        flights = [flight for here in gateway._flights._loops.values() for flight in here.by_key.values()]
        return sum(len(flight._followers) for flight in flights)

    async def work(url: str) -> bytes:
        async with aiohttp.ClientSession(headers=headers) as session:
            asked = chat_body(MARIO, stream=True)
            script.go(2)
            leader = await session.post(f"{url}{CHAT}", json=asked | {"user": "one"})
            await leader.content.readuntil(b"\n\n")
            following = asyncio.create_task(session.post(f"{url}{CHAT}", json=asked | {"user": "two"}))
            await until(lambda: followers() == 1)
            script.go(1)
            follower = await following
            assert follower.headers["x-tf-cache"] == "joined"
            leader.close()
            await until(lambda: gateway.limits.open_leases == 0)
            script.go(10)
            return await follower.read()

    with served(gateway.app()) as url:
        raw = asyncio.run(work(url))
    assert raw.endswith(b"data: [DONE]\n\n")
    assert [record.outcome for record in records(gateway)] == ["answered", "hit"]
    assert gateway.ledger.holds() == []


def test_over_http_a_leader_that_hangs_up_before_the_first_event_goes_on_for_its_follower(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script
) -> None:
    headers = {"authorization": f"Bearer {key}"}
    upstream.behave = script.after_its_head

    def flights() -> list[Flight]:
        assert gateway._flights is not None
        return [flight for here in gateway._flights._loops.values() for flight in here.by_key.values()]

    async def work(url: str) -> bytes:
        async with aiohttp.ClientSession(headers=headers) as session:
            asked = chat_body(MARIO, stream=True)
            leading = asyncio.create_task(session.post(f"{url}{CHAT}", json=asked | {"user": "one"}))
            await until(lambda: upstream.received)
            following = asyncio.create_task(session.post(f"{url}{CHAT}", json=asked | {"user": "two"}))
            await until(lambda: flights() and flights()[0].has_followers)
            leading.cancel()
            await asyncio.wait({leading})
            led = flights()[0]._led
            assert led is not None
            await until(lambda: led._client.is_gone)
            script.go(10)
            return await (await following).read()

    with served(gateway.app()) as url:
        raw = asyncio.run(work(url))
    assert raw.endswith(b"data: [DONE]\n\n")
    assert len(upstream.received) == 1
    assert [record.outcome for record in records(gateway)] == ["answered", "hit"]
    assert gateway.ledger.holds() == []


def test_over_http_a_call_whose_every_client_hung_up_before_the_first_event_ends(
    gateway: TokenFactory, key: str, upstream: Upstream, script: Script
) -> None:
    upstream.behave = script.after_its_head

    async def work(url: str) -> None:
        async with aiohttp.ClientSession(headers={"authorization": f"Bearer {key}"}) as session:
            for order in ((0, 1), (1, 0)):
                upstream.received.clear()
                asked = chat_body(MARIO, stream=True)
                clients = [asyncio.create_task(session.post(f"{url}{CHAT}", json=asked))]
                await until(lambda: upstream.received)
                clients.append(asyncio.create_task(session.post(f"{url}{CHAT}", json=asked)))
                await until(lambda: gateway.health().in_progress == 2)
                for each in order:
                    clients[each].cancel()
                    await asyncio.wait({clients[each]})
                await until(lambda: gateway.health().in_progress == 0)

    with served(gateway.app()) as url:
        asyncio.run(work(url))
    assert [record.outcome for record in records(gateway)] == ["cut", "cut"]
    assert gateway.ledger.holds() == []


def test_a_reload_does_not_cut_the_followers_of_a_leader_that_left(
    upstream: Upstream, script: Script, tmp_path: Path
) -> None:
    made = config(upstream.base_url, tmp_path / "data")
    made["providers"]["upstream"]["timeout_s"] = {"connect": 5, "first_byte": 30, "read": 30, "total": 60}
    script.pieces = ["uno ", "due ", "tre "]
    with TokenFactory.from_config(made) as gateway:
        key = gateway.create_key(project="claims")

        async def ask(content: str) -> list[str]:
            answer = await gateway.chat(
                key=key, model="fast", messages=[{"role": "user", "content": content}], max_tokens=50, stream=True
            )
            return [piece["choices"][0]["delta"].get("content") or "" async for piece in answer if piece["choices"]]

        async def work() -> list[str]:
            leader = asyncio.create_task(ask(MARIO))
            await until(lambda: upstream.received)
            follower = asyncio.create_task(ask(ANNA))
            await joined(gateway, 1)
            script.go(2)
            await until(lambda: flights_of(gateway)[0].streams)
            for read_s in (31, 32):
                made["providers"]["upstream"]["timeout_s"]["read"] = read_s
                gateway.reload(Settings.from_dict(made))
            leader.cancel()
            await asyncio.wait({leader})
            gc.collect()
            assert len(gateway._clients) == 2, "the one in between was nobody's"
            script.go(10)
            pieces = await follower
            del leader, follower  # A task keeps the frames that it ended in.

            def ended() -> bool:
                """The task that read for all ends after its last reader."""
                gc.collect()
                return len(gateway._clients) == 1

            await until(ended)
            return pieces

        assert "".join(run(gateway, work())) == "uno due tre "
        assert len(upstream.received) == 1


# -- random interleavings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_however_calls_fail_hang_up_and_join_everybody_is_answered_and_the_books_add_up(
    gateway: TokenFactory, key: str, upstream: Upstream, seed: int
) -> None:
    chance = random.Random(seed)
    served = 0

    async def behave(exchange: Exchange) -> None:
        nonlocal served
        fate = chance.random()
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0.002)
        if fate < 0.15:
            await exchange.answer({"error": {"message": "no"}}, status=500)
        elif fate < 0.25:
            exchange.reset()
        else:
            served += 1
            await answer_with(last_content(exchange))(exchange)

    upstream.behave = behave

    async def client(round_number: int, name: str) -> None:
        content = f"Domanda {round_number}: {name}@example.it"
        asked = chat(key, content, stream=chance.random() < 0.5)
        task = asyncio.create_task(walk(gateway, asked))
        if chance.random() < 0.3:
            for _ in range(chance.randrange(12)):
                await asyncio.sleep(0.001)
            task.cancel()
        outcome = (await asyncio.gather(task, return_exceptions=True))[0]
        if isinstance(outcome, Told) and outcome.done:
            assert outcome.text == content
        else:
            assert isinstance(outcome, Told | Refused | asyncio.CancelledError), outcome

    async def work() -> None:
        for round_number in range(12):
            await asyncio.gather(*(client(round_number, f"nome{number}") for number in range(6)))

    run(gateway, work())
    outcomes = [record.outcome for record in records(gateway)]
    answered = [record for record in records(gateway) if record.outcome in ("answered", "cut")]
    assert outcomes.count("answered") <= served <= len(answered) + outcomes.count("failed")
    assert "hit" in outcomes
    assert sum(entry.amounts.money_nano for entry in gateway.ledger.entries(limit=1000)) == sum(
        record.cost_nano for record in records(gateway)
    )


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_history_a_question_is_at_the_provider_once_at_a_time_and_each_attempt_is_booked_once(
    upstream: Upstream, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    made = config(upstream.base_url, tmp_path / "data")
    made["providers"]["upstream"]["timeout_s"] = {"connect": 5, "first_byte": 30, "read": 30, "total": 60}
    asked: dict[str, int] = {}
    open_holds: list[int] = []

    async def pause(most: int) -> None:
        for _ in range(chance.randrange(most)):
            await asyncio.sleep(0.001)

    with TokenFactory.from_config(made) as gateway:

        async def behave(exchange: Exchange) -> None:
            # Of this question: who asks it is the round's key.
            question = last_content(exchange).partition(":")[0]
            asked[question] = asked.get(question, 0) + 1
            open_holds.append(sum(hold.axes.consumer == question for hold in gateway.ledger.holds()))
            fate = chance.random()
            await asyncio.sleep(0.01)
            await pause(10)
            if fate < 0.25:
                await exchange.answer({"error": {"message": "no"}}, status=chance.choice((500, 503, 400)))
            elif fate < 0.35:
                exchange.reset()
            elif fate < 0.45 and exchange.body.get("stream"):
                await exchange.start_stream()
                await exchange.event(chunk({"content": "Do"}))
                await pause(4)
                exchange.reset()
            else:
                await answer_with(last_content(exchange))(exchange)

        upstream.behave = behave

        async def client(key: str, question: str, name: str) -> None:
            await pause(10)
            content = f"{question}: {name}@example.it"
            task = asyncio.create_task(walk(gateway, chat(key, content, stream=chance.random() < 0.6)))
            if chance.random() < 0.3:
                await pause(12)
                task.cancel()
            outcome = (await asyncio.gather(task, return_exceptions=True))[0]
            if isinstance(outcome, Told):
                assert outcome.done or outcome.error is not None
                assert outcome.text == content or outcome.error is not None
            else:
                assert isinstance(outcome, Refused | asyncio.CancelledError), outcome

        async def reloads(over: asyncio.Event) -> None:
            while not over.is_set():
                await pause(12)
                made["providers"]["upstream"]["timeout_s"]["read"] += 1
                gateway.reload(Settings.from_dict(made))
                await asyncio.sleep(0.001)

        async def work() -> None:
            over = asyncio.Event()
            reloading = asyncio.create_task(reloads(over))
            for number in range(8):
                question = f"Domanda {number}"
                key = gateway.create_key(project="claims", consumer=question)
                await asyncio.gather(*(client(key, question, f"nome{each}") for each in range(9)))
            over.set()
            await reloading

        run(gateway, work())
        assert max(open_holds) == 1
        for question, times in asked.items():
            entries = [entry for entry in gateway.ledger.entries() if entry.axes.consumer == question]
            attempts = [entry for entry in entries if entry.kind in ("settled", "void")]
            assert len({entry.id for entry in attempts}) == len(attempts) >= times
            assert sum(entry.kind == "settled" for entry in attempts) <= times
        assert any(record.route == "joined" for record in records(gateway))


# -- the bound on what is kept for who comes later ---------------------------------------------------------------------


def test_a_slow_follower_is_left_behind_and_nobody_joins_behind_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenfoundry.gateway.sharing.flights._STALL_S", 0.01)
    closed: list[bool] = []

    async def work() -> None:
        flights = Flights(max_bytes=100)
        flight = flights.lead(b"key")
        assert flight is not None
        assert flights.lead(b"key") is None

        async def chunks() -> Any:
            for number in range(40):
                flight.publish(b"%09d." % number)
                yield b"x"
            flight.land(Landed(target=None, usage=None, reply=None, borders=NO_BORDERS))  # type: ignore[arg-type]

        async def close() -> None:
            closed.append(True)

        async def walked() -> Any:
            return StreamAnswer(chunks(), {}, close)

        answer = await flight.led(walked())
        assert isinstance(answer, StreamAnswer)
        fast, slow = flights.follow(b"key"), flights.follow(b"key")
        whole = flights.follow(b"key")
        assert fast is not None
        assert slow is not None
        assert whole is not None

        async def leads() -> int:
            return len([piece async for piece in answer.chunks])

        async def follows() -> int:
            return sum([len(batch) async for batch in fast.events()])

        led, followed, landed = await asyncio.gather(leads(), follows(), whole.landed())
        assert (led, followed) == (40, 40)
        assert landed is not None
        assert flights.follow(b"key") is None
        with pytest.raises(Exception, match="too slowly"):
            _ = [batch async for batch in slow.events()]
        fast.leave()
        whole.leave()
        await answer.close()
        await flights.aclose()

    asyncio.run(work())
    assert closed
