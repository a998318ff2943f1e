"""`tokenfoundry serve` as a process of its own, on each of its servers, with the real client."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import yaml
from typer.testing import CliRunner

from support.factories import config
from support.upstream import Exchange, Upstream, chunk, completion, echo, usage_of
from tokenfoundry.cli import app, servers
from tokenfoundry.echo_provider import EchoProvider
from tokenfoundry.ledger import Ledger

EMAIL = "anna.verdi@example.it"
QUESTION: Any = [{"role": "user", "content": f"Scrivi a {EMAIL}!"}]
SERVERS = ("granian", "uvicorn")


class Served:
    """A server under way. `lines` are what it wrote to standard error."""

    def __init__(self, process: subprocess.Popen[str], directory: Path) -> None:
        self.process = process
        self._directory = directory
        self.lines: list[str] = []
        line = self.next_line()
        found = re.search(r"http://[\d.]+:\d+", line)
        assert found, line
        self.url = found[0]

    def next_line(self) -> str:
        assert self.process.stderr is not None
        self.lines.append(self.process.stderr.readline())
        return self.lines[-1]

    def make_key(self, *options: str) -> str:
        """Through the server, as whoever uses the command does."""
        arguments = ["keys", "create", "--json", *options, "--config", str(self._directory / "tokenfoundry.yaml")]
        made = CliRunner().invoke(app, arguments)
        assert made.exit_code == 0, made.output
        return str(json.loads(made.stdout)["key"])

    def client(self, key: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=key, max_retries=0, timeout=20)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def write(directory: Path, upstream: Upstream, **sections: Any) -> None:
    sections = {"cache": {"enabled": False}, "server": {"port": 0}, **sections}
    values = config(upstream.base_url, directory / "data", **sections)
    (directory / "tokenfoundry.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


@contextmanager
def serving(directory: Path, server: str) -> Iterator[Served]:
    command = [sys.executable, "-m", "tokenfoundry", "serve", "--server", server]
    process = subprocess.Popen(
        [*command, "--config", str(directory / "tokenfoundry.yaml")], stderr=subprocess.PIPE, text=True
    )
    try:
        yield Served(process, directory)
    finally:
        process.kill()
        process.wait(timeout=10)
        assert process.stderr is not None
        process.stderr.close()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(echo) as running:
        yield running


@pytest.mark.parametrize("server", SERVERS)
def test_the_real_client_is_served_and_the_books_are_closed_at_the_end(
    server: str, upstream: Upstream, tmp_path: Path
) -> None:
    write(tmp_path, upstream)
    with serving(tmp_path, server) as served:
        key = served.make_key()
        with served.client(key) as client:
            whole = client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50)
            assert whole.choices[0].message.content == f"Scrivi a {EMAIL}!"
            stream = client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50, stream=True)
            text = "".join(piece.choices[0].delta.content or "" for piece in stream if piece.choices)
            assert text == f"Scrivi a {EMAIL}!"
            with pytest.raises(openai.NotFoundError):
                client.chat.completions.create(model="nobody", messages=QUESTION)
        assert served.stop() == 0
    assert not (tmp_path / "data" / "server.json").exists()
    with Ledger.open(tmp_path / "data" / "books") as ledger:
        assert ledger.holds() == []
        assert [entry.kind for entry in ledger.entries()] == ["changed", "settled", "settled"], "a key was made"


@pytest.mark.parametrize("server", SERVERS)
def test_a_call_in_progress_ends_before_the_server_does(server: str, upstream: Upstream, tmp_path: Path) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    async def wait(exchange: Exchange) -> None:
        import asyncio

        arrived.set()
        await asyncio.to_thread(go_on.wait)
        await exchange.answer(completion("Quattro.", usage=usage_of(9, 2)))

    upstream.behave = wait
    write(tmp_path, upstream)
    answers: list[str] = []
    with serving(tmp_path, server) as served:
        key = served.make_key()

        def ask() -> None:
            with served.client(key) as client:
                reply = client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=5)
                answers.append(reply.choices[0].message.content or "")

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            assert arrived.wait(20)
            served.process.send_signal(signal.SIGTERM)
            with pytest.raises(subprocess.TimeoutExpired):
                served.process.wait(timeout=0.3)
        finally:
            go_on.set()
            thread.join(timeout=20)
        assert served.process.wait(timeout=20) == 0
    assert answers == ["Quattro."]


@pytest.mark.parametrize("server", SERVERS)
def test_a_stream_that_a_shutdown_cuts_says_so_at_its_end(server: str, upstream: Upstream, tmp_path: Path) -> None:
    async def hang(exchange: Exchange) -> None:
        import asyncio

        await exchange.start_stream()
        await exchange.event(chunk({"content": "Quattro"}))
        await asyncio.Event().wait()

    upstream.behave = hang
    write(tmp_path, upstream, server={"port": 0, "drain": "100ms"})
    with serving(tmp_path, server) as served, served.client(served.make_key()) as client:
        stream = iter(client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50, stream=True))
        assert next(stream).choices[0].delta.content == "Quattro"
        served.process.send_signal(signal.SIGTERM)
        with pytest.raises(openai.APIError, match="shutting down"):
            next(stream)
        assert served.process.wait(timeout=20) == 0
        assert served.process.stderr is not None
        assert "Traceback" not in served.process.stderr.read()


@pytest.mark.parametrize("server", SERVERS)
def test_a_second_signal_cuts_what_runs_and_settles_it(server: str, upstream: Upstream, tmp_path: Path) -> None:
    async def hang(exchange: Exchange) -> None:
        import asyncio

        await exchange.start_stream()
        await exchange.event(chunk({"content": "Quattro"}))
        await asyncio.Event().wait()

    upstream.behave = hang
    targets = config(upstream.base_url, tmp_path)["targets"]
    write(tmp_path, upstream, targets=targets)
    with serving(tmp_path, server) as served, served.client(served.make_key()) as client:
        # The provider may be silent for a second by these settings, so the call would fail by itself much later.
        stream = client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50, stream=True)
        assert next(iter(stream)).choices[0].delta.content == "Quattro"
        served.process.send_signal(signal.SIGTERM)
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(timeout=20) == 0
    with Ledger.open(tmp_path / "data" / "books") as ledger:
        assert ledger.holds() == []
        assert [entry.kind for entry in ledger.entries()] == ["changed", "settled"], "a key was made"


@pytest.mark.parametrize("server", SERVERS)
def test_a_hangup_reads_the_file_again_and_a_wrong_one_changes_nothing(
    server: str, upstream: Upstream, tmp_path: Path
) -> None:
    write(tmp_path, upstream)
    with serving(tmp_path, server) as served:
        key = served.make_key()
        with served.client(key) as client:
            write(tmp_path, upstream, aliases={"renamed": ["large"]}, routing={})
            served.process.send_signal(signal.SIGHUP)
            assert "read again" in served.next_line()
            assert {"renamed"} <= {model.id for model in client.models.list()}
            write(tmp_path, upstream, aliases={"renamed": ["nobody"]})
            served.process.send_signal(signal.SIGHUP)
            assert "not read again" in served.next_line()
            assert "nobody" in served.lines[-1]
            assert {"renamed"} <= {model.id for model in client.models.list()}
            write(tmp_path, upstream)
            admin = {"authorization": f"Bearer {served.make_key('--admin')}"}
            assert httpx.post(f"{served.url}/admin/reload", headers=admin).json() == {"reloaded": True}
            assert "renamed" not in {model.id for model in client.models.list()}
        assert served.stop() == 0


def test_a_client_that_hangs_up_is_noticed_on_granian(upstream: Upstream, tmp_path: Path) -> None:
    async def hang(exchange: Exchange) -> None:
        import asyncio

        await exchange.start_stream()
        await exchange.event(chunk({"content": "Quattro"}))
        await asyncio.Event().wait()

    upstream.behave = hang
    provider = config(upstream.base_url, tmp_path)["providers"]["upstream"]
    patient = {"upstream": {**provider, "timeout_s": {"connect": 2, "first_byte": 60, "read": 60, "total": 60}}}
    write(tmp_path, upstream, providers=patient)
    with serving(tmp_path, "granian") as served:
        admin, key = {"authorization": f"Bearer {served.make_key('--admin')}"}, served.make_key()
        with served.client(key) as client:
            stream = client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50, stream=True)
            assert next(iter(stream)).choices[0].delta.content == "Quattro"
            stream.close()
        # The report counts what is booked, and the call is booked when its end is noticed.
        rows: list[Any] = []
        while not rows:
            rows = httpx.get(f"{served.url}/admin/report", headers=admin).json()["rows"]
        assert rows[0]["calls"] == 1
        assert served.stop() == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port", "99999"], "65535"),
        (["--data-dir", "tokenfoundry.yaml"], "data_dir: tokenfoundry.yaml cannot be made a directory: File exists"),
        (["--data-dir", "/proc/nothing"], "data_dir: /proc/nothing cannot be made a directory"),
    ],
)
def test_what_cannot_be_served_from_is_one_sentence(
    options: list[str], said: str, upstream: Upstream, tmp_path: Path
) -> None:
    write(tmp_path, upstream)
    command = [sys.executable, "-m", "tokenfoundry", "serve", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_second_server_on_the_same_directory_says_who_has_it(upstream: Upstream, tmp_path: Path) -> None:
    write(tmp_path, upstream)
    with serving(tmp_path, "uvicorn") as served:
        command = [sys.executable, "-m", "tokenfoundry", "serve", "--config", str(tmp_path / "tokenfoundry.yaml")]
        second = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert second.returncode == 1
        assert str(served.process.pid) in second.stderr
        assert "Traceback" not in second.stderr
        assert os.path.exists(tmp_path / "data" / "server.json")
        assert served.stop() == 0


def test_a_server_may_open_more_files_than_a_shell_grants(upstream: Upstream, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    try:
        write(tmp_path, upstream)
        with serving(tmp_path, "uvicorn") as served:
            limits = Path(f"/proc/{served.process.pid}/limits").read_text(encoding="utf-8")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    found = re.search(r"Max open files\s+(\d+)", limits)
    assert found is not None
    assert int(found[1]) == min(before[1], 65_536)


def test_an_idle_connection_outlives_that_of_a_client_or_a_load_balancer() -> None:
    """Who closes first never sends a call into a connection that ends: these keep one for 60 s mostly."""
    with socket.socket() as listener:
        server: Any = servers._uvicorn(EchoProvider(record=None, delay_s=0), listener, lifespan=False)
        assert server._server.config.timeout_keep_alive > 60


def test_idle_connections_on_granian_shut_nobody_out(upstream: Upstream, tmp_path: Path) -> None:
    values = config(upstream.base_url, tmp_path / "data", server={"port": 0, "max_concurrent": 1})
    (tmp_path / "tokenfoundry.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    with serving(tmp_path, "granian") as served, ExitStack() as idle:
        for _ in range(150):
            connection = idle.enter_context(closing(HTTPConnection(served.url.removeprefix("http://"), timeout=10)))
            connection.request("GET", "/health")
            assert connection.getresponse().read()
        with served.client(served.make_key()) as client:
            assert client.models.list().data
        assert served.stop() == 0
