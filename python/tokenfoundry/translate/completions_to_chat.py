"""Completions of the older text API to chat completions, and back: the prompt is one user message.

Source: OpenAI's API reference for both. What only a text model can do is refused (`Untranslatable`): several prompts in
one call, a suffix, an echo, the best of many.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate import EventTranslator, Untranslatable
from tokenfoundry.translate.shapes import check_no_error

Body = dict[str, Any]

_OWN = ("prompt", "suffix", "echo", "best_of", "logprobs")
_FINISHES = ("stop", "length", "content_filter")


class CompletionsToChat:
    """See `tokenfoundry.translate.Translation`."""

    asked = "completions"
    spoken = "chat"

    def request(self, body: Body) -> Body:
        prompt = body["prompt"]
        if isinstance(prompt, list):
            if len(prompt) > 1:
                raise Untranslatable("prompt: this model takes one prompt in a call", param="prompt")
            [prompt] = prompt
        for field in ("suffix", "echo"):
            if body.get(field):
                raise Untranslatable(f"{field}: this model serves only chat, which has none", param=field)
        if (body.get("best_of") or 1) > (body.get("n") or 1):
            raise Untranslatable("best_of: this model serves only chat, which has none", param="best_of")
        if body.get("max_tokens") == 0:
            raise Untranslatable("max_tokens: this model serves only chat, and answers something", param="max_tokens")
        made = {name: value for name, value in body.items() if name not in _OWN and value is not None}
        made["messages"] = [{"role": "user", "content": prompt}]
        if body.get("logprobs") is not None:
            made["logprobs"] = True
            made["top_logprobs"] = body["logprobs"]
        return made

    def reply(self, reply: Body, body: Body) -> Body:
        choices = reply.get("choices")
        if not isinstance(choices, list):
            raise ProviderError("the provider's reply has no choices")
        made = []
        for choice in choices:
            message = choice.get("message") if isinstance(choice, dict) else None
            if not isinstance(message, dict):
                raise ProviderError("the provider's reply has a choice without a message")
            made.append(_choice(choice, message, _finish(choice) or "stop"))
        return {**reply, "object": "text_completion", "choices": made}

    def events(self, body: Body) -> EventTranslator:
        return _Chunks()


class _Chunks:
    """See `tokenfoundry.translate.EventTranslator`."""

    def __init__(self) -> None:
        self._offsets: dict[Any, int] = {}  # characters so far, by the choice

    def feed(self, event: Body) -> list[Body]:
        check_no_error(event)
        choices = event.get("choices")
        if not isinstance(choices, list | None):
            raise ProviderError("the provider sent a chunk of another shape")
        made = []
        for choice in choices or ():
            delta = choice.get("delta") if isinstance(choice, dict) else None
            index = choice.get("index", 0) if isinstance(choice, dict) else None
            if not isinstance(delta, dict | None) or not isinstance(index, int):
                raise ProviderError("the provider sent a chunk of another shape")
            offset = self._offsets.get(index, 0)
            made.append(_choice(choice, delta or {}, _finish(choice), offset=offset))
            self._offsets[index] = offset + len(made[-1]["text"])
        return [{**event, "object": "text_completion", "choices": made}]

    def close(self) -> list[Body]:
        return []


def _choice(choice: Body, message: Body, finish: str | None, *, offset: int = 0) -> Body:
    text = message.get("content")
    return {
        "index": choice.get("index", 0),
        "text": text if isinstance(text, str) else "",
        "logprobs": _logprobs(choice.get("logprobs"), offset),
        "finish_reason": finish,
    }


def _finish(choice: Body) -> str | None:
    """Why it ended, in the words that this API has."""
    reason = choice.get("finish_reason")
    return reason if reason is None or reason in _FINISHES else "stop"


def _logprobs(stated: Any, offset: int) -> Body | None:
    tokens = stated.get("content") if isinstance(stated, dict) else None
    if not isinstance(tokens, list) or not all(isinstance(each, dict) for each in tokens):
        return None
    texts = [str(each.get("token", "")) for each in tokens]
    offsets = []
    for text in texts:
        offsets.append(offset)
        offset += len(text)
    return {
        "tokens": texts,
        "token_logprobs": [each.get("logprob") for each in tokens],
        "top_logprobs": [_likeliest(each.get("top_logprobs")) for each in tokens],
        "text_offset": offsets,
    }


def _likeliest(stated: Any) -> Body:
    """The likeliest tokens at a place, with their probabilities."""
    tops = stated if isinstance(stated, list) else []
    return {str(top.get("token", "")): top.get("logprob") for top in tops if isinstance(top, dict)}
