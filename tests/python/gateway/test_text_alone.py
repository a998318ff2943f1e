"""What is held for a prompt of text alone is what text can cost; whatever else may be in it holds the dearest rate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from support.clocked import NOON_MS
from tokenfoundry.gateway.attempts.text_alone import is_text_alone
from tokenfoundry.pricing import PriceBook, Rates, Tier, prices
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage

TEXT: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("chat", {"messages": [{"role": "user", "content": "Ciao"}]}),
    "parts of chat": ("chat", {"messages": [{"role": "user", "content": [{"type": "text", "text": "Ciao"}]}]}),
    "tools of chat": (
        "chat",
        {
            "messages": [
                {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "type": "function"}]},
                {"role": "tool", "tool_call_id": "a", "content": "42"},
            ],
            "tools": [{"type": "function", "function": {"name": "f"}}],
        },
    ),
    "messages": (
        "messages",
        {
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "42"}]},
            ],
        },
    ),
    "a text to respond to": ("responses", {"input": "Ciao"}),
    "items": (
        "responses",
        {
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Ciao"}]},
                {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "a", "output": "42"},
            ]
        },
    ),
}
PART: dict[str, dict[str, Any]] = {
    "sound": {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    "a picture, or what its address says": {"type": "image_url", "image_url": {"url": "data:audio/wav;base64,AAAA"}},
    "a file": {"type": "file", "file": {"file_id": "f"}},
    "what is not known": {"type": "hologram"},
    "no type": {"text": "Ciao"},
    "an hour": {"type": "text", "text": "Ciao", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
}
OTHER: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: ("chat", {"messages": [{"role": "user", "content": [part]}]}) for name, part in PART.items()},
    "sound that was answered": ("chat", {"messages": [{"role": "assistant", "audio": {"id": "a"}}]}),
    "an earlier response": ("responses", {"input": "Ciao", "previous_response_id": "r"}),
    "a prompt kept elsewhere": ("responses", {"input": "Ciao", "prompt": {"id": "p"}}),
    "an item kept elsewhere": ("responses", {"input": [{"type": "item_reference", "id": "i"}]}),
    "a picture that a tool took": (
        "messages",
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [{"type": "image"}]}]}]},
    ),
    "tools for an hour": ("messages", {"messages": [], "tools": [{"name": "f", "cache_control": {"ttl": "1h"}}]}),
    "a picture among the orders": ("messages", {"messages": [], "system": [{"type": "image"}]}),
    "a tool of the provider": ("responses", {"input": "Ciao", "tools": [{"type": "code_interpreter"}]}),
    "another endpoint": ("transcriptions", {"file": "x"}),
    "no list": ("chat", {"messages": {"role": "user"}}),
}
RATES = Rates(
    input=Decimal(2),
    output=Decimal(8),
    cache_write=Decimal("2.5"),
    cache_write_1h=Decimal(4),
    input_audio=Decimal(32),
    tiers=(Tier(above=1000, input=Decimal(3), output=Decimal(9)),),
)
PRICE = {"input": "2", "output": "8", "cache_write": "2.5", "cache_write_1h": "4", "input_audio": "32"}


@pytest.mark.parametrize(("endpoint", "body"), TEXT.values(), ids=TEXT)
def test_text_is_seen_to_be_text(endpoint: str, body: dict[str, Any]) -> None:
    assert is_text_alone(endpoint, body)


@pytest.mark.parametrize(("endpoint", "body"), OTHER.values(), ids=OTHER)
def test_what_may_be_anything_else_is_not_taken_for_text(endpoint: str, body: dict[str, Any]) -> None:
    assert not is_text_alone(endpoint, body)


@pytest.mark.parametrize("input_tokens", [1000, 1001])
def test_no_text_costs_more_than_is_held_for_it(input_tokens: int) -> None:
    worst = RATES.scaled_worst(input_tokens=input_tokens, output_tokens=10, is_text=True)
    assert worst < RATES.scaled_worst(input_tokens=input_tokens, output_tokens=10)
    for cached in ({}, {"cache_read_tokens": input_tokens}, {"cache_write_tokens": input_tokens}):
        cost = RATES.cost(Usage(input_tokens=input_tokens, output_tokens=10, **cached)).total
        assert cost <= Decimal(worst).scaleb(-24)


def test_it_is_asked_only_where_text_costs_less() -> None:
    def book(price: dict[str, str]) -> PriceBook:
        target = {"provider": "p", "model": "m", "price": price}
        stated = {"currency": "EUR", "providers": {"p": {"format": "openai", "base_url": "http://127.0.0.1:9"}}}
        return PriceBook.from_settings(Settings.from_dict({**stated, "targets": {"t": target}}), prices(), at=NOON_MS)

    def asked() -> bool:
        raise AssertionError("text costs what all costs")

    bounds = {"input_tokens": 1000, "max_output_tokens": 0, "at": NOON_MS}
    assert book({"input": "2", "output": "8"}).worst_case_nano("t", is_text=asked, **bounds) == 2_000_000
    assert book(PRICE).worst_case_nano("t", is_text=lambda: True, **bounds) == 2_500_000
    assert book(PRICE).worst_case_nano("t", is_text=lambda: False, **bounds) == 32_000_000
    assert book(PRICE).worst_case_nano("t", **bounds) == 32_000_000
