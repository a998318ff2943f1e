"""Keys that are renewed, in the walk of a call: the provider gets the one in force, and where there is none nothing is
held, sent or billed.
"""

from __future__ import annotations

import json
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from support.resilient import Resilient, resilient, wait_until
from support.token_giver import TokenGiver, TokenRequest, service_account
from support.upstream import Upstream, answer_with
from tokenfoundry.providers.credentials import fixed, renewed


class Tokens:
    """Gives `token-1`, `token-2`, ...; nothing while it `refuses`, and waits for `may_give`."""

    def __init__(self) -> None:
        self.given = 0
        self.refuses = False
        self.may_give = threading.Event()
        self.may_give.set()
        self.is_asked = threading.Semaphore(0)

    def __call__(self, request: TokenRequest) -> tuple[int, str, dict[str, str]]:
        self.is_asked.release()
        assert self.may_give.wait(10)
        if self.refuses:
            return 400, json.dumps({"error": "invalid_grant"}), {}
        self.given += 1
        return 200, json.dumps({"access_token": f"token-{self.given}", "expires_in": 3600, "token_type": "Bearer"}), {}


def gateway_with(upstream: Upstream, tmp_path: Path, key: str) -> AbstractContextManager[Resilient]:
    """`small` and `node` with that key, `large` at a provider without one."""
    return resilient(
        upstream.base_url,
        tmp_path / "data",
        provider={"format": "openai_compatible", "keys": [key]},
        others={"open": {"format": "openai", "base_url": upstream.base_url}},
        targets={"large": {"provider": "open"}},
        rules={"retries": {"most": 0}},
    )


def sent(upstream: Upstream) -> list[str | None]:
    return [exchange.headers.get("authorization") for exchange in upstream.received]


def test_the_first_calls_wait_for_one_token_and_the_next_do_not(tmp_path: Path) -> None:
    tokens = Tokens()
    with Upstream(answer_with("O")) as upstream, TokenGiver(tokens) as giver:
        key = f"google:{service_account(tmp_path, giver.url)}"
        with gateway_with(upstream, tmp_path, key) as gateway:
            assert [told.status for told in gateway.ask_at_once(5)] == [200] * 5
            assert gateway.ask().status == 200
            assert set(sent(upstream)) == {"Bearer token-1"}
            assert tokens.given == 1


def test_without_a_token_the_next_target_answers_and_nothing_is_booked_on_the_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = Tokens()
    tokens.refuses = True
    with Upstream(answer_with("O")) as upstream, TokenGiver(tokens) as giver:
        key = f"google:{service_account(tmp_path, giver.url)}"
        with gateway_with(upstream, tmp_path, key) as gateway:
            assert gateway.ask(model="both").headers["x-tf-target"] == "large"
            assert sent(upstream) == [None]
            assert [(target, outcome) for _, target, outcome in gateway.attempts] == [("large", "answered")]
            alone = gateway.ask(model="fast")
            assert (alone.status, alone.code) == (502, "upstream_error")
            assert "the token for the provider could not be renewed" in alone.body["error"]["message"]
            assert str(tmp_path) not in alone.body["error"]["message"]
            small = next(each for each in gateway.factory.health().targets if each.target == "small")
            assert small.failures_in_a_row >= 2
    assert "invalid_grant" in caplog.text


def test_a_client_that_leaves_while_a_token_is_fetched_costs_nothing(tmp_path: Path) -> None:
    tokens = Tokens()
    tokens.may_give.clear()
    with Upstream(answer_with("O")) as upstream, TokenGiver(tokens) as giver:
        key = f"google:{service_account(tmp_path, giver.url)}"
        with gateway_with(upstream, tmp_path, key) as gateway:
            with gateway.asking():
                assert tokens.is_asked.acquire(timeout=10)
            wait_until(lambda: gateway.factory.health().in_progress == 0)
            tokens.may_give.set()
            assert gateway.ask().status == 200
            assert (sent(upstream), len(gateway.records)) == (["Bearer token-1"], 1)


def test_a_token_that_does_not_come_is_waited_for_in_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewed, "_LONGEST_WAIT_S", 0.05)
    tokens = Tokens()
    tokens.may_give.clear()
    with Upstream(answer_with("O")) as upstream, TokenGiver(tokens) as giver:
        key = f"google:{service_account(tmp_path, giver.url)}"
        with gateway_with(upstream, tmp_path, key) as gateway:
            assert gateway.ask(model="both").headers["x-tf-target"] == "large"
            tokens.may_give.set()


def test_a_key_file_that_is_written_again_is_used_from_the_next_call_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixed, "_LOOK_EVERY_S", 0.0)
    path = tmp_path / "key"
    path.write_text("first\n", encoding="utf-8")
    with Upstream(answer_with("O")) as upstream, gateway_with(upstream, tmp_path, f"file:{path}") as gateway:
        gateway.ask()
        path.write_text("second\n", encoding="utf-8")
        gateway.ask()
        assert sent(upstream) == ["Bearer first", "Bearer second"]
