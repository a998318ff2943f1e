"""The gateway as a FastAPI router: every path of the application, below any prefix."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.endpoints.table import COUNTERS, ENDPOINTS


@pytest.fixture
def host(gateway: TokenFactory) -> FastAPI:
    app = FastAPI()
    app.include_router(gateway.router(), prefix="/ai")
    return app


@pytest.mark.parametrize("path", [*ENDPOINTS, *COUNTERS])
def test_every_endpoint_is_there_and_documented(host: FastAPI, path: str) -> None:
    documented = host.openapi()["paths"]
    assert "post" in documented[f"/ai{path}"]
    with TestClient(host) as client:
        refused = client.post(f"/ai{path}", json={})
    assert (refused.status_code, "detail" in refused.json()) == (401, False)


def test_operations_have_names_of_their_own(host: FastAPI) -> None:
    ids = [operation["operationId"] for path in host.openapi()["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))


def test_every_page_is_there(host: FastAPI, gateway: TokenFactory, key: str) -> None:
    headers = {"authorization": f"Bearer {key}"}
    admin = {"authorization": f"Bearer {gateway.create_key(scopes=['admin'])}"}
    with TestClient(host, headers=headers) as client:
        assert client.get("/ai/health").json()["status"] == "ok"
        assert client.get("/ai/v1/models").json()["object"] == "list"
        assert client.get("/ai/v1/models/fast").json()["id"] == "fast"
        assert client.get("/ai/v1/usage/quotas").status_code == 200
        assert client.get("/ai/admin/budgets", headers=admin).json()["budgets"] == []
        assert client.get("/ai/admin/budgets").status_code == 403
        spec = {"unit": "tokens", "window": {"kind": "daily"}, "hard": 1}
        assert client.put("/ai/admin/budgets/team%2Fa", json=spec, headers=admin).json()["name"] == "team/a"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/nothing", 404), ("GET", "/v1", 404), ("PUT", "/v1/chat/completions", 405), ("POST", "/health", 405)],
)
def test_a_wrong_path_or_method_is_told_in_the_gateways_shape(
    host: FastAPI, method: str, path: str, status: int
) -> None:
    with TestClient(host) as client:
        refused = client.request(method, f"/ai{path}")
    assert (refused.status_code, set(refused.json())) == (status, {"error"})
