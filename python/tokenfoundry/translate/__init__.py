"""Translations between the dialects of inference APIs: pure functions on decoded bodies, no I/O.

A *dialect* is one published request-and-reply shape: `chat` (OpenAI chat completions), `messages` (Anthropic),
`responses` (OpenAI), `completions` (OpenAI's older text API), `gemini` (Google generateContent), `cohere` (Cohere v2
chat), `converse` (Amazon Bedrock). A client asks in one; a provider speaks some. `chat` is the pivot: every other
dialect that carries a conversation has a translation from it, to it, or both, so that any asked dialect reaches any
spoken one in at most two steps. Where a provider speaks what was asked, nothing is translated and every field survives.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from tokenfoundry.errors import InvalidInput

Body = dict[str, Any]


class Untranslatable(InvalidInput):
    """The body asks for what the spoken dialect cannot say. `param` names the field, in the asked dialect."""

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class EventTranslator(Protocol):
    """The events of one stream, from the spoken dialect to the asked one. Holds the state of that stream."""

    def feed(self, event: Body) -> list[Body]:
        """The asked dialect's events for one spoken event. Raises `ProviderError` for one of another shape."""

    def close(self) -> list[Body]:
        """What is still due when the spoken stream has ended as it should."""


class Translation(Protocol):
    """From one dialect that was asked to one that is spoken, and the answer back. Stateless."""

    asked: str
    spoken: str

    def request(self, body: Body) -> Body:
        """The body in the spoken dialect; `model` and `stream` are kept. Raises `Untranslatable`."""

    def reply(self, reply: Body, body: Body) -> Body:
        """A whole reply in the asked dialect; `body` is what was asked. Raises `ProviderError` for another shape."""

    def events(self, body: Body) -> EventTranslator:
        """A translator for one stream; `body` is what was asked."""


class Translations:
    """The known translations, and the shortest way through them."""

    def __init__(self, known: Collection[Translation]) -> None:
        self._from: dict[str, list[Translation]] = {}
        for translation in known:
            self._from.setdefault(translation.asked, []).append(translation)

    def path(self, asked: str, spoken: Collection[str]) -> tuple[Translation, ...] | None:
        """The steps from `asked` to one of the `spoken` dialects: none when it is spoken itself, None when no way leads
        there.
        """
        if asked in spoken:
            return ()
        steps = self._from.get(asked, ())
        for first in steps:
            if first.spoken in spoken:
                return (first,)
        for first in steps:
            for second in self._from.get(first.spoken, ()):
                if second.spoken in spoken:
                    return (first, second)
        return None

    @property
    def dialects(self) -> Mapping[str, tuple[str, ...]]:
        """For each dialect that can be asked, those that it can be translated to in one step."""
        return {asked: tuple(step.spoken for step in steps) for asked, steps in self._from.items()}
