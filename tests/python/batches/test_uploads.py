"""Files: what is taken and what is refused, whose they are, how long they live, and that they are never held whole."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from support.batch_provider import BatchProvider
from support.batching import CHAT, EMAIL, batching, bytes_on_disk, create, jsonl, line, results, until, upload
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory
from tokenfoundry.settings import Settings

GOOD = [line(str(number)) for number in range(6)]
IN_LINE_7 = "line 7: "
WRONG: dict[str, tuple[Any, str]] = {
    "bad JSON": (b'{"custom_id": ', IN_LINE_7 + "is not JSON"),
    "no object": (b"[1]", IN_LINE_7 + "is not a JSON object"),
    "not UTF-8": (b'{"custom_id": "\xff"}', IN_LINE_7 + "is not JSON"),
    "a byte order mark": (b"\xef\xbb\xbf{}", IN_LINE_7 + "starts with a byte order mark"),
    "no name": ({**line("x"), "custom_id": None}, IN_LINE_7 + "custom_id: needs a text"),
    "a name twice": (line("0"), IN_LINE_7 + "custom_id: another line has the same"),
    "another method": ({**line("x"), "method": "GET"}, IN_LINE_7 + "method: should be POST"),
    "another url": ({**line("x"), "url": "/v1/embeddings"}, IN_LINE_7 + f"url: a file has one, .* {CHAT}"),
    "an unknown url": ({**line("x"), "url": "/v1/audio/speech"}, IN_LINE_7 + "url: should be one of /v1/chat"),
    "no body": ({"custom_id": "x", "method": "POST", "url": CHAT}, IN_LINE_7 + "body: needs a JSON object"),
    "a body that is none": ({**line("x"), "body": 1}, IN_LINE_7 + "the body is not a JSON object"),
    "a field too many": ({**line("x"), "when": 1}, IN_LINE_7 + "has fields besides"),
    "another model": (line("x", model="large"), IN_LINE_7 + "body.model: a file has one, .* 'small'"),
    "an unknown model": (line("x", model="nobody"), IN_LINE_7 + ".*nobody"),
    "a stream": (line("x", stream=True), IN_LINE_7 + "stream: a batch is not streamed"),
    "no messages": (line("x", messages=[]), IN_LINE_7 + "messages: needs at least one message"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_line_is_refused_by_its_number_and_nothing_is_kept(
    gateway: TokenFactory, client: OpenAI, what: str
) -> None:
    wrong, said = WRONG[what]
    with pytest.raises(openai.APIStatusError, match=said) as refused:
        upload(client, [*GOOD, wrong])
    assert refused.value.status_code in (400, 404)
    assert client.files.list().data == []
    assert not [*(Path(gateway.settings.data_dir) / "batches").iterdir()]


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_refused(client: OpenAI, content: bytes) -> None:
    with pytest.raises(openai.BadRequestError, match="the file is empty"):
        client.files.create(file=("x.jsonl", content), purpose="batch")


def test_another_purpose_is_refused(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="purpose: should be batch"):
        client.files.create(file=("x.jsonl", jsonl(GOOD)), purpose="fine-tune")


def test_what_the_policy_blocks_is_refused_by_its_line_without_its_value(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    privacy = {"policy": {"default": "pseudonymize", "EMAIL_ADDRESS": "block"}}
    with TokenFactory.from_config(batching(upstream.base_url, tmp_path / "data", privacy=privacy)) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        with pytest.raises(openai.BadRequestError, match=r"line 2: .*EMAIL_ADDRESS") as refused:
            upload(client, [line("a"), line("b", f"Scrivi a {EMAIL}")])
        assert EMAIL not in str(refused.value)
        assert EMAIL not in caplog.text
        assert EMAIL.encode() not in bytes_on_disk(gateway)


@pytest.mark.parametrize(
    ("limits", "said", "status"),
    [
        ({"max_line_bytes": "200B"}, "line 7 is over 200 bytes", 400),
        ({"max_lines": 6}, "over 6 requests", 400),
        ({"max_file_bytes": "1KB"}, "over 1000 bytes", 413),
        ({"max_bytes": "1KB"}, "all the disk that they may", 413),
        ({"enabled": False}, "not enabled", 404),
    ],
    ids=lambda value: str(next(iter(value))) if isinstance(value, dict) else None,
)
def test_a_file_over_a_bound_is_refused(
    upstream: Upstream, tmp_path: Path, limits: dict[str, Any], said: str, status: int
) -> None:
    with TokenFactory.from_config(batching(upstream.base_url, tmp_path / "data", batches=limits)) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        with pytest.raises(openai.APIStatusError, match=said) as refused:
            upload(client, [*GOOD, line("long", "a" * 300)])
        assert refused.value.status_code == status


def test_a_file_comes_back_as_it_was_and_lies_sealed_on_disk(gateway: TokenFactory, client: OpenAI) -> None:
    content = jsonl([line(f"{number}-{EMAIL}", f"Scrivi a {EMAIL} {'x' * 3000}") for number in range(100)])
    file = client.files.create(file=(f"{EMAIL}.jsonl", content), purpose="batch")
    assert (file.bytes, file.filename, file.status) == (len(content), f"{EMAIL}.jsonl", "processed")
    assert client.files.content(file.id).read() == content
    assert client.files.retrieve(file.id) == file
    assert EMAIL.encode() not in bytes_on_disk(gateway)
    for path in (Path(gateway.settings.data_dir) / "batches").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_of_lines_with_other_line_ends_is_taken(client: OpenAI) -> None:
    content = jsonl(GOOD).replace(b"\n", b"\r\n\n").rstrip()
    file = client.files.create(file=("x.jsonl", content), purpose="batch")
    assert client.files.content(file.id).read() == content


def test_deleting_erases_the_content(gateway: TokenFactory, client: OpenAI) -> None:
    file = upload(client, GOOD)
    assert client.files.delete(file.id).deleted
    assert not [*(Path(gateway.settings.data_dir) / "batches").iterdir()]
    with pytest.raises(openai.NotFoundError):
        client.files.content(file.id)


def test_the_file_of_a_batch_that_goes_on_is_not_deleted(client: OpenAI, provider: BatchProvider) -> None:
    batch = create(client, GOOD)
    with pytest.raises(openai.ConflictError, match="cancel it first"):
        client.files.delete(batch.input_file_id)
    until(client, batch, "in_progress")
    provider.complete()
    done = until(client, batch, "completed")
    assert client.files.delete(batch.input_file_id).deleted
    assert len(results(client, done.output_file_id)) == len(GOOD)


def test_files_and_batches_belong_to_their_project(gateway: TokenFactory, client: OpenAI) -> None:
    batch = create(client, GOOD)
    colleague = gateway.openai_client(key=gateway.create_key(project="claims"))
    assert colleague.files.retrieve(batch.input_file_id).id == batch.input_file_id
    assert colleague.batches.retrieve(batch.id).id == batch.id
    for fields in ({"project": "else"}, {"project": "claims", "workspace": "else"}):
        other = gateway.openai_client(key=gateway.create_key(**fields))
        assert other.files.list().data == []
        assert other.batches.list().data == []
        for ask in (
            lambda other=other: other.files.retrieve(batch.input_file_id),
            lambda other=other: other.files.content(batch.input_file_id),
            lambda other=other: other.files.delete(batch.input_file_id),
            lambda other=other: other.batches.retrieve(batch.id),
            lambda other=other: other.batches.cancel(batch.id),
            lambda other=other: other.batches.create(
                input_file_id=batch.input_file_id, endpoint=CHAT, completion_window="24h"
            ),
        ):
            with pytest.raises(openai.NotFoundError):
                ask()


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"endpoints": ["chat"]}, 403, "may not use batches"),
        ({"endpoints": ["batches"]}, 403, "may not use chat"),
        ({"models": ["large"]}, 403, "line 1: .*may not use the model 'small'"),
        ({"scopes": ["admin"]}, 403, "no inference scope"),
        ({"intents": ["digest"]}, 403, "may not be used without x-tf-intent"),
    ],
)
def test_a_file_is_taken_from_a_key_that_may_make_each_of_its_calls(
    gateway: TokenFactory, fields: dict[str, Any], status: int, said: str
) -> None:
    client = gateway.openai_client(key=gateway.create_key(**fields))
    with pytest.raises(openai.APIStatusError, match=said) as refused:
        upload(client, GOOD)
    assert refused.value.status_code == status


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"endpoint": "/v1/embeddings"}, f"the lines of that file are for {CHAT}"),
        ({"endpoint": "/v1/videos"}, "endpoint: should be one of"),
        ({"completion_window": "48h"}, "completion_window: should be 24h"),
        ({"metadata": {"a": "x" * 513}}, "metadata: needs texts"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 1}}, "seconds from 3600"),
        ({"extra_body": {"priority": 1}}, "a batch has no field of that name"),
    ],
)
def test_a_wrong_order_is_refused(client: OpenAI, fields: dict[str, Any], said: str) -> None:
    file = upload(client, GOOD)
    asked: dict[str, Any] = {"input_file_id": file.id, "endpoint": CHAT, "completion_window": "24h", **fields}
    with pytest.raises(openai.BadRequestError, match=said):
        client.batches.create(**asked)
    assert client.batches.list().data == []


def test_lists_come_in_pages_the_newest_first(client: OpenAI) -> None:
    files = [upload(client, GOOD).id for _ in range(5)]
    assert [each.id for each in client.files.list(limit=2)] == files[::-1]  # the client turns the pages
    assert [each.id for each in client.files.list(order="asc")] == files
    page = client.files.list(limit=2, after=files[3])
    assert ([each.id for each in page.data], page.has_more) == ([files[2], files[1]], True)
    assert client.files.list(purpose="batch_output").data == []
    batches = [client.batches.create(input_file_id=files[0], endpoint=CHAT, completion_window="24h").id for _ in "abc"]
    assert [each.id for each in client.batches.list(limit=2)] == batches[::-1]
    for wrong in ({"limit": 0}, {"limit": 101}, {"after": "batch_0"}):
        with pytest.raises(openai.BadRequestError):
            client.batches.list(**wrong)  # type: ignore[arg-type]


def test_what_has_expired_is_gone_and_is_erased(upstream: Upstream, tmp_path: Path, provider: BatchProvider) -> None:
    now_ms = 1_800_000_000_000
    made = Settings.from_dict(batching(upstream.base_url, tmp_path / "data"))
    with TokenFactory(made, clock=lambda: now_ms) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        short = upload(client, GOOD, expires_after={"anchor": "created_at", "seconds": 3600})
        batch = create(client, GOOD, output_expires_after={"anchor": "created_at", "seconds": 7200})
        until(client, batch, "in_progress")
        provider.complete()
        output = until(client, batch, "completed").output_file_id
        now_ms += 3_600_000
        assert short.id not in [each.id for each in client.files.list()]
        with pytest.raises(openai.NotFoundError):
            client.files.content(short.id)
        assert len(results(client, output)) == len(GOOD)
        now_ms += 3_600_000
        with pytest.raises(openai.NotFoundError):
            client.files.content(str(output))
        now_ms += 40 * 86_400_000
        watched = create(client, GOOD)
        folder = tmp_path / "data" / "batches"
        for _ in range(2000):
            client.batches.retrieve(watched.id)
            if len({path.stem for path in folder.iterdir()}) == 2:
                break
        assert {path.stem for path in folder.iterdir()} == {watched.id, watched.input_file_id}


def _spoil_mode(data_dir: Path) -> None:
    (data_dir / "sealing.key").chmod(0o644)


def _exchange_key(data_dir: Path) -> None:
    (data_dir / "sealing.key").write_bytes(os.urandom(32))


def _cut_key(data_dir: Path) -> None:
    (data_dir / "sealing.key").write_bytes(b"short")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [(_spoil_mode, "chmod 600"), (_exchange_key, "another key"), (_cut_key, "key of 32 bytes")],
)
def test_a_key_that_is_not_the_one_puts_batches_alone_out_of_order_and_the_log_says_why(
    upstream: Upstream,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[Path], None],
    told: str,
) -> None:
    made = batching(upstream.base_url, tmp_path / "data")
    with TokenFactory.from_config(made) as gateway:
        file = upload(gateway.openai_client(key=gateway.create_key()), GOOD)
    key_file = tmp_path / "data" / "sealing.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    key = key_file.read_bytes()
    spoil(tmp_path / "data")
    with TokenFactory.from_config(made) as gateway, served(gateway.app()) as url:
        with OpenAI(api_key=gateway.create_key(), base_url=f"{url}/v1", max_retries=0) as client:
            for ask in (client.files.list, client.batches.list, lambda: upload(client, GOOD)):
                with pytest.raises(openai.InternalServerError, match="files and batches are out of order") as refused:
                    ask()
                assert refused.value.status_code == 503
                assert str(tmp_path) not in refused.value.message
            asked: Any = [{"role": "user", "content": "Ciao"}]
            assert client.chat.completions.create(model="small", messages=asked).choices
        assert told in caplog.text
    key_file.write_bytes(key)
    key_file.chmod(0o600)
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        assert client.files.content(file.id).read() == jsonl(GOOD)


@pytest.mark.parametrize("damage", [lambda _: b"", lambda sealed: sealed[:-3] + b"xyz"], ids=["emptied", "changed"])
def test_a_damaged_record_is_set_aside_and_the_others_are_there(
    upstream: Upstream,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[bytes], bytes],
) -> None:
    made = batching(upstream.base_url, tmp_path / "data")
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        bad, good = upload(client, GOOD), upload(client, GOOD)
    record = tmp_path / "data" / "batches" / f"{bad.id}.record"
    whole = record.read_bytes()
    record.write_bytes(damage(whole))
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        assert [each.id for each in client.files.list()] == [good.id]
    assert f"{bad.id}.record is set aside" in caplog.text
    record.write_bytes(whole)
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        assert client.files.content(bad.id).read() == jsonl(GOOD)


def test_a_stated_key_seals_and_none_is_made(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEALING", "correct horse battery staple")
    made = batching(upstream.base_url, tmp_path / "data", batches={"key": "env:SEALING"})
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        assert client.files.content(upload(client, GOOD).id).read() == jsonl(GOOD)
    assert not (tmp_path / "data" / "sealing.key").exists()


class _Endless(io.RawIOBase):
    """A file of lines that is made as it is read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while len(self._rest) < len(buffer) and (made := next(self._lines, b"")):
            self._rest += made
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _rss_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(each.split(":", 1) for each in status.read().splitlines())
    return int(fields["VmHWM"].split()[0]) * 1024


def test_a_file_of_100_mb_is_never_held_in_memory(upstream: Upstream, tmp_path: Path) -> None:
    text = "Buongiorno. " * 1600
    lines = 5200

    def made() -> Iterator[bytes]:
        for number in range(lines):
            yield jsonl([line(str(number), text)])

    size = len(jsonl([line("0", text)])) * lines
    assert size > 99_000_000
    (tmp_path / "tokenfoundry.yaml").write_text(json.dumps(batching(upstream.base_url, tmp_path / "data")))
    with TokenFactory.from_config(batching(upstream.base_url, tmp_path / "data")) as gateway:
        key = gateway.create_key()
    server = subprocess.Popen(
        [sys.executable, "-m", "tokenfoundry", "serve", "--port", "0", "--config", "tokenfoundry.yaml"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    try:
        found = re.search(r"http://[\d.:]+", server.stderr.readline())
        assert found
        with OpenAI(api_key=key, base_url=f"{found[0]}/v1", max_retries=0) as client:
            upload(client, [line("warm", text)])
            before = _rss_bytes(server.pid)
            file = client.files.create(file=("large.jsonl", io.BufferedReader(_Endless(made()))), purpose="batch")
            with client.files.with_streaming_response.content(file.id) as content:
                read = sum(len(piece) for piece in content.iter_bytes())
            grown = _rss_bytes(server.pid) - before
        assert read == file.bytes
        assert read > 99_000_000
        assert grown < 40 * 2**20
    finally:
        server.terminate()
        server.wait()
        server.stderr.close()


@pytest.mark.parametrize("damage", [lambda whole: whole[:-5], lambda whole: b"", lambda whole: whole[:-3] + b"xyz"])
def test_a_file_that_is_damaged_where_it_is_kept_is_refused_and_the_books_are_not_blamed(
    gateway: TokenFactory, client: OpenAI, damage: Callable[[bytes], bytes]
) -> None:
    file = upload(client, GOOD)
    content = Path(gateway.settings.data_dir) / "batches" / f"{file.id}.content"
    content.write_bytes(damage(content.read_bytes()))
    with pytest.raises(openai.UnprocessableEntityError, match="upload it again"):
        client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
    assert client.batches.list().data == []


def test_uploads_at_once_take_no_more_disk_together_than_one_may(upstream: Upstream, tmp_path: Path) -> None:
    content = jsonl([line(str(number), "x" * 1000) for number in range(300)])
    made = batching(upstream.base_url, tmp_path / "data", batches={"max_bytes": len(content) * 2})
    with TokenFactory.from_config(made) as gateway, served(gateway.app()) as url:
        key = gateway.create_key()
        with ThreadPoolExecutor(6) as pool, OpenAI(api_key=key, base_url=f"{url}/v1", max_retries=0) as client:

            def take(_: int) -> int:
                try:
                    client.files.create(file=("x.jsonl", content), purpose="batch")
                except openai.APIStatusError as refused:
                    return refused.status_code
                return 200

            statuses = [*pool.map(take, range(6))]
            assert set(statuses) <= {200, 413}
            assert statuses.count(200) <= 2
            kept = [each.id for each in client.files.list()]
            for id in kept:
                client.files.delete(id)
            # What was refused and what was deleted has been given back.
            assert take(0) == 200
