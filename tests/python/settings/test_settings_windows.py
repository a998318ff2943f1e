"""Windows in the configuration: every kind loads, becomes the ledger's window, and is refused at its path."""

import datetime
import json
from typing import Any

import pytest

import tokenfoundry as tf
from tokenfoundry.budgets import ledger_budget
from tokenfoundry.errors import ConfigError
from tokenfoundry.settings import BudgetSettings, Settings, checked
from tokenfoundry.settings.load import yaml_text

WINDOWS = [
    ("{kind: daily, at_time: 06:00, tz: Europe/Rome}", tf.Window("daily", at_time="06:00", tz="Europe/Rome")),
    ("{kind: daily, at_time: 14:30:15}", tf.Window("daily", at_time="14:30:15")),
    ("{kind: weekly, iso_weekday: 7}", tf.Window("weekly", iso_weekday=7)),
    ("{kind: monthly, anchor_day: 31}", tf.Window("monthly", anchor_day=31)),
    ("{kind: monthly}", tf.Window("monthly", anchor_day=1)),
    ("{kind: quarterly, anchor_month: 4, at_time: '9:00'}", tf.Window("quarterly", anchor_month=4, at_time="09:00")),
    ("{kind: yearly, anchor_month: 2, anchor_day: 29}", tf.Window("yearly", anchor_month=2, anchor_day=29)),
    ("{kind: shift, starts: [06:00, 14:00, 22:00]}", tf.Window("shift", starts=["06:00", "14:00", "22:00"])),
    ("{kind: shift, starts: ['22:00', '06:00']}", tf.Window("shift", starts=["06:00", "22:00"])),
    ("{kind: rolling, length: 1h}", tf.Window("rolling", length=3600)),
    ("{kind: rolling, length: 366d}", tf.Window("rolling", length=datetime.timedelta(days=366))),
    ("{kind: rolling, length: 60060ms}", tf.Window("rolling", length=datetime.timedelta(milliseconds=60_060))),
    ("{kind: session, tz: Europe/Rome}", tf.Window("session", tz="Europe/Rome")),
    ("{kind: lifetime}", tf.Window("lifetime")),
]


def budget_with(window: str) -> dict[str, Any]:
    values = yaml_text("{name: a, unit: tokens, hard: 1, each: [session], window: " + window + "}")
    return dict(values)


@pytest.mark.parametrize(("text", "window"), WINDOWS)
def test_every_kind_becomes_the_ledger_s_window(text: str, window: tf.Window) -> None:
    loaded = Settings.from_dict({"budgets": [budget_with(text)]}).budgets[0]
    assert ledger_budget(loaded).window == window


@pytest.mark.parametrize("text", [text for text, _ in WINDOWS])
def test_a_window_that_is_stored_as_json_reads_back_the_same(text: str) -> None:
    budget = checked(BudgetSettings, budget_with(text))
    assert checked(BudgetSettings, json.loads(json.dumps(budget.model_dump(mode="json")))) == budget


@pytest.mark.parametrize(
    ("window", "path", "said"),
    [
        ("{kind: hourly}", "kind", "'rolling'"),
        ("{kind: quarterly, anchor_month: 13}", "anchor_month", "less than or equal to 12"),
        ("{kind: quarterly, anchor_day: 32}", "anchor_day", "less than or equal to 31"),
        ("{kind: monthly, anchor_month: 4}", "anchor_month", "belongs to a quarterly or yearly window"),
        ("{kind: weekly, iso_weekday: 0}", "iso_weekday", "greater than or equal to 1"),
        ("{kind: daily, iso_weekday: 1}", "iso_weekday", "belongs to a weekly window, not to a daily one"),
        ("{kind: daily, at_time: 25:00}", "at_time", '"06:00"'),
        ("{kind: daily, at_time: 6}", "at_time", '"06:00"'),
        ("{kind: lifetime, at_time: 06:00}", "at_time", "not to a lifetime one"),
        ("{kind: shift}", "starts", "is required of a shift window"),
        ("{kind: shift, starts: []}", "starts", "1 to 48 times of day"),
        ("{kind: shift, starts: [06:00, 14:00, 06:00]}", "starts", "two shifts begin at 06:00, so they overlap"),
        ("{kind: shift, starts: [06:00, late]}", "starts[1]", '"06:00"'),
        ("{kind: daily, starts: [06:00]}", "starts", "belongs to a shift window, not to a daily one"),
        ("{kind: rolling}", "length", "is required of a rolling window"),
        ("{kind: rolling, length: 3600}", "length", "with its unit, such as 90s"),
        ("{kind: rolling, length: -1h}", "length", "above 0"),
        ("{kind: rolling, length: 59s}", "length", "from one minute to 366 days"),
        ("{kind: rolling, length: 367d}", "length", "from one minute to 366 days"),
        ("{kind: rolling, length: 61s}", "length", "multiple of 60 ms"),
        ("{kind: session, length: 1h}", "length", "belongs to a rolling window, not to a session one"),
        ("{kind: rolling, length: 1h, tz: Mars/Base}", "tz", "IANA"),
    ],
)
def test_a_wrong_window_is_refused_at_its_field(window: str, path: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_dict({"budgets": [budget_with(window)]})
    assert caught.value.path == f"budgets[0].window.{path}"
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_wrong_kind_is_the_only_thing_said_about_the_fields_of_another() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_dict({"budgets": [budget_with("{kind: hourly, anchor_day: 3}")]})
    assert str(caught.value).startswith("budgets[0].window.kind: ")
    assert len(str(caught.value).splitlines()) == 1


def test_a_time_of_day_needs_no_quotes_in_yaml() -> None:
    assert yaml_text("{at: 14:00, ratio: 840, negative: -3, hex: 0x10}") == {
        "at": "14:00",
        "ratio": 840,
        "negative": -3,
        "hex": 16,
    }
