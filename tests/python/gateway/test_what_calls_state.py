"""What callers state is booked as far as it is told apart; what is required and missing is booked so, and told."""

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec
import openai
import pytest

from support.clocked import NOON_MS
from support.factories import config
from support.upstream import Upstream, answer_with
from tokenfoundry.attribution import Attribution, Beside, DistinctValues
from tokenfoundry.errors import ConfigError
from tokenfoundry.factory import TokenFactory
from tokenfoundry.observers import Alarm
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import Settings

Open = Callable[..., TokenFactory]
ALL_AXES = ["intent", "consumer", "project", "env", "session"]


@pytest.fixture
def open_gateway(upstream: Upstream, tmp_path: Path) -> Iterator[Open]:
    """Opens a gateway with these settings of attribution, at a time that stands still."""
    upstream.behave = answer_with("ok")
    opened: list[TokenFactory] = []

    def opening(**attribution: Any) -> TokenFactory:
        settings = Settings.from_dict(config(upstream.base_url, tmp_path / "data", attribution=attribution))
        opened.append(TokenFactory(settings, clock=lambda: NOON_MS))
        return opened[-1]

    yield opening
    for each in opened:
        each.close()


def ask(gateway: TokenFactory, key: str, headers: dict[str, str] | None = None, **fields: Any) -> CallRecord:
    client = gateway.openai_client(key=key, max_retries=0)
    messages: list[Any] = [{"role": "user", "content": "Ciao"}]
    client.chat.completions.create(model="fast", messages=messages, max_tokens=5, extra_headers=headers, **fields)
    return CallRecord.from_bytes(gateway.ledger.entries()[-1].detail)


def refusal(gateway: TokenFactory, key: str, headers: dict[str, str] | None = None, **fields: Any) -> str:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(gateway, key, headers, **fields)
    assert not gateway.ledger.entries()
    return str(caught.value)


def test_values_beyond_the_cap_are_booked_on_overflow_which_is_told_once_and_counted(open_gateway: Open) -> None:
    gateway = open_gateway(max_values={"intent": 2})
    alarms: SimpleQueue[Alarm] = SimpleQueue()
    gateway.on_alarm(alarms.put)
    key = gateway.create_key()
    stated = ["a", "b", "a", "c", "d", "b"]
    booked = [ask(gateway, key, {"x-tf-intent": intent}).intent for intent in stated]
    assert booked == ["a", "b", "a", "(overflow)", "(overflow)", "b"]
    assert [entry.axes.intent for entry in gateway.ledger.entries()] == booked
    assert gateway.event_counts == gateway.health().event_counts == {"axis_overflow": 2}
    alarm = alarms.get(timeout=10)
    assert alarm.kind == "axis_overflow"
    assert alarm.said.startswith("intent: more than 2 values")
    gateway.close()
    assert alarms.empty()


def test_a_workspace_does_not_use_up_the_values_of_another(open_gateway: Open) -> None:
    gateway = open_gateway(max_values={"intent": 1})
    one, other = gateway.create_key(workspace="one"), gateway.create_key(workspace="other")
    assert ask(gateway, one, {"x-tf-intent": "a"}).intent == "a"
    assert ask(gateway, other, {"x-tf-intent": "b"}).intent == "b"


def test_intents_that_the_key_lists_are_always_told_apart(open_gateway: Open) -> None:
    gateway = open_gateway(max_values={"intent": 1})
    key = gateway.create_key(intents=["a", "b"])
    assert [ask(gateway, key, {"x-tf-intent": intent}).intent for intent in ("a", "b")] == ["a", "b"]


def test_values_are_counted_anew_in_each_window_and_go_on_over_new_bounds() -> None:
    now_ms = NOON_MS
    alarms: list[tuple[str, str]] = []
    counted = DistinctValues(clock=lambda: now_ms, alarm=lambda kind, said: alarms.append((kind, said)))
    bounded = counted.bound({"intent": 1}, window_ms=1000)

    def admitted(value: str) -> str:
        return bounded.admitted("w", "intent", value)

    assert [admitted("a"), admitted("b"), admitted("b")] == ["a", "(overflow)", "(overflow)"]
    bounded = counted.bound({"intent": 2}, window_ms=1000)
    assert [admitted("b"), admitted("c")] == ["b", "(overflow)"]
    now_ms += 1000
    assert [admitted("c"), admitted("d"), admitted("e")] == ["c", "d", "(overflow)"]
    assert [bool(said) for _, said in alarms] == [True, False, False, True]
    assert counted.bound({}, window_ms=1000).admitted("w", "intent", "f") == "f"


def test_fields_of_a_body_state_axes_and_tags_where_no_header_does(open_gateway: Open) -> None:
    gateway = open_gateway(
        tags=["team"], from_body={"user": "consumer", "metadata.team": "team", "metadata.purpose": "intent"}
    )
    key = gateway.create_key(client_axes=ALL_AXES)
    told = ask(gateway, key, user="u-1", metadata={"team": "red", "purpose": "faq"}, store=False)
    assert (told.consumer, told.tags, told.intent) == ("u-1", {"team": "red"}, "faq")
    assert gateway.ledger.entries()[-1].axes.consumer == "u-1"
    headers = {"x-tf-consumer": "u-2", "x-tf-tag-team": "blue"}
    told = ask(gateway, key, headers, user="u-1", metadata={"team": "red"})
    assert (told.consumer, told.tags) == ("u-2", {"team": "blue"})


def test_a_field_that_the_key_does_not_let_its_holder_set_says_nothing(open_gateway: Open) -> None:
    gateway = open_gateway(from_body={"user": "consumer"})
    told = ask(gateway, gateway.create_key(name="desk"), user="u-1")
    assert told.consumer == "desk"


def test_the_user_of_anthropics_api_is_booked(open_gateway: Open) -> None:
    gateway = open_gateway(from_body={"metadata.user_id": "consumer"})
    client = gateway.anthropic_client(key=gateway.create_key(client_axes=["consumer"]), max_retries=0)
    client.messages.create(
        model="fast", max_tokens=5, messages=[{"role": "user", "content": "Ciao"}], metadata={"user_id": "u-7"}
    )
    assert CallRecord.from_bytes(gateway.ledger.entries()[-1].detail).consumer == "u-7"


@pytest.mark.parametrize(
    ("headers", "fields", "said"),
    [
        ({"x-tf-tag-team": "mario.rossi@example.it"}, {}, "x-tf-tag-team: holds EMAIL_ADDRESS"),
        ({"x-tf-tag-team": "x" * 129}, {}, "x-tf-tag-team: needs 1 to 128"),
        ({"x-tf-tag-taem": "red"}, {}, "no such tag here, there is team"),
        ({}, {"user": "mario.rossi@example.it"}, "user: holds EMAIL_ADDRESS"),
        ({}, {"user": "x" * 129}, "user: needs 1 to 128"),
        ({"x-tf-parent": "mario.rossi@example.it"}, {}, "x-tf-parent: holds EMAIL_ADDRESS"),
    ],
)
def test_what_may_not_be_written_down_is_refused_and_not_repeated(
    open_gateway: Open, headers: dict[str, str], fields: dict[str, Any], said: str
) -> None:
    gateway = open_gateway(tags=["team"], from_body={"user": "consumer"})
    told = refusal(gateway, gateway.create_key(client_axes=ALL_AXES), headers, **fields)
    assert said in told
    assert "mario" not in told


def test_values_of_a_tag_have_a_cap_too(open_gateway: Open) -> None:
    gateway = open_gateway(tags=["team"], max_values={"team": 1})
    key = gateway.create_key()
    booked = [ask(gateway, key, {"x-tf-tag-team": team}).tags for team in ("red", "blue")]
    assert booked == [{"team": "red"}, {"team": "(overflow)"}]


def test_what_is_required_and_missing_is_booked_on_unattributed_which_is_told_once_and_counted(
    open_gateway: Open,
) -> None:
    gateway = open_gateway(tags=["team"], required=["intent", "team"])
    alarms: SimpleQueue[Alarm] = SimpleQueue()
    gateway.on_alarm(alarms.put)
    key = gateway.create_key()
    for _ in range(2):
        told = ask(gateway, key)
        assert (told.intent, told.tags) == ("unattributed", {"team": "unattributed"})
    assert gateway.ledger.entries()[-1].axes.intent == "unattributed"
    told = ask(gateway, key, {"x-tf-intent": "faq", "x-tf-tag-team": "red"})
    assert (told.intent, told.tags) == ("faq", {"team": "red"})
    assert gateway.event_counts == {"unattributed": 4}
    gateway.close()
    said = [alarms.get_nowait().said for _ in range(2)]
    assert [each.partition(":")[0] for each in said] == ["intent", "team"]
    assert alarms.empty()


def test_a_rule_that_says_the_intent_is_enough(open_gateway: Open) -> None:
    gateway = open_gateway(required=["intent"], intents=[{"intent": "chat", "path": "/v1/chat/completions"}])
    assert ask(gateway, gateway.create_key()).intent == "chat"
    assert not gateway.event_counts


def test_what_is_required_and_missing_is_refused_when_the_settings_say_so(open_gateway: Open) -> None:
    gateway = open_gateway(required=["consumer"], missing="refuse", from_body={"user": "consumer"})
    key = gateway.create_key(client_axes=["consumer"])
    assert "x-tf-consumer or user: is required here" in refusal(gateway, key)
    assert ask(gateway, key, user="u-1").consumer == "u-1"


def test_a_sub_call_says_what_it_is_a_part_of(open_gateway: Open) -> None:
    gateway = open_gateway()
    key = gateway.create_key()
    whole = ask(gateway, key)
    part = ask(gateway, key, {"x-tf-parent": whole.request_id})
    assert (whole.parent, part.parent) == ("", whole.request_id)
    other = gateway.create_key(client_axes=["intent"])
    with pytest.raises(openai.BadRequestError, match="nor what it is a part of"):
        ask(gateway, other, {"x-tf-parent": whole.request_id})


@pytest.mark.parametrize(
    ("attribution", "path"),
    [
        ({"tags": ["intent"]}, r"attribution.tags\[0\]"),
        ({"tags": ["Team"]}, r"attribution.tags\[0\]"),
        ({"from_body": {"user": "customer"}}, r"attribution.from_body"),
        ({"from_body": {"a.b.c": "intent"}}, r"attribution.from_body"),
        ({"max_values": {"team": 3}}, r"attribution.max_values"),
        ({"max_values": {"intent": 0}}, r"attribution.max_values"),
        ({"required": ["team"]}, r"attribution.required\[0\]"),
    ],
)
def test_settings_that_name_what_is_not_there_are_refused_with_their_place(
    open_gateway: Open, attribution: dict[str, Any], path: str
) -> None:
    with pytest.raises(ConfigError, match=path):
        open_gateway(**attribution)


def test_what_stands_on_a_row_outlives_the_process_of_a_batch() -> None:
    stated = Attribution(
        workspace="w",
        project="p",
        consumer="c",
        key="k",
        intent="i",
        env="",
        session="",
        intent_from="rule",
        beside=Beside(parent="r", tags=(("feature", "x"), ("team", "red"))),
    )
    stored = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(stated)))
    again = msgspec.convert(stored, Attribution)
    assert again == stated
    assert hash(again) == hash(stated)
