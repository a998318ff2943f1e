"""Marks for Anthropic's prompt cache. The rule is the one of its documentation, "Prompt caching"."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.providers.formats.prompt_cache import marked

MARK = {"type": "ephemeral"}
LONG = "parola " * 1500  # 10,500 bytes: over 1,024 tokens at four bytes each, under 4,096
TOOLS: list[dict[str, Any]] = [
    {"name": "a", "input_schema": {"type": "object"}},
    {"name": "b", "description": LONG, "input_schema": {"type": "object"}},
]


def user(said: Any) -> dict[str, Any]:
    return {"role": "user", "content": said}


def assistant(said: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": said}


def marks(value: Any) -> int:
    if isinstance(value, dict):
        return ("cache_control" in value) + sum(map(marks, value.values()))
    return sum(map(marks, value)) if isinstance(value, list) else 0


def body(**fields: Any) -> dict[str, Any]:
    return {"max_tokens": 9, "messages": [user("Ciao")], **fields}


def test_tools_system_and_the_last_two_turns_of_the_user_are_marked() -> None:
    asked = body(
        tools=TOOLS, system=LONG, messages=[user("uno"), assistant("sì"), user("due"), assistant("sì"), user("tre")]
    )
    before = copy.deepcopy(asked)
    made = marked(asked, model="claude-sonnet-4-5")
    assert made["tools"][1]["cache_control"] == MARK
    assert made["system"] == [{"type": "text", "text": LONG, "cache_control": MARK}]
    assert made["messages"][2]["content"] == [{"type": "text", "text": "due", "cache_control": MARK}]
    assert made["messages"][4]["content"] == [{"type": "text", "text": "tre", "cache_control": MARK}]
    assert marks(made) == 4
    assert asked == before


def test_a_caller_who_marked_something_is_left_alone() -> None:
    asked = body(tools=TOOLS, system=[{"type": "text", "text": "x", "cache_control": MARK}])
    assert marked(asked, model="claude-sonnet-4-5") is asked
    automatic = body(tools=TOOLS, cache_control=MARK)
    assert marked(automatic, model="claude-sonnet-4-5") is automatic


@pytest.mark.parametrize(
    ("model", "marked_tools"), [("claude-sonnet-4-5", 1), ("claude-haiku-4-5", 0), ("claude-opus-5", 1)]
)
def test_a_prefix_under_the_familys_minimum_is_not_marked(model: str, marked_tools: int) -> None:
    assert marks(marked(body(tools=TOOLS), model=model)) == marked_tools


def test_a_prompt_that_nothing_says_will_be_followed_is_not_marked() -> None:
    asked = body(system=LONG)
    assert marked(asked, model="claude-sonnet-4-5") is asked
    assert marks(marked(asked, model="claude-sonnet-4-5", expected_reads=1.0)) == 1


def test_a_prefix_that_is_read_too_seldom_is_not_marked() -> None:
    asked = body(tools=TOOLS)
    # 1.25 for the write and 0.1 for each read, against 1 for each call: even at 0.25 / 0.9 reads.
    assert marked(asked, model="claude-sonnet-4-5", expected_reads=0.27) is asked
    assert marks(marked(asked, model="claude-sonnet-4-5", expected_reads=0.28)) == 1


def test_pictures_do_not_count_by_their_bytes() -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 50_000}}
    asked = body(messages=[user([picture]), assistant("sì"), user("due")])
    assert marks(marked(asked, model="claude-sonnet-4-5")) == 0


def test_a_block_that_takes_no_mark_gets_none() -> None:
    thought = {"type": "thinking", "thinking": LONG, "signature": "s"}
    asked = body(messages=[user(LONG), assistant("sì"), user([thought]), assistant("sì"), user("tre")])
    made = marked(asked, model="claude-sonnet-4-5")
    assert made["messages"][2] == user([thought])
    assert marks(made) == 1


TURNS = st.lists(st.sampled_from([user("x"), user(LONG), assistant("y"), user([])]), min_size=1, max_size=8)


@given(TURNS, st.booleans(), st.booleans(), st.floats(0, 3))
def test_there_are_never_over_four_marks_and_nothing_else_changes(
    turns: list[dict[str, Any]], tools: bool, system: bool, reads: float
) -> None:
    asked = body(messages=turns, **({"tools": TOOLS} if tools else {}), **({"system": LONG} if system else {}))
    made = marked(asked, model="claude-sonnet-4-5", expected_reads=reads)
    assert marks(made) <= 4
    assert _unmarked(made) == _unmarked(asked)


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        bare = {name: _unmarked(item) for name, item in value.items() if name != "cache_control"}
        for name in ("content", "system"):
            if isinstance(bare.get(name), str):
                bare[name] = [{"type": "text", "text": bare[name]}]
        return bare
    return [_unmarked(item) for item in value] if isinstance(value, list) else value
