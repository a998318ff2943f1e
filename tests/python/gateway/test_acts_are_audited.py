"""Whatever an administrator changes leaves an entry that the audit log commits to: who, when, why and what."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.factories import config
from support.upstream import Upstream
from tokenfoundry.entries import entry_row
from tokenfoundry.errors import Conflict, InvalidInput, NotFound
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.admin.table import ROUTES
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.keys import Key
from tokenfoundry.ledger import Amounts, Axes, Entry

WINDOW = {"kind": "monthly", "tz": "Europe/Rome"}
BUDGET = {"unit": "money", "window": WINDOW, "hard": "10"}
PRICE = {"price": {"input": "3", "output": "4", "currency": "EUR"}, "reason": "a new contract"}
# Every route that changes something, in an order in which each can; `{key}` is the id of a key that was made first.
ACTS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/admin/keys", {"name": "laptop"}),
    ("PATCH", "/admin/keys/{key}", {"name": "desktop"}),
    ("POST", "/admin/keys/{key}/rotate", {"overlap": "0"}),
    ("POST", "/admin/keys/{key}/freeze", {}),
    ("POST", "/admin/keys/{key}/unfreeze", {}),
    ("PUT", "/admin/budgets/mine", BUDGET),
    ("POST", "/admin/budgets/mine/raise", {"amount": "5", "reason": "a launch"}),
    ("POST", "/admin/budgets/mine/freeze", {}),
    ("POST", "/admin/budgets/mine/unfreeze", {}),
    ("POST", "/admin/budgets/mine/reset", {}),
    ("DELETE", "/admin/budgets/mine", {}),
    ("PUT", "/admin/budgets/paid", {"unit": "tokens", "window": {"kind": "lifetime"}, "prepaid": True}),
    ("POST", "/admin/packages", {"budget": "paid", "amount": 100}),
    ("POST", "/admin/prices/small", PRICE),
    ("POST", "/admin/cache/invalidate", {"project": "claims"}),
    ("POST", "/admin/vault/erase", {"project": "claims", "reason": "a request to be forgotten"}),
    ("POST", "/admin/vault/reseal", {}),
    ("POST", "/admin/reload", {}),
    ("POST", "/admin/entries/call/adjust", {"tokens": -1, "reason": "the bill says so"}),
]


class Office:
    """An administrator with a key."""

    def __init__(self, gateway: TokenFactory, path: Path) -> None:
        self.gateway = gateway
        self.path = path
        self.key, self.text = gateway.keys.create({"scopes": ["admin"]}, now_ms=1)
        self.made, _ = gateway.keys.create({}, now_ms=1)

    def do(self, method: str, path: str, fields: dict[str, Any], *, asker: Key | None = None) -> dict[str, Any]:
        return self.gateway.admin.handle(method, path.format(key=self.made.id), dict(fields), asker=asker or self.key)

    def left(self, method: str, path: str, fields: dict[str, Any]) -> Entry:
        """The one entry that the act leaves."""
        before = len(self.gateway.ledger.entries())
        self.do(method, path, fields)
        (entry,) = self.gateway.ledger.entries(before - 1)
        return entry


@pytest.fixture
def office(upstream: Upstream, tmp_path: Path) -> Iterator[Office]:
    path = tmp_path / "tokenfoundry.yaml"
    path.write_text(yaml.safe_dump(config(upstream.base_url, tmp_path / "data")), encoding="utf-8")
    with TokenFactory.from_config(path) as gateway:
        gateway.ledger.reserve("call", amounts=Amounts(tokens=10), axes=Axes(project="claims"))
        gateway.ledger.settle("call", Amounts(tokens=10))
        yield Office(gateway, path)
        assert gateway.ledger.verify().ok


def test_every_route_that_changes_something_leaves_one_entry_with_who_did_it(office: Office) -> None:
    done = set()
    for method, path, fields in ACTS:
        entry = office.left(method, path, fields)
        who = entry.change.actor if entry.change else entry.actor
        reason = entry.change.reason if entry.change else entry.reason
        assert who == office.key.id, (method, path)
        assert reason == fields.get("reason", "")
        assert entry.posted_at > 0
        concrete = path.replace("{key}", "k")
        done |= {(route.method, route.path) for route in ROUTES if route.method == method and route.names_in(concrete)}
        done |= {(route.method, route.path) for route in ROUTES if (route.method, route.path) == (method, path)}
    changing = {(route.method, route.path) for route in ROUTES if route.method != "GET"}
    assert changing - done == {("POST", "/admin/routes/explain")}, "which only asks"


def test_an_entry_says_what_was_done_and_shows_it(office: Office) -> None:
    entry = office.left("POST", "/admin/prices/small", {**PRICE, "actor": "anna"})
    assert (entry.kind, entry.actor, entry.reason) == ("changed", f"anna ({office.key.id})", "a new contract")
    row = entry_row(entry, {}, currency="EUR")
    assert row["act"] == {
        "act": "POST /admin/prices/{target}",
        "names": {"target": "small"},
        "said": {"price": PRICE["price"]},
    }
    assert row["record"] is None
    assert office.do("GET", f"/admin/entries/{entry.seq}", {})["act"] == row["act"]


def test_no_text_of_a_key_is_in_it_but_a_hash_that_tells_which(office: Office) -> None:
    before = len(office.gateway.ledger.entries())
    made = office.do("POST", "/admin/keys", {"name": "laptop"})
    rotated = office.do("POST", f"/admin/keys/{made['id']}/rotate", {"overlap": "1h"})
    for told, entry in zip((made, rotated), office.gateway.ledger.entries(before - 1), strict=True):
        assert told["key"].encode() not in entry.detail
        sha256 = hashlib.sha256(told["key"].encode()).hexdigest()
        assert json.loads(entry.detail)["key"] == {"id": made["id"], "sha256": sha256}


def test_a_reload_says_which_sections_changed_whoever_asked_for_it(office: Office, upstream: Upstream) -> None:
    values = yaml.safe_load(office.path.read_text())
    office.path.write_text(yaml.safe_dump({**values, "aliases": {"fast": ["large"]}}), encoding="utf-8")
    entry = office.left("POST", "/admin/reload", {})
    assert json.loads(entry.detail)["changed"] == ["aliases"]
    office.gateway.reload(who="a signal to the server")
    again = office.gateway.ledger.entries(entry.seq)[0]
    assert (again.actor, json.loads(again.detail)["changed"]) == ("a signal to the server", [])


def test_an_act_whose_process_ends_before_its_entry_is_noted_as_interrupted(upstream: Upstream, tmp_path: Path) -> None:
    made = config(upstream.base_url, tmp_path / "data")
    program = f"""
import os
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway import admin

admin.note_act = lambda *_: os._exit(9)
gateway = TokenFactory.from_config({made!r})
gateway.admin.handle("POST", "/admin/keys", {{"name": "laptop"}})
"""
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 9
    with TokenFactory.from_config(made) as gateway:
        assert [key.name for key in gateway.keys] == ["laptop"]
        (entry,) = gateway.ledger.entries()
        told = json.loads(entry.detail)
        assert (entry.actor, told["act"], told["interrupted"]) == ("the command line", "POST /admin/keys", True)
        assert gateway.ledger.verify().ok
    with TokenFactory.from_config(made) as again:
        assert len(again.ledger.entries()) == 1, "once"


def test_what_was_said_and_refused_is_on_no_disk(office: Office) -> None:
    with pytest.raises(NotFound):
        office.do("POST", "/admin/vault/erase", {"key": "tf_a-text-that-was-pasted", "reason": "a mistake of mine"})
    written = b"".join(path.read_bytes() for path in (office.path.parent / "data").rglob("*") if path.is_file())
    assert b"POST /admin/vault/erase" in written, "that it was tried is"
    assert b"tf_a-text" not in written
    assert b"a mistake of mine" not in written


def test_what_is_refused_or_only_asked_leaves_nothing(office: Office) -> None:
    before = len(office.gateway.ledger.entries())
    for method, path, fields, error in (
        ("POST", "/admin/keys", {"nmae": "x"}, InvalidInput),
        ("PATCH", "/admin/keys/nobody", {"name": "x"}, NotFound),
        ("DELETE", "/admin/budgets/none", {}, NotFound),
        ("POST", "/admin/prices/nobody", PRICE, NotFound),
    ):
        with pytest.raises(error):
            office.do(method, path, fields)
    body = {"model": "fast", "messages": [{"role": "user", "content": "ciao"}]}
    office.do("POST", "/admin/routes/explain", {"body": body})
    office.do("GET", "/admin/keys", {})
    assert len(office.gateway.ledger.entries()) == before


def test_the_command_line_and_what_is_very_long_are_noted_too(office: Office) -> None:
    before = len(office.gateway.ledger.entries())
    office.gateway.admin.handle("POST", "/admin/keys", {"models": [f"model-{number}" for number in range(4000)]})
    (entry,) = office.gateway.ledger.entries(before - 1)
    assert entry.actor == "the command line"
    assert list(json.loads(entry.detail)["said"]) == ["sha256"]


def test_acts_count_in_no_report(office: Office) -> None:
    rows = office.do("GET", "/admin/report", {"by": "key"})
    by_outcome = office.do("GET", "/admin/report", {"by": "workspace", "start": "2020-01-01T00:30"})
    office.do("POST", "/admin/keys", {})
    assert office.do("GET", "/admin/report", {"by": "key"}) == rows
    assert office.do("GET", "/admin/report", {"by": "workspace", "start": "2020-01-01T00:30"}) == by_outcome


# -- paths and methods -------------------------------------------------------------------------------------------------


def test_a_price_of_what_is_no_target_is_not_found(office: Office) -> None:
    assert office.do("GET", "/admin/prices/small", {}) == {"overrides": []}
    with pytest.raises(NotFound, match="nope"):
        office.do("GET", "/admin/prices/nope", {})


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/admin/prices/small", "GET, POST"),
        ("PUT", "/admin/prices", "GET"),
        ("PUT", "/admin/keys", "GET, POST"),
        ("DELETE", "/admin/keys/abc", "GET, PATCH"),
        ("GET", "/admin/budgets/mine", "PUT, DELETE"),
        ("DELETE", "/admin/reload", "POST"),
    ],
)
def test_another_method_on_a_known_path_is_told_which_it_takes(
    office: Office, method: str, path: str, allowed: str
) -> None:
    with pytest.raises(Refused) as refused:
        office.do(method, path, {})
    assert (refused.value.status, refused.value.headers) == (405, {"allow": allowed})
    with pytest.raises(NotFound):
        office.do(method, "/admin/nothing", {})


def test_a_reload_without_a_file_is_noted_by_nobody(upstream: Upstream, tmp_path: Path) -> None:
    with TokenFactory.from_config(config(upstream.base_url, tmp_path / "data")) as gateway:
        with pytest.raises(Conflict):
            gateway.reload()
        assert gateway.ledger.entries() == []
