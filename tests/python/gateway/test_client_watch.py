"""Whoever is watched ends with `ClientGone` when the client leaves, and only while they are watched."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tokenfoundry.gateway.client_watch import ClientGone, ClientWatch


class Client:
    """What the server would say of it."""

    def __init__(self) -> None:
        self._left = asyncio.get_running_loop().create_future()
        self.watch = ClientWatch(self._receive)

    def leave(self) -> None:
        self._left.set_result(None)

    async def _receive(self) -> dict[str, Any]:
        await self._left
        return {"type": "http.disconnect"}


async def test_a_client_that_leaves_ends_what_is_watched() -> None:
    client = Client()
    asyncio.get_running_loop().call_soon(client.leave)
    with pytest.raises(ClientGone), client.watch.watched():
        await asyncio.Event().wait()


async def test_a_client_that_leaves_as_the_watch_ends_interrupts_nothing_after_it() -> None:
    client = Client()
    with client.watch.watched():
        await asyncio.sleep(0)  # The watcher waits.
        client.leave()
        await asyncio.sleep(0)  # It knows; who is watched is not told yet.
    for _ in range(3):
        await asyncio.sleep(0)
    with pytest.raises(ClientGone), client.watch.watched():
        await asyncio.Event().wait()


async def test_a_task_that_is_cancelled_by_others_is_cancelled() -> None:
    client = Client()

    async def watched() -> None:
        with client.watch.watched():
            await asyncio.Event().wait()

    task = asyncio.ensure_future(watched())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    client.watch.close()
