"""Embeddings as OpenAI has them to those of Google, Cohere and Amazon, and back.

Source: OpenAI's API reference, "Create embeddings"; google-genai 3.4, `google/genai/models.py` (`batchEmbedContents` of
the Gemini API, `predict` of Vertex AI); cohere-python 7.3, `cohere/v2/raw_client.py`; "Amazon Titan Embeddings models"
in the Bedrock user guide. A reply whose provider counts no tokens has no `usage`.
"""

from __future__ import annotations

import base64
import struct
from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any

from tokenfoundry.errors import InvalidInput, ProviderError
from tokenfoundry.translate import Body, EventTranslator, Untranslatable
from tokenfoundry.translate.chat_answer import items, mapping
from tokenfoundry.usage import Usage

# Fields that are read here, or say nothing to the model.
_READ = frozenset({"model", "input", "dimensions", "encoding_format", "user"})


class _FromEmbeddings(ABC):
    asked = "embeddings"
    spoken: str

    def reply(self, reply: Body, body: Body) -> Body:
        vectors = self._vectors(reply)
        if len(vectors) != len(_texts(body)):
            raise ProviderError(f"the provider embedded {len(vectors)} of {len(_texts(body))} texts")
        as_base64 = body.get("encoding_format") == "base64"
        made: Body = {
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": _packed(vector) if as_base64 else vector}
                for index, vector in enumerate(vectors)
            ],
            "model": body.get("model", ""),
        }
        usage = Usage.reported(self.spoken, reply)
        if usage is not None and not usage.is_unreadable:
            made["usage"] = {"prompt_tokens": usage.input_tokens, "total_tokens": usage.total_tokens}
        return made

    def events(self, body: Body) -> EventTranslator:
        raise InvalidInput("embeddings do not stream")

    @abstractmethod
    def _vectors(self, reply: Body) -> list[list[float]]:
        """The vectors of a reply, in the order of their texts. Raises `ProviderError`."""


class EmbeddingsToGemini(_FromEmbeddings):
    """Implements `Translation`. The format puts the model's name into each request."""

    spoken = "gemini_embeddings"

    def request(self, body: Body) -> Body:
        _refuse_others(body, ("taskType", "title"))
        more = {name: body[name] for name in ("taskType", "title") if body.get(name) is not None}
        if body.get("dimensions") is not None:
            more["outputDimensionality"] = body["dimensions"]
        return {"requests": [{"content": {"parts": [{"text": text}]}, **more} for text in _texts(body)]}

    def _vectors(self, reply: Body) -> list[list[float]]:
        return [_vector(item.get("values")) for item in items(reply.get("embeddings"), "embeddings")]


class EmbeddingsToVertex(_FromEmbeddings):
    """Implements `Translation`."""

    spoken = "vertex_embeddings"

    def request(self, body: Body) -> Body:
        _refuse_others(body, ("task_type", "title"))
        more = {name: body[name] for name in ("task_type", "title") if body.get(name) is not None}
        made: Body = {"instances": [{"content": text, **more} for text in _texts(body)]}
        if body.get("dimensions") is not None:
            made["parameters"] = {"outputDimensionality": body["dimensions"]}
        return made

    def _vectors(self, reply: Body) -> list[list[float]]:
        predictions = items(reply.get("predictions"), "predictions")
        return [_vector(mapping(each.get("embeddings"), "embeddings").get("values")) for each in predictions]


class EmbeddingsToCohere(_FromEmbeddings):
    """Implements `Translation`. Texts are taken for documents; the provider's `input_type` option says otherwise."""

    spoken = "cohere_embeddings"

    def request(self, body: Body) -> Body:
        _refuse_others(body, ("input_type", "truncate", "priority"))
        made: Body = {name: body[name] for name in ("truncate", "priority") if body.get(name) is not None}
        made["texts"] = _texts(body)
        made["input_type"] = body.get("input_type") or "search_document"
        made["embedding_types"] = ["float"]
        if body.get("dimensions") is not None:
            made["output_dimension"] = body["dimensions"]
        return made

    def _vectors(self, reply: Body) -> list[list[float]]:
        vectors = mapping(reply.get("embeddings"), "embeddings").get("float")
        if not isinstance(vectors, list):
            raise ProviderError("the provider's embeddings are no list")
        return [_vector(vector) for vector in vectors]


class EmbeddingsToTitan(_FromEmbeddings):
    """Implements `Translation`. Titan embeds one text a call."""

    spoken = "titan_embeddings"

    def request(self, body: Body) -> Body:
        _refuse_others(body, ("normalize",))
        texts = _texts(body)
        if len(texts) != 1:
            raise Untranslatable("this provider embeds one text a call", param="input")
        made: Body = {"inputText": texts[0]}
        if body.get("dimensions") is not None:
            made["dimensions"] = body["dimensions"]
        if body.get("normalize") is not None:
            made["normalize"] = body["normalize"]
        return made

    def _vectors(self, reply: Body) -> list[list[float]]:
        return [_vector(reply.get("embedding"))]


def _texts(body: Body) -> list[str]:
    given = body["input"]
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Untranslatable("this provider embeds texts, not tokens", param="input")
    return texts


def _refuse_others(body: Body, native: Collection[str]) -> None:
    for name, value in body.items():
        if value is not None and name not in _READ and name not in native:
            raise Untranslatable(f"{name} cannot be said to this provider", param=name)


def _vector(value: Any) -> list[float]:
    if not isinstance(value, list) or not all(type(number) in (float, int) for number in value):
        raise ProviderError("the provider's embedding is no list of numbers")
    return value


def _packed(vector: list[float]) -> str:
    """As OpenAI packs it: 32-bit floats, little-endian."""
    try:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    except OverflowError as error:
        raise ProviderError("the provider's embedding has a number beyond 32 bits") from error
