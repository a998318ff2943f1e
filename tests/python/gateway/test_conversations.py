"""Calls that state a conversation go on with its placeholders; nobody else has them, and everybody shares answers."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.factories import factory
from support.serving import served
from support.upstream import Upstream, answer_with, echo
from tokenfoundry.errors import ConfigError, InvalidCall
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway import prompt_redaction
from tokenfoundry.gateway.bodies.unreadable import redacted_body

MARIO, ANNA, LUCA = "mario@example.it", "anna@example.it", "luca@example.it"


@pytest.fixture
async def gateway(upstream: Upstream, tmp_path: Path) -> AsyncIterator[TokenFactory]:
    with factory(upstream.base_url, tmp_path / "data") as made:
        yield made
        await made.aclose()


async def said(gateway: TokenFactory, key: str, text: str, conversation: str | None = None, **fields: Any) -> Any:
    messages = [{"role": "user", "content": text}]
    return await gateway.chat(key=key, model="fast", messages=messages, conversation=conversation, **fields)


def sent(upstream: Upstream) -> list[str]:
    return [each.body["messages"][-1]["content"] for each in upstream.received]


async def test_a_value_keeps_its_placeholder_from_call_to_call(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = echo
    for text in (f"Sono {MARIO}", f"Scrivi a {ANNA}", f"E {MARIO}, {LUCA}?"):
        assert (await said(gateway, key, text, "chat-a")).text == text
    assert sent(upstream) == [
        "Sono [EMAIL_ADDRESS_1]",
        "Scrivi a [EMAIL_ADDRESS_2]",
        "E [EMAIL_ADDRESS_1], [EMAIL_ADDRESS_3]?",
    ]


async def test_a_value_that_was_found_in_a_call_before_is_replaced_where_it_is_missed(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = echo
    # Nothing but the word beside it tells what it is.
    texts = ("Il mio passaporto: YA1234567", "Vedi YA1234567 qui, non XYA1234567")
    for conversation in ("chat-a", "chat-b"):
        for text in texts:
            assert (await said(gateway, key, text, conversation)).text == text
    await said(gateway, key, texts[1], "chat-c")
    assert sent(upstream) == [
        "Il mio passaporto: [IT_PASSPORT_1]",
        "Vedi [IT_PASSPORT_1] qui, non XYA1234567",
        # What others asked is shared, whoever the numbers stand for.
        texts[1],
    ]


async def test_a_name_of_a_call_before_is_replaced_in_capitals_and_joined_too(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = echo
    for text in ("Sono Ermanno Fumagalli, buongiorno", "E Fumagalli? FUMAGALLI?", "In CV_ermanno_fumagalli.pdf"):
        assert (await said(gateway, key, text, "chat-a")).text == text
    assert "fumagalli" not in "".join(sent(upstream)).lower()


async def test_the_numbering_goes_on_in_another_process_of_the_same_books(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = echo
    keys: dict[str, str] = {}
    for durability in ("process", "power"):
        for text in (f"Sono {MARIO} ({durability})", f"Scrivi a {ANNA} e {MARIO} ({durability})"):
            with factory(upstream.base_url, tmp_path / durability, durability=durability) as gateway:
                key = keys.get(durability) or keys.setdefault(durability, gateway.create_key())
                assert (await said(gateway, key, text, "chat-a")).text == text
                await gateway.aclose()
    assert sent(upstream)[1] == "Scrivi a [EMAIL_ADDRESS_2] e [EMAIL_ADDRESS_1] (process)"
    assert sent(upstream)[3] == "Scrivi a [EMAIL_ADDRESS_2] e [EMAIL_ADDRESS_1] (power)"


async def test_a_model_may_name_who_was_named_in_another_call(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    await said(gateway, key, f"Sono {MARIO}", "chat-a")
    upstream.behave = answer_with("Come sai, **[email_address_1]** e [EMAIL_ADDRESS_2] e [PERSON_1].")
    for stream in (False, True):
        reply = await said(gateway, key, "Chi sono?", "chat-a", stream=stream)
        if stream:
            deltas = [chunk["choices"][0]["delta"].get("content") or "" async for chunk in reply if chunk["choices"]]
            text = "".join(deltas)
        else:
            text = reply.text
        assert text == f"Come sai, **{MARIO}** e [EMAIL_ADDRESS_2] e [PERSON_1]."
    assert (await said(gateway, key, "Chi sono?", "chat-b")).text.startswith("Come sai, **[email_address_1]**")
    assert (await said(gateway, key, "Chi sono?")).text.startswith("Come sai, **[email_address_1]**")


async def test_calls_at_once_never_share_a_number_or_have_two(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = echo
    people = [f"u{number % 12}@example.it" for number in range(36)]
    texts = [
        f"{number}: {one}, {other}" for number, (one, other) in enumerate(zip(people, reversed(people), strict=True))
    ]
    replies = await asyncio.gather(*(said(gateway, key, text, "chat-a") for text in texts))
    assert [reply.text for reply in replies] == texts
    number_of: dict[str, str] = {}
    for text in sent(upstream):
        index, one, other = re.fullmatch(r"(\d+): \[EMAIL_ADDRESS_(\d+)\], \[EMAIL_ADDRESS_(\d+)\]", text).groups()  # type: ignore[union-attr]
        for person, number in ((people[int(index)], one), (people[-1 - int(index)], other)):
            assert number_of.setdefault(person, number) == number
    assert sorted(map(int, number_of.values())) == list(range(1, 13))


async def test_without_a_conversation_nothing_is_opened_or_kept(
    gateway: TokenFactory, key: str, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.behave = echo
    for text in (f"Sono {MARIO}", f"Sono {ANNA}"):
        assert (await said(gateway, key, text)).text == text
    assert sent(upstream) == ["Sono [EMAIL_ADDRESS_1]"]  # The second is the same question.
    assert not gateway._vaults.opened
    assert not (tmp_path / "data" / "vault.key").exists()


async def test_a_key_may_forbid_it_and_a_name_is_no_personal_data(gateway: TokenFactory) -> None:
    closed = gateway.create_key(client_axes=["intent"])
    with pytest.raises(InvalidCall, match="does not let the client set conversation"):
        await said(gateway, closed, "Ciao", "chat-a")
    with pytest.raises(InvalidCall, match="holds EMAIL_ADDRESS"):
        await said(gateway, gateway.create_key(), "Ciao", MARIO)


async def test_keys_and_projects_have_conversations_of_their_own(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = echo
    other = gateway.create_key(project="claims", consumer="care")
    await said(gateway, key, f"Uno {MARIO}", "chat-a")
    assert (await said(gateway, other, "Due [EMAIL_ADDRESS_1]", "chat-a")).text == "Due [EMAIL_ADDRESS_1]"
    await said(gateway, other, f"Tre {ANNA}", "chat-a")
    assert sent(upstream) == ["Uno [EMAIL_ADDRESS_1]", "Due [LITERAL_1]", "Tre [EMAIL_ADDRESS_1]"]


async def test_a_project_may_share_its_conversations(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = echo
    with factory(upstream.base_url, tmp_path / "data", vault={"share": "project"}) as gateway:
        one, other, stranger = (gateway.create_key(project=project) for project in ("claims", "claims", "sales"))
        await said(gateway, one, f"Uno {MARIO}", "chat-a")
        await said(gateway, other, f"Due {ANNA}, {MARIO}", "chat-a")
        await said(gateway, stranger, f"Tre {LUCA}", "chat-a")
        await gateway.aclose()
    assert sent(upstream)[1:] == ["Due [EMAIL_ADDRESS_2], [EMAIL_ADDRESS_1]", "Tre [EMAIL_ADDRESS_1]"]


@pytest.mark.parametrize("stream", [False, True])
async def test_answers_are_shared_whatever_the_numbers_of_a_conversation_are(
    gateway: TokenFactory, key: str, upstream: Upstream, stream: bool
) -> None:
    upstream.behave = echo

    async def asked(text: str, conversation: str | None = None) -> tuple[str, str]:
        reply = await said(gateway, key, text, conversation, stream=stream)
        if not stream:
            return reply.text, reply.summary["cache"]
        deltas = [chunk["choices"][0]["delta"].get("content") or "" async for chunk in reply if chunk["choices"]]
        return "".join(deltas), reply.summary["cache"]

    await asked(f"Prima: {LUCA}", "chat-a")  # So that the numbers of the conversation are others.
    text = "Chi e {}? E {}, \\[email_address_1\\]? Ancora {}."
    here, there = text.format(MARIO, ANNA, MARIO), text.format(ANNA, LUCA, ANNA)
    assert await asked(here, "chat-a") == (here, "miss")
    assert sent(upstream)[-1].startswith("Chi e [EMAIL_ADDRESS_2]? E [EMAIL_ADDRESS_3], [LITERAL_1]?")
    assert await asked(there) == (there, "hit")
    assert await asked(there, "chat-a") == (there, "hit")
    assert await asked(here, "chat-b") == (here, "hit")
    assert await asked(text.format(MARIO, MARIO, ANNA)) == (text.format(MARIO, MARIO, ANNA), "miss")
    assert await asked(text.format(LUCA, LUCA, ANNA), "chat-a") == (text.format(LUCA, LUCA, ANNA), "hit")
    assert len(upstream.received) == 3


async def test_an_answer_about_others_of_the_conversation_is_not_shared(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    await said(gateway, key, f"Sono {MARIO}", "chat-a")
    upstream.behave = answer_with("Chiedi a [EMAIL_ADDRESS_1].")
    assert (await said(gateway, key, "Chi sa?", "chat-a")).text == f"Chiedi a {MARIO}."
    upstream.behave = answer_with("Non so.")
    reply = await said(gateway, key, "Chi sa?")
    assert (reply.text, reply.summary["cache"]) == ("Non so.", "miss")


async def test_an_answer_that_names_what_its_own_caller_did_not_is_not_given_to_a_conversation(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = answer_with("Chiedi a [EMAIL_ADDRESS_1].")
    assert (await said(gateway, key, "Chi sa?")).text == "Chiedi a [EMAIL_ADDRESS_1]."  # Made up by the model.
    await said(gateway, key, f"Sono {MARIO}", "chat-a")
    reply = await said(gateway, key, "Chi sa?", "chat-a")
    assert (reply.text, reply.summary["cache"]) == (f"Chiedi a {MARIO}.", "miss")


async def test_a_call_of_a_conversation_joins_one_in_progress_and_has_its_own_values(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = echo
    await said(gateway, key, f"Prima: {LUCA}", "chat-a")
    arrived, go = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def wait_then_echo(exchange: Any) -> None:
        loop.call_soon_threadsafe(arrived.set)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(go.wait(), loop))
        await echo(exchange)

    upstream.behave = wait_then_echo
    leading = asyncio.ensure_future(said(gateway, key, f"Ciao {ANNA}"))
    await arrived.wait()
    following = asyncio.ensure_future(said(gateway, key, f"Ciao {MARIO}", "chat-a"))
    await asyncio.sleep(0)
    go.set()
    assert (await leading).text == f"Ciao {ANNA}"
    reply = await following
    assert reply.text == f"Ciao {MARIO}"
    assert reply.summary["cache"] in ("joined", "hit")
    assert len(upstream.received) == 2


def test_an_administrator_shows_and_erases_what_is_kept(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    upstream.behave = echo
    admin = gateway.create_key(scopes=["admin:vault"])
    with served(gateway.app()) as url, httpx.Client(base_url=url, trust_env=False) as http:

        def ask(text: str) -> None:
            body = {"model": "fast", "messages": [{"role": "user", "content": text}]}
            headers = {"authorization": f"Bearer {key}", "x-tf-conversation": "ticket-4711"}
            assert http.post("/v1/chat/completions", json=body, headers=headers).status_code == 200

        def administer(method: str, path: str, **fields: Any) -> Any:
            return http.request(method, path, headers={"authorization": f"Bearer {admin}"}, **fields)

        ask(f"Sono {MARIO}")
        shown = administer("GET", "/admin/vault").json()
        assert shown == {"conversations": 1, "values": 1, "ttl_ms": 30 * 86_400_000, "share": "key"}
        assert administer("POST", "/admin/vault/erase", json={}).status_code == 400
        assert administer("POST", "/admin/vault/erase", json={"key": ""}).status_code == 400
        assert administer("POST", "/admin/vault/erase", json={"key": key}).status_code == 404
        assert not any(key.encode() in entry.detail for entry in gateway.ledger.entries())
        done = administer("POST", "/admin/vault/erase", json={"conversation": "ticket-4711", "reason": "art. 17"})
        assert done.json() == {"erased": 1}
        ask(f"Scrivi a {ANNA}")
        assert administer("POST", "/admin/vault/reseal", json={}).json() == {"resealed": 0}
        assert http.get("/admin/vault", headers={"authorization": f"Bearer {key}"}).status_code == 403
    assert sent(upstream)[-1] == "Scrivi a [EMAIL_ADDRESS_1]"
    notes = [json.loads(entry.detail) for entry in gateway.ledger.entries() if b"vault/erase" in entry.detail]
    assert notes[0]["said"] == {"conversation": "ticket-4711"}


async def test_other_settings_of_the_vault_hold_from_the_next_call_on(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from support.factories import config
    from tokenfoundry.settings import Settings

    upstream.behave = echo
    monkeypatch.setenv("VAULT_KEY", "a stated key")
    with factory(upstream.base_url, tmp_path / "data") as gateway:
        key = gateway.create_key()
        await said(gateway, key, f"Sono {MARIO}", "chat-a")
        rotated = config(upstream.base_url, tmp_path / "data", vault={"key": "env:VAULT_KEY"})
        gateway.reload(Settings.from_dict(rotated))
        await said(gateway, key, f"E {ANNA}, {MARIO}", "chat-a")
        await gateway.aclose()
    assert sent(upstream)[-1] == "E [EMAIL_ADDRESS_2], [EMAIL_ADDRESS_1]"


async def test_surrogates_are_the_same_in_each_call_of_a_conversation(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = echo
    surrogates = {"policy": {"default": "surrogate"}}  # With a key of their own in each factory.
    first, second = f"Sono Mario Rossi, {MARIO}", f"Rossi Mario: {MARIO} e Giulia Bianchi"
    with factory(upstream.base_url, tmp_path / "data", privacy=surrogates) as gateway:
        key = gateway.create_key()
        assert (await said(gateway, key, first, "chat-a")).text == first
        await gateway.aclose()
    with factory(upstream.base_url, tmp_path / "data", privacy=surrogates) as gateway:
        assert (await said(gateway, key, second, "chat-a")).text == second
        name, address = sent(upstream)[0].removeprefix("Sono ").split(", ")
        given, family = name.split()
        assert sent(upstream)[1].startswith(f"{family} {given}: {address} e ")
        # Whoever was named before is known to the model, and to nobody else.
        upstream.behave = answer_with(f"Come sai, **{name.upper()}** ({address}).")
        assert (await said(gateway, key, "Chi sono?", "chat-a")).text == f"Come sai, **MARIO ROSSI** ({MARIO})."
        assert (await said(gateway, key, "Chi sono?", "chat-b")).text == f"Come sai, **{name.upper()}** ({address})."
        await gateway.aclose()


async def test_many_surrogates_in_one_request_are_chosen_beside_the_event_loop(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def redacted(*asked: Any) -> dict[str, Any]:
        threads.append(threading.current_thread() is threading.main_thread())
        return redacted_body(*asked)

    monkeypatch.setattr(prompt_redaction, "redacted_body", redacted)
    upstream.behave = echo
    with factory(upstream.base_url, tmp_path / "data", privacy={"policy": {"default": "surrogate"}}) as gateway:
        key = gateway.create_key()
        many = ", ".join(f"utente{number}@example.it" for number in range(3000))
        for text in (f"Sono {MARIO}", many):
            assert (await said(gateway, key, text)).text == text
        await gateway.aclose()
    assert threads == [True, False]
    assert "utente" not in sent(upstream)[1]


def test_a_conversation_that_is_stated_twice_is_one_or_is_refused(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = echo
    with factory(upstream.base_url, tmp_path / "data") as gateway, served(gateway.app()) as url:
        headers = [("authorization", f"Bearer {gateway.create_key()}"), ("x-tf-conversation", "chat-a")]
        body = {"model": "fast", "messages": [{"role": "user", "content": MARIO}]}
        for more, status in (("chat-a", 200), ("chat-b", 400), ("", 400)):
            sent_headers = [*headers, ("x-tf-conversation", more)]
            reply = httpx.post(f"{url}/v1/chat/completions", json=body, headers=sent_headers, trust_env=False)
            assert reply.status_code == status, reply.text
            if status == 400:
                assert "x-tf-conversation: is stated twice" in reply.json()["error"]["message"]
    assert len(upstream.received) == 1


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"privacy": {"key": "env:NOBODY_SET_IT"}}, "privacy.key"),
        ({"privacy": {"key": "file:/nowhere/key"}}, "privacy.key"),
    ],
)
def test_a_key_that_is_not_there_is_named_with_its_setting(
    settings: dict[str, Any], path: str, upstream: Upstream, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        factory(upstream.base_url, tmp_path / "data", **settings).close()
    assert path in str(caught.value)
    assert "NOBODY_SET_IT is not set" in str(caught.value) or "/nowhere/key cannot be read" in str(caught.value)
    assert "API key" not in str(caught.value)
