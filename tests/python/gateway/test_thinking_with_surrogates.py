"""Thinking is signed, and a provider refuses a turn with a tool without it: it is not left out for the surrogates in it
that stand for the caller's own values.
"""

from __future__ import annotations

from typing import Any

import pytest

from support.anthropic_upstream import text, thinking, tool_use
from tokenfoundry.gateway.bodies.unreadable import redacted_body
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.privacy import Redactor

Body = dict[str, Any]
MESSAGES = ENDPOINTS["/v1/messages"]
REDACTOR = Redactor(policy={"default": "surrogate"}, key=bytes(range(32)))
NAME, ADDRESS = "Ludovica Ferrantelli", "ludo.ferrantelli@example.it"
ASKED = f"La sig.ra {NAME} chiama da {ADDRESS}."


def sent(*turns: Body, **fields: Any) -> Body:
    body = {"model": "m", "max_tokens": 9, **fields, "messages": list(turns)}
    return redacted_body(MESSAGES, body, REDACTOR.session())


def said(role: str, *blocks: Body) -> Body:
    return {"role": role, "content": list(blocks)}


def surrogates(fields: Body) -> tuple[str, str]:
    """Of the name and the address, as the first call of the conversation sends them."""
    first = sent(said("user", text("Chi chiama?" if fields else ASKED)), **fields)
    redacted = first["system"] if fields else first["messages"][0]["content"][0]["text"]
    name, _, rest = redacted.removeprefix("La sig.ra ").partition(" chiama da ")
    assert name != NAME
    return name, rest.removesuffix(".")


def thought_of(thought: str, fields: Body) -> list[str]:
    asked = said("user", text("Chi chiama?" if fields else ASKED))
    answer = said("assistant", thinking(thought), tool_use("find", {"who": NAME}))
    result = said("user", {"type": "tool_result", "tool_use_id": "toolu_01", "content": "ok"})
    made = sent(asked, answer, result, **fields)
    return [block["thinking"] for block in made["messages"][1]["content"] if block["type"] == "thinking"]


@pytest.mark.parametrize("fields", [{}, {"system": ASKED}])
def test_thinking_with_the_surrogates_of_the_call_is_kept_as_it_was_signed(fields: Body) -> None:
    name, address = surrogates(fields)
    for thought in (f"The user is {name}.", f"{name} <{address}>", name.partition(" ")[2]):
        assert thought_of(f"Vediamo: {thought}", fields) == [f"Vediamo: {thought}"]


@pytest.mark.parametrize("fields", [{}, {"system": ASKED}])
def test_thinking_with_anything_else_that_is_personal_is_left_out(fields: Body) -> None:
    name, address = surrogates(fields)
    given = name.partition(" ")[0]
    for thought in (
        f"The user is {NAME}, not {name}.",
        f"{name} o bruno.conti@example.it, {address}",
        f"{given} Fabbri",
    ):
        assert thought_of(f"Vediamo: {thought}", fields) == []
