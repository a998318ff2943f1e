"""The admin API: keys and budgets while the gateway runs, the report and the audit over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from support.factories import factory
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory

WINDOW = {"kind": "monthly", "tz": "Europe/Rome"}


class AdminClient:
    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key

    async def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {self._key}"}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self._url + path, json=body, headers=headers) as reply,
        ):
            return reply.status, await reply.json()


@pytest.fixture
def url(gateway: TokenFactory) -> Iterator[str]:
    with served(gateway.app()) as running:
        yield running


@pytest.fixture
def admin(url: str, gateway: TokenFactory) -> AdminClient:
    return AdminClient(url, gateway.create_key(scopes=["admin"]))


async def test_only_an_admin_key_may_enter(url: str, key: str, admin: AdminClient) -> None:
    assert (await AdminClient(url, key)("GET", "/admin/keys"))[0] == 403
    assert (await AdminClient(url, "nonsense")("GET", "/admin/keys"))[0] == 401
    assert (await admin("GET", "/admin/keys"))[0] == 200


async def test_an_admin_key_may_not_spend(url: str, admin: AdminClient) -> None:
    body = {"model": "fast", "messages": [{"role": "user", "content": "ciao"}]}
    status, answer = await admin("POST", "/v1/chat/completions", body)
    assert (status, answer["error"]["code"]) == (403, "scope")


async def test_a_key_made_here_works_at_once_and_stops_when_frozen(url: str, admin: AdminClient) -> None:
    status, made = await admin("POST", "/admin/keys", {"project": "claims", "name": "from the API"})
    assert status == 200
    client = AdminClient(url, made["key"])
    body = {"model": "fast", "messages": [{"role": "user", "content": "ciao"}]}
    assert (await client("POST", "/v1/chat/completions", body))[0] == 200
    assert (await admin("PATCH", f"/admin/keys/{made['id']}", {"state": "frozen"}))[0] == 200
    assert (await client("POST", "/v1/chat/completions", body))[0] == 403
    listed = (await admin("GET", "/admin/keys"))[1]["keys"]
    assert made["key"] not in str(listed)
    assert {key["name"] for key in listed} >= {"from the API"}


async def test_a_budget_set_here_counts_what_was_already_spent(url: str, key: str, admin: AdminClient) -> None:
    body = {"model": "fast", "messages": [{"role": "user", "content": "ciao"}], "max_tokens": 10}
    client = AdminClient(url, key)
    assert (await client("POST", "/v1/chat/completions", body))[0] == 200
    spec = {"match": {"project": "claims"}, "unit": "requests", "window": WINDOW, "hard": 1}
    assert (await admin("PUT", "/admin/budgets/late", spec))[0] == 200
    status, refused = await client("POST", "/v1/chat/completions", {**body, "seed": 1})
    assert (status, refused["error"]["code"]) == (429, "budget_exceeded")
    (budget,) = (await admin("GET", "/admin/budgets"))[1]["budgets"]
    assert (budget["source"], budget["accounts"][0]["posted"]) == ("api", 1)
    assert (await admin("DELETE", "/admin/budgets/late"))[0] == 200
    assert (await client("POST", "/v1/chat/completions", {**body, "seed": 2}))[0] == 200


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"unit": "money", "window": WINDOW, "hard": "-1"}, "hard"),
        ({"unit": "money", "window": {"kind": "monthly", "anchor_day": 32}, "hard": "1"}, "anchor_day"),
        ({"unit": "money", "window": {"kind": "monthly", "tz": "Mars/Base"}, "hard": "1"}, "tz"),
        ({"unit": "euros", "window": WINDOW, "hard": "1"}, "unit"),
        ({"unit": "money", "window": WINDOW, "hard": "1", "mach": {}}, "mach"),
        ({"unit": "money", "window": WINDOW, "hard": "1", "name": "other"}, "other"),
        ([1], "not a JSON object"),
    ],
    ids=str,
)
async def test_a_wrong_budget_is_refused_by_field(admin: AdminClient, spec: Any, message: str) -> None:
    status, answer = await admin("PUT", "/admin/budgets/bad", spec)
    assert status == 400
    assert message in answer["error"]["message"]
    assert (await admin("GET", "/admin/budgets"))[1]["budgets"] == []


async def test_a_budget_of_the_file_belongs_to_the_file(upstream: Upstream, tmp_path: Path) -> None:
    budget = {"name": "from-file", "unit": "money", "window": WINDOW, "hard": "1"}
    with factory(upstream.base_url, tmp_path / "data", budgets=[budget]) as gateway, served(gateway.app()) as url:
        admin = AdminClient(url, gateway.create_key(scopes=["admin"]))
        status, answer = await admin(
            "PUT", "/admin/budgets/from-file", {"unit": "money", "window": WINDOW, "hard": "2"}
        )
        assert (status, answer["error"]["code"]) == (409, "conflict")
        assert (await admin("DELETE", "/admin/budgets/from-file"))[0] == 409
        assert (await admin("DELETE", "/admin/budgets/nothing"))[0] == 404


def test_what_the_api_made_survives_a_restart(upstream: Upstream, tmp_path: Path) -> None:
    with factory(upstream.base_url, tmp_path / "data") as gateway:
        gateway.budgets.set("kept", {"unit": "tokens", "window": WINDOW, "hard": 100})
        key = gateway.create_key(project="claims")
    with factory(upstream.base_url, tmp_path / "data") as gateway:
        assert gateway.budgets.definitions()["kept"].hard == 100
        assert gateway.openai_client(key=key).models.list().data


async def test_the_report_and_the_audit_are_served(url: str, key: str, admin: AdminClient) -> None:
    body = {"model": "fast", "messages": [{"role": "user", "content": "ciao"}]}
    for _ in range(2):
        assert (await AdminClient(url, key)("POST", "/v1/chat/completions", body))[0] == 200
    (row,) = (await admin("GET", "/admin/report?by=project"))[1]["rows"]
    assert (row["value"], row["calls"], row["hits"], row["cost_nano"], row["saved_nano"]) == (
        "claims",
        2,
        1,
        30_000,
        30_000,
    )
    assert (await admin("GET", "/admin/report?by=colour"))[0] == 400
    verified = (await admin("GET", "/admin/audit/verify"))[1]
    assert (verified["size"], verified["problem"]) == (2, "")
    assert (await admin("GET", "/admin/nothing"))[0] == 404


async def test_the_api_reads_no_environment(admin: AdminClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", "hunter2")
    spec = {"match": {"project": "${SOME_SECRET}"}, "unit": "tokens", "window": WINDOW, "hard": 1}
    status, made = await admin("PUT", "/admin/budgets/nosy", spec)
    assert status == 200
    assert made["match"] == {"project": ["${SOME_SECRET}"]}


async def test_a_budgets_name_may_hold_a_slash(admin: AdminClient) -> None:
    spec = {"unit": "tokens", "window": WINDOW, "hard": 1}
    assert (await admin("PUT", "/admin/budgets/team%2Fa", spec))[0] == 200
    assert (await admin("GET", "/admin/budgets"))[1]["budgets"][0]["name"] == "team/a"
    assert (await admin("DELETE", "/admin/budgets/team%2Fa"))[0] == 200
