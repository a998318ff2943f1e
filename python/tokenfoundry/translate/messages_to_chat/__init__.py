"""Asked in `messages` (Anthropic), spoken in `chat` (OpenAI chat completions).

Sources: the Anthropic API reference ("Create a Message", "Streaming Messages") and the OpenAI API reference ("Create
chat completion", "Chat streaming").

Not carried: `top_k`, `cache_control`, `context_management`, `metadata` beyond the user, citations, and thinking of
earlier turns, which these models do not take. Thinking in a reply has no signature, so Anthropic's own models would not
take it back either.
"""

from __future__ import annotations

from tokenfoundry.translate import Body, EventTranslator
from tokenfoundry.translate.messages_to_chat.events import EventsOfChunks
from tokenfoundry.translate.messages_to_chat.replies import message_of
from tokenfoundry.translate.messages_to_chat.requests import chat_request

__all__ = ["MessagesToChat"]


class MessagesToChat:
    """The translation."""

    asked = "messages"
    spoken = "chat"

    def request(self, body: Body) -> Body:
        return chat_request(body)

    def reply(self, reply: Body, body: Body) -> Body:
        return message_of(reply)

    def events(self, body: Body) -> EventTranslator:
        return EventsOfChunks()
