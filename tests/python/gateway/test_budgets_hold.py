"""A hard cap is an invariant: nothing is admitted past it, whatever is in flight."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from support.factories import factory
from support.serving import served
from support.upstream import Upstream, use_exactly_what_was_held
from tokenfoundry.prompt_tokens import count_chat
from tokenfoundry.tokens import Tokenizer

MESSAGES = [{"role": "user", "content": "Quanto costa?"}]
MAX_TOKENS = 100


def cost_of_one_call_nano() -> int:
    """The worst case of one call at 1 EUR in and 2 EUR out per million tokens."""
    return count_chat({"messages": MESSAGES}, Tokenizer.load("o200k_base")) * 1000 + MAX_TOKENS * 2000


def budget(**fields: Any) -> dict[str, Any]:
    window = {"kind": "monthly", "anchor_day": 1, "tz": "Europe/Rome"}
    return {"name": "claims", "match": {"project": "claims"}, "unit": "money", "window": window, **fields}


async def ask_at_once(url: str, key: str, number: int) -> list[tuple[int, dict[str, Any]]]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(index: int) -> tuple[int, dict[str, Any]]:
            body = {"model": "fast", "messages": MESSAGES, "max_tokens": MAX_TOKENS, "seed": index}
            headers = {"authorization": f"Bearer {key}", "cache-control": "no-store"}
            async with session.post(f"{url}/v1/chat/completions", json=body, headers=headers) as reply:
                return reply.status, await reply.json()

        return list(await asyncio.gather(*(ask(index) for index in range(number))))


@pytest.mark.parametrize("concurrent", [1, 16, 64])
def test_a_budget_for_ten_calls_passes_exactly_ten(upstream: Upstream, tmp_path: Path, concurrent: int) -> None:
    upstream.behave = use_exactly_what_was_held
    hard = f"{10 * cost_of_one_call_nano()}e-9"
    with factory(upstream.base_url, tmp_path / "data", budgets=[budget(hard=hard)]) as gateway:
        key = gateway.create_key(project="claims")
        statuses: Counter[int] = Counter()
        with served(gateway.app()) as url:
            while sum(statuses.values()) < 64:
                answers = asyncio.run(ask_at_once(url, key, concurrent))
                statuses.update(status for status, _ in answers)
        assert statuses == {200: 10, 429: statuses[429]}
        (balance,) = gateway.ledger.balances()
        assert balance.posted == balance.cap
        assert balance.held == 0
        assert gateway.ledger.verify().ok
    assert len(upstream.received) == 10


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
