"""A call that states no intent gets the one of the first rule that holds; what its caller states goes first."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.factories import factory
from support.upstream import Upstream, answer_with
from tokenfoundry.attribution import IntentRules
from tokenfoundry.errors import ConfigError
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.bodies.system_text import system_text
from tokenfoundry.records import CallRecord
from tokenfoundry.settings.attribution import IntentRuleSettings

SYSTEM = "You are a claims assistant."
RULES = [
    {"intent": "summaries", "system_sha256": hashlib.sha256(b"Summarise.").hexdigest()},
    {"intent": "claims", "system_regex": "claims? assistant", "path": "/v1/chat/completions"},
    {"intent": "chat", "path": "/v1/chat/completions"},
]


@pytest.fixture
def gateway(upstream: Upstream, tmp_path: Path) -> Iterator[TokenFactory]:
    upstream.behave = answer_with("ok")
    with factory(upstream.base_url, tmp_path / "data", attribution={"intents": RULES}) as made:
        yield made


def ask(gateway: TokenFactory, key: str, system: str | None, **headers: str) -> CallRecord:
    client = gateway.openai_client(key=key, max_retries=0)
    messages: list[Any] = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": "Ciao"})
    client.chat.completions.create(model="fast", messages=messages, max_tokens=5, extra_headers=headers)
    return CallRecord.from_bytes(gateway.ledger.entries()[-1].detail)


@pytest.mark.parametrize(
    ("system", "intent"), [("Summarise.", "summaries"), (SYSTEM, "claims"), ("Be kind.", "chat"), (None, "chat")]
)
def test_the_first_rule_that_holds_says_the_intent(
    gateway: TokenFactory, key: str, system: str | None, intent: str
) -> None:
    told = ask(gateway, key, system)
    assert (told.intent, told.intent_from) == (intent, "rule")
    assert gateway.ledger.entries()[-1].axes.intent == intent


def test_what_the_caller_states_goes_first(gateway: TokenFactory, key: str) -> None:
    told = ask(gateway, key, SYSTEM, **{"x-tf-intent": "stated"})
    assert (told.intent, told.intent_from) == ("stated", "")


def test_a_key_without_that_intent_is_not_refused_for_a_guess(gateway: TokenFactory) -> None:
    key = gateway.create_key(intents=["other", ""])
    told = ask(gateway, key, SYSTEM)
    assert (told.intent, told.intent_from) == ("", "")


def test_a_call_of_no_rule_stays_without_an_intent(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = answer_with("ok")
    with factory(upstream.base_url, tmp_path / "data", attribution={"intents": RULES[:2]}) as made:
        assert ask(made, made.create_key(), "Be kind.").intent == ""


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"intent": "a"}, "should state a path"),
        ({"intent": "a", "system_regex": "("}, r"attribution.intents\[0\].system_regex"),
        ({"intent": "a", "system_sha256": "abc"}, "system_sha256"),
        ({"intent": "a", "pth": "/v1/embeddings"}, "did you mean path"),
    ],
)
def test_a_rule_that_is_none_is_refused_with_its_place(
    upstream: Upstream, tmp_path: Path, rule: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        factory(upstream.base_url, tmp_path / "data", attribution={"intents": [rule]}).close()


def test_the_system_prompt_is_found_in_each_dialect() -> None:
    blocks = [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]
    assert system_text("messages", {"system": blocks, "messages": []}) == "A\nB"
    assert system_text("responses", {"instructions": "A", "input": "B"}) == "A"
    assert system_text("chat", {"messages": [{"role": "developer", "content": blocks}]}) == "A\nB"
    assert system_text("embeddings", {"input": "A"}) == ""


def test_two_hundred_patterns_are_told_apart() -> None:
    rules = [IntentRuleSettings(intent=f"i{number}", system_regex=f"word{number}x") for number in range(200)]
    made = IntentRules(rules)
    assert made.intent_of("", "a word199x here") == "i199"
    assert made.intent_of("", "word7x and word3x") == "i3"
