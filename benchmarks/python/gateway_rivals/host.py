"""Applications that are measured and are no command of their own.

host.py mounted CONFIG PORT
host.py bare UPSTREAM PORT
"""

from __future__ import annotations

import sys
from typing import Any

import aiohttp
import uvicorn


def bare(upstream: str) -> Any:
    """Forwards a body and its answer, and does nothing else."""
    session: aiohttp.ClientSession | None = None

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal session
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        if session is None:
            session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message.get("more_body"):
                break
        headers = {"content-type": "application/json"}
        async with session.post(f"{upstream}/chat/completions", data=body, headers=headers) as reply:
            kind = reply.headers["content-type"].encode()
            await send({"type": "http.response.start", "status": reply.status, "headers": [(b"content-type", kind)]})
            async for piece in reply.content.iter_any():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


def serve(app: Any, port: int) -> None:
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False, loop="uvloop", http="httptools")


def main(role: str, what: str, port: int) -> None:
    if role == "bare":
        serve(bare(what), port)
        return
    from fastapi import FastAPI

    from tokenfoundry.factory import TokenFactory

    with TokenFactory.from_config(what) as factory:
        host = FastAPI(lifespan=factory.lifespan())
        host.mount("/", factory.app())
        serve(host, port)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
