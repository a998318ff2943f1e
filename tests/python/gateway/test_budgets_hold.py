"""A hard cap is an invariant: nothing is admitted past it, whatever is in flight."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import tokenfoundry as tf
from support.factories import factory
from support.serving import served
from support.upstream import Upstream, use_exactly_what_was_held
from tokenfoundry.factory import TokenFactory
from tokenfoundry.ledger import Change
from tokenfoundry.prompt_tokens import chat_tokens
from tokenfoundry.tokens import Tokenizer

MESSAGES = [{"role": "user", "content": "Quanto costa?"}]
MAX_TOKENS = 100


def cost_of_one_call_nano() -> int:
    """The worst case of one call at 1 EUR in and 2 EUR out per million tokens."""
    return chat_tokens({"messages": MESSAGES}, Tokenizer.load("o200k_base")).tokens * 1000 + MAX_TOKENS * 2000


def budget(**fields: Any) -> dict[str, Any]:
    window = {"kind": "monthly", "anchor_day": 1, "tz": "Europe/Rome"}
    return {"name": "claims", "match": {"project": "claims"}, "unit": "money", "window": window, **fields}


async def ask_at_once(url: str, key: str, number: int, **more_headers: str) -> list[tuple[int, dict[str, Any]]]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(index: int) -> tuple[int, dict[str, Any]]:
            body = {"model": "fast", "messages": MESSAGES, "max_tokens": MAX_TOKENS, "seed": index}
            headers = {"authorization": f"Bearer {key}", "cache-control": "no-store", **more_headers}
            async with session.post(f"{url}/v1/chat/completions", json=body, headers=headers) as reply:
                return reply.status, await reply.json()

        return list(await asyncio.gather(*(ask(index) for index in range(number))))


def statuses_of(url: str, key: str, concurrent: int, **more_headers: str) -> Counter[int]:
    """Of at least 20 calls, so many at once. Whoever is refused is told that it was by a budget."""
    statuses: Counter[int] = Counter()
    while sum(statuses.values()) < 20:
        for status, body in asyncio.run(ask_at_once(url, key, concurrent, **more_headers)):
            statuses[status] += 1
            if status != 200:
                assert body["error"]["code"] in ("budget_exceeded", "budget_busy"), body
    return statuses


def check_drained(gateway: TokenFactory) -> None:
    """No hold outlived its call, and nothing was admitted past a cap."""
    assert gateway.ledger.holds() == []
    for balance in gateway.ledger.balances():
        assert (balance.held, balance.over_by) == (0, 0), balance
    assert gateway.ledger.verify().ok


@pytest.mark.parametrize("concurrent", [1, 16, 64, 256])
def test_a_budget_for_ten_calls_passes_exactly_ten_and_five_more_when_raised(
    upstream: Upstream, tmp_path: Path, concurrent: int
) -> None:
    upstream.behave = use_exactly_what_was_held
    cost = cost_of_one_call_nano()
    with factory(upstream.base_url, tmp_path / "data", budgets=[budget(hard=f"{10 * cost}e-9")]) as gateway:
        key = gateway.create_key(project="claims")
        with served(gateway.app()) as url:
            assert statuses_of(url, key, concurrent)[200] == 10
            (balance,) = gateway.ledger.balances()
            assert balance.posted == balance.cap == 10 * cost
            check_drained(gateway)
            gateway.ledger.apply("raise", Change(kind="raise", budget="claims", amount=5 * cost, actor="anna"))
            assert statuses_of(url, key, concurrent)[200] == 5
        check_drained(gateway)
        assert gateway.ledger.balances()[0].posted == 15 * cost
    assert len(upstream.received) == 15


ROLLING = tf.Window("rolling", length=timedelta(days=30))
MONTHLY = tf.Window("monthly", tz="Europe/Rome")
MORE = Change(kind="raise", budget="claims", amount=5, actor="anna")


@dataclass(frozen=True)
class Way:
    """A way for a budget to be for `passes` calls, and how it is made larger by five."""

    budgets: Sequence[tf.Budget]
    passes: int = 10
    first: Sequence[Change] = ()
    more: Change = MORE


def ten_requests(name: str = "claims", **fields: Any) -> tf.Budget:
    return tf.Budget(**{"name": name, "unit": "requests", "window": MONTHLY, "hard": 10, **fields})


PACKAGE = Change(kind="grant", budget="claims", amount=10, actor="anna")
WAYS = {
    "rolling": Way([ten_requests(window=ROLLING)]),
    "prepaid": Way(
        [ten_requests(window=tf.Window("lifetime"), hard=None, prepaid=True)],
        first=[PACKAGE],
        more=Change(kind="grant", budget="claims", amount=5, actor="anna"),
    ),
    "session": Way([ten_requests(window=tf.Window("session"), each=["session"])]),
    # The credit is spent: a raised cap has to pass what was used of it first.
    "burst": Way(
        [ten_requests(burst=tf.Burst(size=3))],
        passes=13,
        more=Change(kind="raise", budget="claims", amount=3 + 5, actor="anna"),
    ),
    "the smaller of two": Way([ten_requests("large", hard=25), ten_requests()]),
    "each key": Way([ten_requests(each=["key"])]),
}


@pytest.mark.parametrize("concurrent", [16, 256])
@pytest.mark.parametrize("way", WAYS)
def test_however_a_budget_is_for_ten_calls_it_passes_exactly_those(
    upstream: Upstream, tmp_path: Path, way: str, concurrent: int
) -> None:
    upstream.behave = use_exactly_what_was_held
    made = WAYS[way]
    named = [budget(name=each.name, unit="requests", hard=10) for each in made.budgets]
    with factory(upstream.base_url, tmp_path / "data", budgets=named) as gateway:
        gateway.ledger.set_budgets(made.budgets)
        for number, change in enumerate(made.first):
            gateway.ledger.apply(f"first {number}", change)
        key = gateway.create_key(project="claims", client_axes=["session"])
        with served(gateway.app()) as url:
            assert statuses_of(url, key, concurrent, **SESSION)[200] == made.passes
            assert gateway.ledger.holds() == []
            gateway.ledger.apply("more", made.more)
            assert statuses_of(url, key, concurrent, **SESSION)[200] == 5
        assert gateway.ledger.holds() == []
        assert {each.posted for each in gateway.ledger.balances()} == {made.passes + 5}
        assert {each.held for each in gateway.ledger.balances()} == {0}
        assert gateway.ledger.verify().ok
    assert len(upstream.received) == made.passes + 5


SESSION = {"x-tf-session": "s1"}


def test_a_tracking_budget_lets_all_pass_and_shows_how_far_it_was_exceeded(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = use_exactly_what_was_held
    tracked = budget(unit="requests", hard=10, mode="track")
    with factory(upstream.base_url, tmp_path / "data", budgets=[tracked]) as gateway:
        key = gateway.create_key(project="claims")
        with served(gateway.app()) as url:
            assert statuses_of(url, key, 64) == {200: 64}
        (balance,) = gateway.ledger.balances()
        assert (balance.posted, balance.held, balance.over_by, balance.left) == (64, 0, 54, 0)
        assert gateway.ledger.verify().ok


def test_the_refusal_names_the_budget_and_its_reset(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = use_exactly_what_was_held
    hard = f"{cost_of_one_call_nano()}e-9"
    with factory(upstream.base_url, tmp_path / "data", budgets=[budget(hard=hard)]) as gateway:
        key = gateway.create_key(project="claims")
        with served(gateway.app()) as url:
            assert asyncio.run(ask_at_once(url, key, 1))[0][0] == 200
            status, body = asyncio.run(ask_at_once(url, key, 1))[0]
    assert status == 429
    assert body["error"]["code"] == "budget_exceeded"
    assert body["error"]["type"] == "insufficient_quota"
    assert "budget 'claims'" in body["error"]["message"]
    assert re.search(r"it resets at 20\d\d-\d\d-01T00:00\+0[12]:00", body["error"]["message"])


def test_a_call_larger_than_the_whole_budget_is_told_so(upstream: Upstream, tmp_path: Path) -> None:
    with factory(upstream.base_url, tmp_path / "data", budgets=[budget(unit="tokens", hard=50)]) as gateway:
        key = gateway.create_key(project="claims")
        with served(gateway.app()) as url:
            status, body = asyncio.run(ask_at_once(url, key, 1))[0]
    assert status == 429
    assert "more than budget 'claims' allows in all (50 tokens)" in body["error"]["message"]
    assert not upstream.received


def test_each_key_has_an_account_of_its_own(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = use_exactly_what_was_held
    each = budget(name="each-key", match={"project": "*"}, each=["key"], unit="requests", hard=1)
    with factory(upstream.base_url, tmp_path / "data", budgets=[each]) as gateway:
        keys = [gateway.create_key(project="claims") for _ in range(2)]
        with served(gateway.app()) as url:
            statuses = [asyncio.run(ask_at_once(url, key, 1))[0][0] for key in (*keys, *keys)]
    assert statuses == [200, 200, 429, 429]
