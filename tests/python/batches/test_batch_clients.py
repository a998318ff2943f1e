"""The official clients over a socket, the synchronous and the asynchronous one, and whoever hosts the gateway."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastapi
import httpx2
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types import Batch, FileObject

from support.batch_provider import BatchProvider
from support.batching import CHAT, EMAIL, batching, create, jsonl, line, results, said, until, upload
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory


def by_itself(gateway: TokenFactory) -> Any:
    return gateway.app()


def in_fastapi(gateway: TokenFactory) -> Any:
    app = fastapi.FastAPI()
    app.include_router(gateway.router())
    return app


def mounted(gateway: TokenFactory) -> Any:
    app = fastapi.FastAPI(lifespan=gateway.lifespan())
    app.mount("", gateway.app())
    return app


@pytest.fixture(params=[by_itself, in_fastapi, mounted], ids=lambda host: host.__name__)
def url(gateway: TokenFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    host: Callable[[TokenFactory], Any] = request.param
    with served(host(gateway)) as address:
        yield f"{address}/v1"


def test_the_synchronous_client_runs_a_batch(gateway: TokenFactory, provider: BatchProvider, url: str) -> None:
    with OpenAI(api_key=gateway.create_key(), base_url=url, max_retries=0) as client:
        batch = create(client, [line("a", f"Scrivi a {EMAIL}")])
        until(client, batch, "in_progress")
        provider.complete()
        done = until(client, batch, "completed")
        assert said(results(client, done.output_file_id)["a"]) == f"Scrivi a {EMAIL}"
        assert client.files.delete(str(done.output_file_id)).deleted


async def test_the_asynchronous_client_runs_a_batch(gateway: TokenFactory, provider: BatchProvider) -> None:
    with served(gateway.app()) as address:
        async with AsyncOpenAI(api_key=gateway.create_key(), base_url=f"{address}/v1", max_retries=0) as client:
            file = await client.files.create(file=("x.jsonl", jsonl([line("a", EMAIL)])), purpose="batch")
            batch = await client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
            while (await client.batches.retrieve(batch.id)).status == "validating":
                pass
            provider.complete()
            while (done := await client.batches.retrieve(batch.id)).status != "completed":
                pass
            assert EMAIL in (await client.files.content(str(done.output_file_id))).text
            assert [each.id async for each in client.batches.list()] == [batch.id]
            assert {each.id async for each in client.files.list()} == {file.id, done.output_file_id}


async def test_the_asynchronous_client_runs_a_batch_in_process(gateway: TokenFactory, provider: BatchProvider) -> None:
    client = gateway.async_openai_client(key=gateway.create_key(), max_retries=0)
    file = await client.files.create(file=("x.jsonl", jsonl([line("a", EMAIL, model="plain")])), purpose="batch")
    batch = await client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
    while (await client.batches.retrieve(batch.id)).status != "completed":
        pass
    await gateway.aclose()


def test_every_answer_is_strictly_what_the_clients_models_say(client: OpenAI, provider: BatchProvider) -> None:
    """A field that the model does not know, or of another type, is refused by a strict reading of it."""
    for shape, model in (
        (upload(client, [line("a")]), FileObject),
        (create(client, [line("a")]), Batch),
    ):
        assert set(shape.to_dict()) <= set(model.model_fields)
        model.model_validate(shape.to_dict(), strict=True)


@pytest.mark.parametrize("path", ["/files", "/batches", "/files/x", "/files/x/content", "/batches/x"])
def test_a_stranger_learns_nothing(gateway: TokenFactory, path: str) -> None:
    client = gateway.openai_client(key="tf_nobody", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        client.get(path, cast_to=object)


def test_another_method_is_refused_with_those_there_are(client: OpenAI) -> None:
    with pytest.raises(openai.APIStatusError, match="use POST or GET") as refused:
        client.delete("/files", cast_to=object)
    assert refused.value.status_code == 405
    assert refused.value.response.headers["allow"] == "POST, GET"


def test_an_upload_that_is_cut_off_leaves_nothing_behind(gateway: TokenFactory) -> None:
    key = gateway.create_key()
    folder = Path(gateway.settings.data_dir) / "batches"
    head = (
        f"POST /v1/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: 1000000\r\n"
        "content-type: multipart/form-data; boundary=b\r\n\r\n"
        '--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        '--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n'
    )
    with served(gateway.app()) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(head.encode() + jsonl([line(str(each), "x" * 10_000) for each in range(20)]))
            while not (folder.exists() and [*folder.iterdir()]):
                pass
        while [*folder.iterdir()]:
            pass


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        ("application/json", b"{}", "should be a form"),
        ("multipart/form-data; boundary=b", b"--b--\r\n", "file: is required"),
        ("multipart/form-data; boundary=b", b"--b\r\n", "cut short"),
        ("multipart/form-data; boundary=b", b"nothing", "cannot be read|cut short"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\n' + b"x" * 2000 + b"\r\n--b--\r\n",
            "over 1024 bytes",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\ncontent-disposition: form-data; name="other"; filename="x"\r\n\r\nx\r\n--b--\r\n',
            "one file, called file",
        ),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\nx: " + b"y" * 9000 + b"\r\n\r\nx\r\n--b--\r\n",
            "over 4096 bytes|cannot be read",
        ),
    ],
)
def test_a_form_that_is_none_is_refused(gateway: TokenFactory, content_type: str, body: bytes, said: str) -> None:
    headers = {"content-type": content_type, "authorization": f"Bearer {gateway.create_key()}"}
    with served(gateway.app()) as address:
        reply = httpx2.post(f"{address}/v1/files", content=body, headers=headers)
    assert reply.status_code == 400
    assert re.search(said, reply.json()["error"]["message"])


def test_a_server_that_stops_lets_the_lines_under_way_end_and_the_next_goes_on(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    go_on = asyncio.Event()
    answer = provider.other

    async def behave(exchange: Any) -> None:
        await go_on.wait()
        await answer(exchange)

    provider.other = behave
    made = batching(upstream.base_url, tmp_path / "data", batches={"poll": "1ms", "concurrency": 2})
    with TokenFactory.from_config(made) as gateway:
        key = gateway.create_key()
        with served(gateway.app()) as address:
            client = OpenAI(api_key=key, base_url=f"{address}/v1", max_retries=0)
            batch = create(client, [line(str(each), str(each), model="plain") for each in range(6)])
            while len(upstream.received) < 2:
                client.batches.retrieve(batch.id)
            client.close()
            # The provider answers once the server has begun to stop.
            runner = gateway.app().desk._runner
            answering = threading.Thread(target=lambda: _once_stopped(runner, upstream, go_on))
            answering.start()
        answering.join()
        assert 2 <= len(upstream.received) < 6
    with TokenFactory.from_config(made) as gateway, served(gateway.app()):
        # Nobody asks: the server goes on by itself.
        store = gateway.app().desk._store
        while not store.now(batch.id).has_ended:
            pass
        done = store.now(batch.id)
        assert (done.counts.completed, done.counts.failed) == (6, 0)
        assert len(upstream.received) == 6
        assert gateway.ledger.holds() == []


def _once_stopped(runner: Any, upstream: Upstream, go_on: asyncio.Event) -> None:
    while runner._loop is not None:
        time.sleep(0.001)
    upstream.call_soon(go_on.set)


def test_a_reload_without_the_target_lets_a_batch_wait_until_it_is_back(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    made = batching(upstream.base_url, tmp_path / "data")
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        batch = create(client, [line("a")])
        until(client, batch, "in_progress")
        settings = gateway.settings
        without = {name: each for name, each in made["targets"].items() if name != "small"}
        aliases = {"fast": ["large"]}
        gateway.reload(settings.from_dict({**made, "targets": without, "aliases": aliases, "routing": {}}))
        client.batches.retrieve(batch.id)  # Whoever looked with the settings before is done.
        provider.complete()
        for _ in range(5):
            assert client.batches.retrieve(batch.id).status == "in_progress"
        gateway.reload(settings)
        assert len(results(client, until(client, batch, "completed").output_file_id)) == 1
        assert gateway.ledger.holds() == []
