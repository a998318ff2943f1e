"""Amazon Bedrock: Converse and ConverseStream, and Titan's text embeddings through InvokeModel.

Source: the service model of botocore (`bedrock-runtime`, 2023-09-30) for paths and bodies; "Amazon Titan Embeddings
models" in the Bedrock user guide; "Amazon Bedrock API keys" for keys without a signature. A key with a colon is an AWS
access key and signs each request; one without is a Bedrock API key.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit

from tokenfoundry.errors import InvalidInput
from tokenfoundry.providers.formats import Endpoint, Framing, WireRequest
from tokenfoundry.providers.formats.json_request import JSON_HEADERS, bearer, json_request, message_in, required_key
from tokenfoundry.providers.formats.json_request import without as _without
from tokenfoundry.providers.framing.event_stream import AmazonEvents
from tokenfoundry.providers.sigv4 import Credentials, Scope, signed_headers

Body = dict[str, Any]

_STREAM_HEADERS = {"accept": "application/vnd.amazon.eventstream"}


class BedrockFormat:
    """Implements `Format`."""

    name = "bedrock"
    dialects = frozenset({"converse", "titan_embeddings"})

    def request(self, dialect: str, body: Body, to: Endpoint, *, stream: bool, now_ms: int) -> WireRequest:
        operation = "invoke" if dialect == "titan_embeddings" else "converse-stream" if stream else "converse"
        url = f"{to.base_url}/model/{quote(to.model, safe='-_.~')}/{operation}"
        key = required_key(to, self.name)
        accepts = _STREAM_HEADERS if stream else {"accept": "application/json"}
        unsigned = json_request(url, _without(body, "model", "stream"), accepts)
        if ":" not in key:
            return WireRequest(url, {**unsigned.headers, **bearer(key)}, unsigned.body)
        headers = signed_headers(
            Credentials.parse(key),
            Scope(region=_region(to), service="bedrock"),
            method="POST",
            url=url,
            headers={**JSON_HEADERS, **accepts},
            body=unsigned.body,
            now_ms=now_ms,
        )
        return WireRequest(url, headers, unsigned.body)

    def framing(self, dialect: str) -> Framing:
        # `messageStop` ends the answer, and `metadata`, with the usage, the stream.
        return AmazonEvents(lambda event: "metadata" in event)

    def error_message(self, body: Any) -> str:
        return message_in(body, "message") or message_in(body, "Message")


def _region(to: Endpoint) -> str:
    """As the options say, or the host's name. Raises `InvalidInput` when neither does."""
    if "region" in to.options:
        return to.options["region"]
    found = re.search(r"\bbedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.", urlsplit(to.base_url).netloc)
    if found is None:
        raise InvalidInput("bedrock needs the region that a request is signed for: set `options: {region: ...}`")
    return found[1]
