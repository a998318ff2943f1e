"""OpenAI's models on Azure: the v1 API, or the dated one with a deployment in the path.

Source: "Azure OpenAI in Microsoft Foundry Models v1 API" and the REST API reference of 2024-10-21 on Microsoft Learn;
openai-python, openai/lib/azure.py, for the endpoints that have a deployment in their path. The model of a target is the
name of its deployment.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tokenfoundry.providers.formats import Endpoint, Framing, WireRequest, openai
from tokenfoundry.providers.formats.json_request import bearer, required_key
from tokenfoundry.providers.presets import PRESETS

Body = dict[str, Any]

_WITH_DEPLOYMENT = frozenset(
    {"chat", "completions", "embeddings", "images", "image_edits", "speech", "transcriptions", "translations"}
)


class AzureFormat:
    """Implements `Format`."""

    name = "azure"
    dialects = PRESETS["azure"].serves

    def request(self, dialect: str, body: Body, to: Endpoint, *, stream: bool, now_ms: int) -> WireRequest:
        key = required_key(to, self.name)
        headers = bearer(key) if to.options.get("auth") == "entra" else {"api-key": key}
        wire = openai.wire_body(dialect, body, to, PRESETS["azure"], stream=stream)
        return openai.post(_url(dialect, to), dialect, wire, headers)

    def framing(self, dialect: str) -> Framing:
        return openai.framing(dialect)

    def error_message(self, body: Any) -> str:
        return openai.error_message(body)


def _url(dialect: str, to: Endpoint) -> str:
    root = to.base_url.removesuffix("/v1").removesuffix("/openai") + "/openai"
    version = to.options.get("api_version")
    if version is None:
        return f"{root}/v1{openai.PATHS[dialect]}"
    deployment = f"/deployments/{quote(to.model, safe='')}" if dialect in _WITH_DEPLOYMENT else ""
    return f"{root}{deployment}{openai.PATHS[dialect]}?api-version={quote(version, safe='')}"
