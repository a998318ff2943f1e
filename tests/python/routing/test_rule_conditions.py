"""Each condition of a rule holds for the calls that it describes, and for no others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from support.routes import asking, facts, names, router_of, target
from tokenfoundry.errors import ConfigError
from tokenfoundry.routing.facts import Facts
from tokenfoundry.routing.policy import Router


def rule(when: dict[str, Any], *, residency: dict[str, Any] | None = None, **sources: Any) -> Router:
    """`yes` for the calls that meet the condition, else `no`."""
    everything = target(capabilities=["tools", "vision"], endpoints=["chat", "embeddings"], region="it")
    return router_of(
        {
            "targets": {"yes": everything, "no": everything},
            "aliases": {"auto": {"policy": "p"}, "other": {"policy": "p"}},
            "routing": {"p": [{"when": when, "use": ["yes"]}, {"use": ["no"]}]},
            **({"residency": residency} if residency else {}),
        },
        **sources,
    )


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NIGHT = {"hours": {"from": "22:00", "until": "06:00", "days": ["fri"], "tz": "Europe/Rome"}}
CASES: list[tuple[dict[str, Any], Facts, bool]] = [
    ({"sensitive": True}, facts(findings={"IBAN_CODE": 1}), True),
    ({"sensitive": True}, facts(), False),
    ({"sensitive": False}, facts(), True),
    ({"sensitive": ["IBAN_CODE", "SECRET"]}, facts(findings={"EMAIL_ADDRESS": 4, "SECRET": 1}), True),
    ({"sensitive": ["IBAN_CODE", "SECRET"]}, facts(findings={"EMAIL_ADDRESS": 4}), False),
    ({"findings": ">= 3"}, facts(findings={"EMAIL_ADDRESS": 2, "SECRET": 1}), True),
    ({"findings": ">= 3"}, facts(findings={"EMAIL_ADDRESS": 2}), False),
    ({"input_tokens": "<= 500"}, facts(input_tokens=500), True),
    ({"input_tokens": "<= 500"}, facts(input_tokens=501), False),
    ({"output_tokens": "> 100"}, facts(max_output_tokens=101), True),
    ({"output_tokens": "> 100"}, facts(), False),
    ({"alias": "auto"}, facts(), True),
    ({"alias": "other"}, facts(), False),
    ({"endpoint": "embeddings"}, facts(endpoint="embeddings"), True),
    ({"endpoint": "embeddings"}, facts(), False),
    ({"intent": ["draft", "agent"]}, facts(intent="agent"), True),
    ({"intent": ["draft", "agent"]}, facts(), False),
    ({"workspace": "acme"}, facts(workspace="acme"), True),
    ({"project": "claims"}, facts(project="motor"), False),
    ({"consumer": "ann"}, facts(consumer="ann"), True),
    ({"key": "Ab12"}, facts(key="Ab13"), False),
    ({"env": "prod"}, facts(env="prod"), True),
    ({"needs": ["tools", "vision"]}, facts(needs=frozenset({"tools", "vision"})), True),
    ({"needs": ["tools", "vision"]}, facts(needs=frozenset({"tools"})), False),
    ({"residency": "eu"}, facts(regions=("it",)), True),
    ({"residency": "eu"}, facts(regions=("eu",)), True),
    ({"residency": "eu"}, facts(regions=("it", "us")), False),
    ({"residency": "eu"}, facts(), False),
    ({"language": "it"}, asking("Qual è la capitale del Portogallo e che cosa si mangia?"), True),
    ({"language": ["it", "es"]}, asking("What is the capital of Portugal and what do you eat there?"), False),
    ({"language": "other"}, asking("1 2 3"), True),
    ({"complexity": ">= 0.5"}, asking("Prove that there are infinitely many primes and explain why."), True),
    ({"complexity": ">= 0.5"}, asking("Translate into French: good morning"), False),
    (NIGHT, facts(at_ms=at("2026-02-20T21:00")), True),  # Friday 22:00 in Rome
    (NIGHT, facts(at_ms=at("2026-02-20T20:59")), False),
    (NIGHT, facts(at_ms=at("2026-02-21T04:59")), True),  # Saturday 05:59: the night of Friday
    (NIGHT, facts(at_ms=at("2026-02-21T05:00")), False),
    (NIGHT, facts(at_ms=at("2026-02-20T04:00")), False),  # the night of Thursday
    ({"hours": {"from": "09:00", "until": "17:00"}}, facts(at_ms=at("2026-02-20T12:00")), True),
    ({"intent": "draft", "input_tokens": "<= 5"}, facts(intent="draft", input_tokens=6), False),
]


@pytest.mark.parametrize(("when", "call", "holds"), CASES, ids=[str(case[0]) for case in CASES])
def test_a_condition_holds_for_the_calls_it_describes(when: dict[str, Any], call: Facts, holds: bool) -> None:
    assert names(rule(when), "auto", call) == (["yes"] if holds else ["no"])


def test_a_workspace_that_is_bound_to_a_region_meets_a_rule_about_it() -> None:
    bound = rule({"residency": "eu"}, residency={"workspaces": {"acme": "eu"}})
    assert names(bound, "auto", facts(workspace="acme")) == ["yes"]
    assert names(bound, "auto", facts(workspace="other")) == ["no"]


@pytest.mark.parametrize(("used", "expected"), [(79.9, "no"), (80.0, "yes")])
def test_a_rule_gives_way_to_a_budget_that_is_nearly_used(used: float, expected: str) -> None:
    router = rule({"budget_used": ">= 80%"}, pressure=lambda alias, facts: used)
    assert names(router, "auto", facts()) == [expected]


def test_what_costs_something_is_only_asked_by_a_rule_that_needs_it() -> None:
    asked: list[str] = []

    def pressure(alias: str, facts: Facts) -> float:
        asked.append(alias)
        return 90.0

    def classify(facts: Facts) -> float:
        asked.append("classify")
        return 0.9

    when = {"intent": "draft", "budget_used": ">= 80%", "complexity": ">= 0.5"}
    router = rule(when, pressure=pressure, classify=classify)
    router.route("auto", facts())
    assert asked == []
    router.route("auto", facts(intent="draft"))
    assert asked == ["auto", "classify"]


def test_the_reason_names_the_policy_and_the_rule() -> None:
    router = rule({"sensitive": True, "intent": "però"})
    assert router.route("auto", facts()).reason == "policy p: otherwise"
    found = router.route("auto", facts(intent="però", findings={"SECRET": 1}))
    assert found.reason == "policy p: sensitive and intent per\\xf2"


def test_a_rule_about_an_entity_that_nobody_looks_for_is_refused() -> None:
    with pytest.raises(ConfigError, match="IBAN is not looked for") as caught:
        rule({"sensitive": ["IBAN"]}, entities=["IBAN_CODE"])
    assert caught.value.path == "routing.p[0].when.sensitive"


def test_a_classifier_replaces_the_score() -> None:
    router = rule({"complexity": ">= 0.5"}, classify=lambda facts: 0.9)
    assert names(router, "auto", asking("Translate into French: good morning")) == ["yes"]


def test_a_classifier_that_says_nothing_leaves_the_score() -> None:
    router = rule({"complexity": ">= 0.5"}, classify=lambda facts: None)
    assert names(router, "auto", asking("Translate into French: good morning")) == ["no"]


@pytest.mark.parametrize("said", [1.5, float("nan"), "hard"])
def test_a_classifier_that_fails_leaves_the_score_and_is_logged(said: Any, caplog: pytest.LogCaptureFixture) -> None:
    router = rule({"complexity": ">= 0.5"}, classify=lambda facts: said)
    assert names(router, "auto", asking("Translate into French: a private thing")) == ["no"]
    assert "the classifier failed" in caplog.text
    assert "private" not in caplog.text


def test_a_classifier_never_sees_a_call_that_was_not_redacted() -> None:
    def classify(facts: Facts) -> float:
        raise AssertionError("asked")

    router = router_of(
        {
            "targets": {"node": target(trust="on_prem")},
            "aliases": {"auto": {"policy": "p"}},
            "routing": {"p": [{"when": {"complexity": ">= 0"}, "use": ["node"]}, {"use": ["node"]}]},
        },
        classify=classify,
    )
    assert names(router, "auto", asking("mario.rossi@example.it", on_prem_only=True)) == ["node"]


def classifier(facts: Facts) -> float:
    return 1.0


def test_a_classifier_can_be_named_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    module = types.ModuleType("a_hosts_own_module")
    module.judge = classifier  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, "a_hosts_own_module", module)
    sections = {
        "targets": {"yes": target(), "no": target()},
        "aliases": {"auto": {"policy": "p"}},
        "routing": {"p": [{"when": {"complexity": "> 0.99"}, "use": ["yes"]}, {"use": ["no"]}]},
        "complexity": {"classifier": "a_hosts_own_module:judge"},
    }
    assert names(router_of(sections), "auto", asking("hi")) == ["yes"]
    with pytest.raises(ConfigError, match=r"complexity\.classifier: cannot be imported"):
        router_of({**sections, "complexity": {"classifier": "a_hosts_own_module:nobody"}})
