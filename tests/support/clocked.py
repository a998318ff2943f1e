"""A gateway served over HTTP whose clock stands still until a test moves it, and what it asks."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from support.factories import config
from support.serving import served
from tokenfoundry.budgets import ledger_budget
from tokenfoundry.factory import TokenFactory
from tokenfoundry.ledger import Budget
from tokenfoundry.prompt_tokens import chat_tokens
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import Settings
from tokenfoundry.tokens import Tokenizer

NOON_MS = 1_771_243_200_000  # 2026-02-16T12:00Z, a Monday: 13:00 in Rome
MESSAGES = [{"role": "user", "content": "Quanto costa?"}]
PROMPT_TOKENS = chat_tokens({"messages": MESSAGES}, Tokenizer.load("o200k_base")).tokens


class FakeClock:
    def __init__(self) -> None:
        self.now_ms = NOON_MS

    def __call__(self) -> int:
        return self.now_ms


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.body["error"]["message"])


class ClockedGateway:
    def __init__(self, factory: TokenFactory, clock: FakeClock, url: str) -> None:
        self.factory = factory
        self.clock = clock
        self.url = url
        self.key = factory.create_key(project="claims", consumer="care")

    @property
    def records(self) -> list[CallRecord]:
        return [CallRecord.from_bytes(entry.detail) for entry in self.factory.ledger.entries() if entry.detail]

    def change_budgets(self, **fields: Any) -> None:
        """Puts the configured budgets in force with other fields of the ledger's `Budget`."""
        budgets: list[Budget] = [ledger_budget(each) for each in self.factory.budgets.definitions().values()]
        self.factory.ledger.set_budgets(dataclasses.replace(budget, **fields) for budget in budgets)

    async def post(self, session: aiohttp.ClientSession, *, key: str = "", **fields: Any) -> Reply:
        """A call of 50 tokens at most; `headers` are further ones, a field that is None is left out."""
        headers = {"cache-control": "no-store", **fields.pop("headers", {})}
        headers["authorization"] = f"Bearer {key or self.key}"
        asked = {"model": "fast", "messages": MESSAGES, "max_tokens": 50, **fields}
        body = {name: value for name, value in asked.items() if value is not None}
        async with session.post(f"{self.url}/v1/chat/completions", json=body, headers=headers) as reply:
            told = {name.lower(): value for name, value in reply.headers.items()}
            return Reply(reply.status, told, await (reply.read() if body.get("stream") else reply.json()))

    def ask(self, **fields: Any) -> Reply:
        return self.ask_at_once(1, **fields)[0]

    def ask_at_once(self, number: int, **fields: Any) -> list[Reply]:
        async def run() -> list[Reply]:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
                return list(await asyncio.gather(*(self.post(session, **fields) for _ in range(number))))

        return asyncio.run(run())


@contextmanager
def clocked_gateway(base_url: str, data_dir: Path, **sections: Any) -> Iterator[ClockedGateway]:
    """No hold is left when it ends."""
    clock = FakeClock()
    settings = Settings.from_dict(config(base_url, data_dir, **sections))
    with TokenFactory(settings, clock=clock) as factory:
        with served(factory.app()) as url:
            yield ClockedGateway(factory, clock, url)
        assert factory.ledger.holds() == []
        assert factory.limits.open_leases == 0
        assert factory.ledger.verify().ok


def budget(**fields: Any) -> dict[str, Any]:
    """A daily budget of the project `claims` in Rome's days."""
    return {
        "name": "claims",
        "match": {"project": "claims"},
        "unit": "tokens",
        "window": {"kind": "daily", "tz": "Europe/Rome"},
        "hard": 1000,
        **fields,
    }
