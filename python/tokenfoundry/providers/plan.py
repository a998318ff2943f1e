"""How a call that was asked in one dialect reaches a provider that speaks others, and how its answer comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tokenfoundry.providers.formats import Endpoint, Format, WireRequest
from tokenfoundry.providers.formats.json_request import name_in
from tokenfoundry.translate import Body, EventTranslator, Translation, Translations
from tokenfoundry.usage import Usage, UsageMeter


@dataclass(frozen=True, slots=True)
class Plan:
    """The translations from what is asked to `dialect`, one that the provider speaks, in that order."""

    steps: tuple[Translation, ...]
    format: Format
    dialect: str

    def said(self, body: Body) -> Said:
        """The body as the provider is told it. Raises `Untranslatable`."""
        asked: list[Body] = []
        for step in self.steps:
            asked.append(body)
            body = step.request(body)
        return Said(self, tuple(asked), body)


class Fault(NamedTuple):
    """What is wrong with a call by its provider's word, as in OpenAI's errors, and with which field of its body."""

    code: str | None
    param: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """One body on its way: as it was before each step, and as it is sent."""

    plan: Plan
    asked: tuple[Body, ...]
    body: Body

    def request(self, to: Endpoint, *, stream: bool, now_ms: int) -> WireRequest:
        """The HTTP request for it."""
        return self.plan.format.request(self.plan.dialect, self.body, to, stream=stream, now_ms=now_ms)

    def usage(self, reply: Body) -> Usage | None:
        """What the provider's reply says it consumed; what cannot be true of it is its `fault`."""
        return Usage.reported(self.plan.dialect, reply)

    def fault(self, reply: object) -> Fault:
        """What a decoded error reply names as the fault. A field only where the provider was asked in the dialect that
        was asked here: another may call it otherwise.
        """
        code = name_in(reply, "error", "code") or name_in(reply, "code")
        return Fault(code, None if self.asked else name_in(reply, "error", "param") or name_in(reply, "param"))

    def reply(self, reply: Body) -> Body:
        """The provider's reply in the dialect that was asked. Raises `ProviderError` for one of another shape."""
        for step, body in zip(reversed(self.plan.steps), reversed(self.asked), strict=True):
            reply = step.reply(reply, body)
        return reply

    def events(self) -> Events:
        """A reader for the provider's stream."""
        return Events(self)


class Events:
    """One stream of the provider's: its bytes in, events in the dialect that was asked out."""

    def __init__(self, said: Said) -> None:
        plan = said.plan
        self._framing = plan.format.framing(plan.dialect)
        self._meter = UsageMeter(plan.dialect)
        self._translators: list[EventTranslator] = [
            step.events(body) for step, body in zip(reversed(plan.steps), reversed(said.asked), strict=True)
        ]

    @property
    def ended(self) -> bool:
        """Whether the provider said that the stream is over."""
        return self._framing.ended

    @property
    def usage(self) -> Usage | None:
        """What the provider reported so far. Raises `InvalidInput` for what cannot be true."""
        return self._meter.usage

    def usage_so_far(self, count_output: Callable[[], int]) -> Usage | None:
        """The same; where the provider has told the input alone, with the output that was counted."""
        return self._meter.usage_so_far(count_output)

    def feed(self, data: bytes) -> Iterator[Body]:
        """The events that these bytes complete. Raises `ProviderError` in its turn."""
        for event in self._framing.feed(data):
            self._meter.see(event)
            if self._translators:
                yield from self._translated([event], 0)
            else:
                yield event

    def close(self) -> Iterator[Body]:
        """What the translations still have to say once the stream is over."""
        for place, translator in enumerate(self._translators):
            yield from self._translated(translator.close(), place + 1)

    def _translated(self, events: list[Body], place: int) -> list[Body]:
        for translator in self._translators[place:]:
            events = [made for event in events for made in translator.feed(event)]
        return events


class Planner:
    """Plans by dialect and format. Immutable after building; any thread."""

    def __init__(self, translations: Translations) -> None:
        self._translations = translations

    def plan(self, asked: str, format: Format, serves: Callable[[str], bool] | None = None) -> Plan | None:
        """The shortest way; None when `asked` can be said in nothing that the format speaks and the target serves
        (without `serves`, all of it).
        """
        spoken = [dialect for dialect in format.dialects if serves is None or serves(dialect)]
        steps = self._translations.path(asked, spoken)
        if steps is None:
            return None
        return Plan(steps, format, steps[-1].spoken if steps else asked)
