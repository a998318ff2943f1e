"""The OpenAPI document says what the gateway does: all of it, and nothing else."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import httpx2
import openapi_spec_validator
import pytest

from support.serving import served
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway import app
from tokenfoundry.gateway.admin.table import ROUTES
from tokenfoundry.gateway.endpoints.table import COUNTERS, ENDPOINTS
from tokenfoundry.gateway.openapi import document, operations

DOCUMENT = document(version="0")
DOCUMENTED = {(operation.method, operation.path) for operation in operations()}


def test_the_document_is_valid_openapi_3_1() -> None:
    openapi_spec_validator.validate(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.1.0"


def test_the_document_is_served_without_a_key(gateway: TokenFactory) -> None:
    with served(gateway.app()) as url:
        served_document = httpx2.get(f"{url}/openapi.json").raise_for_status().json()
    assert served_document["paths"].keys() == DOCUMENT["paths"].keys()


@pytest.mark.parametrize("path", [*ENDPOINTS, *COUNTERS])
def test_every_endpoint_is_documented(path: str) -> None:
    assert ("POST", path) in DOCUMENTED


def test_every_route_of_the_admin_api_is_documented_and_no_other() -> None:
    documented = {route for route in DOCUMENTED if route[1].startswith("/admin/")}
    assert documented == {(route.method, route.template) for route in ROUTES}


def test_every_path_that_the_application_knows_is_documented() -> None:
    tree = ast.parse(inspect.getsource(app))
    known = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/")
    }
    paths = {path for _, path in DOCUMENTED}
    for path in known - {"/", "/admin/", "/v1/models/{name:path}"}:
        assert path in paths, path


def test_every_route_of_the_application_is_documented() -> None:
    assert {(route.method, route.template) for route in app.ROUTES} <= DOCUMENTED


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
def test_every_documented_route_leads_somewhere(gateway: TokenFactory, operation: Any) -> None:
    admin_key = gateway.create_key(scopes=["inference", "admin"])
    path = operation.path.replace("{", "").replace("}", "")
    with served(gateway.app()) as url:
        reply = httpx2.request(operation.method, url + path, headers={"authorization": f"Bearer {admin_key}"}, json={})
    assert "there is nothing at" not in reply.text
    assert "the admin API has no" not in reply.text
    assert reply.status_code == 200 or reply.status_code in operation.refusals
    assert reply.status_code != 405


def test_every_reference_leads_to_a_schema() -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert references(DOCUMENT) <= known
