"""CPU microseconds of a cache hit asked in process, the best of many short runs.

python -m gateway_rivals.in_process DATA_DIR
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from gateway_rivals import asking as asked
from gateway_rivals.load import mock_provider
from gateway_rivals.subjects import our_config
from tokenfoundry.factory import TokenFactory

HITS, RUNS = 200, 20


async def measure(data_dir: Path) -> float:
    data_dir.mkdir()
    with (
        mock_provider(data_dir, interval_us=0) as upstream,
        TokenFactory.from_config(our_config(upstream, data_dir / "data")) as factory,
    ):
        key, app, body = factory.create_key(project="bench"), factory.app(), asked.body(asked.MODEL, unique=False)
        headers = [(b"authorization", f"Bearer {key}".encode()), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "headers": headers}

        async def ask() -> list[Any]:
            sent: list[Any] = []

            async def receive() -> Any:
                return {"type": "http.request", "body": body, "more_body": False}

            async def send(message: Any) -> None:
                sent.append(message)

            await app({**scope, "query_string": b"", "client": ("127.0.0.1", 1)}, receive, send)
            return sent

        await ask()
        first = await ask()
        if (b"x-tf-cache", b"hit") not in first[0]["headers"]:
            raise SystemExit(f"not a hit: {first}")
        best = float("inf")
        for _ in range(RUNS):
            before = time.thread_time()
            for _ in range(HITS):
                await ask()
            best = min(best, (time.thread_time() - before) / HITS)
        await factory.aclose()
    return best * 1e6


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(measure(Path(sys.argv[1])))}\n")
