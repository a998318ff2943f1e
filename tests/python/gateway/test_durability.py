"""With `power` durability a call waits until its hold and its settlement are synced, on whichever loop it runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import openai

from support.factories import factory
from support.serving import served
from support.upstream import Upstream

MESSAGES: list[Any] = [{"role": "user", "content": "ciao"}]


def test_two_loops_at_once_share_one_ledger(upstream: Upstream, tmp_path: Path) -> None:
    with factory(upstream.base_url, tmp_path / "data", durability="power") as gateway:
        key = gateway.create_key(project="claims")
        in_process = gateway.openai_client(key=key, max_retries=0)

        async def ask_over_http(url: str) -> list[Any]:
            async with openai.AsyncOpenAI(api_key=key, base_url=f"{url}/v1", max_retries=0) as client:
                asked = (
                    client.chat.completions.create(model="fast", messages=MESSAGES, seed=seed) for seed in range(20)
                )
                return list(await asyncio.gather(*asked))

        with served(gateway.app()) as url:
            for seed in range(100, 103):
                in_process.chat.completions.create(model="fast", messages=MESSAGES, seed=seed)
            assert len(asyncio.run(ask_over_http(url))) == 20
            in_process.chat.completions.create(model="fast", messages=MESSAGES, seed=200)
        assert len(gateway.ledger.entries()) == 24
        assert gateway.ledger.holds() == []
        assert gateway.ledger.verify().ok
