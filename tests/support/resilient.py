"""A gateway whose time stands still or flies, and the proof that nothing of its calls is left when it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from support.factories import config
from support.serving import served
from support.still_time import StillTime
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import Settings

QUESTION: list[Any] = [{"role": "user", "content": "Scrivi a mario.rossi@example.it."}]


class Told(NamedTuple):
    """What a client was told."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])


class Resilient:
    def __init__(self, factory: TokenFactory, time: StillTime, url: str) -> None:
        self.factory = factory
        self.time = time
        self.url = url
        self.key = factory.create_key(project="claims")

    @property
    def records(self) -> list[CallRecord]:
        return [CallRecord.from_bytes(entry.detail) for entry in self.factory.ledger.entries()]

    @property
    def attempts(self) -> list[tuple[int, str, str]]:
        """The number, target and outcome of each attempt, in the order in which they ended."""
        return [(record.attempt, record.target, record.outcome) for record in self.records]

    async def post(self, session: aiohttp.ClientSession, **fields: Any) -> Told:
        headers = {"authorization": f"Bearer {self.key}", "cache-control": "no-store"}
        body = {"model": "fast", "messages": QUESTION, "max_tokens": 50, **fields}
        async with session.post(f"{self.url}/v1/chat/completions", json=body, headers=headers) as reply:
            told = {name.lower(): value for name, value in reply.headers.items()}
            is_json = reply.content_type == "application/json"
            return Told(reply.status, told, await (reply.json() if is_json else reply.read()))

    def ask(self, **fields: Any) -> Told:
        return self.ask_at_once(1, **fields)[0]

    def ask_at_once(self, number: int, **fields: Any) -> list[Told]:
        async def run() -> list[Told]:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
                return list(await asyncio.gather(*(self.post(session, **fields) for _ in range(number))))

        return asyncio.run(run())

    @contextmanager
    def asking(self, **fields: Any) -> Iterator[None]:
        """A call under way in the block, whose client hangs up at its end."""

        async def run() -> None:
            async with aiohttp.ClientSession() as session:
                await self.post(session, **fields)

        loop = asyncio.new_event_loop()
        task = loop.create_task(run())
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(task.cancel)
            asyncio.run_coroutine_threadsafe(_ended(task), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    def wait_for_records(self, number: int) -> list[CallRecord]:
        return asyncio.run(self._wait_for_records(number))

    async def _wait_for_records(self, number: int) -> list[CallRecord]:
        for _ in range(2000):
            if len(self.records) >= number:
                break
            await asyncio.sleep(0.005)
        return self.records


async def _ended(task: asyncio.Task[Any]) -> None:
    await asyncio.wait([task])


def wait_until(condition: Any) -> None:
    """Until it is true; fails after some seconds."""

    async def run() -> None:
        for _ in range(2000):
            if condition():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it never came true")

    asyncio.run(run())


@contextmanager
def resilient(
    base_url: str,
    data_dir: Path,
    time: StillTime | None = None,
    *,
    rules: dict[str, Any] | None = None,
    targets: dict[str, dict[str, Any]] | None = None,
    provider: dict[str, Any] | None = None,
    others: dict[str, dict[str, Any]] | None = None,
    graceful_s: int = 5,
    **sections: Any,
) -> Iterator[Resilient]:
    """`rules` are the section `resilience`; `targets` and `provider` change those of the ordinary test configuration,
    `others` are further providers.
    When it ends no hold, lease, place, key or sleeper is left, and the books verify.
    """
    time = time or StillTime(flies=True)
    made = config(base_url, data_dir, **{"resilience": rules or {}, "cache": {"enabled": False}, **sections})
    made["providers"]["upstream"].update(provider or {})
    made["providers"].update(others or {})
    for name, fields in (targets or {}).items():
        made["targets"][name].update(fields)
    made["aliases"].update({"all": ["small", "large", "node"], "home": ["node", "small"]})
    with TokenFactory(Settings.from_dict(made), timing=time.timing) as factory:
        with served(factory.app(), graceful_s=graceful_s) as url:
            yield Resilient(factory, time, url)
        ids = [entry.id for entry in factory.ledger.entries()]
        assert len(ids) == len(set(ids))
        assert factory.ledger.holds() == []
        assert factory.ledger.verify().ok
        assert factory.limits.open_leases == 0
        health = factory.health()
        assert health.in_progress == 0
        assert [target.in_flight for target in health.targets] == [0] * len(health.targets)
        assert [target.waiting for target in health.targets] == [0] * len(health.targets)
        assert [key.in_flight for each in health.providers for key in each.keys] == [
            0 for each in health.providers for _ in each.keys
        ]
        assert time.sleepers == 0
