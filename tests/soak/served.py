"""The gateway's process, seen from outside: started, asked, sampled, ended by its own handle."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

_TESTS = Path(__file__).resolve().parents[1]
_MIB = 1 << 20
_QUIET_S = 20  # Until a gateway that is asked nothing any more must be at rest, and one that is told to end has ended.


class Sample(NamedTuple):
    """What the gateway's process uses. `lag_ms` is how late its loop was at most since the sample before."""

    rss_mib: float
    files: int
    sockets: int
    threads: int
    tasks: int
    holds: int
    lag_ms: float


class Served:
    """The gateway's process, asked over HTTP and watched from outside."""

    def __init__(
        self, process: asyncio.subprocess.Process, told: dict[str, Any], session: aiohttp.ClientSession
    ) -> None:
        self.process = process
        self.url: str = told["url"]
        self.keys: dict[str, str] = told["keys"]
        self._session = session

    async def admin(self, method: str, path: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.keys['admin']}"}
        async with self._session.request(method, self.url + path, json=fields, headers=headers) as reply:
            assert reply.status == 200, (method, path, await reply.text())
            answer: dict[str, Any] = await reply.json()
            return answer

    async def sample(self) -> Sample:
        seen = await self._window()
        proc = Path(f"/proc/{self.process.pid}")
        pages = int((proc / "statm").read_text().split()[1])
        links = [_link(path) for path in (proc / "fd").iterdir()]
        sockets = sum(link.startswith("socket:") for link in links)
        tables = sum(link.endswith(".sst") for link in links)  # Of the books and the cache: as many as was written.
        threads = len(list((proc / "task").iterdir()))
        rss_mib = pages * os.sysconf("SC_PAGESIZE") / _MIB
        return Sample(
            rss_mib, len(links) - sockets - tables, sockets, threads, seen["tasks"], seen["holds"], seen["lag_ms"]
        )

    async def at_rest(self) -> Sample:
        """A sample once nothing is under way; the caller has seen to it that nothing new comes."""
        until = time.monotonic() + _QUIET_S
        while time.monotonic() < until:
            seen = await self._window()
            if not seen["holds"] and not seen["in_progress"]:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)  # What ends calls has ended itself.
        return await self.sample()

    async def end(self) -> int:
        """The exit code, after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), _QUIET_S)

    async def _window(self) -> dict[str, Any]:
        async with self._session.get(self.url + "/soak") as reply:
            seen: dict[str, Any] = await reply.json()
            return seen


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except FileNotFoundError:  # Closed in between.
        return ""


@asynccontextmanager
async def served(config_file: Path, *, log: Path) -> AsyncIterator[Served]:
    """The gateway of `config_file`; what it writes to standard error is in `log`."""
    path = os.pathsep.join([str(_TESTS), os.environ.get("PYTHONPATH", "")])
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "soak.gateway",
            str(config_file),
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": path},
        )
    assert process.stdout is not None
    try:
        told = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            yield Served(process, told, session)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
