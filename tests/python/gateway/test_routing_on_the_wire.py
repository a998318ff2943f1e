"""What the rules say happens to real calls: where they go, what they are told, and who is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.clocked import ClockedGateway, budget, clocked_gateway
from support.factories import config
from support.upstream import Upstream
from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.factory import TokenFactory

IMAGE = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is it?"},
            {"type": "image_url", "image_url": {"url": "https://example.it/a.png"}},
        ],
    }
]
HARD = [{"role": "user", "content": "Prove that there are infinitely many primes, and explain why each step holds."}]
PRICE = {"input": "1", "output": "2", "currency": "EUR"}


def target(**fields: Any) -> dict[str, Any]:
    stated = {"provider": "upstream", "region": "us", "tokenizer": "o200k_base", "price": PRICE, "capabilities": []}
    return {**stated, **fields}


TARGETS = {
    "small": target(model="small-1"),
    "eyes": target(model="eyes-1", capabilities=["vision"], region="it"),
    "large": target(model="large-1", region="eu-west-1", price={**PRICE, "input": "5", "output": "10"}),
}


@contextmanager
def gateway(tmp_path: Path, rules: list[dict[str, Any]], **sections: Any) -> Iterator[ClockedGateway]:
    with Upstream() as upstream:
        stated = {
            "targets": TARGETS,
            "aliases": {"fast": {"policy": "p"}, "blind": ["small"], "both": ["small", "eyes"]},
            "routing": {"p": rules},
            **sections,
        }
        with clocked_gateway(upstream.base_url, tmp_path, **stated) as opened:
            yield opened


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[ClockedGateway]:
    rules = [{"when": {"complexity": ">= 0.5"}, "use": ["large"]}, {"use": ["small", "eyes"]}]
    with gateway(tmp_path, rules, residency={"workspaces": {"acme": "eu"}}) as opened:
        yield opened


def test_a_hard_prompt_goes_where_the_rule_says_and_the_header_says_why(plain: ClockedGateway) -> None:
    easy, hard = plain.ask(), plain.ask(messages=HARD)
    assert (easy.headers["x-tf-target"], easy.headers["x-tf-route"]) == ("small", "policy p: otherwise")
    assert (hard.headers["x-tf-target"], hard.headers["x-tf-route"]) == ("large", "policy p: complexity >= 0.5")


def test_a_picture_is_only_sent_to_who_can_see(plain: ClockedGateway) -> None:
    assert plain.ask(model="both", messages=IMAGE).headers["x-tf-target"] == "eyes"


def test_a_picture_that_nobody_can_see_is_refused_by_name(plain: ClockedGateway) -> None:
    refused = plain.ask(model="blind", messages=IMAGE)
    assert (refused.status, refused.code) == (400, "no_target")
    assert "small lacks vision" in refused.message
    assert "capabilities" in refused.message


def test_a_workspace_in_the_eu_stays_there(plain: ClockedGateway) -> None:
    key = plain.factory.create_key(workspace="acme")
    assert plain.ask(key=key, model="both").headers["x-tf-region"] == "it"
    assert plain.ask(key=key, messages=HARD).headers["x-tf-region"] == "eu-west-1"
    refused = plain.ask(key=key, model="blind")
    assert (refused.status, refused.code) == (403, "residency")
    assert "small is in us, and the workspace acme allows only eu" in refused.message


def test_the_regions_of_a_key_may_be_a_group(plain: ClockedGateway) -> None:
    key = plain.factory.create_key(regions=["eu"])
    assert plain.ask(key=key, model="both").headers["x-tf-target"] == "eyes"
    assert plain.ask(key=key, model="blind").status == 403


def test_a_nearly_used_budget_moves_calls_to_the_cheapest(tmp_path: Path) -> None:
    rules = [
        {"when": {"budget_used": ">= 50%"}, "use": {"order": "price", "among": ["large", "small"]}},
        {"use": ["large"]},
    ]
    # A call of 50 tokens on the large target costs a little over 0.0005.
    cap = budget(unit="money", hard="0.0012")
    with gateway(tmp_path, rules, budgets=[cap]) as opened:
        first = opened.ask(messages=HARD)
        opened.clock.now_ms += 60_000
        for _ in range(20):
            last = opened.ask(messages=HARD)
            opened.clock.now_ms += 60_000
            if last.headers["x-tf-target"] == "small":
                break
    assert first.headers["x-tf-target"] == "large"
    assert last.headers["x-tf-route"] == "policy p: budget_used >= 50%; by price"


def test_a_session_stays_on_its_side_of_a_canary(tmp_path: Path) -> None:
    rules = [{"use": {"canary": {"target": "large", "percent": 50}, "otherwise": ["small"]}}]
    with gateway(tmp_path, rules) as opened:
        places = []
        for session in range(12):
            headers = {"x-tf-session": f"s-{session}"}
            told = {opened.ask(headers=headers).headers["x-tf-target"] for _ in range(3)}
            assert len(told) == 1
            places += told
    assert set(places) == {"small", "large"}


def test_a_classifier_of_the_host_decides(tmp_path: Path) -> None:
    with Upstream() as upstream:
        sections = {
            "targets": TARGETS,
            "aliases": {"fast": {"policy": "p"}},
            "routing": {"p": [{"when": {"complexity": ">= 0.9"}, "use": ["large"]}, {"use": ["small"]}]},
        }
        made = config(upstream.base_url, tmp_path, **sections)
        with TokenFactory.from_config(
            made, classify=lambda facts: 0.95 if facts.project == "claims" else 0.1
        ) as opened:
            for project, name in (("claims", "large"), ("motor", "small")):
                client = opened.openai_client(key=opened.create_key(project=project), max_retries=0)
                asked = client.chat.completions.with_raw_response
                reply = asked.create(model="fast", messages=[{"role": "user", "content": "Ciao"}])
                assert reply.headers["x-tf-target"] == name


def test_the_factory_explains_what_it_would_do_with_the_budgets_as_they_are(tmp_path: Path) -> None:
    rules = [{"when": {"budget_used": ">= 50%"}, "use": ["small"]}, {"use": ["large"]}]
    body = {"model": "fast", "messages": HARD, "max_tokens": 50}
    with gateway(tmp_path, rules, budgets=[budget(unit="money", hard="0.0012")]) as opened:
        before = opened.factory.explain_route(body, project="claims")
        for _ in range(20):
            opened.clock.now_ms += 60_000
            if opened.ask(messages=HARD).headers["x-tf-target"] == "small":
                break
        after = opened.factory.explain_route(body, project="claims")
        elsewhere = opened.factory.explain_route(body, project="motor")
    assert (before.order, after.order, elsewhere.order) == (["large"], ["small"], ["large"])
    assert after.rules[0].conditions[0].seen >= 50
    with pytest.raises(InvalidInput, match="needs at least one message"):
        opened.factory.explain_route({"model": "fast", "messages": []})
    with pytest.raises(NotFound, match="no model is called 'fats'"):
        opened.factory.explain_route({**body, "model": "fats"})
