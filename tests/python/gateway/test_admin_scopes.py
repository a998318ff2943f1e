"""What an admin key with a part of the scopes may do, and what the admin API says of prices, routes and the cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from support.factories import config, factory
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.admin import ROUTES

SCOPES = ("admin:keys", "admin:budgets", "admin:prices", "admin:routes", "admin:cache", "admin:reports")
BODY: Any = {"model": "fast", "messages": [{"role": "user", "content": "ciao"}], "max_tokens": 5}


class Office:
    """The admin API over HTTP, by keys with some scopes."""

    def __init__(self, gateway: TokenFactory, url: str) -> None:
        self.gateway = gateway
        self._client = httpx.Client(base_url=url, timeout=10)

    def ask(self, method: str, path: str, *scopes: str, json: Any = None) -> httpx.Response:
        key = self.gateway.create_key(scopes=list(scopes) or ["admin"])
        return self._client.request(method, path, json=json, headers={"authorization": f"Bearer {key}"})

    def call(self, key: str, **fields: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"}
        return self._client.post("/v1/chat/completions", json={**BODY, **fields}, headers=headers)

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def office(gateway: TokenFactory) -> Iterator[Office]:
    with served(gateway.app()) as url:
        made = Office(gateway, url)
        yield made
        made.close()


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_its_own_routes_and_no_others(office: Office, scope: str) -> None:
    for route in ROUTES:
        path = route.template.replace("{", "").replace("}", "")
        answer = office.ask(route.method, path, scope, json={})
        refused = answer.status_code == 403 and answer.json()["error"]["code"] == "scope"
        assert refused == (route.scope != scope), f"{route.method} {path}: {answer.text}"


def test_every_route_says_what_it_takes_and_means(office: Office) -> None:
    assert len({(route.method, route.template) for route in ROUTES}) == len(ROUTES)
    for route in ROUTES:
        assert route.summary[0].isupper()
        assert route.body is None or route.body()["type"] == "object"
        assert route.body is None or route.method != "GET"


def test_a_key_hands_out_no_more_than_it_has(office: Office) -> None:
    gateway = office.gateway
    root = gateway.create_key(scopes=["admin"]).split("_")[1]
    plain = gateway.create_key().split("_")[1]
    for method, path, body in [
        ("POST", "/admin/keys", {"scopes": ["admin"]}),
        ("POST", "/admin/keys", {"scopes": ["inference", "admin:budgets"]}),
        ("PATCH", f"/admin/keys/{plain}", {"scopes": ["admin"]}),
        ("PATCH", f"/admin/keys/{root}", {"state": "frozen"}),
        ("POST", f"/admin/keys/{root}/rotate", {"overlap": "0"}),
        ("POST", f"/admin/keys/{root}/freeze", None),
    ]:
        assert office.ask(method, path, "admin:keys", json=body).status_code == 403, path
    assert gateway.keys.get(root).state == "active"
    assert office.ask("POST", "/admin/keys", "admin:keys", json={"scopes": ["inference"]}).status_code == 200
    assert office.ask("POST", "/admin/keys", "admin:keys", json={"scopes": ["admin:keys"]}).status_code == 200
    assert office.ask("POST", f"/admin/keys/{root}/freeze").json()["state"] == "frozen"


def test_a_frozen_key_stops_and_starts_again(office: Office) -> None:
    key = office.gateway.create_key()
    assert office.ask("POST", f"/admin/keys/{key.split('_')[1]}/freeze", "admin:keys").json()["state"] == "frozen"
    assert office.call(key).json()["error"]["code"] == "key_frozen"
    assert office.ask("POST", f"/admin/keys/{key.split('_')[1]}/unfreeze", "admin:keys").json()["state"] == "active"
    assert office.call(key).status_code == 200


def test_another_price_holds_from_its_instant_and_says_who_and_why(office: Office, key: str) -> None:
    assert office.call(key).headers["x-tf-cost"] == "0.00003"
    price = {"input": "100", "output": "200", "currency": "EUR"}
    stated = {"price": price, "reason": "a new contract", "actor": "anna"}
    made = office.ask("POST", "/admin/prices/small", "admin:prices", json=stated)
    assert made.status_code == 200, made.text
    assert made.json()["actor"].startswith("anna (")
    assert office.call(key, seed=1).headers["x-tf-cost"] == "0.003"
    rows = {row["target"]: row for row in office.ask("GET", "/admin/prices").json()["prices"]}
    assert (rows["small"]["input"], rows["small"]["source"]) == ("100", "override")
    assert rows["large"]["source"] == "configuration"
    later = {"price": None, "from": "2999-01-01T00:00:00Z", "actor": "anna"}
    assert office.ask("POST", "/admin/prices/small", json=later).status_code == 200
    (change,) = {row["target"]: row for row in office.ask("GET", "/admin/prices").json()["prices"]}["small"]["changes"]
    assert (change["from"], change["input"]) == ("2999-01-01T00:00:00+00:00", "1")
    history = office.ask("GET", "/admin/prices/small").json()["overrides"]
    assert [(row["reason"], row["price"]) for row in history] == [("a new contract", price), ("", None)]


@pytest.mark.parametrize(
    ("target", "body", "status", "message"),
    [
        ("small", {"price": {"input": "-1", "output": "1"}}, 400, "input"),
        ("small", {"price": {"input": 0.1, "output": "1"}}, 400, "input"),
        ("small", {"price": {"input": "1", "output": "1", "currency": "CHF"}}, 400, "CHF"),
        ("small", {"price": None, "from": "2020-01-01"}, 400, "from"),
        ("small", {"prise": None}, 400, "prise"),
        ("nobody", {"price": None}, 404, "nobody"),
    ],
    ids=str,
)
def test_a_wrong_price_changes_nothing(office: Office, target: str, body: Any, status: int, message: str) -> None:
    refused = office.ask("POST", f"/admin/prices/{target}", json=body)
    assert (refused.status_code, message in refused.text) == (status, True), refused.text
    assert office.ask("GET", "/admin/prices/small").json()["overrides"] == []


def test_an_override_survives_a_restart_and_a_reload(upstream: Upstream, tmp_path: Path) -> None:
    price = {"input": "100", "output": "200", "currency": "EUR"}
    with factory(upstream.base_url, tmp_path / "data") as gateway:
        gateway.admin.handle("POST", "/admin/prices/small", {"price": price, "actor": "anna"})
    with factory(upstream.base_url, tmp_path / "data") as gateway:
        gateway.reload(gateway.settings)
        rows = gateway.admin.handle("GET", "/admin/prices", {})["prices"]
        assert {row["target"]: row["input"] for row in rows}["small"] == "100"


def test_the_routes_in_force_are_shown(office: Office) -> None:
    shown = office.ask("GET", "/admin/routes", "admin:routes").json()
    assert shown["aliases"]["both"] == {"use": {"targets": ["small", "large"]}}
    assert [target["name"] for target in shown["targets"]] == ["small", "large", "node"]
    assert [rule["use"]["targets"] for rule in shown["policies"]["default"]] == [["node"], ["small"], ["large"]]


def test_the_cache_tells_how_much_it_keeps_and_forgets_on_demand(office: Office, key: str) -> None:
    assert [office.call(key).headers["x-tf-cache"] for _ in range(2)] == ["miss", "hit"]
    shown = office.ask("GET", "/admin/cache", "admin:cache").json()
    assert (shown["enabled"], shown["entries"], shown["scope"]) == (True, 1, "project")
    other = office.ask("POST", "/admin/cache/invalidate", "admin:cache", json={"project": "another"})
    assert other.json() == {"invalidated": {"project": "another"}}
    assert office.call(key).headers["x-tf-cache"] == "hit"
    assert office.ask("POST", "/admin/cache/invalidate", "admin:cache").json() == {"invalidated": "all"}
    assert office.call(key).headers["x-tf-cache"] == "miss"


def test_reload_over_http_says_what_is_wrong(upstream: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "tokenfoundry.yaml"
    values = config(upstream.base_url, tmp_path / "data")
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    with TokenFactory.from_config(path) as gateway, served(gateway.app()) as url:
        office = Office(gateway, url)
        path.write_text(yaml.safe_dump({**values, "aliases": {"new": ["small"]}, "routing": {}}), encoding="utf-8")
        assert office.ask("POST", "/admin/reload", "admin:routes").status_code == 403
        assert office.ask("POST", "/admin/reload").json() == {"reloaded": True}
        path.write_text(yaml.safe_dump({**values, "aliases": {"new": ["nobody"]}}), encoding="utf-8")
        refused = office.ask("POST", "/admin/reload")
        assert (refused.status_code, "nobody" in refused.json()["error"]["message"]) == (400, True)
        path.write_text(yaml.safe_dump({**values, "durability": "power"}), encoding="utf-8")
        refused = office.ask("POST", "/admin/reload")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
        assert list(gateway.settings.aliases) == ["new"]
        office.close()


def test_a_route_is_explained_and_nothing_is_sent(office: Office, upstream: Upstream) -> None:
    body = {"model": "auto", "messages": [{"role": "user", "content": "Scrivi a anna.verdi@example.it"}]}
    asked = {"body": body, "project": "claims", "regions": ["it"]}
    explained = office.ask("POST", "/admin/routes/explain", "admin:routes", json=asked)
    assert explained.status_code == 200, explained.text
    assert explained.json()["order"] == ["node"]
    assert "anna.verdi" not in explained.text
    assert upstream.received == []
    for wrong in ({}, {"body": []}, {"body": body, "colour": "red"}, {"body": body, "regions": "it"}):
        assert office.ask("POST", "/admin/routes/explain", json=wrong).status_code == 400, wrong
    assert office.ask("POST", "/admin/routes/explain", json={"body": {**body, "model": "nobody"}}).status_code == 404
