"""A process that dies in the middle of a batch: another one goes on, each line is billed once and nothing is left held.

A data directory is copied while its gateway waits for the provider: what a killed process would have left at that
moment. The provider knows more than the copy does: it goes on and takes the request that the copy never heard of.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from openai import OpenAI

from support.batch_provider import BatchProvider
from support.batching import EMAIL, batching, bytes_on_disk, create, line, results, said, until
from support.serving import served
from support.upstream import Exchange, Upstream, answer_with, echo
from tokenfoundry.batches.journal import ResultFiles
from tokenfoundry.factory import TokenFactory
from tokenfoundry.ledger import Sums
from tokenfoundry.settings import Settings

LINES = 4
NANO_OF_A_LINE = 20 * 1_000 + 5 * 2_000


def used_by_line(gateway: TokenFactory) -> dict[str, Sums]:
    """What is on the books for each line, corrections included."""
    entries = gateway.ledger.entries()
    line_of = {entry.seq: entry.id.partition("/")[0].split(":")[1] for entry in entries if ":" in entry.id}
    used: dict[str, Sums] = defaultdict(Sums)
    for entry in entries:
        if (number := line_of.get(entry.of if entry.of is not None else entry.seq)) is not None:
            used[number] += entry.amounts
    return used


def assert_each_line_is_billed_once(gateway: TokenFactory) -> None:
    used = used_by_line(gateway)
    assert len(used) == LINES
    assert {(each.money_nano, each.tokens, each.requests) for each in used.values()} == {(NANO_OF_A_LINE, 25, 1)}
    assert gateway.ledger.holds() == []
    assert gateway.ledger.verify().ok


class Snapshots:
    """Copies of a data directory, one for each request that the provider gets."""

    def __init__(self, data_dir: Path, folder: Path) -> None:
        self._data_dir = data_dir
        self._folder = folder
        self.taken: list[tuple[str, Path]] = []

    def take(self, exchange: Exchange) -> None:
        copy = self._folder / str(len(self.taken))
        shutil.copytree(self._data_dir, copy)
        self.taken.append((f"{exchange.method} {exchange.path}", copy))


def test_a_batch_at_a_provider_goes_on_wherever_its_gateway_died(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    provider.completes_by_itself, provider.deletes = True, False
    snapshots = Snapshots(tmp_path / "data", tmp_path / "copies")
    provider.before = snapshots.take
    made = batching(upstream.base_url, tmp_path / "data")
    with TokenFactory.from_config(made) as gateway:
        key = gateway.create_key()
        client = gateway.openai_client(key=key)
        batch = create(client, [line(str(number), f"{number} {EMAIL}") for number in range(LINES)])
        until(client, batch, "completed")
        assert_each_line_is_billed_once(gateway)
    provider.before = None
    stages = [stage.rpartition("/v1")[2] for stage, _ in snapshots.taken]
    assert (stages[0], stages[2]) == ("/files", "/batches")
    assert any(stage.endswith("/content") for stage in stages)
    assert len(stages) >= 5
    for number, (stage, copy) in enumerate(snapshots.taken):
        batches_before = len(provider.batches)
        with TokenFactory.from_config({**made, "data_dir": str(copy)}) as gateway:
            client = gateway.openai_client(key=key)
            done = until(client, batch, "completed")
            answers = results(client, done.output_file_id)
            assert {name: said(each) for name, each in answers.items()} == {
                str(each): f"{each} {EMAIL}" for each in range(LINES)
            }, stage
            assert_each_line_is_billed_once(gateway)
            assert EMAIL.encode() not in bytes_on_disk(gateway)
        # Only a gateway that had not begun to make the batch makes one: the others find it.
        assert len(provider.batches) - batches_before == (number < 2), stage


def test_lines_that_were_not_sent_when_a_gateway_died_are_sent_by_the_next_and_no_other(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    provider.other = echo
    snapshots = Snapshots(tmp_path / "data", tmp_path / "copies")
    provider.before = snapshots.take
    made = batching(upstream.base_url, tmp_path / "data", batches={"poll": "1ms", "concurrency": 1})
    with TokenFactory.from_config(made) as gateway:
        key = gateway.create_key()
        client = gateway.openai_client(key=key)
        batch = create(client, [line(str(each), f"{each} {EMAIL}", model="plain") for each in range(LINES)])
        until(client, batch, "completed")
        assert_each_line_is_billed_once(gateway)
    provider.before = None
    assert len(snapshots.taken) == LINES
    for answered, (_, copy) in enumerate(snapshots.taken):
        upstream.received.clear()
        with TokenFactory.from_config({**made, "data_dir": str(copy)}) as gateway:
            client = gateway.openai_client(key=key)
            done = until(client, batch, "completed")
            told = results(client, done.error_file_id)
            # The one that was under way may have been answered: it is billed in full, and told as lost.
            assert {name: each["error"]["code"] for name, each in told.items()} == {str(answered): "answer_lost"}
            assert len(results(client, done.output_file_id)) == LINES - 1
            assert len(upstream.received) == LINES - 1 - answered
            used = used_by_line(gateway)
            assert {each.requests for each in used.values()} == {1}
            assert sum(each.money_nano == NANO_OF_A_LINE for each in used.values()) == LINES - 1
            assert gateway.ledger.holds() == []
            assert gateway.ledger.verify().ok


def test_a_batch_whose_maker_died_before_its_client_was_told_is_given_back_whole(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    made = batching(upstream.base_url, tmp_path / "data")
    with TokenFactory.from_config(made) as gateway:
        key = gateway.create_key()
        client = gateway.openai_client(key=key)
        store = gateway.app().desk._store
        put = store.put

        def die_before_the_last_write(record: Any) -> None:
            if getattr(record, "status", "") == "validating":
                shutil.copytree(tmp_path / "data", tmp_path / "copy")
            put(record)

        store.put = die_before_the_last_write
        batch = create(client, [line(str(number)) for number in range(LINES)])
    with TokenFactory.from_config({**made, "data_dir": str(tmp_path / "copy")}) as gateway:
        client = gateway.openai_client(key=key)
        assert batch.id not in [each.id for each in client.batches.list()]
        desk = gateway.app().desk
        gateway._loop_thread.run(_ticked(desk))
        assert {(each.money_nano, each.requests) for each in used_by_line(gateway).values()} == {(0, 0)}
        assert gateway.ledger.holds() == []
        assert not list((tmp_path / "copy" / "batches").glob("batch_*"))


async def _ticked(desk: Any) -> None:
    await desk._runner._forget(desk._store.batches()[0])


def test_after_a_restart_a_budget_has_the_room_that_the_results_leave(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    budget = {"name": "cap", "unit": "tokens", "window": {"kind": "lifetime"}, "hard": 10_000}
    made = batching(upstream.base_url, tmp_path / "data", budgets=[budget], durability="power")
    with TokenFactory.from_config(made) as gateway:
        key = gateway.create_key()
        client = gateway.openai_client(key=key)
        batch = create(client, [line(str(number)) for number in range(LINES)])
        held = gateway.ledger.balances()[0].held
        assert held > LINES * 25
        until(client, batch, "in_progress")
    with TokenFactory.from_config(made) as gateway:
        # Nobody knows yet what they used: what was held counts as used.
        assert (gateway.ledger.balances()[0].posted, gateway.ledger.balances()[0].held) == (held, 0)
        provider.complete()
        client = gateway.openai_client(key=key)
        until(client, batch, "completed")
        assert (gateway.ledger.balances()[0].posted, gateway.ledger.balances()[0].held) == (LINES * 25, 0)
        assert_each_line_is_billed_once(gateway)


def test_a_server_that_is_killed_sends_no_line_twice_and_leaves_nothing_held(tmp_path: Path) -> None:
    provider = BatchProvider()
    provider.other = echo
    lines = 60
    with Upstream(provider) as upstream:
        made = batching(upstream.base_url, tmp_path / "data", batches={"poll": "1ms", "concurrency": 3})
        (tmp_path / "tokenfoundry.yaml").write_text(yaml.safe_dump(made))
        with TokenFactory.from_config(made) as gateway:
            key = gateway.create_key()
        server = subprocess.Popen(
            [sys.executable, "-m", "tokenfoundry", "serve", "--port", "0"],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stderr is not None
            found = re.search(r"http://[\d.:]+", server.stderr.readline())
            assert found
            with OpenAI(api_key=key, base_url=f"{found[0]}/v1", max_retries=0) as client:
                batch = create(client, [line(str(each), f"riga {each}.", model="plain") for each in range(lines)])
                while len(upstream.received) < lines // 3:
                    client.batches.retrieve(batch.id)
                os.kill(server.pid, signal.SIGKILL)
        finally:
            server.kill()
            server.wait()
            assert server.stderr is not None
            server.stderr.close()
        with TokenFactory.from_config(made) as gateway:
            client = gateway.openai_client(key=key)
            done = until(client, batch, "completed")
            answers = results(client, done.output_file_id)
            lost = results(client, done.error_file_id) if done.error_file_id else {}
            assert len(answers) + len(lost) == lines
            assert 0 <= len(lost) <= 3
            assert {each["error"]["code"] for each in lost.values()} <= {"answer_lost"}
            sent = Counter(exchange.body["messages"][0]["content"] for exchange in upstream.received)
            assert max(sent.values()) == 1
            used = used_by_line(gateway)
            assert len(used) == lines
            assert {each.requests for each in used.values()} == {1}
            assert sum(each.money_nano == NANO_OF_A_LINE for each in used.values()) >= len(answers)
            assert gateway.ledger.holds() == []
            assert gateway.ledger.verify().ok


def test_where_books_survive_a_loss_of_power_a_line_is_announced_on_the_disk_before_it_is_sent(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    sync = os.fsync

    def see(descriptor: int) -> None:
        told.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).suffix or "directory")
        sync(descriptor)

    async def answer(exchange: Exchange) -> None:
        told.append("sent")
        await answer_with("ok")(exchange)

    provider.other = answer
    made = batching(upstream.base_url, tmp_path / "data", durability="power", batches={"poll": "1ms", "concurrency": 1})
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        monkeypatch.setattr(os, "fsync", see)
        until(client, create(client, [line("a", model="plain"), line("b", model="plain")]), "completed")
    first, second = (place for place, each in enumerate(told) if each == "sent")
    assert told[first - 2 : first] == [".journal", "directory"]
    assert told[second - 1] == ".journal"
    # And a record is under its name.
    assert told[: told.index(".new") + 2][-1] == "directory"


def test_a_line_that_was_answered_is_not_sent_again_though_its_journal_is_lost(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    provider.other = echo
    snapshots = Snapshots(tmp_path / "data", tmp_path / "copies")
    provider.before = snapshots.take
    made = batching(upstream.base_url, tmp_path / "data", batches={"poll": "1ms", "concurrency": 1})
    with TokenFactory.from_config(made) as gateway:
        key = gateway.create_key()
        client = gateway.openai_client(key=key)
        batch = create(client, [line(str(each), model="plain") for each in range(LINES)])
        until(client, batch, "completed")
    provider.before = None
    copy = snapshots.taken[-1][1]
    next((copy / "batches").glob("*.journal")).unlink()
    upstream.received.clear()
    with TokenFactory.from_config({**made, "data_dir": str(copy)}) as gateway:
        client = gateway.openai_client(key=key)
        done = until(client, batch, "completed")
        told = results(client, done.error_file_id)
        assert {name: each["error"]["code"] for name, each in told.items()} == dict.fromkeys("012", "answer_lost")
        assert len(upstream.received) == 1
        assert_each_line_is_billed_once(gateway)


def test_a_batch_that_was_half_erased_when_its_gateway_died_does_not_stop_the_others(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    made = batching(upstream.base_url, tmp_path / "data")
    with TokenFactory.from_config(made) as gateway:
        key = gateway.create_key()
        client = gateway.openai_client(key=key)
        batch = create(client, [line("a")])
        until(client, batch, "in_progress")
    # Written while no gateway works on its batches, which would erase it.
    with TokenFactory.from_config(made) as gateway:
        store = gateway.app().desk._store
        store.put(msgspec.structs.replace(store.now(batch.id), id="batch_0", status="holding"))
    provider.complete()
    with TokenFactory.from_config(made) as gateway:
        store = gateway.app().desk._store
        # The half of one is looked at first.
        store._batches = dict(sorted(store._batches.items()))
        assert next(iter(store._batches)) == "batch_0"
        with served(gateway.app()):
            ends_s = time.monotonic() + 10
            while not store.now(batch.id).has_ended and time.monotonic() < ends_s:
                time.sleep(0.01)
        assert [(each.id, each.status) for each in store.batches()] == [(batch.id, "completed")]


def test_a_batch_that_is_cancelled_before_its_provider_has_it_is_not_made_in_order_to_be_cancelled(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    made = batching(upstream.base_url, tmp_path / "data")
    refused = 0

    def refuse(exchange: Exchange) -> int | None:
        nonlocal refused
        if (exchange.method, exchange.path) != ("POST", "/v1/batches"):
            return None
        refused += 1
        return 500

    provider.before = refuse
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        batch = create(client, [line("a")])
        while not refused:
            client.batches.retrieve(batch.id)
        client.batches.cancel(batch.id)
        done = until(client, batch, "cancelled")
        assert results(client, done.error_file_id)["a"]["error"]["code"] == "batch_cancelled"
        assert provider.batches == {}
        assert gateway.ledger.holds() == []


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_a_batch_ends_as_what_it_was_when_its_files_could_not_be_written_at_first(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    now_ms = 1_800_000_000_000
    make = ResultFiles.make
    copy = tmp_path / "copy"

    created = threading.Event()  # Its first line may be sent before the client has its id.

    async def end(exchange: Exchange) -> None:
        nonlocal now_ms
        await asyncio.to_thread(created.wait)
        if status == "cancelled":
            gateway.app().desk._store.change(batch.id, lambda each: msgspec.structs.replace(each, status="cancelling"))
        else:
            now_ms += 86_400_000
        await answer_with("ok")(exchange)

    def die(files: ResultFiles) -> tuple[str, str]:
        if not copy.exists():
            shutil.copytree(tmp_path / "data", copy)
        return make(files)

    provider.other = end
    monkeypatch.setattr(ResultFiles, "make", die)
    made = batching(upstream.base_url, tmp_path / "data", batches={"poll": "1ms", "concurrency": 1})
    with TokenFactory(Settings.from_dict(made), clock=lambda: now_ms) as gateway:
        key = gateway.create_key()
        client = gateway.openai_client(key=key)
        batch = create(client, [line(str(each), model="plain") for each in range(2)])
        created.set()
        until(client, batch, status)
    upstream.received.clear()
    made["data_dir"] = str(copy)
    with TokenFactory(Settings.from_dict(made), clock=lambda: now_ms) as gateway:
        client = gateway.openai_client(key=key)
        done = until(client, batch, "completed", "cancelled", "expired")
        assert done.status == status
        assert [each["error"]["code"] for each in results(client, done.error_file_id).values()] == [f"batch_{status}"]
        assert upstream.received == []
