"""What a key allows, over the wire: scopes, addresses, states, rotation, and its own budgets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from support.factories import config
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory
from tokenfoundry.settings import Settings

CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
BODY = {"model": "fast", "messages": [{"role": "user", "content": "ciao"}]}
HOUR_MS = 3_600_000


class Clock:
    """Time as the test says: 2026-07-15 10:00 UTC, and on."""

    def __init__(self) -> None:
        self.now_ms = 1_784_109_600_000

    def __call__(self) -> int:
        return self.now_ms


class Reply:
    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self.body = body

    @property
    def refusal(self) -> tuple[int, str]:
        return self.status, self.body["error"]["code"]

    @property
    def message(self) -> str:
        return str(self.body["error"]["message"])


async def ask(
    app: Any,
    key: str,
    body: Any = BODY,
    *,
    method: str = "POST",
    path: str = CHAT,
    client: tuple[str, int] | None = ("127.0.0.1", 1),
    **headers: str,
) -> Reply:
    """One request from the address `client`, straight into the application."""
    sent: list[Any] = []
    raw = [(b"authorization", f"Bearer {key}".encode())]
    raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": raw, "client": client}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode() if body is not None else b""}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return Reply(sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:])))


@pytest.fixture
def clock() -> Clock:
    return Clock()


def made(upstream: Upstream, data_dir: Path, clock: Clock, **sections: Any) -> TokenFactory:
    return TokenFactory(Settings.from_dict(config(upstream.base_url, data_dir, **sections)), clock=clock)


@pytest.fixture
async def gateway(upstream: Upstream, tmp_path: Path, clock: Clock) -> AsyncIterator[TokenFactory]:
    server = {"trusted_proxies": ["10.0.0.0/8", "2001:db8::/32"]}
    with made(upstream, tmp_path / "data", clock, server=server) as opened:
        yield opened
        await opened.aclose()  # what was asked without a server opened connections on this loop


# -- scopes ------------------------------------------------------------------------------------------------------------


async def test_a_model_outside_the_list_is_refused_and_the_list_is_told(gateway: TokenFactory) -> None:
    key = gateway.create_key(models=["fast", "bo*"])
    assert (await ask(gateway.app(), key)).status == 200
    assert (await ask(gateway.app(), key, {**BODY, "model": "both"})).status == 200
    refused = await ask(gateway.app(), key, {**BODY, "model": "large"})
    assert refused.refusal == (403, "scope")
    assert "may not use the model 'large'; it may use fast, bo*" in refused.message
    listed = await ask(gateway.app(), key, None, method="GET", path="/v1/models")
    assert {model["id"] for model in listed.body["data"]} == {"fast", "both"}
    assert (await ask(gateway.app(), key, None, method="GET", path="/v1/models/large")).status == 404


async def test_an_endpoint_outside_the_list_is_refused(gateway: TokenFactory) -> None:
    key = gateway.create_key(endpoints=["embeddings"])
    refused = await ask(gateway.app(), key)
    assert refused.refusal == (403, "scope")
    assert "may not use chat; it may use embeddings" in refused.message
    assert (await ask(gateway.app(), key, None, method="GET", path="/v1/models")).refusal == (403, "scope")
    assert (await ask(gateway.app(), key, {"model": "fast"}, path=EMBEDDINGS)).status == 400


@pytest.mark.parametrize(
    ("intents", "stated", "status"),
    [
        (["refunds", "triage"], "refunds", 200),
        (["refunds", "triage"], "marketing", 403),
        (["refunds", "triage"], None, 403),
        (["refunds", ""], None, 200),
        ([""], "refunds", 403),
        (None, "anything", 200),
    ],
)
async def test_a_call_may_state_only_the_intents_of_its_key(
    gateway: TokenFactory, upstream: Upstream, intents: list[str] | None, stated: str | None, status: int
) -> None:
    key = gateway.create_key(intents=intents)
    headers = {} if stated is None else {"x_tf_intent": stated}
    reply = await ask(gateway.app(), key, **headers)
    assert reply.status == status
    assert bool(upstream.received) is (status == 200)
    if status == 403:
        assert reply.refusal == (403, "scope")
        assert f"it may state {', '.join(intent or 'none' for intent in intents or ())}" in reply.message


async def test_a_region_outside_the_list_gets_nothing(gateway: TokenFactory) -> None:
    key = gateway.create_key(regions=["it"])
    assert (await ask(gateway.app(), key)).refusal == (403, "residency")


# -- state and expiry --------------------------------------------------------------------------------------------------


async def test_a_key_ends_at_its_instant(gateway: TokenFactory, clock: Clock) -> None:
    key = gateway.create_key(expires_at_ms=clock() + HOUR_MS)
    clock.now_ms += HOUR_MS - 1
    assert (await ask(gateway.app(), key)).status == 200
    clock.now_ms += 1
    assert (await ask(gateway.app(), key)).refusal == (401, "invalid_api_key")


async def test_frozen_and_disabled_are_told_apart_and_undone(gateway: TokenFactory) -> None:
    admin, key = gateway.create_key(scopes=["admin"]), gateway.create_key()
    address = f"/admin/keys/{key.split('_')[1]}"
    for state in ("frozen", "disabled"):
        assert (await ask(gateway.app(), admin, {"state": state}, method="PATCH", path=address)).status == 200
        assert (await ask(gateway.app(), key)).refusal == (403, f"key_{state}")
    shown = await ask(gateway.app(), admin, {"state": "active"}, method="PATCH", path=address)
    assert shown.body["state"] == "active"
    assert (await ask(gateway.app(), key)).status == 200


# -- where from --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "forwarded", "status"),
    [
        # straight from the client
        (("192.0.2.7", 5), None, 200),
        (("::ffff:192.0.2.7", 5), None, 200),
        (("2001:db9::1", 5), None, 200),
        (("198.51.100.1", 5), None, 403),
        (None, None, 403),
        (("unix", 0), None, 403),
        # whoever is no trusted proxy may write what they like
        (("198.51.100.1", 5), "192.0.2.7", 403),
        (("192.0.2.7", 5), "198.51.100.1", 200),
        # through trusted proxies: from the right, past them
        (("10.0.0.1", 5), "192.0.2.7", 200),
        (("10.0.0.1", 5), "192.0.2.7, 10.3.4.5", 200),
        (("10.0.0.1", 5), "192.0.2.7,2001:db8::9 ,10.3.4.5", 200),
        (("::ffff:10.0.0.1", 5), "192.0.2.7:4711", 200),
        (("10.0.0.1", 5), "[2001:db9::1]:443", 200),
        (("10.0.0.1", 5), "192.0.2.7, 198.51.100.1", 403),
        (("10.0.0.1", 5), "198.51.100.1, 10.3.4.5", 403),
        (("10.0.0.1", 5), "192.0.2.7, somebody", 403),
        (("10.0.0.1", 5), "192.0.2.7,", 403),
        (("10.0.0.1", 5), "10.3.4.5", 403),
        (("10.0.0.1", 5), None, 403),
    ],
)
async def test_a_key_with_an_address_list_is_used_from_there_alone(
    gateway: TokenFactory, client: tuple[str, int] | None, forwarded: str | None, status: int
) -> None:
    key = gateway.create_key(allowed_ips=["192.0.2.0/24", "2001:db9::/32"])
    headers = {} if forwarded is None else {"x_forwarded_for": forwarded}
    reply = await ask(gateway.app(), key, client=client, **headers)
    assert reply.status == status
    if status == 403:
        assert reply.refusal == (403, "ip_not_allowed")


async def test_a_header_sent_twice_is_one_list(gateway: TokenFactory) -> None:
    key = gateway.create_key(allowed_ips=["192.0.2.0/24"])
    sent = {"x_forwarded_for": "192.0.2.7", "X_Forwarded_For": "198.51.100.1"}
    assert (await ask(gateway.app(), key, client=("10.0.0.1", 5), **sent)).status == 403


async def test_a_key_without_a_list_is_used_from_anywhere(gateway: TokenFactory) -> None:
    key = gateway.create_key()
    assert (await ask(gateway.app(), key, client=None, x_forwarded_for="nonsense")).status == 200


async def test_every_door_asks_where_from(gateway: TokenFactory) -> None:
    app, far = gateway.app(), ("198.51.100.1", 5)
    key = gateway.create_key(scopes=["inference", "admin"], allowed_ips=["192.0.2.7"])
    for method, path in (("GET", "/v1/models"), ("POST", EMBEDDINGS), ("GET", "/admin/keys")):
        assert (await ask(app, key, None, method=method, path=path, client=far)).refusal == (403, "ip_not_allowed")


def test_a_client_in_this_process_is_on_this_machine(gateway: TokenFactory) -> None:
    import openai

    here = gateway.openai_client(key=gateway.create_key(allowed_ips=["127.0.0.0/8"]), max_retries=0)
    assert here.models.list().data
    elsewhere = gateway.openai_client(key=gateway.create_key(allowed_ips=["192.0.2.0/24"]), max_retries=0)
    with pytest.raises(openai.PermissionDeniedError, match="may not be used from this address"):
        elsewhere.models.list()


def test_over_a_socket_nobody_can_claim_an_address(upstream: Upstream, tmp_path: Path, clock: Clock) -> None:
    import openai

    with made(upstream, tmp_path / "data", clock) as gateway, served(gateway.app()) as url:
        key = gateway.create_key(allowed_ips=["192.0.2.0/24"])
        claims = {"x-forwarded-for": "192.0.2.7"}
        with openai.OpenAI(api_key=key, base_url=f"{url}/v1", default_headers=claims, max_retries=0) as client:
            with pytest.raises(openai.PermissionDeniedError):
                client.models.list()
            gateway.keys.update(key.split("_")[1], {"allowed_ips": ["127.0.0.1"]})
            assert client.models.list().data


# -- rotation ----------------------------------------------------------------------------------------------------------


async def test_a_rotated_key_goes_on_under_both_texts_and_one_budget(gateway: TokenFactory, clock: Clock) -> None:
    app, admin = gateway.app(), gateway.create_key(scopes=["admin"])
    three = {"unit": "requests", "hard": 3, "window": {"kind": "monthly", "tz": "Europe/Rome"}}
    created = await ask(app, admin, {"project": "claims", "budgets": [three]}, path="/admin/keys")
    key_id, old = created.body["id"], created.body["key"]
    assert (await ask(app, old)).status == 200
    rotated = await ask(app, admin, {"overlap": "24h"}, path=f"/admin/keys/{key_id}/rotate")
    new = rotated.body["key"]
    assert rotated.body["id"] == key_id
    assert rotated.body["old_secrets"] == [{"ends_at_ms": clock() + 24 * HOUR_MS}]
    assert (await ask(app, old, {**BODY, "seed": 1})).status == 200
    assert (await ask(app, new, {**BODY, "seed": 2})).status == 200
    refused = await ask(app, new, {**BODY, "seed": 3})
    assert refused.refusal == (429, "budget_exceeded")
    assert f"key:{key_id}:requests" in refused.message
    assert {entry.axes.key for entry in gateway.ledger.entries() if entry.kind != "changed"} == {key_id}
    clock.now_ms += 24 * HOUR_MS
    assert (await ask(app, old, {**BODY, "seed": 4})).refusal == (401, "invalid_api_key")
    assert (await ask(app, new, {**BODY, "seed": 4})).refusal == (429, "budget_exceeded")


@pytest.mark.parametrize(
    "body", [{}, {"overlap": "soon"}, {"overlap": -1}, {"overlap": "24h", "secret": "x"}, {"overlap": None}], ids=str
)
async def test_a_wrong_rotation_changes_nothing(gateway: TokenFactory, body: dict[str, Any]) -> None:
    admin, key = gateway.create_key(scopes=["admin"]), gateway.create_key()
    address = f"/admin/keys/{key.split('_')[1]}/rotate"
    refused = await ask(gateway.app(), admin, body, path=address)
    assert refused.status == 400
    assert "overlap" in refused.message
    assert (await ask(gateway.app(), key)).status == 200


async def test_no_secret_is_listed_or_on_disk(gateway: TokenFactory, tmp_path: Path) -> None:
    app, admin = gateway.app(), gateway.create_key(scopes=["admin"])
    created = (await ask(app, admin, {}, path="/admin/keys")).body
    rotated = (await ask(app, admin, {"overlap": "1h"}, path=f"/admin/keys/{created['id']}/rotate")).body
    listed = [
        json.dumps((await ask(app, admin, None, method="GET", path=path)).body)
        for path in ("/admin/keys", f"/admin/keys/{created['id']}")
    ]
    written = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert created["id"].encode() in written
    for text in (created["key"], rotated["key"], admin):
        secret = text.split("_")[2]
        assert secret.encode() not in written
        assert not any(secret in shown for shown in listed)
    assert not any("sha256" in shown for shown in listed)


# -- budgets and limits ------------------------------------------------------------------------------------------------


async def test_a_keys_budget_is_listed_with_its_source_and_changed_with_the_key(gateway: TokenFactory) -> None:
    app, admin = gateway.app(), gateway.create_key(scopes=["admin"])
    cap = {"unit": "money", "hard": "500", "window": {"kind": "monthly"}}
    limits = {"rpm": 60, "tpm": 90_000, "concurrent": 4}
    created = (await ask(app, admin, {"budgets": [cap], **limits}, path="/admin/keys")).body
    assert {name: created[name] for name in limits} == limits
    (listed,) = (await ask(app, admin, None, method="GET", path="/admin/budgets")).body["budgets"]
    name = f"key:{created['id']}:money"
    assert (listed["name"], listed["source"], listed["hard"]) == (name, "key", "500")
    for method, body in (("PUT", cap), ("DELETE", None)):
        refused = await ask(app, admin, body, method=method, path=f"/admin/budgets/{name}")
        assert refused.refusal == (409, "conflict")
        assert f"belongs to the key {created['id']}" in refused.message
    address = f"/admin/keys/{created['id']}"
    changed = (await ask(app, admin, {"budgets": [], "rpm": None}, method="PATCH", path=address)).body
    assert (changed["budgets"], changed["rpm"], changed["tpm"]) == ([], None, 90_000)
    assert (await ask(app, admin, None, method="GET", path="/admin/budgets")).body["budgets"] == []


async def test_a_wrong_field_of_a_key_is_a_400_that_names_it(gateway: TokenFactory) -> None:
    app, admin = gateway.app(), gateway.create_key(scopes=["admin"])
    for fields, said in (
        ({"allowed_ips": ["10.0.0.0/99"]}, "allowed_ips[0]: '10.0.0.0/99'"),
        ({"budgets": [{"unit": "money"}]}, "budgets[0]."),
        ({"rpm": 0}, "rpm"),
        ({"endpoints": ["pictures"]}, "endpoints[0]"),
    ):
        refused = await ask(app, admin, fields, path="/admin/keys")
        assert refused.status == 400
        assert said in refused.message
    assert (await ask(app, admin, None, method="GET", path="/admin/keys/nobody00")).status == 404


def test_a_keys_budget_survives_a_restart(upstream: Upstream, tmp_path: Path, clock: Clock) -> None:
    one = {"unit": "requests", "hard": 1, "window": {"kind": "lifetime"}}
    messages: Any = BODY["messages"]
    with made(upstream, tmp_path / "data", clock) as gateway:
        key = gateway.create_key(budgets=[one])
        gateway.openai_client(key=key).chat.completions.create(model="fast", messages=messages)
    with made(upstream, tmp_path / "data", clock) as gateway:
        import openai

        client = gateway.openai_client(key=key, max_retries=0)
        with pytest.raises(openai.RateLimitError, match=f"key:{key.split('_')[1]}:requests"):
            client.chat.completions.create(model="fast", messages=messages, seed=1)
