"""`serve` and `echo-provider`: the commands that run until they are stopped."""

from __future__ import annotations

import json
import socket
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from tokenfoundry.cli import servers
from tokenfoundry.cli.access import announced_server
from tokenfoundry.cli.options import DEFAULT_FILE, ConfigOption, DataDirOption, load_settings
from tokenfoundry.cli.output import err
from tokenfoundry.echo_provider import EchoProvider
from tokenfoundry.errors import InvalidInput, TokenFoundryError
from tokenfoundry.factory import TokenFactory
from tokenfoundry.settings import Settings

_SETTLING_S = 5.0  # For the calls that a shutdown cuts, after those that it lets end.
_GRACE_S = 5.0  # For the echoes in progress.

ServerOption = Annotated[
    servers.ServerName | None, typer.Option("--server", help="The server to run on; uvicorn when it is installed.")
]


def add_to(app: typer.Typer) -> None:
    app.command()(serve)
    app.command("echo-provider")(echo_provider)


def serve(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on; 0 picks a free one.", min=0, max=65535)
    ] = None,
    server: ServerOption = None,
) -> None:
    """Run the gateway as a server, with one OpenAI-compatible endpoint under /v1.

    SIGTERM lets the calls in progress end; SIGHUP reads the configuration again, and changes nothing when it is wrong.
    """
    settings = load_settings(config, data_dir)
    if not settings.targets:
        raise InvalidInput("the configuration names no targets, so there is nothing to serve: see --config")
    address = (settings.server.host if host is None else host, settings.server.port if port is None else port)

    # A file that was there and is gone is no wish for the defaults.
    read_from = config or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)

    def read() -> Settings:
        return load_settings(read_from, data_dir)

    servers.allow_open_files()
    with TokenFactory(settings, source=read) as factory, _listening(*address) as listener:
        url = _url_of(listener)
        with announced_server(Path(settings.data_dir), url=url, key=factory.keys.lend(scopes=("admin",))):
            err.print(f"tokenfoundry serves [bold]{url}/v1[/bold] from {settings.data_dir}", soft_wrap=True)
            servers.run(
                server or servers.default_server(),
                factory.app(),
                listener,
                grace_s=settings.server.drain_ms / 1000 + _SETTLING_S,
                drain=factory.app().drain,
                on_hangup=partial(_reload, factory),
            )


def _reload(factory: TokenFactory) -> None:
    """What SIGHUP asks for. There is nobody to answer but whoever reads what the server writes."""
    try:
        factory.reload(who="a signal to the server")
    except TokenFoundryError as error:
        err.print(f"the configuration was not read again: {error}", markup=False, soft_wrap=True)
    else:
        err.print("the configuration was read again")


def echo_provider(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 picks a free one.", min=0, max=65535)] = 0,
    record: Annotated[
        Path | None, typer.Option(help="Append every body received to this file, one JSON line each.")
    ] = None,
    delay_ms: Annotated[int, typer.Option(help="Wait this long before each answer and each chunk.", min=0)] = 0,
    server: ServerOption = None,
) -> None:
    """Run an offline OpenAI-compatible provider that echoes what it was sent. Prints its address as one JSON line."""
    with _listening(host, port) as listener:
        typer.echo(json.dumps({"base_url": f"{_url_of(listener)}/v1"}))
        servers.run(
            server or servers.default_server(),
            EchoProvider(record=record, delay_s=delay_ms / 1000),
            listener,
            grace_s=0,
            lifespan=False,
        )


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit it. Without it a piece of a stream waits for the acknowledgement of the one before.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
        # From here on a client may connect; it waits until the server takes its first.
        listener.listen(servers.BACKLOG)
    except OSError as error:
        listener.close()
        raise InvalidInput(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listener


def _url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
