"""What does the whole walk add to a call, in microseconds of CPU, milliseconds of latency and requests per second?

The rival is the least a gateway in Python can do: a raw ASGI application that forwards the body with aiohttp and does
nothing else. Every gateway is a process of its own on one core, under uvicorn; the provider (a mock that answers at
once) and the load are on the other. All of them see the same prompts of about 1.2 KB, each unique, with an e-mail
address and an IBAN, and rounds are interleaved.

    scripts/bench gateway            about two minutes
    scripts/bench gateway --quick    about twenty seconds
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
import uvloop

CONNECTIONS = 32
REPLY_TEXT = "Buongiorno, abbiamo ricevuto la richiesta e la pratica è in lavorazione. " * 3
GATEWAY_CORE, LOAD_CORE = 0, 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("--upstream", default="", help=argparse.SUPPRESS)
    parser.add_argument("--data-dir", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role:
        ROLES[arguments.role](arguments)
    else:
        uvloop.run(measure(rounds=3 if arguments.quick else 7, seconds=1.0 if arguments.quick else 3.0))


# -- what runs in the other processes ----------------------------------------------------------------------------------


def serve(app: Any, key: str = "") -> None:
    import socket

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)  # Before the port is told: who connects now waits, and is not refused.
    print(json.dumps({"port": listener.getsockname()[1], "key": key}), flush=True)
    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="on", loop="uvloop", http="httptools")
    uvicorn.Server(config).run(sockets=[listener])


class MockProvider(asyncio.Protocol):
    """Answers each request at once with the same bytes; parses no more than it must."""

    def __init__(self) -> None:
        message = {"role": "assistant", "content": REPLY_TEXT}
        usage = {"prompt_tokens": 300, "completion_tokens": 60, "total_tokens": 360}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "mock"}
        body = json.dumps({**head, "choices": choices, "usage": usage}).encode()
        headers = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self._reply = headers.encode() + body
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            start = head.index(b"content-length:") + 15
            length = int(head[start:].split(b"\r\n", 1)[0])
            if len(self._received) < end + 4 + length:
                return
            self._received = self._received[end + 4 + length :]
            self._transport.write(self._reply)


def run_mock(_: argparse.Namespace) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(MockProvider, "127.0.0.1", 0)
        print(json.dumps({"port": server.sockets[0].getsockname()[1], "key": ""}), flush=True)
        await server.serve_forever()

    uvloop.run(run())


def run_bare(arguments: argparse.Namespace) -> None:
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
        url = f"{arguments.upstream}/chat/completions"
        async with session.post(url, data=body, headers={"content-type": "application/json"}) as reply:
            data = await reply.read()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": data})

    serve(app)


def run_factory(arguments: argparse.Namespace, *, mounted: bool = False) -> None:
    from tokenfoundry.factory import TokenFactory

    target = {"provider": "mock", "model": "gpt-4o-mini", "price": {"input": "0.15", "output": "0.60"}}
    window = {"kind": "monthly", "tz": "Europe/Rome"}
    config = {
        "data_dir": arguments.data_dir,
        "providers": {"mock": {"format": "openai", "base_url": arguments.upstream}},
        "targets": {"mock": target},
        "budgets": [
            {"name": "project", "match": {"project": "bench"}, "unit": "money", "window": window, "hard": "1000000"},
            {"name": "key", "each": ["key"], "unit": "tokens", "window": window, "hard": 10**15},
        ],
    }
    with TokenFactory.from_config(config) as factory:
        key = factory.create_key(project="bench")
        app: Any = factory.app()
        if mounted:
            from fastapi import FastAPI

            app = FastAPI(lifespan=factory.lifespan())
            app.mount("/", factory.app())
        serve(app, key)


ROLES: dict[str, Callable[[argparse.Namespace], None]] = {
    "mock": run_mock,
    "bare": run_bare,
    "factory": run_factory,
    "mounted": lambda arguments: run_factory(arguments, mounted=True),
}


@contextmanager
def process(role: str, core: int, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A process of this file in another role, pinned to a core; yields it and the line it announced itself with."""
    command = [sys.executable, __file__, "--role", role, *options]
    started = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core})
    )
    try:
        assert started.stdout is not None
        line = started.stdout.readline()
        if not line:
            raise SystemExit(f"the {role} process did not start")
        yield started, json.loads(line)
    finally:
        started.terminate()
        started.wait(timeout=20)


# -- the load ----------------------------------------------------------------------------------------------------------


class Prompts:
    """Unique prompts of about 1.2 KB in Italian, each with an e-mail address and a valid IBAN."""

    def __init__(self) -> None:
        self._random = random.Random(20260401)
        words = "pratica rimborso polizza cliente documento pagamento scadenza ufficio risposta termine conto modulo"
        self._words = words.split()

    def __next__(self) -> str:
        words = " ".join(self._random.choices(self._words, k=125))
        account = f"0542811101{self._random.randrange(10**12):012d}"
        check = 98 - int("".join(str(int(letter, 36)) for letter in f"X{account}IT00")) % 97
        mail = f"utente{self._random.randrange(10**6)}@example.it"
        return f"{words}. Scrivere a {mail}, IBAN IT{check:02d}X{account}. {words[:200]}"


class Connection:
    """One keep-alive connection that asks and waits for the answer."""

    def __init__(self, key: str) -> None:
        self._head = (
            "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {key}\r\ncontent-length: "
        ).encode()

    async def open(self, port: int) -> Connection:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    async def ask(self, body: bytes) -> bytes:
        self._writer.write(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        answer = await self._reader.readexactly(length)
        if not head.startswith(b"http/1.1 200"):
            raise SystemExit(f"not answered: {answer.decode()}")
        return answer

    def close(self) -> None:
        self._writer.close()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Subject:
    """One gateway under load, and what was measured of it."""

    def __init__(self, name: str, pid: int, port: int, key: str, *, repeats: bool = False) -> None:
        self.name = name
        self.pid = pid
        self.port = port
        self.key = key
        self._prompts = Prompts()
        self._repeated = next(self._prompts) if repeats else None
        self.per_second: list[float] = []
        self.cpu_us: list[float] = []
        self.latency_ms: list[float] = []

    def body(self) -> bytes:
        content = self._repeated or next(self._prompts)
        messages = [{"role": "user", "content": content}]
        return json.dumps({"model": "mock", "messages": messages, "max_tokens": 200}).encode()

    async def saturate(self, seconds: float) -> None:
        connections = [await Connection(self.key).open(self.port) for _ in range(CONNECTIONS)]
        bodies = [self.body() for _ in range(200)]
        count = 0
        end = time.perf_counter() + seconds

        async def worker(connection: Connection) -> None:
            nonlocal count
            while time.perf_counter() < end:
                if not bodies:
                    bodies.extend(self.body() for _ in range(50))
                await connection.ask(bodies.pop())
                count += 1

        cpu, started = cpu_seconds(self.pid), time.perf_counter()
        await asyncio.gather(*(worker(connection) for connection in connections))
        elapsed = time.perf_counter() - started
        self.per_second.append(count / elapsed)
        self.cpu_us.append((cpu_seconds(self.pid) - cpu) / count * 1e6)
        for connection in connections:
            connection.close()

    async def one_by_one(self, number: int) -> None:
        connection = await Connection(self.key).open(self.port)
        for _ in range(number):
            body = self.body()
            started = time.perf_counter()
            await connection.ask(body)
            self.latency_ms.append((time.perf_counter() - started) * 1000)
        connection.close()

    async def content(self) -> str:
        connection = await Connection(self.key).open(self.port)
        answer = json.loads(await connection.ask(self.body()))
        connection.close()
        text: str = answer["choices"][0]["message"]["content"]
        return text


async def measure(*, rounds: int, seconds: float) -> None:
    os.sched_setaffinity(0, {LOAD_CORE})
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="tokenfoundry-bench-"))
        _, mock = stack.enter_context(process("mock", LOAD_CORE))
        upstream = ("--upstream", f"http://127.0.0.1:{mock['port']}/v1")
        subjects = []
        for name, role in (
            ("bare forwarding", "bare"),
            ("full walk", "factory"),
            ("full walk, FastAPI mount", "mounted"),
        ):
            options = (*upstream, "--data-dir", f"{scratch}/{role}")
            started, said = stack.enter_context(process(role, GATEWAY_CORE, *options))
            subjects.append(Subject(name, started.pid, said["port"], said["key"]))
            if role == "factory":
                subjects.append(Subject("cache hit", started.pid, said["port"], said["key"], repeats=True))
        for subject in subjects:
            if await subject.content() != REPLY_TEXT:
                raise SystemExit(f"{subject.name} changed the answer")
        for subject in subjects:
            await subject.saturate(seconds / 2)
            subject.per_second.clear()
            subject.cpu_us.clear()
        for _ in range(rounds):
            for subject in subjects:
                await subject.saturate(seconds)
                await subject.one_by_one(int(100 * seconds))
    report(subjects)


def report(subjects: list[Subject]) -> None:
    def median_and_spread(values: list[float]) -> str:
        middle = statistics.median(values)
        return f"{middle:,.0f} ±{(max(values) - min(values)) / 2 / middle:.0%}"

    bare = subjects[0]
    machine = platform.processor() or platform.machine()
    versions = f"Python {platform.python_version()}, uvicorn {uvicorn.__version__}, aiohttp {aiohttp.__version__}"
    print(f"\n{machine}, {versions}; gateway on one core,")
    print(f"{len(bare.per_second)} rounds, {CONNECTIONS} connections, prompts of 1.2 KB, each unique but for the hit\n")
    print(
        f"{'':26}{'requests/s':>14}{'of bare':>9}{'CPU us/request':>17}{'p50 ms':>9}{'p99 ms':>9}{'added p50 ms':>14}"
    )
    for subject in subjects:
        ratio = statistics.median(subject.per_second) / statistics.median(bare.per_second)
        latency = sorted(subject.latency_ms)
        p50, p99 = latency[len(latency) // 2], latency[int(len(latency) * 0.99)]
        added = p50 - statistics.median(bare.latency_ms)
        print(
            f"{subject.name:26}{median_and_spread(subject.per_second):>14}{ratio:>9.2f}{median_and_spread(subject.cpu_us):>17}"
            f"{p50:>9.2f}{p99:>9.2f}{added:>14.2f}"
        )


if __name__ == "__main__":
    main()
