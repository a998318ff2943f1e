"""Batches at a provider that has them: what it is sent, what comes back, what is booked."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from support.batch_provider import BatchProvider
from support.batching import CHAT, EMAIL, batching, bytes_on_disk, create, jsonl, line, results, said, until
from support.serving import served
from support.upstream import Exchange, Upstream, completion, usage_of
from tokenfoundry.batches.remote import ResultLines, Unreadable
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import Settings

NANO_OF_A_LINE = 20 * 1_000 + 5 * 2_000  # 20 tokens in and 5 out, at 1 and 2 EUR a million


def records(gateway: TokenFactory) -> list[CallRecord]:
    return [CallRecord.from_bytes(entry.detail) for entry in gateway.ledger.entries() if entry.detail]


def test_a_batch_goes_redacted_and_comes_back_restored(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider
) -> None:
    batch = create(client, [line("a", f"Scrivi a {EMAIL}"), line(f"b-{EMAIL}", "Ciao")], metadata={"who": EMAIL})
    assert batch.status == "validating"
    until(client, batch, "in_progress")
    sent = [json.loads(each) for each in provider.uploads[0].splitlines()]
    assert [each["body"]["messages"][0]["content"] for each in sent] == ["Scrivi a [EMAIL_ADDRESS_1]", "Ciao"]
    assert {each["body"]["model"] for each in sent} == {"small-1"}
    provider.complete(reverse=True)
    done = until(client, batch, "completed")
    answers = results(client, done.output_file_id)
    assert {name: said(each) for name, each in answers.items()} == {"a": f"Scrivi a {EMAIL}", f"b-{EMAIL}": "Ciao"}
    assert done.error_file_id is None
    assert done.metadata == {"who": EMAIL}
    assert EMAIL.encode() not in b"".join(provider.uploads)
    assert EMAIL.encode() not in bytes_on_disk(gateway)


def test_every_line_is_a_row_that_is_billed_once_however_often_results_are_read(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider
) -> None:
    batch = create(client, [line(str(number)) for number in range(3)], extra_headers={"x-tf-intent": "digest"})
    assert len(gateway.ledger.holds()) == 3
    until(client, batch, "in_progress")
    provider.complete()
    done = until(client, batch, "completed")
    for _ in range(2):
        assert len(results(client, done.output_file_id)) == 3
    until(client, batch, "completed")
    assert gateway.ledger.holds() == []
    rows = records(gateway)
    assert [row.outcome for row in rows] == ["answered"] * 3
    assert {(row.project, row.intent, row.model, row.alias) for row in rows} == {
        ("claims", "digest", "small-1", "small")
    }
    assert {row.cost_nano for row in rows} == {NANO_OF_A_LINE}
    assert done.usage is not None
    assert (done.usage.input_tokens, done.usage.output_tokens) == (60, 15)
    assert done.request_counts is not None
    assert (done.request_counts.total, done.request_counts.completed) == (3, 3)
    assert gateway.ledger.verify().ok


def test_a_line_costs_what_a_batch_costs_and_is_flagged_where_nobody_said_what_that_is(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    made = batching(upstream.base_url, tmp_path / "data")
    made["targets"]["large"]["price"]["batch"] = {"input": "5", "output": "10"}
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        for model in ("small", "large"):
            batch = create(client, [line("a", model=model)])
            until(client, batch, "in_progress")
            provider.complete()
            until(client, batch, "completed")
        small, large = records(gateway)
    assert (small.cost_nano, small.flags) == (NANO_OF_A_LINE, ("batch_at_normal_price",))
    assert (large.cost_nano, large.flags) == (NANO_OF_A_LINE * 5, ())


def test_a_batch_that_a_budget_does_not_allow_is_refused_whole_and_nothing_of_it_is_sent(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    budget = {"name": "cap", "unit": "requests", "window": {"kind": "lifetime"}, "hard": 5}
    with TokenFactory.from_config(batching(upstream.base_url, tmp_path / "data", budgets=[budget])) as gateway:
        client = gateway.openai_client(key=gateway.create_key(), max_retries=0)
        first = create(client, [line(str(number)) for number in range(3)])
        with pytest.raises(openai.RateLimitError, match="cap"):
            create(client, [line(str(number)) for number in range(3)])
        assert [each.id for each in client.batches.list()] == [first.id]
        assert len(gateway.ledger.holds()) == 3
        # What was refused left no voided holds behind, only what was refused.
        assert [entry.kind for entry in gateway.ledger.entries()] == ["refused"]
        until(client, first, "in_progress")
        assert len(provider.uploads) == 1
        provider.complete()
        until(client, first, "completed")


def test_lines_that_fail_at_the_provider_cost_nothing_and_stand_in_the_error_file(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider
) -> None:
    def answer(asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        text = asked["body"]["messages"][0]["content"]
        if "no" in text:
            return 400, {"error": {"message": f"wrong: {text}"}}
        return 200, completion("ok", usage=usage_of(20, 5))

    provider.answer = answer
    batch = create(client, [line("good", "si"), line("bad", f"no {EMAIL}")])
    until(client, batch, "in_progress")
    provider.complete()
    done = until(client, batch, "completed")
    assert list(results(client, done.output_file_id)) == ["good"]
    bad = results(client, done.error_file_id)["bad"]
    assert bad["response"]["status_code"] == 400
    assert bad["response"]["body"]["error"]["message"] == f"small: wrong: no {EMAIL}"
    assert sorted(row.outcome for row in records(gateway)) == ["answered", "failed"]
    assert EMAIL.encode() not in bytes_on_disk(gateway)


@pytest.mark.parametrize(("status", "code"), [("expired", "batch_expired"), ("completed", "no_answer")])
def test_what_the_provider_did_not_answer_gets_back_what_was_held(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider, status: str, code: str
) -> None:
    batch = create(client, [line("a"), line("b")])
    until(client, batch, "in_progress")
    provider.complete(status=status, only=1)
    done = until(client, batch, status)
    assert list(results(client, done.output_file_id)) == ["a"]
    assert results(client, done.error_file_id)["b"]["error"]["code"] == code
    assert gateway.ledger.holds() == []
    assert sum(entry.amounts.money_nano for entry in gateway.ledger.entries()) == NANO_OF_A_LINE


def test_a_batch_that_is_cancelled_keeps_what_was_answered(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider
) -> None:
    batch = create(client, [line("a"), line("b")])
    until(client, batch, "in_progress")
    assert client.batches.cancel(batch.id).status == "cancelling"
    provider.complete(status="cancelled", only=1)
    done = until(client, batch, "cancelled")
    assert done.cancelling_at is not None
    assert list(results(client, done.output_file_id)) == ["a"]
    assert results(client, done.error_file_id)["b"]["error"]["code"] == "batch_cancelled"
    assert any(each.endswith("/cancel") for each in provider.asked)
    assert gateway.ledger.holds() == []
    with pytest.raises(openai.ConflictError, match="has ended"):
        client.batches.cancel(batch.id)


def test_a_provider_that_does_not_take_the_batch_fails_it_and_is_not_quoted(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider
) -> None:
    provider.before = lambda exchange: 400 if exchange.path.endswith("/files") else None
    done = until(client, create(client, [line("a")]), "failed")
    assert done.errors is not None
    assert done.errors.data is not None
    assert done.errors.data[0].message == "the provider does not take this batch: the provider answered 400"
    assert gateway.ledger.holds() == []
    assert [row.outcome for row in records(gateway)] == ["failed"]


def test_a_provider_that_is_down_is_asked_again(client: OpenAI, provider: BatchProvider) -> None:
    failures = iter([503, 429, 401, 500])
    provider.before = lambda _: next(failures, None)
    batch = create(client, [line("a")])
    until(client, batch, "in_progress")
    assert len(provider.uploads) == len(provider.batches) == 1
    provider.complete()
    until(client, batch, "completed")


def test_lines_of_a_batch_that_its_provider_forgot_are_billed_as_they_were_held(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    now_ms = 1_800_000_000_000
    made = Settings.from_dict(batching(upstream.base_url, tmp_path / "data"))
    with TokenFactory(made, clock=lambda: now_ms) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        batch = create(client, [line("a"), line("b")])
        held = gateway.ledger.holds()[0].amounts
        until(client, batch, "in_progress")
        provider.before = lambda _: 404
        for _ in range(3):
            assert client.batches.retrieve(batch.id).status == "in_progress"
        now_ms += 3 * 86_400_000 + 1
        done = until(client, batch, "expired")
        assert {each["error"]["code"] for each in results(client, done.error_file_id).values()} == {"unreadable_answer"}
        entries = gateway.ledger.entries()
        assert [(entry.kind, entry.amounts, entry.flags.name) for entry in entries] == [
            ("settled", held, "UNCERTAIN|ESTIMATED")
        ] * 2


def test_a_batch_that_its_provider_never_took_expires_within_the_day(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    now_ms = 1_800_000_000_000
    provider.before = lambda _: 503
    made = Settings.from_dict(batching(upstream.base_url, tmp_path / "data"))
    with TokenFactory(made, clock=lambda: now_ms) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        batch = create(client, [line("a")])
        until(client, batch, "validating")
        now_ms += 86_400_000
        done = until(client, batch, "expired")
        assert results(client, done.error_file_id)["a"]["error"]["code"] == "batch_expired"
        assert [entry.kind for entry in gateway.ledger.entries()] == ["void"]


def test_a_batch_is_made_once_its_file_has_been_read(client: OpenAI, provider: BatchProvider) -> None:
    provider.readings = 3
    batch = create(client, [line("a")])
    until(client, batch, "in_progress")
    before = provider.asked[: provider.asked.index("POST /batches")]
    assert before == ["POST /files", *["GET /files/file-1"] * 4]


def test_a_batch_that_fails_at_the_provider_says_why_in_a_word(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider
) -> None:
    batch = create(client, [line("a")])
    until(client, batch, "in_progress")
    errors = [{"code": "token_limit_exceeded", "message": f"too much of {EMAIL}"}]
    provider.batches["batch_1"] |= {"status": "failed", "errors": {"object": "list", "data": errors}}
    done = until(client, batch, "failed")
    assert done.errors is not None
    assert done.errors.data is not None
    said = "the provider refused the batch when it read its file (token_limit_exceeded)"
    assert done.errors.data[0].message == said
    assert gateway.ledger.holds() == []
    assert [entry.amounts.requests for entry in gateway.ledger.entries()] == [0]


def test_the_files_at_the_provider_are_deleted_when_they_are_collected(client: OpenAI, provider: BatchProvider) -> None:
    batch = create(client, [line("a")])
    until(client, batch, "in_progress")
    provider.complete()
    until(client, batch, "completed")
    for _ in range(2000):  # After its owner was told.
        client.batches.retrieve(batch.id)
        if not provider.files:
            break
    assert provider.files == {}


def test_a_line_that_must_stay_on_prem_is_refused_by_itself_at_an_external_target(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    privacy = {"policy": {"default": "pseudonymize", "EMAIL_ADDRESS": "on_prem"}}
    with TokenFactory.from_config(batching(upstream.base_url, tmp_path / "data", privacy=privacy)) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        batch = create(client, [line("free", model="either"), line("bound", f"Scrivi a {EMAIL}", model="either")])
        until(client, batch, "in_progress")
        assert len(gateway.ledger.holds()) == 1
        provider.complete()
        done = until(client, batch, "completed")
        assert list(results(client, done.output_file_id)) == ["free"]
        refused = results(client, done.error_file_id)["bound"]["response"]
        assert refused["status_code"] == 403
        assert "the batch goes to small" in refused["body"]["error"]["message"]
        assert EMAIL.encode() not in b"".join(exchange.raw for exchange in upstream.received)
        assert EMAIL.encode() not in bytes_on_disk(gateway)


def test_other_endpoints_are_batches_too(upstream: Upstream, provider: BatchProvider, tmp_path: Path) -> None:
    made = batching(upstream.base_url, tmp_path / "data")
    free = {"endpoints": ["moderations"], "price": {"input": "0", "output": "0"}}
    made["targets"]["omni-moderation-latest"] = {**made["targets"]["small"], **free}
    with TokenFactory.from_config(made) as gateway:
        _run_other_endpoints(gateway.openai_client(key=gateway.create_key()), provider)


def _run_other_endpoints(client: OpenAI, provider: BatchProvider) -> None:
    asked = {"custom_id": "e", "method": "POST", "url": "/v1/embeddings", "body": {"model": "small", "input": EMAIL}}
    batch = create(client, [asked], url="/v1/embeddings")
    until(client, batch, "in_progress")
    assert json.loads(provider.uploads[0])["body"]["input"] == "[EMAIL_ADDRESS_1]"
    provider.complete()
    answer = results(client, until(client, batch, "completed").output_file_id)["e"]
    assert answer["response"]["body"]["data"][0]["embedding"] == [0.5, 0.25]

    # Its default model, as OpenAI has one.
    judged = {**asked, "url": "/v1/moderations", "body": {"input": "x"}}
    assert create(client, [judged], url="/v1/moderations").model == "omni-moderation-latest"

    # The target serves chat alone, so a response is said as one and comes back as what was asked.
    body = {"model": "small", "input": f"Scrivi a {EMAIL}"}
    batch = create(client, [{**asked, "url": "/v1/responses", "body": body}], url="/v1/responses")
    until(client, batch, "in_progress")
    assert json.loads(provider.uploads[-1])["url"] == "/v1/chat/completions"
    assert list(provider.batches.values())[-1]["endpoint"] == "/v1/chat/completions"
    provider.complete()
    answer = results(client, until(client, batch, "completed").output_file_id)["e"]
    assert answer["response"]["body"]["output"][0]["content"][0]["text"] == f"Scrivi a {EMAIL}"


def test_a_batch_is_one_request_of_its_keys_limits(gateway: TokenFactory, provider: BatchProvider) -> None:
    client = gateway.openai_client(key=gateway.create_key(rpm=2, tpm=100), max_retries=0)
    file = client.files.with_raw_response.create(file=("x.jsonl", jsonl([line("a")])), purpose="batch")
    assert file.headers["x-ratelimit-remaining-requests"] == "1"
    asked = {"input_file_id": file.parse().id, "endpoint": CHAT, "completion_window": "24h"}
    batch = client.batches.create(**asked)  # type: ignore[arg-type]
    with pytest.raises(openai.RateLimitError):
        create(client, [line("a")])
    until(client, batch, "in_progress")
    provider.complete()
    until(client, batch, "completed")


def test_an_answer_that_cannot_be_read_is_billed_in_full_and_told(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider
) -> None:
    provider.answer = lambda _: (200, {"choices": "none"})
    batch = create(client, [line("a")])
    held = gateway.ledger.holds()[0].amounts
    until(client, batch, "in_progress")
    provider.complete()
    done = until(client, batch, "completed")
    assert results(client, done.error_file_id)["a"]["error"]["code"] == "unreadable_answer"
    assert [(entry.kind, entry.amounts) for entry in gateway.ledger.entries()] == [("settled", held)]


def test_azure_is_asked_at_its_own_addresses(upstream: Upstream, provider: BatchProvider, tmp_path: Path) -> None:
    made = batching(upstream.base_url, tmp_path / "data")
    heads: list[dict[str, str]] = []

    def see(exchange: Exchange) -> None:
        heads.append({"path": exchange.path, **exchange.headers})

    provider.before = see
    (tmp_path / "key").write_text("azure-secret")
    made["providers"]["upstream"] |= {"format": "azure", "keys": [f"file:{tmp_path / 'key'}"]}
    with TokenFactory.from_config(made) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        batch = create(client, [line("a")])
        until(client, batch, "in_progress")
        provider.complete()
        until(client, batch, "completed")
    assert Decimal(len(provider.uploads)) == 1
    assert {each["path"].partition("/v1/")[0] for each in heads} == {"/openai"}
    assert {each["api-key"] for each in heads} == {"azure-secret"}


@pytest.mark.parametrize(
    ("spoil", "lost"),
    [
        (lambda good: good.replace(b"Ciao", rb"Ciao \ud83d"), "0"),
        (lambda good: good.replace(b'"index": 0', b'"index": Infinity'), "0"),
        (lambda good: good.replace(b"Ciao", b"Ciao \xff"), "0"),
        (lambda good: good[:-20], "0"),
        (lambda _: b"[1]", "0"),
        (lambda _: b"<html>out of order</html>", "0"),
        (lambda good: good + b"\n<html>out of order</html>", ""),
        (lambda good: b"\xef\xbb\xbf" + good, ""),
    ],
    ids=["half a pair", "infinite", "no UTF-8", "cut", "no object", "HTML", "HTML beside all", "byte order mark"],
)
def test_a_result_that_cannot_be_read_bills_its_line_and_keeps_the_answers_of_the_others(
    gateway: TokenFactory,
    client: OpenAI,
    provider: BatchProvider,
    spoil: Callable[[bytes], bytes],
    lost: str,
) -> None:
    batch = create(client, [line(str(each)) for each in range(3)])
    held = gateway.ledger.holds()[0].amounts
    until(client, batch, "in_progress")
    provider.complete()
    file = f"{[*provider.batches][-1]}-output"
    first, *others = provider.files[file].splitlines()
    provider.files[file] = b"\n".join([spoil(first), *others])
    done = until(client, batch, "completed")
    assert set(results(client, done.output_file_id)) == {"0", "1", "2"} - {lost}
    told = results(client, done.error_file_id) if lost else {}
    assert {name: each["error"]["code"] for name, each in told.items()} == ({"0": "unreadable_answer"} if lost else {})
    assert sum(f"GET /files/{file}/content" == each for each in provider.asked) == 1
    billed = sorted(entry.amounts.money_nano for entry in gateway.ledger.entries())
    assert billed == [NANO_OF_A_LINE] * (2 if lost else 3) + ([held.money_nano] if lost else [])


def test_a_result_that_names_its_line_leaves_those_without_one_unbilled(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider
) -> None:
    batch = create(client, [line("a"), line("b")])
    until(client, batch, "in_progress")
    provider.complete(only=1)
    file = f"{[*provider.batches][-1]}-output"
    provider.files[file] = provider.files[file].replace(b"Ciao", b"\xff")
    told = results(client, until(client, batch, "completed").error_file_id)
    assert {name: each["error"]["code"] for name, each in told.items()} == {"a": "unreadable_answer", "b": "no_answer"}
    assert sorted(entry.kind for entry in gateway.ledger.entries()) == ["settled", "void"]


def test_a_result_longer_than_any_reply_is_told_once_and_not_kept() -> None:
    reader = ResultLines(most_bytes=50)
    long = b'{"custom_id": "line-7", "text": "' + b"x" * 100 + b'"}\n'
    pieces = [long[start : start + 20] for start in range(0, len(long), 20)]
    told = [each for piece in [*pieces, b'{"a": 1}\n'] for each in reader.feed(piece)]
    assert told == [Unreadable("line-7"), {"a": 1}]


def test_a_result_that_says_200_and_has_no_body_is_billed(
    gateway: TokenFactory, client: OpenAI, provider: BatchProvider
) -> None:
    provider.answer = lambda _: (200, None)  # type: ignore[return-value,assignment]
    batch = create(client, [line("a")])
    until(client, batch, "in_progress")
    provider.complete()
    done = until(client, batch, "completed")
    assert results(client, done.error_file_id)["a"]["error"]["code"] == "unreadable_answer"
    assert [entry.kind for entry in gateway.ledger.entries()] == ["settled"]


def test_a_provider_that_does_not_answer_holds_up_no_other_and_not_the_end_of_the_gateway(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    async def hang(_: Exchange) -> None:
        await asyncio.Event().wait()

    with Upstream(hang) as hanging:
        made = batching(upstream.base_url, tmp_path / "data")
        made["providers"]["hanging"] = {**made["providers"]["upstream"], "base_url": hanging.base_url}
        made["targets"]["silent"] = {**made["targets"]["small"], "provider": "hanging"}
        provider.completes_by_itself = True
        with TokenFactory.from_config(made) as gateway:
            store = gateway.app().desk._store
            with served(gateway.app()) as url:
                with OpenAI(api_key=gateway.create_key(), base_url=f"{url}/v1", max_retries=0) as client:
                    create(client, [line("a", model="silent")])
                    while not hanging.received:
                        time.sleep(0.001)
                    batch = create(client, [line("a")])
                ends_s = time.monotonic() + 10
                while not store.now(batch.id).has_ended and time.monotonic() < ends_s:
                    time.sleep(0.01)
                assert store.now(batch.id).status == "completed"
                stopping_s = time.monotonic()
        assert time.monotonic() - stopping_s < 5
