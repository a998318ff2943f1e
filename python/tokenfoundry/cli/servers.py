"""The ASGI servers that `serve` can run on, behind one face: one process, one event loop, a socket that listens.

Neither forks, so what was opened before is used where it was opened. The first SIGINT or SIGTERM lets the calls in
progress end, for as long as the grace lasts; the second, or the end of the grace, cuts them, which settles them.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Literal, Protocol, get_args

from tokenfoundry.errors import MissingExtra
from tokenfoundry.gateway.asgi import Receive, Scope, Send

ServerName = Literal["uvicorn", "granian"]
SERVERS: tuple[ServerName, ...] = get_args(ServerName)  # As `scripts/bench gateway` finds them, the faster one first.

BACKLOG = 1024  # Connections that may wait for the server to take them.
_IDLE_S = 75  # Longer than clients and load balancers keep a connection (60 s mostly): who closes first, loses no call.
_MOST_CONNECTIONS = 65_536  # Idle ones included, which granian counts too; the gateway itself bounds its calls.

App = Callable[[Scope, Receive, Send], Awaitable[None]]


def default_server() -> ServerName:
    """The first of `SERVERS` that is installed. Raises `MissingExtra`."""
    for name in SERVERS:
        if find_spec(name) is not None:
            return name
    raise MissingExtra(SERVERS[0], "server")


def run(
    name: ServerName,
    app: App,
    listener: socket.socket,
    *,
    grace_s: float,
    lifespan: bool = True,
    drain: Callable[[], Awaitable[None]] | None = None,
    on_hangup: Callable[[], None] | None = None,
) -> None:
    """Serves `app` on a listening socket until a signal ends it.

    `drain` is awaited before the server stops taking connections, within the same grace. `on_hangup` is called in a
    thread for each SIGHUP. Raises `MissingExtra` when the server is not installed.
    """
    build = {"granian": _granian, "uvicorn": _uvicorn}[name]
    calls = _Calls(app)
    # What the process was made of stays; the collector need not look at it with each of its rounds.
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        server = build(calls, listener, lifespan=lifespan)
        runner.run(_until_stopped(server, calls, grace_s=grace_s, drain=drain, on_hangup=on_hangup))


def allow_open_files() -> None:
    """Lets this process have as many as the system grants: a call takes two sockets, and the books keep their tables
    open. The usual 1024 would end at some 500 calls at once.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, _MOST_CONNECTIONS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class _Server(Protocol):
    async def run(self) -> None:
        """Serves until it is stopped and the calls in progress have ended."""

    def stop(self) -> None:
        """Takes no more connections."""


class _Calls:
    """The application, with the tasks that are in it: neither server can cut those that outlive the grace."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if task is None or scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        self._tasks.add(task)
        try:
            await self._app(scope, receive, send)
        finally:
            self._tasks.discard(task)

    def cut(self) -> None:
        for task in self._tasks:
            task.cancel()


async def _until_stopped(
    server: _Server,
    calls: _Calls,
    *,
    grace_s: float,
    drain: Callable[[], Awaitable[None]] | None,
    on_hangup: Callable[[], None] | None,
) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()

    def stop() -> None:
        if stopping.is_set():
            calls.cut()
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if on_hangup is not None:
        loop.add_signal_handler(signal.SIGHUP, lambda: loop.run_in_executor(None, on_hangup))
    serving, told = asyncio.ensure_future(server.run()), asyncio.ensure_future(stopping.wait())
    await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not serving.done():
        ending = asyncio.ensure_future(_wind_down(server, serving, drain))
        _, unfinished = await asyncio.wait({ending}, timeout=grace_s)
        if unfinished:
            server.stop()
            calls.cut()
        await ending
    await serving


async def _wind_down(
    server: _Server, serving: asyncio.Future[None], drain: Callable[[], Awaitable[None]] | None
) -> None:
    if drain is not None:
        await drain()
    server.stop()
    await asyncio.wait({serving})


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ModuleNotFoundError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def _uvicorn(app: App, listener: socket.socket, *, lifespan: bool) -> _Server:
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise MissingExtra("uvicorn", "server") from error

    class WithoutSignals(uvicorn.Server):
        """Uvicorn takes the signals, and ends the process by them before the books are closed."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    class Uvicorn:
        def __init__(self) -> None:
            config = uvicorn.Config(
                app,
                lifespan="on" if lifespan else "off",
                access_log=False,
                server_header=False,
                date_header=False,
                log_level="warning",
                # The gateway itself knows which proxies it trusts; uvicorn would believe whatever comes from here.
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=_IDLE_S,
            )
            self._server = WithoutSignals(config)

        async def run(self) -> None:
            await self._server.serve(sockets=[listener])

        def stop(self) -> None:
            self._server.should_exit = True

    return Uvicorn()


def _granian(app: App, listener: socket.socket, *, lifespan: bool) -> _Server:
    try:
        from granian import _granian as core
        from granian.constants import HTTPModes, Interfaces
        from granian.log import LogLevels
        from granian.server.embed import Server
    except ModuleNotFoundError as error:
        raise MissingExtra("granian", "server") from error

    # The types of granian describe another constructor than it has.
    socket_holder: Any = core.SocketHolder

    class OnListener(Server):
        """Granian's embedded server binds an address itself; this one takes a socket that listens, as its processes
        take the socket of their parent.
        """

        def _init_shared_socket(self) -> None:
            self._ssp = None
            self._shd: Any = socket_holder(os.dup(listener.fileno()), False, BACKLOG)

    class Granian:
        def __init__(self) -> None:
            self._server: Any = None

        async def run(self) -> None:
            self._server = OnListener(  # On the loop that it serves on.
                app,
                interface=Interfaces.ASGI if lifespan else Interfaces.ASGINL,
                http=HTTPModes.http1,
                websockets=False,
                backlog=BACKLOG,
                backpressure=_MOST_CONNECTIONS,
                log_level=LogLevels.error,
                log_dictconfig={"handlers": {"console": _CONSOLE, "access": _CONSOLE}},
            )
            await self._server.serve()

        def stop(self) -> None:
            listener.close()
            self._server.stop()

    return Granian()


# Standard output is the command's own.
_CONSOLE = {"class": "logging.StreamHandler", "formatter": "generic", "stream": "ext://sys.stderr"}
