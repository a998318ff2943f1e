"""Asked in `chat` (OpenAI chat completions), spoken in `messages` (Anthropic).

Sources: the OpenAI API reference ("Create chat completion", "Chat streaming") and the Anthropic API reference ("Create
a Message", "Streaming Messages").

Not carried: `name` of a message, `seed`, the penalties, `prediction`, `store` and `verbosity`, which only hint; and the
reasoning of earlier turns, which Anthropic takes back only with its signature.
"""

from __future__ import annotations

from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.translate import Body, EventTranslator
from tokenfoundry.translate.chat_to_messages.events import ChunksOfMessages
from tokenfoundry.translate.chat_to_messages.replies import completion_of
from tokenfoundry.translate.chat_to_messages.requests import messages_request

__all__ = ["ChatToMessages"]


class ChatToMessages:
    """The translation. The clock dates replies: Anthropic's carry no time, and OpenAI's must."""

    asked = "chat"
    spoken = "messages"

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock

    def request(self, body: Body) -> Body:
        return messages_request(body)

    def reply(self, reply: Body, body: Body) -> Body:
        return completion_of(reply, created=self._clock() // 1000)

    def events(self, body: Body) -> EventTranslator:
        return ChunksOfMessages(created=self._clock() // 1000)
