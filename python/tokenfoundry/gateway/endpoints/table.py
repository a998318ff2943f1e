"""Which path is whose."""

from __future__ import annotations

from collections.abc import Mapping

from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.endpoints.chat import Chat
from tokenfoundry.gateway.endpoints.completions import Completions
from tokenfoundry.gateway.endpoints.embeddings import Embeddings
from tokenfoundry.gateway.endpoints.image_edits import ImageEdits, ImageVariations
from tokenfoundry.gateway.endpoints.images import Images
from tokenfoundry.gateway.endpoints.messages import Messages, MessageTokens
from tokenfoundry.gateway.endpoints.moderations import Moderations
from tokenfoundry.gateway.endpoints.responses import Responses
from tokenfoundry.gateway.endpoints.speech import Speech
from tokenfoundry.gateway.endpoints.transcriptions import Transcriptions
from tokenfoundry.gateway.endpoints.translations import Translations

ENDPOINTS: Mapping[str, Endpoint] = {
    "/v1/audio/speech": Speech(),
    "/v1/audio/transcriptions": Transcriptions(),
    "/v1/audio/translations": Translations(),
    "/v1/chat/completions": Chat(),
    "/v1/completions": Completions(),
    "/v1/embeddings": Embeddings(),
    "/v1/images/edits": ImageEdits(),
    "/v1/images/generations": Images(),
    "/v1/images/variations": ImageVariations(),
    "/v1/messages": Messages(),
    "/v1/moderations": Moderations(),
    "/v1/responses": Responses(),
}

# What is asked here is how many tokens a prompt has.
COUNTERS: Mapping[str, Endpoint] = {"/v1/messages/count_tokens": MessageTokens()}
