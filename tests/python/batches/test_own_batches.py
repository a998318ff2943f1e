"""Batches at a provider that has none: their lines are walked one by one, in the background."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from support.batch_provider import BatchProvider
from support.batching import CHAT, EMAIL, batching, bytes_on_disk, create, line, results, said, until, upload
from support.upstream import Exchange, Upstream, answer_with, echo, last_content
from tokenfoundry.batches.books import LineBooks
from tokenfoundry.errors import StoreError
from tokenfoundry.factory import TokenFactory
from tokenfoundry.privacy import sealed_log
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import Settings


def test_the_lines_are_sent_redacted_answered_and_booked_once_each(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider, upstream: Upstream
) -> None:
    provider.other = echo
    lines = [line(f"n{number}", f"{number} per {EMAIL}", model="plain") for number in range(20)]
    done = until(client, create(client, lines), "completed")
    answers = results(client, done.output_file_id)
    assert {name: said(each) for name, each in answers.items()} == {
        f"n{number}": f"{number} per {EMAIL}" for number in range(20)
    }
    assert EMAIL.encode() not in b"".join(exchange.raw for exchange in upstream.received)
    assert EMAIL.encode() not in bytes_on_disk(gateway)
    entries = gateway.ledger.entries()
    # The hold that was taken when the batch was made is the one that is settled.
    assert [entry.kind for entry in entries] == ["settled"] * 20
    assert len({CallRecord.from_bytes(entry.detail).request_id for entry in entries}) == 20
    assert gateway.ledger.holds() == []
    assert done.usage is not None
    assert (done.usage.input_tokens, done.usage.output_tokens) == (400, 100)


def test_no_more_lines_are_under_way_than_the_settings_allow(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    under_way, most = 0, 0
    all_places_taken = asyncio.Event()

    async def behave(exchange: Exchange) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == 3:
            all_places_taken.set()
        await all_places_taken.wait()
        await asyncio.sleep(0)
        under_way -= 1
        await answer_with("ok")(exchange)

    provider.other = behave
    made = batching(upstream.base_url, tmp_path / "data", batches={"poll": "1ms", "concurrency": 3})
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        batches = [create(client, [line(str(n), f"{b} {n}", model="plain") for n in range(10)]) for b in range(2)]
        for batch in batches:
            until(client, batch, "completed")
    assert most == 3


def test_a_line_that_is_refused_leaves_the_others_alone(client: OpenAI, provider: BatchProvider) -> None:
    async def behave(exchange: Exchange) -> None:
        if last_content(exchange) == "no":
            await exchange.answer({"error": {"message": "wrong"}}, status=400)
        else:
            await answer_with("ok")(exchange)

    provider.other = behave
    done = until(client, create(client, [line("a", model="plain"), line("b", "no", model="plain")]), "completed")
    assert list(results(client, done.output_file_id)) == ["a"]
    bad = results(client, done.error_file_id)["b"]["response"]
    assert (bad["status_code"], bad["body"]["error"]["message"]) == (400, "plain: the provider answered 400: wrong")
    assert done.request_counts is not None
    assert (done.request_counts.completed, done.request_counts.failed) == (1, 1)


def test_a_line_waits_for_a_provider_that_asks_for_a_moment(client: OpenAI, provider: BatchProvider) -> None:
    refusals = iter([429])

    async def behave(exchange: Exchange) -> None:
        if (status := next(refusals, None)) is not None:
            await exchange.answer({"error": {"message": "slow"}}, status=status, headers="retry-after-ms: 5\r\n")
        else:
            await answer_with("ok")(exchange)

    provider.other = behave
    done = until(client, create(client, [line("a", model="plain")]), "completed")
    assert said(results(client, done.output_file_id)["a"]) == "ok"


def test_what_must_stay_on_prem_goes_to_the_node_as_it_was_written(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    provider.other = echo
    privacy = {"policy": {"default": "pseudonymize", "EMAIL_ADDRESS": "on_prem"}}
    with TokenFactory.from_config(batching(upstream.base_url, tmp_path / "data", privacy=privacy)) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        batch = create(client, [line("a", f"Scrivi a {EMAIL}", model="node"), line("b", model="node")])
        done = until(client, batch, "completed")
        assert said(results(client, done.output_file_id)["a"]) == f"Scrivi a {EMAIL}"
        assert any(EMAIL.encode() in exchange.raw for exchange in upstream.received)
        assert EMAIL.encode() not in bytes_on_disk(gateway)


def test_a_batch_stays_where_its_key_may_be_computed(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    made = batching(upstream.base_url, tmp_path / "data")
    made["targets"]["italian"] = {**made["targets"]["plain"], "region": "it", "model": "italian-1"}
    made["aliases"]["anywhere"] = ["small", "plain", "italian"]

    async def refuse(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "down"}}, status=500)

    provider.other = refuse
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key(regions=["it"]))
        done = until(client, create(client, [line("a", model="anywhere")]), "completed")
        refused = results(client, done.error_file_id)["a"]["response"]
        assert refused["body"]["error"]["message"] == "italian: the provider answered 500"
        # Neither at first nor when its target fails does it go elsewhere.
        assert {exchange.body["model"] for exchange in upstream.received} == {"italian-1"}
        assert gateway.ledger.holds() == []


def test_a_cancelled_batch_sends_no_further_line_and_gives_back_what_it_held(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    go_on = asyncio.Event()

    async def behave(exchange: Exchange) -> None:
        await go_on.wait()
        await answer_with("ok")(exchange)

    provider.other = behave
    made = batching(upstream.base_url, tmp_path / "data", batches={"poll": "1ms", "concurrency": 1})
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        batch = create(client, [line(str(number), str(number), model="plain") for number in range(5)])
        while not upstream.received:
            client.batches.retrieve(batch.id)
        client.batches.cancel(batch.id)
        upstream.call_soon(go_on.set)
        done = until(client, batch, "cancelled")
        assert len(results(client, done.output_file_id)) == len(upstream.received) == 1
        codes = {each["error"]["code"] for each in results(client, done.error_file_id).values()}
        assert codes == {"batch_cancelled"}
        assert gateway.ledger.holds() == []
        assert sorted(entry.kind for entry in gateway.ledger.entries()) == ["settled", *["void"] * 4]


def test_lines_that_were_not_sent_within_the_day_expire_and_get_back_what_was_held(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    now_ms = 1_800_000_000_000

    async def behave(exchange: Exchange) -> None:
        nonlocal now_ms
        now_ms += 86_400_000
        await answer_with("ok")(exchange)

    provider.other = behave
    sections = {"batches": {"poll": "1ms", "concurrency": 1}}
    made = Settings.from_dict(batching(upstream.base_url, tmp_path / "data", **sections))
    with TokenFactory(made, clock=lambda: now_ms) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        batch = create(client, [line(str(each), str(each), model="plain") for each in range(3)])
        done = until(client, batch, "expired")
        assert done.expired_at == done.created_at + 86_400
        assert list(results(client, done.output_file_id)) == ["0"]
        codes = [each["error"]["code"] for each in results(client, done.error_file_id).values()]
        assert codes == ["batch_expired"] * 2
        assert gateway.ledger.holds() == []
        assert sorted(entry.kind for entry in gateway.ledger.entries()) == ["settled", "void", "void"]


def test_lines_at_a_reserved_endpoint_cost_nothing_and_post_the_hours_that_fall_due(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    now_ms = 1_800_000_000_000  # 2027-01-15T08:00Z

    async def behave(exchange: Exchange) -> None:
        nonlocal now_ms
        now_ms += 3_600_000
        await answer_with("ok")(exchange)

    provider.other = behave
    rented = {"target": "plain", "from": "2027-01-15T08:00Z", "to": "2028-01-01T00:00Z", "gpus": 1, "rate": "2"}
    sections = {"batches": {"poll": "1ms", "concurrency": 1}, "reservations": [rented]}
    made = Settings.from_dict(batching(upstream.base_url, tmp_path / "data", **sections))
    with TokenFactory(made, clock=lambda: now_ms) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        until(client, create(client, [line(str(each), str(each), model="plain") for each in range(3)]), "completed")
        posted = [(entry.kind, entry.amounts.money_nano) for entry in gateway.ledger.entries()]
        assert posted == [("rented", 2 * 10**9), ("settled", 0)] * 3


def test_a_batch_of_a_key_that_was_stopped_sends_nothing_more(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    go_on = asyncio.Event()

    async def behave(exchange: Exchange) -> None:
        await go_on.wait()
        await answer_with("ok")(exchange)

    provider.other = behave
    made = batching(upstream.base_url, tmp_path / "data", batches={"poll": "1ms", "concurrency": 1})
    with TokenFactory.from_config(made) as gateway:
        key = gateway.create_key(project="claims")
        batch = create(gateway.openai_client(key=key), [line(str(n), str(n), model="plain") for n in range(3)])
        watcher = gateway.openai_client(key=gateway.create_key(project="claims"))
        while not upstream.received:
            watcher.batches.retrieve(batch.id)
        gateway.keys.update(key.split("_")[1], {"state": "frozen"})
        upstream.call_soon(go_on.set)
        done = until(watcher, batch, "completed")
        refused = [each["response"]["body"]["error"]["code"] for each in results(watcher, done.error_file_id).values()]
        assert refused == ["key_stopped"] * 2
        assert gateway.ledger.holds() == []


def test_a_line_that_fails_here_leaves_the_answers_of_those_under_way_beside_it(
    upstream: Upstream,
    provider: BatchProvider,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    all_are_under_way = asyncio.Event()
    settle = LineBooks.settle
    failures = iter([StoreError("the disk is full")])

    async def behave(exchange: Exchange) -> None:
        if len(upstream.received) == 3:
            all_are_under_way.set()
        await all_are_under_way.wait()
        await answer_with("ok")(exchange)

    async def fail_once(self: LineBooks, id: str, *amounts: Any, **fields: Any) -> None:
        if (failure := next(failures, None)) is not None:
            raise failure
        await settle(self, id, *amounts, **fields)

    provider.other = behave
    monkeypatch.setattr(LineBooks, "settle", fail_once)
    made = batching(upstream.base_url, tmp_path / "data", batches={"poll": "1ms", "concurrency": 3})
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        done = until(client, create(client, [line(str(n), str(n), model="plain") for n in range(6)]), "completed")
        assert len(results(client, done.output_file_id)) == 5
        assert [each["error"]["code"] for each in results(client, done.error_file_id).values()] == ["answer_lost"]
        assert len(upstream.received) == 6
        assert gateway.ledger.holds() == []
    assert "the disk is full" in caplog.text


def test_a_line_that_waits_is_not_sent_once_its_batch_is_cancelled(
    client: OpenAI, provider: BatchProvider, upstream: Upstream
) -> None:
    async def busy(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "slow"}}, status=429, headers="retry-after-ms: 300\r\n")

    provider.other = busy
    batch = create(client, [line("a", model="plain")])
    while not upstream.received:
        client.batches.retrieve(batch.id)
    client.batches.cancel(batch.id)
    done = until(client, batch, "cancelled")
    assert results(client, done.error_file_id)["a"]["error"]["code"] == "batch_cancelled"
    assert len(upstream.received) == 1


def test_an_answer_too_large_to_be_kept_is_billed_as_used_and_told(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.other = echo
    batch_lines = [line("a", "x" * 9000, model="plain"), line("b", model="plain")]
    file = upload(client, batch_lines)
    monkeypatch.setattr(sealed_log, "MAX_PIECE_BYTES", 9500)
    batch = client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
    done = until(client, batch, "completed")
    assert results(client, done.error_file_id)["a"]["error"]["code"] == "answer_too_large"
    assert list(results(client, done.output_file_id)) == ["b"]
    assert len({entry.amounts for entry in gateway.ledger.entries()}) == 1
    assert done.usage is not None
    assert done.usage.total_tokens == 50
