"""`POST /v1/estimate` says what a call would take, and neither sends nor holds nor writes anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from support.factories import config
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.replies import Refused, decode_object

MESSAGES = [{"role": "user", "content": "Scrivi a mario.rossi@example.it, per favore."}]


@pytest.fixture
def factory(upstream: Upstream, tmp_path: Path) -> Iterator[TokenFactory]:
    made = config(upstream.base_url, tmp_path / "data")
    made["targets"]["unknown"] = {**made["targets"]["small"]}
    made["targets"]["unknown"].pop("tokenizer")
    made["aliases"]["three"] = ["small", "large", "unknown"]
    window = {"kind": "daily", "tz": "UTC"}
    made["budgets"] = [
        {"name": "tight", "match": {"project": "tight"}, "unit": "money", "window": window, "hard": "0.001"}
    ]
    with TokenFactory.from_config(made) as running:
        yield running


def estimate(factory: TokenFactory, body: dict[str, Any], *, status: int = 200, **key: Any) -> dict[str, Any]:
    text = factory.create_key(**{"project": "claims", **key})
    with served(factory.app()) as url:
        reply = httpx2.post(f"{url}/v1/estimate", json=body, headers={"authorization": f"Bearer {text}"})
    assert reply.status_code == status, reply.text
    decoded: dict[str, Any] = reply.json()
    return decoded


def test_each_target_says_its_tokens_its_costs_and_whether_it_may(factory: TokenFactory, upstream: Upstream) -> None:
    told = estimate(factory, {"model": "three", "messages": MESSAGES, "max_tokens": 100})
    small, large, unknown = told["targets"]
    assert (told["route"], told["endpoint"], told["findings"]) == ("alias three", "chat", {"EMAIL_ADDRESS": 1})
    assert small["input_tokens_exact"]
    assert not unknown["input_tokens_exact"]
    assert float(small["worst_cost"]) == pytest.approx((small["input_tokens"] + 200) / 1e6)
    assert float(large["input_cost"]) == pytest.approx(10 * float(small["input_cost"]))
    assert [target["budgets"] for target in told["targets"]] == [{"admitted": True}] * 3
    assert upstream.received == []
    assert factory.ledger.entries() == []
    assert factory.ledger.holds() == []


def test_sound_is_held_at_the_price_of_sound_and_text_at_that_of_text(upstream: Upstream, tmp_path: Path) -> None:
    made = config(upstream.base_url, tmp_path / "data")
    made["targets"]["small"]["price"] = {"input": "1", "output": "0", "input_audio": "32"}
    sound = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    with TokenFactory.from_config(made) as running:
        text, heard = (
            estimate(running, {"model": "fast", "messages": [{"role": "user", "content": content}]})["targets"][0]
            for content in ("Ciao", [{"type": "text", "text": "Ciao"}, sound])
        )
    assert float(text["worst_cost"]) == pytest.approx(text["input_tokens_most"] / 1e6)
    assert float(heard["worst_cost"]) == pytest.approx(heard["input_tokens_most"] * 32 / 1e6)


def test_what_nobody_read_is_held_at_no_more_than_each_target_can_hold(upstream: Upstream, tmp_path: Path) -> None:
    made = config(upstream.base_url, tmp_path / "data")
    made["targets"]["large"] = {**made["targets"]["small"], "context_tokens": 50_000}
    made["targets"]["small"]["context_tokens"] = 8_000
    unseen = {"type": "file", "file": {"file_id": "file-1"}}
    with TokenFactory.from_config(made) as running:
        called = {"model": "both", "messages": [{"role": "user", "content": [unseen]}], "max_tokens": 10}
        small, large = estimate(running, called)["targets"]
    assert (small["input_tokens_most"], large["input_tokens_most"]) == (8_000, 50_000)
    assert not small["input_tokens_exact"]


def test_the_budget_that_refuses_says_why_and_until_when(factory: TokenFactory) -> None:
    told = estimate(factory, {"model": "both", "messages": MESSAGES, "max_tokens": 100}, project="tight")
    small, large = told["targets"]
    assert small["budgets"] == {"admitted": True}
    refused = large["budgets"]
    assert (refused["admitted"], refused["budget"], refused["cause"]) == (False, "tight", "never_fits")
    assert refused["resets_at_ms"] is not None
    assert "lower max_tokens" in refused["message"]
    assert factory.ledger.entries() == []
    assert factory.ledger.holds() == []


@pytest.mark.parametrize(
    ("body", "endpoint"),
    [
        ({"input": "uno"}, "embeddings"),
        ({"input": ["uno", "due"]}, "embeddings"),
        ({"input": [{"role": "user", "content": "uno"}]}, "responses"),
        ({"input": "uno", "max_output_tokens": 9}, "responses"),
        ({"input": "uno", "endpoint": "responses"}, "responses"),
        ({"prompt": "uno"}, "completions"),
    ],
)
def test_a_body_tells_which_endpoint_it_is_for(factory: TokenFactory, body: dict[str, Any], endpoint: str) -> None:
    told = estimate(factory, {"model": "fast", **body})
    assert told["endpoint"] == endpoint
    assert told["targets"][0]["takes"]


def test_several_models_are_estimated_side_by_side_and_one_that_is_refused_says_why(factory: TokenFactory) -> None:
    told = estimate(factory, {"models": ["fast", "nobody", "three"], "messages": MESSAGES, "max_tokens": 100})
    fast, nobody, three = told["data"]
    assert told["object"] == "list"
    assert (fast["object"], fast["model"], len(three["targets"])) == ("estimate", "fast", 3)
    assert (nobody["object"], nobody["model"]) == ("error", "nobody")
    assert nobody["error"]["code"] == "model_not_found"
    assert fast == estimate(factory, {"model": "fast", "messages": MESSAGES, "max_tokens": 100})


def test_an_estimate_says_what_counted_and_what_is_held(factory: TokenFactory) -> None:
    told = estimate(factory, {"model": "three", "messages": MESSAGES, "max_tokens": 100})
    small, _, unknown = told["targets"]
    assert small["input_tokens_most"] == small["input_tokens"]
    assert small["counted"] == {"tokenizer": "o200k_base", "method": "stated", "source": "the target's settings"}
    assert unknown["counted"]["method"] == "stand-in"
    assert unknown["input_tokens_most"] > unknown["input_tokens"]
    assert float(unknown["worst_cost"]) == pytest.approx((unknown["input_tokens_most"] + 200) / 1e6)


def test_what_is_sent_beside_the_prompt_is_held_where_nobody_knows_what_it_takes(factory: TokenFactory) -> None:
    body = {"model": "three", "messages": MESSAGES, "max_tokens": 100}
    without = estimate(factory, body)["targets"]
    documents = [{"data": "Una pratica. " * 100}]
    small, _, unknown = estimate(factory, {**body, "documents": documents})["targets"]
    assert small["input_tokens_most"] == without[0]["input_tokens_most"]
    assert unknown["input_tokens_most"] > without[2]["input_tokens_most"] + 1300


def test_a_target_that_cannot_be_told_the_call_says_why(factory: TokenFactory) -> None:
    told = estimate(factory, {"model": "fast", "input": "uno", "tools": [{"type": "apply_patch"}]})
    assert told["targets"][0]["takes"] is False
    assert "apply_patch" in told["targets"][0]["why"]


def test_a_call_that_says_nothing_is_told_all_that_may_be_missing(factory: TokenFactory) -> None:
    message = estimate(factory, {"model": "fast"}, status=400)["error"]["message"]
    assert [name in message for name in ("messages", "prompt", "input")] == [True] * 3


@pytest.mark.parametrize(
    ("body", "key", "status"),
    [
        ({"model": "fast"}, {}, 400),
        ({"model": "fast", "input": "x", "endpoint": "speech"}, {}, 400),
        ({"model": "nobody", "messages": MESSAGES}, {}, 404),
        ({"model": "fast", "models": ["fast"], "messages": MESSAGES}, {}, 400),
        ({"models": [], "messages": MESSAGES}, {}, 400),
        ({"models": "fast", "messages": MESSAGES}, {}, 400),
        ({"models": [7], "messages": MESSAGES}, {}, 400),
        ({"models": ["fast"] * 33, "messages": MESSAGES}, {}, 400),
        ({"model": "fast", "messages": MESSAGES}, {"endpoints": ["embeddings"]}, 403),
        ({"model": "fast", "messages": MESSAGES}, {"regions": ["mars"]}, 403),
    ],
)
def test_what_the_call_would_be_refused_for_refuses_its_estimate(
    factory: TokenFactory, body: dict[str, Any], key: dict[str, Any], status: int
) -> None:
    assert estimate(factory, body, status=status, **key)["error"]["message"]


def test_a_body_with_half_a_surrogate_pair_is_refused_for_that() -> None:
    with pytest.raises(Refused, match="half of a surrogate pair"):
        decode_object(b'{"input": "\\ud800"}')
    with pytest.raises(Refused, match="truncated"):
        decode_object(b'{"input": "a"')
