"""`serve` and `echo-provider`: the commands that run until they are stopped."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from tokenfoundry.cli.access import announced_server
from tokenfoundry.cli.options import ConfigOption, DataDirOption, load_settings
from tokenfoundry.cli.output import err
from tokenfoundry.echo_provider import EchoProvider
from tokenfoundry.errors import InvalidInput, MissingExtra
from tokenfoundry.factory import TokenFactory


def add_to(app: typer.Typer) -> None:
    app.command()(serve)
    app.command("echo-provider")(echo_provider)


def serve(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on; 0 picks a free one.")] = None,
) -> None:
    """Run the gateway as a server, with one OpenAI-compatible endpoint under /v1."""
    settings = load_settings(config, data_dir)
    if not settings.targets:
        raise InvalidInput("the configuration names no targets, so there is nothing to serve: see --config")
    address = (settings.server.host if host is None else host, settings.server.port if port is None else port)
    with TokenFactory(settings) as factory, _listening(*address) as listener:
        url = _url_of(listener)
        with announced_server(Path(settings.data_dir), url=url, key=factory.keys.lend(scopes=("admin",))):
            err.print(f"tokenfoundry serves [bold]{url}/v1[/bold] from {settings.data_dir}")
            _run(factory.app(), listener, lifespan="on")


def echo_provider(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 picks a free one.")] = 0,
    record: Annotated[
        Path | None, typer.Option(help="Append every body received to this file, one JSON line each.")
    ] = None,
    delay_ms: Annotated[int, typer.Option(help="Wait this long before each answer and each chunk.", min=0)] = 0,
) -> None:
    """Run an offline OpenAI-compatible provider that echoes what it was sent. Prints its address as one JSON line."""
    with _listening(host, port) as listener:
        typer.echo(json.dumps({"base_url": f"{_url_of(listener)}/v1"}))
        _run(EchoProvider(record=record, delay_s=delay_ms / 1000), listener, lifespan="off")


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From here on a client may connect; it waits until the server takes its first.
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise InvalidInput(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listener


def _url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _run(app: Any, listener: socket.socket, **options: Any) -> None:
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise MissingExtra("uvicorn", "server") from error
    # The gateway itself knows which proxies it trusts; uvicorn would believe whatever comes from this machine.
    options["proxy_headers"] = False
    server = uvicorn.Server(
        uvicorn.Config(app, access_log=False, server_header=False, date_header=False, log_level="warning", **options)
    )
    server.run(sockets=[listener])
