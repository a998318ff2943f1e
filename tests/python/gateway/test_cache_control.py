"""What the caller and the terms of an intent say of the cache is what happens; the answer says what happened."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.clocked import FakeClock
from support.factories import config
from support.upstream import Upstream
from support.walks import Told, chat_body, request, walk
from tokenfoundry.errors import InvalidInput
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.cache_control import ANYTHING, Directives, directives_of
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.settings import CacheSettings, Settings

PATH = "/v1/chat/completions"
SECOND_MS = 1000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ANYTHING),
        ("no-transform, max-stale=60", ANYTHING),
        ("no-cache", Directives(may_recall=False)),
        ("NO-STORE", Directives(may_recall=False, may_store=False)),
        ("max-age=0", Directives(may_recall=False, max_age_ms=0)),
        ('private,max-age="60"', Directives(max_age_ms=60_000)),
        ("max-age=soon", Directives(may_recall=False, max_age_ms=0)),
        ("max-age=" + "9" * 4000, Directives(max_age_ms=2**31 * 1000)),
        ("max-age=60, max-age=0", Directives(max_age_ms=60_000)),
        ("only-if-cached , no-cache", Directives(may_recall=False, only_if_cached=True)),
    ],
)
def test_a_cache_control_is_read_as_rfc_9111_has_it(value: str, expected: Directives) -> None:
    assert directives_of(value) == expected


class Gateway:
    """A gateway with a clock of its own."""

    def __init__(self, base_url: str, data_dir: Path, **cache: Any) -> None:
        self.clock = FakeClock()
        settings = Settings.from_dict(config(base_url, data_dir, cache=cache))
        self.factory = TokenFactory(settings, clock=self.clock)
        self.key = self.factory.create_key(project="claims", consumer="care", client_axes=["intent"])

    def ask(self, content: str = "Che ore sono?", *, key: str = "", stream: bool = False, **headers: str) -> Told:
        async def asked() -> Told:
            try:
                body = chat_body(content, **({"stream": True} if stream else {}))
                return await walk(self.factory, request(key or self.key, PATH, body, **headers))
            finally:
                await self.factory.aclose()

        return asyncio.run(asked())

    def later(self, seconds: int) -> None:
        self.clock.now_ms += seconds * SECOND_MS


@pytest.fixture
def made(upstream: Upstream, tmp_path: Path) -> Iterator[Gateway]:
    terms = {"chat": {"enabled": False}, "faq": {"ttl": "7d", "scope": "workspace"}, "news": {"ttl": "60s"}}
    gateway = Gateway(upstream.base_url, tmp_path / "data", ttl="1h", intents=terms)
    with gateway.factory:
        yield gateway


@pytest.mark.parametrize("stream", [False, True])
def test_a_hit_says_its_age(made: Gateway, stream: bool) -> None:
    assert "age" not in made.ask(stream=stream).headers
    made.later(90)
    hit = made.ask(stream=stream)
    assert (hit.cache, hit.headers["age"]) == ("hit", "90")


def test_an_answer_is_not_given_beyond_its_ttl(made: Gateway) -> None:
    made.ask()
    made.later(3599)
    assert made.ask().cache == "hit"
    made.later(1)
    assert made.ask().cache == "miss"


def test_an_answer_is_not_given_beyond_the_callers_max_age(made: Gateway) -> None:
    made.ask()
    made.later(60)
    assert made.ask(cache_control="max-age=60").cache == "hit"
    assert made.ask(cache_control="max-age=59").cache == "miss"
    assert made.ask(cache_control="max-age=59").headers["age"] == "0"
    assert made.ask(cache_control="max-stale=1, max-age=0").cache == "bypass"


@pytest.mark.parametrize("stream", [False, True])
def test_only_if_cached_is_answered_from_the_cache_or_with_504(made: Gateway, upstream: Upstream, stream: bool) -> None:
    with pytest.raises(Refused) as refused:
        made.ask(stream=stream, cache_control="only-if-cached")
    assert (refused.value.status, refused.value.code) == (504, "not_cached")
    assert upstream.received == []
    made.ask()
    assert made.ask(stream=stream, cache_control="only-if-cached").cache == "hit"
    with pytest.raises(Refused, match="only-if-cached"):
        made.ask(cache_control="only-if-cached", x_tf_intent="chat")


def test_only_if_cached_without_a_cache_is_504(upstream: Upstream, tmp_path: Path) -> None:
    gateway = Gateway(upstream.base_url, tmp_path / "data", enabled=False)
    with gateway.factory:
        assert gateway.factory.cache is None
        assert gateway.ask(cache_control="no-cache").cache == "bypass"
        with pytest.raises(Refused) as refused:
            gateway.ask(cache_control="only-if-cached")
        assert refused.value.status == 504


# -- the terms of an intent --------------------------------------------------------------------------------------------


def test_an_intent_may_keep_nothing(made: Gateway) -> None:
    assert [made.ask(x_tf_intent="chat").cache for _ in range(2)] == ["bypass", "bypass"]
    assert [made.ask().cache for _ in range(2)] == ["miss", "hit"]


def test_an_intent_may_share_more_widely_and_for_longer(made: Gateway) -> None:
    other = made.factory.create_key(project="other", client_axes=["intent"])
    made.ask(x_tf_intent="faq")
    made.later(6 * 86_400)
    assert made.ask(key=other, x_tf_intent="faq").cache == "hit"
    assert made.ask(key=other).cache == "miss"


def test_an_intent_takes_no_answer_that_is_older_than_its_own_are_kept(made: Gateway) -> None:
    made.ask()
    made.later(59)
    assert made.ask(x_tf_intent="news").cache == "hit"
    made.later(1)
    assert made.ask(x_tf_intent="news").cache == "miss"


def test_an_intent_may_be_the_only_one_whose_answers_are_kept(upstream: Upstream, tmp_path: Path) -> None:
    gateway = Gateway(upstream.base_url, tmp_path / "data", enabled=False, intents={"faq": {"enabled": True}})
    with gateway.factory:
        assert [gateway.ask(x_tf_intent="faq").cache for _ in range(2)] == ["miss", "hit"]
        assert gateway.ask().cache == "bypass"


def test_the_terms_of_an_intent_are_those_of_all_where_it_says_nothing() -> None:
    settings = CacheSettings.model_validate({"ttl": "1h", "scope": "key", "intents": {"faq": {"ttl": "2h"}}})
    faq = settings.terms("faq")
    assert (faq.enabled, faq.ttl_ms, faq.scope) == (True, 7_200_000, "key")
    assert settings.terms("").ttl_ms == 3_600_000


def test_a_field_of_an_intent_that_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"cache\.intents\.faq\.tll"):
        Settings.from_dict(config("http://127.0.0.1:1", tmp_path, cache={"intents": {"faq": {"tll": "1h"}}}))


# -- who shares what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "shared"),
    [
        ("key", {"first": True}),
        ("project", {"first": True, "same project": True}),
        ("workspace", {"first": True, "same project": True, "same workspace": True}),
    ],
)
def test_a_scope_shares_with_its_own_and_nobody_else(
    upstream: Upstream, tmp_path: Path, scope: str, shared: dict[str, bool]
) -> None:
    gateway = Gateway(upstream.base_url, tmp_path / "data", scope=scope)
    with gateway.factory as factory:
        keys = {
            "first": gateway.key,
            "same project": factory.create_key(project="claims"),
            "same workspace": factory.create_key(project="other"),
            "a project of that name elsewhere": factory.create_key(project="claims", workspace="elsewhere"),
        }
        gateway.ask()
        for who, key in keys.items():
            only = {"cache_control": "only-if-cached"}
            if who in shared:
                assert gateway.ask(key=key, **only).cache == "hit"
            else:
                with pytest.raises(Refused):
                    gateway.ask(key=key, **only)


def test_a_cache_of_other_books_is_never_read(upstream: Upstream, tmp_path: Path) -> None:
    first = Gateway(upstream.base_url, tmp_path / "first")
    with first.factory:
        first.ask()
    (tmp_path / "second").mkdir()
    shutil.copytree(tmp_path / "first" / "cache", tmp_path / "second" / "cache")
    second = Gateway(upstream.base_url, tmp_path / "second")
    with second.factory:
        assert second.factory.cache is not None
        assert second.factory.cache.stats().entries == 1
        assert second.ask().cache == "miss"


# -- what is over ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "match",
    [
        {"project": "claims"},
        {"alias": "fast"},
        {"target": "small"},
        {"intent": "faq"},
        {"project": "claims", "target": "small"},
        {"workspace": "default"},
    ],
    ids=str,
)
def test_what_is_invalidated_is_asked_again_and_the_rest_is_not(made: Gateway, match: dict[str, str]) -> None:
    cache = made.factory.cache
    assert cache is not None
    made.ask(x_tf_intent="faq")
    cache.invalidate(**{name: f"{value}-other" for name, value in match.items()})
    assert made.ask(x_tf_intent="faq").cache == "hit"
    made_of_it = cache.invalidate(**match)
    assert (made_of_it.match, made_of_it.at_ms) == (match, made.clock.now_ms)
    assert made.ask(x_tf_intent="faq").cache == "miss"
    assert made.ask(x_tf_intent="faq").cache == "hit"


def test_all_of_it_is_over_at_once_and_its_place_is_given_back(made: Gateway) -> None:
    cache = made.factory.cache
    assert cache is not None
    made.ask()
    assert cache.stats().entries == 1
    cache.invalidate(all=True)
    assert cache.stats().entries == 0
    assert made.ask().cache == "miss"


@pytest.mark.parametrize("match", [{}, {"all": True, "project": "claims"}, {"consumer": "care"}], ids=str)
def test_an_invalidation_that_says_too_little_or_too_much_is_refused(made: Gateway, match: dict[str, Any]) -> None:
    assert made.factory.cache is not None
    with pytest.raises(InvalidInput):
        made.factory.cache.invalidate(**match)


def test_what_was_invalidated_stays_so_when_the_factory_is_opened_again(upstream: Upstream, tmp_path: Path) -> None:
    for expected in ("miss", "miss"):
        gateway = Gateway(upstream.base_url, tmp_path / "data")
        with gateway.factory:
            assert gateway.ask().cache == expected
            assert gateway.ask().cache == "hit"
            assert gateway.factory.cache is not None
            gateway.factory.cache.invalidate(project="claims")


def test_an_answer_under_way_when_its_kind_is_invalidated_is_not_given_again(made: Gateway, upstream: Upstream) -> None:
    cache, answer = made.factory.cache, upstream.behave
    assert cache is not None

    async def meanwhile(exchange: Any) -> None:
        cache.invalidate(project="claims")
        await answer(exchange)

    upstream.behave = meanwhile
    assert made.ask().cache == "miss"
    upstream.behave = answer
    assert made.ask().cache == "miss"


def test_stats_say_what_happened(made: Gateway) -> None:
    made.ask()
    made.ask()
    made.ask("Altro", cache_control="no-store")
    cache = made.factory.cache
    assert cache is not None
    stats = cache.stats()
    assert (stats.entries, stats.hits, stats.misses, stats.stored, stats.joined) == (1, 1, 1, 1, 0)
    assert (stats.rejected, stats.works) == ({}, True)
    assert 0 < stats.bytes < 10_000
