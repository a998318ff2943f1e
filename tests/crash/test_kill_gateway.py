"""A server killed in the middle of its traffic: every answer a client got is booked once, nothing is left open."""

from __future__ import annotations

import asyncio
import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from support.factories import config
from support.upstream import Exchange, Upstream, answer_with
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord

KILLS = 6
CLIENTS = 16


def test_no_acknowledged_answer_is_lost_or_booked_twice(tmp_path: Path) -> None:
    async def behave(exchange: Exchange) -> None:
        await asyncio.sleep(random.Random(len(exchange.raw)).uniform(0, 0.02))
        await answer_with("ok")(exchange)

    acknowledged: list[str] = []
    with Upstream(behave) as upstream:
        made = config(upstream.base_url, tmp_path / "data")
        (tmp_path / "tokenfoundry.yaml").write_text(yaml.safe_dump(made))
        with TokenFactory.from_config(made) as gateway:
            key = gateway.create_key(project="claims")
        for kill in range(KILLS):
            acknowledged += asyncio.run(_ask_until_killed(tmp_path, key, kill))
        with TokenFactory.from_config(made) as gateway:
            assert gateway.ledger.holds() == []
            assert gateway.ledger.verify().ok
            entries = gateway.ledger.entries()
    assert len(acknowledged) > KILLS * CLIENTS
    records = [CallRecord.from_bytes(entry.detail) for entry in entries]
    answered = Counter(record.request_id for record in records if record.outcome == "answered")
    assert set(answered.values()) == {1}
    assert set(acknowledged) <= set(answered)
    # What a kill left open is booked at its worst case, once, and not also as an answer.
    recovered = [record.request_id for record in records if record.outcome == "recovered"]
    assert recovered
    assert len(recovered) == len(set(recovered))
    assert not set(recovered) & set(answered)


async def _ask_until_killed(folder: Path, key: str, kill: int) -> list[str]:
    """The request ids of the answers that arrived whole before the server died."""
    command = [sys.executable, "-m", "tokenfoundry", "serve", "--port", "0"]
    server = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    acknowledged: list[str] = []
    try:
        line = await asyncio.to_thread(server.stderr.readline)
        found = re.search(r"http://[\d.:]+", line)
        assert found, line
        async with aiohttp.ClientSession() as session:

            async def ask_on(client: int) -> None:
                for number in range(100_000):
                    messages = [{"role": "user", "content": f"chiamata {kill}/{client}/{number}"}]
                    body: dict[str, Any] = {"model": "fast", "messages": messages, "max_tokens": 20}
                    headers = {"authorization": f"Bearer {key}"}
                    async with session.post(f"{found[0]}/v1/chat/completions", json=body, headers=headers) as reply:
                        assert reply.status == 200
                        acknowledged.append(json.loads(await reply.read())["tokenfoundry"]["request_id"])

            clients = [asyncio.ensure_future(ask_on(client)) for client in range(CLIENTS)]
            while len(acknowledged) < 3 * CLIENTS + 7 * kill:
                await asyncio.sleep(0.005)
                assert server.poll() is None
            server.kill()
            ends = await asyncio.gather(*clients, return_exceptions=True)
            assert all(isinstance(end, aiohttp.ClientError | ConnectionError) for end in ends), ends
    finally:
        server.kill()
        server.wait()
        server.stderr.close()
    return acknowledged
