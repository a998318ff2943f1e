"""Embeddings kept item by item: a batch asks its provider only for what is missing.

A vector belongs to the model that made it: vectors of two models cannot be compared. So an item is kept for the target
that answered, a batch is completed by that target alone, and one whose target fails is asked for as a whole of the
next. `dimensions`, `encoding_format` and whatever else the body says is part of an item's key. Equal items of one batch
are sent once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tokenfoundry.cache import Maker
from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.sharing.kept_answers import KeptAnswers
from tokenfoundry.gateway.sharing.recall import question_of
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

_log = logging.getLogger("tokenfoundry")

_IN_THREAD = 128  # A batch of more items is looked up and kept in a thread: the loop has other calls to serve.


class _KeptItem(msgspec.Struct, frozen=True, array_like=True):
    """One vector on disk, as its provider wrote it, and its share of the batch's tokens."""

    at_ms: int
    generation: int
    maker: Maker
    tokens: int
    model: str
    embedding: list[float] | str


@dataclass(slots=True)
class Part:
    """What is known of a batch before it is sent, and what is asked for."""

    target: str
    """Whose vectors the kept ones are."""
    whole: dict[str, Any]
    keys: list[bytes]
    kept: dict[bytes, _KeptItem]
    missing: dict[bytes, str]
    """What is sent, in its order: each item once."""
    age_ms: int

    @property
    def found(self) -> int:
        """How many items are kept."""
        return sum(key in self.kept for key in self.keys)

    @property
    def is_whole(self) -> bool:
        """Whether all is sent, each item at its own place."""
        return len(self.missing) == len(self.keys)

    @property
    def recalled_usage(self) -> Usage:
        """What the kept items used when they were made."""
        return Usage(input_tokens=sum(self.kept[key].tokens for key in self.keys if key in self.kept))

    def whole_usage(self, usage: Usage) -> Usage:
        """What the whole batch would have used, when what was sent used `usage`."""
        return msgspec.structs.replace(usage, input_tokens=usage.input_tokens + self.recalled_usage.input_tokens)

    def asked(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body that asks for what is missing."""
        return body if self.is_whole else {**body, "input": list(self.missing.values())}

    def reply(self) -> dict[str, Any]:
        """The reply of a batch whose every item is kept. It used nothing."""
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        data = [_datum(index, self.kept[key].embedding) for index, key in enumerate(self.keys)]
        return {"object": "list", "data": data, "model": self.kept[self.keys[0]].model, "usage": usage}

    def completed(self, reply: dict[str, Any]) -> dict[str, Any]:
        """The provider's reply with the kept items in their places. Raises `ProviderError` when it is not an answer to
        what was asked.
        """
        if self.is_whole:
            return reply
        sent = dict(zip(self.missing, _vectors(reply, len(self.missing)), strict=True))
        data = [
            _datum(index, self.kept[key].embedding if key in self.kept else sent[key])
            for index, key in enumerate(self.keys)
        ]
        return {**reply, "data": data}


class ItemCache:
    """Finds and keeps single items. Any thread."""

    def __init__(self, answers: KeptAnswers) -> None:
        self._answers = answers
        self._decoder = msgspec.msgpack.Decoder(_KeptItem)
        self._encoder = msgspec.msgpack.Encoder()

    def applies(self, call: Call) -> bool:
        """Whether this call is a batch of items that are answered each by itself."""
        return call.endpoint.kind == "embeddings"

    async def find(self, call: Call, target: Target) -> Part:
        """What is kept of this batch for `target`. A call that may not recall gets nothing, each item is missing."""
        body = call.redacted
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if len(texts) > _IN_THREAD:
            return await asyncio.to_thread(self._find, call, target, body, texts)
        return self._find(call, target, body, texts)

    def _find(self, call: Call, target: Target, body: dict[str, Any], texts: Sequence[str]) -> Part:
        rest = question_of({name: value for name, value in body.items() if name != "input"})
        begin = b"%b\0item\0%b\0%b\0" % (self._answers.prefix(call), rest, target.name.encode())
        keys = [begin + text.encode() for text in texts]
        kept: dict[bytes, _KeptItem] = {}
        missing: dict[bytes, str] = {}
        oldest_ms = 0
        for key, text in zip(keys, texts, strict=True):
            if key in kept or key in missing:
                continue
            found = self._one(call, target, key) if call.may_recall else None
            if found is None:
                missing[key] = text
            else:
                kept[key], age_ms = found
                oldest_ms = max(oldest_ms, age_ms)
        return Part(target.name, body, keys, kept, missing, oldest_ms)

    def _one(self, call: Call, target: Target, key: bytes) -> tuple[_KeptItem, int] | None:
        record = self._answers.get(key)
        if record is None:
            return None
        try:
            kept = self._decoder.decode(record)
        except msgspec.DecodeError as error:
            _log.warning("a kept item cannot be read: %s", type(error).__name__)
            return None
        age_ms = self._answers.age_ms(call, at_ms=kept.at_ms, generation=kept.generation, maker=kept.maker)
        return None if age_ms is None or kept.maker.target != target.name else (kept, age_ms)

    async def keep(self, call: Call, target: Target, part: Part, reply: dict[str, Any], usage: Usage) -> None:
        """Keeps the items that were missing, from the completed reply; `usage` is that of what was sent."""
        try:
            vectors = _vectors(reply, len(part.keys))
        except ProviderError:
            self._answers.reject("unfinished")
            return
        tokens = _shares(usage.input_tokens, [target.tokenizer.count(text) for text in part.missing.values()])
        records: dict[bytes, bytes] = {}
        for key, vector in zip(part.keys, vectors, strict=True):
            if key not in part.missing or key in records:
                continue
            kept = _KeptItem(
                at_ms=self._answers.now_ms(),
                generation=call.generation,
                maker=self._answers.maker(call, target),
                tokens=tokens[len(records)],
                model=str(reply.get("model", "")),
                embedding=vector,
            )
            records[key] = self._encoder.encode(kept)
        if len(records) > _IN_THREAD:
            await asyncio.to_thread(self._put, call, records)
        else:
            self._put(call, records)

    def _put(self, call: Call, records: dict[bytes, bytes]) -> None:
        for key, record in records.items():
            self._answers.put(key, record, ttl_ms=call.cache_terms.ttl_ms)


def _datum(index: int, embedding: Any) -> dict[str, Any]:
    return {"object": "embedding", "index": index, "embedding": embedding}


def _vectors(reply: dict[str, Any], count: int) -> list[Any]:
    """The vectors of a reply in the order of its inputs. Raises `ProviderError` when they are not one for each."""
    vectors: list[Any] = [None] * count
    data = reply.get("data")
    for position, datum in enumerate(data if isinstance(data, list) else ()):
        index = datum.get("index", position) if isinstance(datum, dict) else None
        vector = datum.get("embedding") if isinstance(datum, dict) else None
        if not isinstance(vector, list | str) or type(index) is not int or not 0 <= index < count:
            raise ProviderError("the provider's reply has not the shape of one")
        vectors[index] = vector
    if any(vector is None for vector in vectors):
        raise ProviderError("the provider's reply has not one vector for each input")
    return vectors


def _shares(total: int, weights: list[int]) -> list[int]:
    """`total` shared out by weight, in whole numbers that add up to it.

    >>> _shares(10, [1, 1, 1])
    [3, 3, 4]
    """
    weights = weights if any(weights) else [1] * len(weights)
    sum_of_weights, reached, done = sum(weights), 0, 0
    shares = []
    for weight in weights:
        reached += weight
        upto = total * reached // sum_of_weights
        shares.append(upto - done)
        done = upto
    return shares
