"""Quotas, packages and the budget of every consumer, as calls over HTTP meet them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from support.factories import factory
from support.serving import served
from support.upstream import Upstream, use_exactly_what_was_held
from tokenfoundry.prompt_tokens import chat_tokens
from tokenfoundry.tokens import Tokenizer

MESSAGES = [{"role": "user", "content": "Quanto costa?"}]
MAX_TOKENS = 100
TOKENS_OF_A_CALL = chat_tokens({"messages": MESSAGES}, Tokenizer.load("o200k_base")).tokens + MAX_TOKENS


async def send(url: str, key: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {key}", "cache-control": "no-store"}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url + path, json=body, headers=headers) as reply,
    ):
        return reply.status, await reply.json()


async def call(url: str, key: str, seed: int = 0) -> int:
    body = {"model": "fast", "messages": MESSAGES, "max_tokens": MAX_TOKENS, "seed": seed}
    return (await send(url, key, "POST", "/v1/chat/completions", body))[0]


@pytest.fixture(autouse=True)
def exact(upstream: Upstream) -> None:
    upstream.behave = use_exactly_what_was_held


async def test_a_key_sees_the_quota_of_its_workspace_and_meets_it(upstream: Upstream, tmp_path: Path) -> None:
    quotas = {"acme": {"tokens": 2 * TOKENS_OF_A_CALL + 1, "images": 10, "tz": "Europe/Rome"}}
    with factory(upstream.base_url, tmp_path / "data", quotas=quotas) as gateway, served(gateway.app()) as url:
        key = gateway.create_key(workspace="acme", project="claims")
        assert [await call(url, key, seed) for seed in range(3)] == [200, 200, 429]
        status, page = await send(url, key, "GET", "/v1/usage/quotas")
        assert (status, page["object"], page["workspace"], page["enforced"]) == (200, "usage.quotas", "acme", True)
        tokens, images, audio, video = page["buckets"]
        assert (tokens["used"], tokens["held"], tokens["remaining"]) == (2 * TOKENS_OF_A_CALL, 0, 1)
        assert (tokens["warning"], tokens["exceeded"]) == (True, False)
        assert (images["used"], images["limit"]) == (0, 10)
        assert (audio["status"], video["status"]) == ("unlimited", "reserved")
        assert gateway.ledger.balances(budget="quota:acme:tokens")[0].posted == tokens["used"]
        other = gateway.create_key(workspace="other")
        assert await call(url, other) == 200
        assert (await send(url, other, "GET", "/v1/usage/quotas"))[1]["period"] is None
        assert (await send(url, "nonsense", "GET", "/v1/usage/quotas"))[0] == 401
        assert (await send(url, key, "POST", "/v1/usage/quotas"))[0] == 405
        assert (await send(url, key, "GET", "/admin/quotas"))[0] == 403
        admin = gateway.create_key(scopes=["admin"])
        assert (await send(url, admin, "GET", "/admin/quotas"))[1] == {"quotas": [page]}


async def test_packages_burn_in_their_order_and_calls_stop_at_zero(upstream: Upstream, tmp_path: Path) -> None:
    packages = [{"name": "acme-tokens", "match": {"workspace": "acme"}, "unit": "tokens"}]
    with factory(upstream.base_url, tmp_path / "data", packages=packages) as gateway, served(gateway.app()) as url:
        key = gateway.create_key(workspace="acme")
        admin_id = (admin := gateway.create_key(scopes=["admin"])).split("_")[1]
        assert await call(url, key) == 429  # Nothing was bought yet.
        for id, expires in (("late", "2099-12-31"), ("soon", "2099-06-30")):
            bought = {
                "budget": "acme-tokens",
                "amount": TOKENS_OF_A_CALL,
                "expires": expires,
                "id": id,
                "actor": "anna",
            }
            status, row = await send(url, admin, "POST", "/admin/packages", bought)
            assert (status, row["actor"]) == (200, f"anna ({admin_id})")
        assert (await send(url, admin, "POST", "/admin/packages", bought)) == (200, row)
        assert (await send(url, admin, "POST", "/admin/packages", {**bought, "amount": 1}))[0] == 409

        async def left() -> dict[str, str]:
            rows = (await send(url, admin, "GET", "/admin/packages"))[1]["packages"]
            return {row["id"]: row["left"] for row in rows}

        assert await call(url, key, 1) == 200
        assert await left() == {"late": str(TOKENS_OF_A_CALL), "soon": "0"}
        assert await call(url, key, 2) == 200
        assert await left() == {"late": "0", "soon": "0"}
        assert await call(url, key, 3) == 429
        assert len(upstream.received) == 2
        assert gateway.ledger.verify().ok


async def test_a_flood_of_first_calls_of_a_consumer_holds_its_cap(upstream: Upstream, tmp_path: Path) -> None:
    default = {"unit": "tokens", "hard": 10 * TOKENS_OF_A_CALL, "window": {"kind": "monthly"}}
    with (
        factory(upstream.base_url, tmp_path / "data", consumers={"default_budget": default}) as gateway,
        served(gateway.app()) as url,
    ):
        key = gateway.create_key(consumer="newcomer")
        statuses = list(await asyncio.gather(*(call(url, key, seed) for seed in range(64))))
        for seed in range(64, 80):  # Whom only open calls kept out may come now.
            statuses.append(await call(url, key, seed))
        assert statuses.count(200) == 10
        assert set(statuses) == {200, 429}
        [balance] = gateway.ledger.balances()
        assert (balance.each, balance.posted, balance.left) == ({"consumer": "newcomer"}, balance.cap, 0)


async def test_acts_over_http_name_the_admin_key(upstream: Upstream, tmp_path: Path) -> None:
    budget = {"name": "team/a", "unit": "requests", "hard": 1, "window": {"kind": "daily"}}
    with factory(upstream.base_url, tmp_path / "data", budgets=[budget]) as gateway, served(gateway.app()) as url:
        key = gateway.create_key()
        admin_id = (admin := gateway.create_key(scopes=["admin"])).split("_")[1]
        assert [await call(url, key, seed) for seed in range(2)] == [200, 429]
        path = "/admin/budgets/team%2Fa"
        status, raised = await send(url, admin, "POST", f"{path}/raise", {"amount": 1, "reason": "demo"})
        assert (status, raised["actor"], raised["amount"]) == (200, admin_id, "1")
        assert await call(url, key, 2) == 200
        assert (await send(url, admin, "POST", f"{path}/freeze", {}))[0] == 200
        assert (await send(url, admin, "POST", f"{path}/reset", {}))[0] == 200
        assert await call(url, key, 3) == 403
        assert (await send(url, admin, "POST", f"{path}/unfreeze", {}))[0] == 200
        assert await call(url, key, 4) == 200
        events = (await send(url, admin, "GET", "/admin/events?after=-1&limit=2"))[1]["events"]
        assert [(event["budget"], event["level"]) for event in events] == [("team/a", "100%"), ("team/a", "80%")]
        settled = next(entry for entry in gateway.ledger.entries() if entry.kind == "settled")
        correction = {"tokens": -1, "reason": "miscounted"}
        status, done = await send(url, admin, "POST", f"/admin/entries/{settled.seq}/adjust", correction)
        assert (status, done["of"], done["actor"]) == (200, settled.seq, admin_id)
        assert (await send(url, admin, "POST", "/admin/entries/999/adjust", correction))[0] == 404
        assert (await send(url, key, "POST", f"{path}/raise", {"amount": 1}))[0] == 403
