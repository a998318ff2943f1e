"""A server killed in the middle of its conversations: no number that left ever stands for another value."""

from __future__ import annotations

import asyncio
import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from support.factories import config
from support.upstream import Exchange, Upstream, answer_with
from tokenfoundry.factory import TokenFactory

KILLS = 8
CLIENTS = 8
CONVERSATIONS = 3
SENT = re.compile(r"chat(\d+) persona (\d+): \[EMAIL_ADDRESS_(\d+)\]")


@pytest.mark.parametrize("durability", ["process", "power"])
def test_a_number_that_was_sent_keeps_its_value(durability: str, tmp_path: Path) -> None:
    sent: list[tuple[str, str, str]] = []

    async def behave(exchange: Exchange) -> None:
        found = SENT.search(exchange.body["messages"][-1]["content"])
        assert found is not None
        sent.append((found[1], found[2], found[3]))  # Also of calls that nobody was answered.
        await answer_with("ok")(exchange)

    with Upstream(behave) as upstream:
        made = {**config(upstream.base_url, tmp_path / "data"), "durability": durability}
        (tmp_path / "tokenfoundry.yaml").write_text(yaml.safe_dump(made))
        with TokenFactory.from_config(made) as gateway:
            key = gateway.create_key()
        for kill in range(KILLS):
            before = len(sent)
            asyncio.run(_talk_until_killed(tmp_path, key, kill, lambda: len(sent) - before))  # noqa: B023 - used at once
    assert len(sent) > KILLS * 10
    for chat in {chat for chat, _, _ in sent}:
        of_chat = {(person, number) for name, person, number in sent if name == chat}
        assert len({person for person, _ in of_chat}) == len(of_chat), "a value had two numbers"
        assert len({number for _, number in of_chat}) == len(of_chat), "a number had two values"


async def _talk_until_killed(folder: Path, key: str, kill: int, count: Any) -> None:
    chance = random.Random(kill)
    command = [sys.executable, "-m", "tokenfoundry", "serve", "--port", "0"]
    server = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        line = await asyncio.to_thread(server.stderr.readline)
        found = re.search(r"http://[\d.:]+", line)
        assert found, line
        async with aiohttp.ClientSession() as session:

            async def talk(client: int) -> None:
                for turn in range(100_000):
                    chat, person = chance.randrange(CONVERSATIONS), chance.randrange(12 * (kill + 1))
                    # No two alike, so that no answer comes from the cache.
                    content = f"chat{chat} persona {person}: p{person}@example.it ({kill}.{client}.{turn})"
                    body = {"model": "fast", "messages": [{"role": "user", "content": content}], "max_tokens": 5}
                    headers = {"authorization": f"Bearer {key}", "x-tf-conversation": f"chat-{chat}"}
                    async with session.post(f"{found[0]}/v1/chat/completions", json=body, headers=headers) as reply:
                        assert reply.status == 200
                        json.loads(await reply.read())

            clients = [asyncio.ensure_future(talk(client)) for client in range(CLIENTS)]
            enough = chance.randrange(15, 40)
            while count() < enough:
                await asyncio.sleep(0.002)
                assert server.poll() is None
            await asyncio.sleep(chance.uniform(0, 0.004))
            server.kill()
            results = await asyncio.gather(*clients, return_exceptions=True)
        # Who was cut off was cut off by the kill.
        assert all(isinstance(each, aiohttp.ClientError | ConnectionError) for each in results), results
    finally:
        server.kill()
        await asyncio.to_thread(server.wait)
        server.stderr.close()
