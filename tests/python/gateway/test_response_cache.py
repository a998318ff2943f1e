"""Identical prompts are answered from the cache, also when they are about different people; what must not be kept is
not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.factories import factory
from support.upstream import Exchange, Upstream, answer_with, completion, echo, usage_of
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord


def ask(gateway: TokenFactory, key: str, content: str = "Scrivi a mario.rossi@example.it.", **options: Any) -> Any:
    client = gateway.openai_client(key=key, max_retries=0)
    return client.chat.completions.create(
        **{"model": "fast", "messages": [{"role": "user", "content": content}], "max_tokens": 50, **options}
    )


def text_of(reply: Any) -> str:
    if hasattr(reply, "choices"):
        return str(reply.choices[0].message.content)
    return "".join(chunk.choices[0].delta.content or "" for chunk in reply if chunk.choices)


@pytest.mark.parametrize("first_streams", [False, True])
@pytest.mark.parametrize("then_streams", [False, True])
def test_a_repeat_is_a_hit_whether_either_streams(
    gateway: TokenFactory, key: str, upstream: Upstream, first_streams: bool, then_streams: bool
) -> None:
    upstream.behave = echo
    first = text_of(ask(gateway, key, stream=first_streams))
    again = text_of(ask(gateway, key, stream=then_streams))
    assert first == again == "Scrivi a mario.rossi@example.it."
    assert len(upstream.received) == 1
    miss, hit = (CallRecord.from_bytes(entry.detail) for entry in gateway.ledger.entries())
    assert (miss.outcome, hit.outcome) == ("answered", "hit")
    assert hit.cost_nano == 0
    assert hit.saved_nano == miss.cost_nano > 0


def test_the_same_question_about_somebody_else_is_a_hit_with_her_own_values(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = echo
    ask(gateway, key)
    reply = ask(gateway, key, "Scrivi a laura.bianchi@example.it.")
    assert text_of(reply) == "Scrivi a laura.bianchi@example.it."
    assert reply.tokenfoundry["cache"] == "hit"
    assert len(upstream.received) == 1


@pytest.mark.parametrize(
    "change",
    [{"max_tokens": 51}, {"temperature": 0.5}, {"model": "large"}, {"n": 2}, {"tools": []}, {"unknown_field": 1}],
    ids=str,
)
def test_another_question_is_a_miss(
    gateway: TokenFactory, key: str, upstream: Upstream, change: dict[str, Any]
) -> None:
    ask(gateway, key)
    extra = {name: change[name] for name in change if name == "unknown_field"}
    ask(gateway, key, **{name: value for name, value in change.items() if name not in extra}, extra_body=extra or None)
    assert len(upstream.received) == 2


def test_what_does_not_change_the_answer_does_not_change_the_key(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    ask(gateway, key, user="one", metadata={"trace": "1"})
    assert ask(gateway, key, user="two", metadata={"trace": "2"}).tokenfoundry["cache"] == "hit"


def test_projects_do_not_share_replies(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    ask(gateway, key)
    assert ask(gateway, gateway.create_key(project="other")).tokenfoundry["cache"] == "miss"
    assert ask(gateway, gateway.create_key(project="claims")).tokenfoundry["cache"] == "hit"


def test_workspaces_with_a_project_of_the_same_name_do_not_share(gateway: TokenFactory, key: str) -> None:
    ask(gateway, key)
    assert ask(gateway, gateway.create_key(project="claims", workspace="other")).tokenfoundry["cache"] == "miss"


def test_the_caller_can_keep_out_of_the_cache(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    ask(gateway, key, extra_headers={"cache-control": "no-store"})
    assert ask(gateway, key).tokenfoundry["cache"] == "miss"
    assert ask(gateway, key, extra_headers={"cache-control": "no-cache"}).tokenfoundry["cache"] == "bypass"
    assert ask(gateway, key).tokenfoundry["cache"] == "hit"


def test_a_reply_cut_by_our_own_bound_is_not_kept(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(completion("una risposta trop", usage=usage_of(5, 4), finish="length"))

    upstream.behave = behave
    ask(gateway, key, max_tokens=None)
    ask(gateway, key, max_tokens=None)
    assert len(upstream.received) == 2
    assert upstream.received[0].body["max_tokens"] == 4096
    ask(gateway, key)
    assert ask(gateway, key).tokenfoundry["cache"] == "hit"  # here the caller set the bound


def test_personal_data_of_the_models_own_is_not_kept(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    upstream.behave = answer_with("Chiedi a giulia.verdi@example.it")
    ask(gateway, key)
    assert ask(gateway, key).tokenfoundry["cache"] == "miss"


def test_the_cache_outlives_the_process_and_can_be_switched_off(upstream: Upstream, tmp_path: Path) -> None:
    for expected in ("miss", "hit"):
        with factory(upstream.base_url, tmp_path / "data") as gateway:
            assert ask(gateway, gateway.create_key()).tokenfoundry["cache"] == expected
    with factory(upstream.base_url, tmp_path / "data", cache={"enabled": False}) as gateway:
        assert ask(gateway, gateway.create_key()).tokenfoundry["cache"] == "bypass"


def test_another_privacy_policy_makes_other_entries(upstream: Upstream, tmp_path: Path) -> None:
    for policy in ({"default": "pseudonymize"}, {"default": "redact"}):
        with factory(upstream.base_url, tmp_path / "data", privacy={"policy": policy}) as gateway:
            assert ask(gateway, gateway.create_key()).tokenfoundry["cache"] == "miss"


def test_a_function_call_in_a_cached_reply_streams_too(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        call = {
            "id": "c1",
            "type": "function",
            "function": {"name": "send", "arguments": '{"to": "[EMAIL_ADDRESS_1]"}'},
        }
        reply = completion("", usage=usage_of(5, 4), finish="tool_calls")
        reply["choices"][0]["message"]["tool_calls"] = [call]
        await exchange.answer(reply)

    upstream.behave = behave
    ask(gateway, key)
    chunks = list(ask(gateway, key, stream=True))
    pieces = [chunk.choices[0].delta.tool_calls[0] for chunk in chunks if chunk.choices[0].delta.tool_calls]
    assert (pieces[0].index, pieces[0].id, pieces[0].function.name) == (0, "c1", "send")
    assert "".join(piece.function.arguments for piece in pieces) == '{"to": "mario.rossi@example.it"}'
    assert len(upstream.received) == 1
