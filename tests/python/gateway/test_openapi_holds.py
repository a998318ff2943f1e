"""Generated requests of every documented operation get what the document promises, and never an internal error.

Bounded and repeatable: the same requests in every run, from the schemas of the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from support.factories import config
from support.openai_provider import echo_everything
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.openapi import document, operations

_EXAMPLES = {GenerationMode.POSITIVE: 24, GenerationMode.NEGATIVE: 12}
CHECKED = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def gateway_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a gateway whose model `m` serves everything, and an administrator's key."""
    directory: Path = tmp_path_factory.mktemp("openapi")
    with Upstream(echo_everything) as upstream:
        made = config(upstream.base_url, directory / "data")
        target = {**made["targets"]["small"], "max_output_tokens": 1000, "model": "served-1"}
        target["price"] = {**target["price"], "image": "0.04", "audio_second": "0.0001", "characters": "15"}
        target["endpoints"] = [
            "chat",
            "responses",
            "completions",
            "embeddings",
            "images",
            "speech",
            "transcriptions",
            "translations",
            "image_edits",
            "image_variations",
            "moderations",
        ]
        made["targets"] = {"m": target}
        made["aliases"], made["routing"] = {}, {}
        with TokenFactory.from_config(made) as factory:
            key = factory.create_key(scopes=["inference", "admin"])
            with served(factory.app()) as url:
                yield url, key
            assert factory.ledger.holds() == []


@pytest.fixture(scope="module")
def schema() -> Any:
    described = document(version="0")
    for body in described["components"]["schemas"].values():
        if "model" in body.get("properties", {}) and "required" in body:
            body["properties"]["model"] = {"const": "m"}  # Any other is only a 404.
            body["required"] = [*{*body["required"], "model"}]
    return schemathesis.openapi.from_dict(described)


def _asks_anything(operation: Any) -> bool:
    return bool(list(operation.iter_parameters()) or list(operation.body))


@pytest.mark.parametrize("mode", _EXAMPLES, ids=lambda mode: "right" if mode is GenerationMode.POSITIVE else "wrong")
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
def test_every_operation_answers_as_documented(
    gateway_url: tuple[str, str], schema: Any, operation: Any, mode: GenerationMode
) -> None:
    """Requests that the schemas allow, and requests that they do not."""
    url, key = gateway_url
    described = schema[operation.path][operation.method]
    if mode is GenerationMode.NEGATIVE and not _asks_anything(described):
        pytest.skip("it asks nothing that could be stated wrongly")

    @given(case=described.as_strategy(generation_mode=mode))
    @settings(
        max_examples=_EXAMPLES[mode],
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        reply = case.call(base_url=url, headers={"authorization": f"Bearer {key}"})
        case.validate_response(reply, checks=CHECKED)

    ask()
