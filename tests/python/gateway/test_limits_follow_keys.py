"""The limits that keys carry are in force from the change on; one on a model sends the call to the next target."""

from __future__ import annotations

from pathlib import Path

from support.clocked import clocked_gateway
from support.upstream import Upstream


def test_a_new_keys_limit_counts_from_its_first_call(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data") as gateway:
        key = gateway.factory.create_key(project="claims", rpm=1)
        assert [gateway.ask(key=key).status for _ in range(2)] == [200, 429]
        assert [gateway.ask().status for _ in range(2)] == [200, 200]


def test_a_changed_limit_is_in_force_at_once_and_what_was_used_stays(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data") as gateway:
        key = gateway.factory.create_key(project="claims", rpm=2)
        key_id = key.split("_")[1]
        assert gateway.ask(key=key).status == 200
        gateway.factory.keys.update(key_id, {"rpm": 1})
        assert gateway.ask(key=key).status == 429
        gateway.factory.keys.update(key_id, {"rpm": None})
        assert [limit.name for limit in gateway.factory.limits.limits] == []
        assert gateway.ask(key=key).status == 200


def test_a_rotated_key_keeps_its_limit(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data") as gateway:
        key = gateway.factory.create_key(project="claims", rpm=1)
        assert gateway.ask(key=key).status == 200
        _, rotated = gateway.factory.keys.rotate(key.split("_")[1], overlap_ms=0, now_ms=gateway.clock())
        assert gateway.ask(key=rotated).status == 429


def test_a_limit_on_the_model_falls_through_to_the_next_target(upstream: Upstream, tmp_path: Path) -> None:
    limits = [{"name": "large", "match": {"model": "large-1"}, "rpm": 1}]
    made = {"aliases": {"best": ["large", "small"]}, "rate_limits": limits}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        assert [gateway.ask(model="best").headers["x-tf-target"] for _ in range(3)] == ["large", "small", "small"]
        alone = gateway.ask(model="large")
        assert (alone.status, alone.code) == (429, "rate_limit_exceeded")
        assert alone.headers["retry-after"] == "60"


def test_a_limit_on_every_target_is_told_once_none_is_left(upstream: Upstream, tmp_path: Path) -> None:
    limits = [{"name": "each-model", "each": ["model"], "rpm": 1}]
    made = {"aliases": {"best": ["large", "small"]}, "rate_limits": limits}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        assert [gateway.ask(model="best").status for _ in range(3)] == [200, 200, 429]


def test_a_limit_on_the_key_does_not_try_other_targets(upstream: Upstream, tmp_path: Path) -> None:
    limits = [{"name": "each-key", "each": ["key"], "tpm": 100}]
    made = {"aliases": {"best": ["large", "small"]}, "rate_limits": limits}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        assert gateway.ask(model="best", max_tokens=500).status == 429
        assert gateway.factory.limits.refused() == {"each-key": 1}
