"""Which path is whose."""

from __future__ import annotations

from collections.abc import Mapping

from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.endpoints.chat import Chat
from tokenfoundry.gateway.endpoints.completions import Completions
from tokenfoundry.gateway.endpoints.embeddings import Embeddings
from tokenfoundry.gateway.endpoints.responses import Responses

ENDPOINTS: Mapping[str, Endpoint] = {
    "/v1/chat/completions": Chat(),
    "/v1/completions": Completions(),
    "/v1/embeddings": Embeddings(),
    "/v1/responses": Responses(),
}
