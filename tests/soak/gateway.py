"""The gateway of a soak: what `tokenfoundry serve` runs, in a process of its own, with a window into it.

`python -m soak.gateway CONFIG` prints its address and keys as a JSON line, and serves until SIGTERM. `GET /soak` tells
what only the process itself knows: holds, tasks, calls in progress, and how late its loop was since it was asked last.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from pathlib import Path

from tokenfoundry.cli import servers
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.asgi import Receive, Scope, Send

_TICK_S = 0.02
_GRACE_S = 10.0


class Window:
    """The gateway's application, and `GET /soak` beside it."""

    def __init__(self, factory: TokenFactory) -> None:
        self._factory = factory
        self._app = factory.app()
        self._ticking: asyncio.Task[None] | None = None
        self._latest_s = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/soak":
            await self._app(scope, receive, send)
            return
        if self._ticking is None:
            self._ticking = asyncio.ensure_future(self._tick())
        body = json.dumps(self._seen()).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _seen(self) -> dict[str, float]:
        latest_s, self._latest_s = self._latest_s, 0.0
        return {
            "holds": len(self._factory.ledger.holds()),
            "in_progress": self._factory.health().in_progress,
            "tasks": len(asyncio.all_tasks()),
            "lag_ms": round(latest_s * 1000, 1),
        }

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _TICK_S
            await asyncio.sleep(_TICK_S)
            self._latest_s = max(self._latest_s, loop.time() - due)


def main(config: Path) -> None:
    with TokenFactory.from_config(config) as factory, socket.socket() as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(servers.BACKLOG)
        keys = {project: factory.create_key(project=project) for project in ("claims", "tight", "poor")}
        keys["admin"] = factory.keys.lend(scopes=("admin",))
        told = {"url": f"http://127.0.0.1:{listener.getsockname()[1]}", "keys": keys}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        app = Window(factory)
        servers.run(servers.default_server(), app, listener, grace_s=_GRACE_S, drain=factory.app().drain)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
