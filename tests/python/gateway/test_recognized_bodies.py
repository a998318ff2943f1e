"""A body that comes again byte for byte is not looked into again where the answer that is kept can be given as it is.
What it is answered, what is on record of it, and who may have it, are as if it had been.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.factories import factory
from support.upstream import Upstream, answer_with, echo
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.prompt_redaction import PromptRedaction
from tokenfoundry.records import CallRecord

WRITES_TO = "Per favore scrivi una lettera a {} in risposta al reclamo."
PROMPT = WRITES_TO.format("mario.rossi@example.it")


def ask(gateway: TokenFactory, key: str, content: str = PROMPT, **options: Any) -> Any:
    client = gateway.openai_client(key=key, max_retries=0)
    messages = [{"role": "user", "content": content}]
    return client.chat.completions.create(model="fast", messages=messages, max_tokens=50, **options)


def text_of(reply: Any) -> str:
    if hasattr(reply, "choices"):
        return str(reply.choices[0].message.content)
    return "".join(chunk.choices[0].delta.content or "" for chunk in reply if chunk.choices)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """The calls that were looked into."""
    calls: list[Call] = []
    redact = PromptRedaction.redact

    async def seen(self: PromptRedaction, call: Call) -> None:
        calls.append(call)
        await redact(self, call)

    monkeypatch.setattr(PromptRedaction, "redact", seen)
    return calls


@pytest.mark.parametrize("streams", [False, True])
def test_it_is_answered_and_recorded_as_if_it_had_been_looked_into(
    gateway: TokenFactory, key: str, upstream: Upstream, looked: list[Call], streams: bool
) -> None:
    upstream.behave = answer_with("La lettera parte oggi.")
    replies = [ask(gateway, key, stream=streams) for _ in range(4)]
    assert {text_of(reply) for reply in replies} == {"La lettera parte oggi."}
    assert len(upstream.received) == len(looked) == 1
    records = [CallRecord.from_bytes(entry.detail) for entry in gateway.ledger.entries()]
    told = {
        msgspec.json.encode((record.findings, record.prompt_hmac, record.counterfactual_nano)) for record in records
    }
    assert [record.outcome for record in records] == ["answered", *["hit"] * 3]
    assert records[0].findings == {"EMAIL_ADDRESS": 1}
    assert len(told) == 1


def test_an_answer_that_names_the_caller_is_made_whole_for_each(
    gateway: TokenFactory, key: str, upstream: Upstream, looked: list[Call]
) -> None:
    upstream.behave = echo
    for who in ("mario.rossi@example.it", "laura.bianchi@example.it") * 2:
        assert text_of(ask(gateway, key, WRITES_TO.format(who))) == WRITES_TO.format(who)
    assert len(upstream.received) == 1
    assert len(looked) == 4


def test_another_caller_is_looked_into(gateway: TokenFactory, key: str, looked: list[Call]) -> None:
    ask(gateway, key)
    ask(gateway, key)
    assert ask(gateway, gateway.create_key(project="claims")).tokenfoundry["cache"] == "hit"
    assert ask(gateway, gateway.create_key(project="other")).tokenfoundry["cache"] == "miss"
    assert len(looked) == 3


def test_a_call_that_wants_no_kept_answer_is_asked_anew(
    gateway: TokenFactory, key: str, upstream: Upstream, looked: list[Call]
) -> None:
    ask(gateway, key)
    for control in ("no-cache", "no-store", "max-age=0"):
        ask(gateway, key, extra_headers={"cache-control": control})
    assert len(looked) == len(upstream.received) == 4


def test_an_answer_that_is_over_is_asked_for_as_if_the_body_were_new(
    gateway: TokenFactory, key: str, upstream: Upstream, looked: list[Call]
) -> None:
    ask(gateway, key)
    gateway.cache.invalidate(all=True)
    assert ask(gateway, key).tokenfoundry["cache"] == "miss"
    assert ask(gateway, key).tokenfoundry["cache"] == "hit"
    assert len(upstream.received) == len(looked) == 2
    assert "[EMAIL_ADDRESS_1]" in upstream.received[1].body["messages"][0]["content"]


@pytest.mark.parametrize(
    "privacy",
    [{"policy": {"EMAIL_ADDRESS": "surrogate"}}, {"response": {"EMAIL_ADDRESS": "mask"}}],
    ids=["surrogates", "a policy of answers"],
)
def test_a_policy_that_changes_more_than_placeholders_looks_each_time(
    upstream: Upstream, tmp_path: Path, looked: list[Call], privacy: dict[str, Any]
) -> None:
    with factory(upstream.base_url, tmp_path / "data", privacy=privacy) as gateway:
        key = gateway.create_key(project="claims")
        assert [ask(gateway, key).tokenfoundry["cache"] for _ in range(2)] == ["miss", "hit"]
    assert len(looked) == 2
