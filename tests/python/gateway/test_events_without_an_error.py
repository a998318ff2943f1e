"""Some servers say `"error": null` in every event of a good stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.upstream import Exchange, Upstream, chunk
from tokenfoundry.errors import ProviderError
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.streams.chat import ChatStream
from tokenfoundry.gateway.streams.completions import CompletionStream
from tokenfoundry.gateway.streams.images import ImageStream
from tokenfoundry.gateway.streams.transcripts import TranscriptStream
from tokenfoundry.privacy import Redactor
from tokenfoundry.translate.chat_to_gemini import ChatToGemini
from tokenfoundry.translate.chat_to_mistral import ChatToMistral
from tokenfoundry.translate.chat_to_response_events import ChatToResponseEvents
from tokenfoundry.translate.completions_to_chat import CompletionsToChat
from tokenfoundry.translate.messages_to_chat.events import EventsOfChunks

Body = dict[str, Any]

ASKED: Body = {"model": "m", "messages": [], "input": "a"}
SESSION = Redactor().session()
CHUNK = chunk({"content": "Ecco"})
GEMINI: Body = {"responseId": "r", "candidates": [{"index": 0, "content": {"parts": [{"text": "Ecco"}]}}]}

READERS: dict[str, tuple[Callable[[], Callable[[Body], object]], Body]] = {
    "chat": (lambda: ChatStream(SESSION, json_content=False, wants_usage=False).add, CHUNK),
    "completions": (
        lambda: CompletionStream(SESSION, wants_usage=False).add,
        {"id": "c", "choices": [{"index": 0, "text": "Ecco"}]},
    ),
    "images": (lambda: ImageStream(SESSION).add, {"type": "image_generation.partial_image"}),
    "transcripts": (lambda: TranscriptStream(SESSION).add, {"type": "transcript.text.delta", "delta": "Ecco"}),
    "chat to messages": (lambda: EventsOfChunks().feed, CHUNK),
    "chat to responses": (lambda: ChatToResponseEvents(ASKED).feed, CHUNK),
    "chat to completions": (lambda: CompletionsToChat().events(ASKED).feed, CHUNK),
    "mistral": (lambda: ChatToMistral().events(ASKED).feed, CHUNK),
    "gemini": (lambda: ChatToGemini().events(ASKED).feed, GEMINI),
}


@pytest.mark.parametrize("name", READERS)
def test_an_error_that_is_null_is_none(name: str) -> None:
    make, event = READERS[name]
    assert make()({**event, "error": None})
    with pytest.raises(ProviderError, match="reported an error"):
        make()({**event, "error": {"message": "overloaded"}})


async def test_a_stream_within_the_process_goes_on(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        for piece in (chunk({"content": "Ecco"}), chunk({}, finish="stop")):
            await exchange.event({**piece, "error": None})
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    upstream.behave = behave
    question = [{"role": "user", "content": "ciao"}]
    stream = await gateway.chat(key=key, model="fast", messages=question, max_tokens=50, stream=True)
    text = [piece["choices"][0]["delta"].get("content") or "" async for piece in stream if piece["choices"]]
    assert "".join(text) == "Ecco"
    await gateway.aclose()
