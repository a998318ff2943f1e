"""Whoever asked is told of a budget's levels and of calls that used more than was held; the log names no account."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from support.factories import factory
from support.upstream import Upstream, answer_with
from tokenfoundry.budgets import ledger_budget
from tokenfoundry.factory import TokenFactory
from tokenfoundry.ledger import Budget, Event, Level, Window


def ask(gateway: TokenFactory, key: str, *, max_tokens: int = 50) -> None:
    client = gateway.openai_client(key=key, max_retries=0)
    client.chat.completions.create(
        model="fast",
        messages=[{"role": "user", "content": "Quanto costa?"}],
        max_tokens=max_tokens,
        extra_headers={"cache-control": "no-store"},
    )


def in_levels(gateway: TokenFactory) -> None:
    each = Budget(
        name="each-consumer",
        each=["consumer"],
        unit="tokens",
        window=Window("daily"),
        hard=1000,
        levels=[Level("soft", 50), Level("hard", 1000)],
    )
    gateway.ledger.set_budgets([*map(ledger_budget, gateway.budgets.definitions().values()), each])


def test_a_level_is_told_once_and_logged_without_its_account(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=20, completion_tokens=20)
    events: list[Event] = []
    with caplog.at_level(logging.WARNING, "tokenfoundry"), factory(upstream.base_url, tmp_path / "data") as gateway:
        key = gateway.create_key(consumer="laura")
        in_levels(gateway)
        gateway.on_event(events.append)
        for _ in range(4):
            ask(gateway, key)
        assert gateway.event_counts == {"level": 1}
    assert [(event.kind, event.budget, event.each, event.level) for event in events] == [
        ("level", "each-consumer", ("laura",), "soft")
    ]
    (line,) = [record.getMessage() for record in caplog.records if record.name == "tokenfoundry"]
    assert line == "budget each-consumer: level soft (50 tokens) reached: 80 tokens used, the cap is 1000 tokens"
    assert caplog.records[0].levelno == logging.WARNING
    assert "laura" not in caplog.text


def test_a_call_that_used_more_than_it_held_is_told(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=200, completion_tokens=200)
    with caplog.at_level(logging.WARNING, "tokenfoundry"), factory(upstream.base_url, tmp_path / "data") as gateway:
        key = gateway.create_key()
        in_levels(gateway)
        ask(gateway, key, max_tokens=5)
        assert gateway.event_counts == {"over_hold": 1, "level": 1}
    assert "budget each-consumer: entry 0 used" in caplog.text
    assert "tokens more than it held" in caplog.text


def test_an_observer_that_fails_stops_neither_the_call_nor_the_others(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=200, completion_tokens=200)
    events: list[Event] = []

    def fail(event: Event) -> None:
        raise RuntimeError("broken")

    with factory(upstream.base_url, tmp_path / "data") as gateway:
        key = gateway.create_key()
        in_levels(gateway)
        gateway.on_event(fail)
        gateway.on_event(events.append)
        ask(gateway, key)
    assert len(events) == 2
    assert "an observer of events failed" in caplog.text
