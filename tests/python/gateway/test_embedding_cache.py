"""Embeddings are kept item by item: a batch asks for what is missing, pays for that, and comes back whole."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.factories import config, factory
from support.upstream import Exchange, Upstream
from support.walks import Told, request, walk
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.gateway.sharing.item_recall import _shares
from tokenfoundry.records import CallRecord

PATH = "/v1/embeddings"


def vector(text: str, model: str, dimensions: int = 3) -> list[float]:
    digest = hashlib.sha256(f"{model} {text}".encode()).digest()
    return [struct.unpack_from("<h", digest, 2 * place)[0] / 32768 for place in range(dimensions)]


def packed(values: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()


async def embed(exchange: Exchange) -> None:
    """Answers with each text's vector, last first; ten tokens for each text."""
    body = exchange.body
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    data = []
    for index, text in enumerate(texts):
        values: Any = vector(text, body["model"], body.get("dimensions", 3))
        if body.get("encoding_format") == "base64":
            values = packed(values)
        data.append({"object": "embedding", "index": index, "embedding": values})
    usage = {"prompt_tokens": 10 * len(texts), "total_tokens": 10 * len(texts)}
    await exchange.answer({"object": "list", "data": data[::-1], "model": body["model"], "usage": usage})


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(embed) as running:
        yield running


def targets(base_url: str, data_dir: Path) -> Any:
    """Those of the other tests, for embeddings too."""
    made = config(base_url, data_dir)["targets"]
    return {name: {**target, "endpoints": ["chat", "embeddings"]} for name, target in made.items()}


@pytest.fixture
def gateway(upstream: Upstream, tmp_path: Path) -> Iterator[TokenFactory]:
    data_dir = tmp_path / "data"
    with factory(upstream.base_url, data_dir, targets=targets(upstream.base_url, data_dir)) as made:
        yield made


def embedded(gateway: TokenFactory, key: str, given: Any, *, model: str = "fast", **fields: Any) -> Told:
    headers = fields.pop("headers", {})

    async def asked() -> Told:
        try:
            return await walk(gateway, request(key, PATH, {"model": model, "input": given, **fields}, **headers))
        finally:
            await gateway.aclose()

    return asyncio.run(asked())


def sent(upstream: Upstream) -> list[Any]:
    return [exchange.body["input"] for exchange in upstream.received]


def vectors(told: Told) -> list[Any]:
    """In the order of their indices, which are whole."""
    data = sorted(told.body["data"], key=lambda datum: datum["index"])
    assert [datum["index"] for datum in data] == list(range(len(data)))
    return [datum["embedding"] for datum in data]


def last_record(gateway: TokenFactory) -> CallRecord:
    return CallRecord.from_bytes(gateway.ledger.entries()[-1].detail)


def test_a_batch_sends_only_what_is_missing_and_comes_back_in_its_order(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    first = embedded(gateway, key, ["uno", "due"])
    second = embedded(gateway, key, ["tre", "due", "quattro", "uno"])
    assert sent(upstream) == [["uno", "due"], ["tre", "quattro"]]
    assert vectors(first) == [vector(text, "small-1") for text in ("uno", "due")]
    assert vectors(second) == [vector(text, "small-1") for text in ("tre", "due", "quattro", "uno")]
    assert (first.cache, second.cache) == ("miss", "partial")
    assert second.summary["items"] == {"cached": 2, "sent": 2}
    assert second.body["usage"] == {"prompt_tokens": 20, "total_tokens": 20}
    assert second.body["model"] == "small-1"


def test_only_what_is_missing_is_held_and_paid_and_the_rest_is_saved(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    embedded(gateway, key, ["uno", "due"])
    paid = last_record(gateway)
    embedded(gateway, key, ["uno", "due", "tre"])
    partial = last_record(gateway)
    assert (paid.input_tokens, partial.input_tokens) == (20, 10)
    assert partial.cost_nano * 2 == paid.cost_nano
    assert partial.saved_nano == paid.cost_nano
    whole = embedded(gateway, key, ["tre", "uno", "due"])
    hit = last_record(gateway)
    assert (whole.cache, hit.outcome, hit.cost_nano) == ("hit", "hit", 0)
    assert hit.saved_nano == paid.cost_nano + partial.cost_nano
    assert whole.body["usage"] == {"prompt_tokens": 0, "total_tokens": 0}
    assert len(upstream.received) == 2
    assert gateway.ledger.holds() == []
    assert gateway.ledger.verify().ok


def test_the_hold_of_a_batch_is_that_of_what_is_missing(upstream: Upstream, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    text = "parola " * 30
    budget = {"name": "b", "match": {"consumer": "poor"}, "unit": "tokens", "hard": 40, "window": {"kind": "daily"}}
    made = targets(upstream.base_url, data_dir)
    with factory(upstream.base_url, data_dir, targets=made, budgets=[budget]) as gateway:
        rich, poor = (gateway.create_key(project="claims", consumer=name) for name in ("rich", "poor"))
        embedded(gateway, rich, [text, text + "x"])
        assert embedded(gateway, poor, [text, text + "x", "ciao"]).cache == "partial"
        with pytest.raises(Refused):
            embedded(gateway, poor, [text, text + "y", text + "z"])


def test_equal_items_of_a_batch_are_sent_once(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    told = embedded(gateway, key, ["uno", "due", "uno"])
    assert sent(upstream) == [["uno", "due"]]
    assert vectors(told) == [vector(text, "small-1") for text in ("uno", "due", "uno")]
    assert "items" not in told.summary


def test_a_single_text_is_a_batch_of_one(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    embedded(gateway, key, "uno")
    told = embedded(gateway, key, ["uno"])
    assert (told.cache, vectors(told)) == ("hit", [vector("uno", "small-1")])
    assert sent(upstream) == ["uno"]


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_vectors_come_back_as_they_were_written(
    gateway: TokenFactory, key: str, upstream: Upstream, encoding: str
) -> None:
    first = embedded(gateway, key, ["uno", "due"], encoding_format=encoding)
    again = embedded(gateway, key, ["due", "uno", "tre"], encoding_format=encoding)
    assert vectors(again)[:2] == vectors(first)[::-1]
    assert isinstance(vectors(again)[0], str if encoding == "base64" else list)
    assert sent(upstream)[-1] == ["tre"]


@pytest.mark.parametrize("fields", [{"dimensions": 2}, {"encoding_format": "base64"}, {"task": "search"}], ids=str)
def test_other_vectors_of_the_same_text_are_others(
    gateway: TokenFactory, key: str, upstream: Upstream, fields: dict[str, Any]
) -> None:
    embedded(gateway, key, ["uno"])
    assert embedded(gateway, key, ["uno"], **fields).cache == "miss"
    assert embedded(gateway, key, ["uno"], **fields).cache == "hit"
    assert embedded(gateway, key, ["uno"], user="somebody").cache == "hit"


def test_two_people_of_whom_the_same_is_said_have_one_vector(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    embedded(gateway, key, ["Sono mario.rossi@example.it"])
    assert embedded(gateway, key, ["ciao", "Sono anna.bianchi@example.it"]).cache == "partial"
    assert sent(upstream) == [["Sono [EMAIL_ADDRESS_1]"], ["ciao"]]


def test_vectors_of_two_models_are_never_in_one_batch(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def fails_for_the_small(exchange: Exchange) -> None:
        if exchange.body["model"] == "small-1":
            await exchange.answer({"error": {"message": "no"}}, status=500)
        else:
            await embed(exchange)

    embedded(gateway, key, ["uno", "due"], model="both")
    upstream.behave = fails_for_the_small
    told = embedded(gateway, key, ["uno", "tre"], model="both")
    assert sent(upstream)[1:] == [["tre"], ["uno", "tre"]]
    assert vectors(told) == [vector(text, "large-1") for text in ("uno", "tre")]
    assert (told.cache, told.headers["x-tf-target"]) == ("miss", "large")
    upstream.behave = embed
    again = embedded(gateway, key, ["uno", "tre"], model="both")
    assert vectors(again) == [vector(text, "small-1") for text in ("uno", "tre")]


@pytest.mark.parametrize("broken", ["short", "twice", "no vector"])
def test_an_answer_to_something_else_is_not_put_together(
    gateway: TokenFactory, key: str, upstream: Upstream, broken: str
) -> None:
    async def lies(exchange: Exchange) -> None:
        data = [{"object": "embedding", "index": place, "embedding": [0.5]} for place in range(2)]
        if broken == "short":
            data.pop()
        elif broken == "twice":
            data[1]["index"] = 0
        else:
            data[1]["embedding"] = 3
        await exchange.answer({"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 2}})

    embedded(gateway, key, ["uno"])
    upstream.behave = lies
    with pytest.raises(Refused) as refused:
        embedded(gateway, key, ["uno", "due", "tre"])
    assert refused.value.status == 502
    assert gateway.ledger.holds() == []
    assert last_record(gateway).outcome == "cut"


def test_the_caller_can_keep_a_batch_out_of_the_cache(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    assert embedded(gateway, key, ["uno"], headers={"cache_control": "no-store"}).cache == "bypass"
    assert embedded(gateway, key, ["uno"]).cache == "miss"
    assert embedded(gateway, key, ["uno"], headers={"cache_control": "no-cache"}).cache == "bypass"
    only = {"cache_control": "only-if-cached"}
    assert embedded(gateway, key, ["uno"], headers=only).cache == "hit"
    with pytest.raises(Refused) as refused:
        embedded(gateway, key, ["uno", "due"], headers=only)
    assert refused.value.status == 504


def test_items_of_another_project_and_what_is_invalidated_are_asked_again(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    embedded(gateway, key, ["uno"])
    assert embedded(gateway, gateway.create_key(project="other"), ["uno"]).cache == "miss"
    assert gateway.cache is not None
    gateway.cache.invalidate(target="small")
    assert embedded(gateway, key, ["uno", "due"]).cache == "miss"
    assert gateway.cache.stats().partial == 0


def test_a_batch_so_large_that_it_is_looked_up_in_a_thread_is_the_same(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    texts = [f"testo {number}" for number in range(500)]
    embedded(gateway, key, texts[::2])
    told = embedded(gateway, key, texts)
    assert sent(upstream)[-1] == texts[1::2]
    assert vectors(told) == [vector(text, "small-1") for text in texts]


WORDS = st.lists(st.sampled_from(["uno", "due", "tre", "quattro", "cinque"]), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS)
def test_whatever_is_kept_a_batch_is_what_it_would_be_without_a_cache(
    gateway: TokenFactory, key: str, upstream: Upstream, texts: list[str]
) -> None:
    upstream.received.clear()
    assert vectors(embedded(gateway, key, texts)) == [vector(text, "small-1") for text in texts]
    asked = [text for given_ in sent(upstream) for text in given_]
    assert len(asked) == len(set(asked))


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=50))
def test_the_shares_of_a_batch_add_up(total: int, weights: list[int]) -> None:
    shares = _shares(total, weights)
    assert sum(shares) == total
    assert all(share >= 0 for share in shares)
