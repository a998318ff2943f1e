"""The OpenAPI document says what the gateway does: all of it, and nothing else."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any, get_args

import httpx2
import openapi_spec_validator
import pytest

from support.factories import factory
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway import app, headers
from tokenfoundry.gateway.admin.table import ROUTES
from tokenfoundry.gateway.endpoints.table import COUNTERS, ENDPOINTS
from tokenfoundry.gateway.openapi import document, operations
from tokenfoundry.keys import CLIENT_AXES
from tokenfoundry.limits import Metered

HEADER = re.compile(r"x-[a-z-]+|retry-after(-ms)?|ratelimit(-policy)?|anthropic-(version|beta)|cache-control")
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


def test_every_header_that_the_code_knows_by_name_is_in_the_document() -> None:
    named = {
        value if isinstance(value, str) else each
        for name, value in vars(headers).items()
        if name.isupper() and name[0] != "_" and name != "CLIENT_AXES" and isinstance(value, str | tuple)
        for each in ([value] if isinstance(value, str) else value)
    }
    components = DOCUMENT["components"]
    documented = {*components["parameters"], *components["headers"], *components["securitySchemes"]}
    assert named <= documented
    assert {f"x-tf-{axis}" for axis in CLIENT_AXES} <= components["parameters"].keys()
    limited = {f"x-ratelimit-{part}-{what}" for part in ("limit", "remaining", "reset") for what in get_args(Metered)}
    assert limited - components["headers"].keys() == {name for name in limited if name.endswith("concurrent")}


def test_no_header_has_a_name_of_its_own_elsewhere() -> None:
    """So that the table knows them all."""
    for path in Path(app.__file__).parent.rglob("*.py"):
        if path.name != "headers.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    assert not HEADER.fullmatch(node.value), f"{path.name}: {node.value}"


def test_every_operation_with_a_key_refers_to_the_headers_that_it_reads() -> None:
    for operation in operations():
        described = DOCUMENT["paths"][operation.path][operation.method.lower()]
        read = {
            parameter["$ref"].rpartition("/")[2] for parameter in described.get("parameters", ()) if "$ref" in parameter
        }
        assert headers.FORWARDED_FOR in read or not operation.needs_key
        if operation.tag == "inference" and operation.method == "POST":
            assert read >= {*headers.AXES, headers.CACHE_CONTROL}
            assert described["responses"]["200"]["headers"].keys() >= {*headers.ANSWERED, *headers.LIMITED}
            assert described["responses"]["429"]["headers"].keys() >= {*headers.REFUSED, *headers.LIMITED}


def test_what_a_call_is_told_is_in_the_document(upstream: Upstream, tmp_path: Path) -> None:
    limits = [{"name": "each", "each": ["key"], "rpm": 6, "tpm": 100_000, "concurrent": 8}]
    body: dict[str, Any] = {"model": "fast", "messages": [{"role": "user", "content": "Ciao"}]}
    seen: dict[int, set[str]] = {}
    with factory(upstream.base_url, tmp_path, rate_limits=limits) as made, served(made.app()) as url:
        key = made.create_key(project="claims")
        for more, sent in (
            ({}, {}),
            ({}, {}),  # From the cache, with its age.
            ({"stream": True}, {"cache-control": "no-store"}),
            ({"model": "none"}, {}),
            ({}, {"x-tf-intent": "mario.rossi@example.it", "anthropic-version": "2023-06-01"}),
            *[({"max_tokens": 5}, {"cache-control": "no-store"})] * 5,
        ):
            told = httpx2.post(
                f"{url}/v1/chat/completions", headers={"authorization": f"Bearer {key}", **sent}, json={**body, **more}
            )
            seen.setdefault(told.status_code, set()).update(told.headers.keys())
        seen[405] = set(httpx2.get(f"{url}/v1/chat/completions").headers.keys())
    assert {200, 400, 404, 405, 429} <= seen.keys()
    of_http = {"content-type", "content-length", "transfer-encoding", "date", "server", "connection"}
    responses = DOCUMENT["paths"]["/v1/chat/completions"]["post"]["responses"]
    for status, names in seen.items():
        documented = responses[str(status)]["headers"].keys() if str(status) in responses else headers.OF_METHODS.keys()
        assert names - of_http <= {*documented, headers.CACHE_CONTROL, headers.ANTHROPIC_REQUEST_ID}, status
    assert seen[200] >= {*headers.ANSWERED} - {headers.REGION}


def test_every_reference_leads_to_a_schema() -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    known = {f"#/components/{kind}/{name}" for kind, made in DOCUMENT["components"].items() for name in made}
    assert references(DOCUMENT) <= known
