"""A call in Anthropic's dialect reaches every provider, through chat where it must; its answer is a message again."""

from __future__ import annotations

from typing import Any

import pytest

from support.sdk_shapes import check_event, check_message
from support.wire import Fixture, fixtures
from tokenfoundry.providers.formats.registry import FORMATS, TRANSLATIONS
from tokenfoundry.providers.plan import Planner, Said
from tokenfoundry.translate import Translations

BODY: dict[str, Any] = {
    "model": "any",
    "max_tokens": 100,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": "Weather?"}],
    "tools": [{"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}],
}


def said(fixture: Fixture, **fields: Any) -> Said:
    plan = Planner(Translations(TRANSLATIONS)).plan("messages", fixture.format)
    assert plan is not None
    return plan.said(BODY | fields)


def of_chat(*having: str) -> Any:
    known = [each for each in fixtures(*having) if each.dialect == "chat"]
    return pytest.mark.parametrize("fixture", known, ids=lambda fixture: fixture.name)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_be_told_a_message(name: str) -> None:
    assert Planner(Translations(TRANSLATIONS)).plan("messages", FORMATS[name]) is not None


@of_chat("reply")
def test_the_reply_of_every_provider_becomes_a_message(fixture: Fixture) -> None:
    made = said(fixture).reply(fixture.data["reply"])
    check_message(made)
    assert made["stop_reason"]


@of_chat("events")
def test_the_stream_of_every_provider_becomes_the_events_of_a_message(fixture: Fixture) -> None:
    events = said(fixture, stream=True).events()
    made = [*events.feed(fixture.stream_bytes()), *events.close()]
    for event in made:
        check_event(event)
    assert made[0]["type"] == "message_start"
    assert [event["type"] for event in made[-2:]] == ["message_delta", "message_stop"]
