"""Another key in the place of one that was denied: it is not the one that was denied, and is used at once."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest

from support.factories import config
from support.upstream import Exchange, Upstream, answer_with
from tokenfoundry.factory import TokenFactory
from tokenfoundry.providers.credentials import fixed
from tokenfoundry.resilience.provider_keys import KeyBalance, KeyLease, KeyRules, key_state


class Place:
    """Where a key is kept, which somebody may put another one in."""

    def __init__(self) -> None:
        self.text = "first"
        self.balance = KeyBalance(
            [("file:/key", "first")], {"first": lambda: self.text}, rules=KeyRules(denied_s=600.0)
        )

    def picked(self, now_s: float) -> KeyLease:
        lease = self.balance.pick(now_s)
        assert lease is not None
        return lease


def test_a_denial_ends_when_another_key_is_in_its_place() -> None:
    place = Place()
    place.picked(0.0).denied(0.0)
    assert (place.balance.pick(1.0), place.balance.wait_s(1.0)) == (None, 599.0)
    place.text = "second"
    assert place.balance.wait_s(1.0) == 0.0
    assert key_state(place.balance.keys[0], 1.0) == "closed"
    place.picked(1.0).answered(1.0)
    place.picked(1.0).answered(1.0)


def test_the_other_key_is_denied_for_itself() -> None:
    place = Place()
    place.picked(0.0).denied(0.0)
    place.text = "second"
    place.picked(1.0).denied(1.0)
    assert (place.balance.pick(2.0), place.balance.wait_s(2.0)) == (None, 599.0)


def test_a_denial_that_comes_late_is_of_the_key_that_was_sent() -> None:
    place = Place()
    of_before = place.picked(0.0)
    place.text = "second"
    of_now = place.picked(1.0)
    of_before.denied(2.0)
    of_now.answered(2.0)
    place.picked(2.0).answered(2.0)


def test_a_trial_of_the_key_of_before_says_nothing_of_the_other() -> None:
    place = Place()
    place.picked(0.0).denied(0.0)
    trial = place.picked(600.0)
    place.text = "second"
    of_now = place.picked(601.0)
    trial.denied(602.0)
    of_now.left()
    assert place.balance.wait_s(602.0) == 0.0


def test_a_key_file_that_is_written_again_serves_the_next_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixed, "_LOOK_EVERY_S", 0.0)
    path = tmp_path / "key"
    path.write_text("sk-revoked", encoding="utf-8")

    async def behave(exchange: Exchange) -> None:
        if exchange.headers["authorization"] == "Bearer sk-in-force":
            await answer_with("Va bene.")(exchange)
        else:
            await exchange.answer({"error": {"message": "no such key"}}, status=401)

    with Upstream(behave) as upstream:
        made = config(upstream.base_url, tmp_path / "data")
        made["providers"]["upstream"]["keys"] = [f"file:{path}"]
        with TokenFactory.from_config(made) as factory:
            client = factory.openai_client(key=factory.create_key(), max_retries=0)

            def ask() -> str | None:
                asked = client.chat.completions.create(model="small", messages=[{"role": "user", "content": "Salve"}])
                return asked.choices[0].message.content

            for _ in range(2):
                with pytest.raises(openai.APIStatusError):
                    ask()
            assert len(upstream.received) == 1
            path.write_text("sk-in-force", encoding="utf-8")
            assert ask() == "Va bene."
