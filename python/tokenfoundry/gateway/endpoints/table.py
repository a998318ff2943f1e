"""Which path is whose."""

from __future__ import annotations

from collections.abc import Mapping

from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.endpoints.chat import Chat
from tokenfoundry.gateway.endpoints.embeddings import Embeddings
from tokenfoundry.gateway.endpoints.messages import Messages, MessageTokens

ENDPOINTS: Mapping[str, Endpoint] = {
    "/v1/chat/completions": Chat(),
    "/v1/embeddings": Embeddings(),
    "/v1/messages": Messages(),
}

# What is asked here is how many tokens a prompt has.
COUNTERS: Mapping[str, Endpoint] = {"/v1/messages/count_tokens": MessageTokens()}
