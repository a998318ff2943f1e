"""A usage that cannot be true is recorded as the provider sent it, billed at its dearest reading, flagged and alarmed;
the answer reaches its caller.
"""

import logging
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from support.factories import config, factory
from support.upstream import Exchange, Upstream, chunk, completion
from tokenfoundry.factory import TokenFactory
from tokenfoundry.ledger import EntryFlags
from tokenfoundry.observers import Alarm
from tokenfoundry.records import CallRecord

QUESTION: list[Any] = [{"role": "user", "content": "Ciao"}]
ABOVE = {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 50}}
BARE: dict[str, Any] = {"aliases": {"fast": ["small"]}, "routing": {}}
NEGATIVE = {"prompt_tokens": -1, "completion_tokens": 1, "total_tokens": 0}


def whole(usage: dict[str, Any]) -> Any:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(completion("ok", usage=usage))

    return behave


def streamed(usage: dict[str, Any]) -> Any:
    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(chunk({"role": "assistant", "content": "ok"}))
        await exchange.event(chunk({}, finish="stop"))
        await exchange.event({**chunk({}), "choices": [], "usage": usage})
        await exchange.piece(b"data: [DONE]\n\n")
        await exchange.end_stream()

    return behave


def ask(gateway: TokenFactory, key: str, *, stream: bool) -> str:
    client = gateway.openai_client(key=key, max_retries=0)
    if not stream:
        reply = client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50)
        return reply.choices[0].message.content or ""
    pieces = client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50, stream=True)
    return "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)


def record(gateway: TokenFactory) -> CallRecord:
    (entry,) = gateway.ledger.entries()
    assert EntryFlags.UNCERTAIN in entry.flags
    assert gateway.ledger.holds() == []
    assert gateway.ledger.verify().ok
    return CallRecord.from_bytes(entry.detail)


def alarms_of(gateway: TokenFactory) -> SimpleQueue[Alarm]:
    told: SimpleQueue[Alarm] = SimpleQueue()
    gateway.on_alarm(told.put)
    return told


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_part_above_its_whole_is_recorded_as_sent_and_every_token_is_billed(
    gateway: TokenFactory, key: str, upstream: Upstream, caplog: pytest.LogCaptureFixture, stream: bool
) -> None:
    upstream.behave = (streamed if stream else whole)(ABOVE)
    alarms = alarms_of(gateway)
    with caplog.at_level(logging.WARNING, logger="tokenfoundry"):
        assert ask(gateway, key, stream=stream) == "ok"
        alarm = alarms.get(timeout=10)
    told = record(gateway)
    assert told.outcome == "answered"
    assert (told.input_tokens, told.cache_read_tokens, told.output_tokens) == (10, 50, 2)
    assert told.cost_nano == 50 * 1000 + 2 * 2000
    assert "usage_impossible" in told.flags
    assert told.usage_fault == "usage: 50 cached and 0 newly cached tokens are more than the input's 10"
    assert "reported a usage that cannot be" in caplog.text
    assert alarm.kind == "usage_fault"
    assert alarm.said in caplog.text
    assert gateway.event_counts == {"usage_fault": 1} == gateway.health().event_counts


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_what_is_no_count_is_counted_here_and_said_so(
    gateway: TokenFactory, key: str, upstream: Upstream, caplog: pytest.LogCaptureFixture, stream: bool
) -> None:
    upstream.behave = (streamed if stream else whole)(NEGATIVE)
    alarms = alarms_of(gateway)
    with caplog.at_level(logging.WARNING, logger="tokenfoundry"):
        assert ask(gateway, key, stream=stream) == "ok"
        alarm = alarms.get(timeout=10)
    told = record(gateway)
    assert told.outcome == "answered"
    assert told.cost_source == "estimated"
    assert told.input_tokens > 0
    assert told.output_tokens > 0
    assert told.cost_nano > 0
    assert "usage_unreadable" in told.flags
    assert told.usage_fault == "usage: prompt_tokens must be a whole number of at least 0, not -1"
    assert "reported a usage that cannot be" in caplog.text
    assert alarm.kind == "usage_fault"
    assert alarm.said in caplog.text
    assert gateway.event_counts == {"usage_fault": 1} == gateway.health().event_counts


def test_the_words_of_a_provider_that_stand_where_a_count_should_are_not_written_down(
    gateway: TokenFactory, key: str, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.behave = whole({"prompt_tokens": "mario.rossi@example.it", "completion_tokens": 1})
    alarms = alarms_of(gateway)
    with caplog.at_level(logging.WARNING, logger="tokenfoundry"):
        assert ask(gateway, key, stream=False) == "ok"
        assert "mario" not in alarms.get(timeout=10).said
    assert "mario" not in caplog.text
    assert "mario" not in record(gateway).usage_fault


def test_a_zero_that_the_provider_reports_is_a_count(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    upstream.behave = whole({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0})
    assert ask(gateway, key, stream=False) == "ok"
    (entry,) = gateway.ledger.entries()
    told = CallRecord.from_bytes(entry.detail)
    assert (told.input_tokens, told.output_tokens, told.cost_nano) == (0, 0, 0)
    assert told.cost_source == "computed"
    assert told.flags == ()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    "beside",
    [
        {"num_search_queries": 2**62 + 5},
        {"prompt_tokens_details": {"cached_tokens": 2**62 + 5}},
        {"prompt_tokens_details": {"audio_tokens": 2**62 + 5}},
        {"completion_tokens_details": {"reasoning_tokens": 2**62 + 5}},
        {"cost": -0.1},
        {"cost": "0." + "1" * 130},
    ],
    ids=lambda beside: next(iter(beside)),
)
def test_good_counts_beside_what_cannot_be_are_booked_and_the_answer_reaches_its_caller(
    gateway: TokenFactory, key: str, upstream: Upstream, beside: dict[str, Any], stream: bool
) -> None:
    upstream.behave = (streamed if stream else whole)({"prompt_tokens": 10, "completion_tokens": 2, **beside})
    alarms = alarms_of(gateway)
    assert ask(gateway, key, stream=stream) == "ok"
    assert alarms.get(timeout=10).kind == "usage_fault"
    told = record(gateway)
    assert (told.outcome, told.input_tokens, told.output_tokens) == ("answered", 10, 2)
    assert (told.cost_nano, told.cost_source) == (10 * 1000 + 2 * 2000, "computed")
    assert "usage_impossible" in told.flags


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 10**12 - 10}, None),
        ({"prompt_tokens": 10, "completion_tokens": 2, "cost": 10**6}, (10, 2)),
    ],
    ids=["counts", "the provider's own figure"],
)
def test_what_costs_more_than_can_be_booked_is_flagged_and_the_answer_reaches_its_caller(
    upstream: Upstream, tmp_path: Path, usage: dict[str, Any], counted: tuple[int, int] | None, stream: bool
) -> None:
    upstream.behave = (streamed if stream else whole)(usage)
    small = config(upstream.base_url, tmp_path)["targets"]["small"]
    small |= {"price": {"input": "100", "output": "20000", "currency": "EUR"}, "reported_cost": "bill"}
    fx = {"USD": [{"from": "2020-01-01", "rate": "25400"}]}
    with factory(upstream.base_url, tmp_path / "data", targets={"small": small}, fx=fx, **BARE) as gateway:
        alarms = alarms_of(gateway)
        assert ask(gateway, gateway.create_key(project="claims"), stream=stream) == "ok"
        alarm = alarms.get(timeout=10)
        told = record(gateway)
    assert alarm.kind == "usage_fault"
    assert told.outcome == "answered"
    assert "amount of money" in told.usage_fault
    if counted is None:
        assert told.cost_source == "estimated"
        assert told.output_tokens < 50
    else:
        assert (told.input_tokens, told.output_tokens) == counted
        assert (told.cost_source, told.cost_nano) == ("computed", 10 * 100_000 + 2 * 20_000_000)
