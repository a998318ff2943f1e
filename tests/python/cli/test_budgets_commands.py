"""`tokenfoundry budgets`, `quotas`, `packages` and `ledger` as a user types them, without a server and with one."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from support.factories import config
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.cli import app
from tokenfoundry.cli.options import os_user
from tokenfoundry.cli.output import out
from tokenfoundry.errors import TokenFoundryError
from tokenfoundry.factory import TokenFactory
from tokenfoundry.money import decimal_text

SECTIONS = {
    "budgets": [
        {"name": "claims", "match": {"project": "claims"}, "unit": "requests", "hard": 5, "window": {"kind": "daily"}}
    ],
    "quotas": {"acme": {"tokens": 1000, "images": 7, "enforce": False, "tz": "Europe/Rome"}},
    "packages": [{"name": "prepaid", "match": {"workspace": "initech"}, "unit": "tokens", "each": ["project"]}],
}

Run = Callable[..., str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A folder with a configuration whose books hold four calls of acme's claims."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(out, "width", 250)
    with Upstream() as upstream:
        made = config(upstream.base_url, tmp_path / "data", **SECTIONS)
        (tmp_path / "tokenfoundry.yaml").write_text(yaml.safe_dump(made))
        with TokenFactory.from_config(made) as factory:
            client = factory.openai_client(key=factory.create_key(project="claims", workspace="acme"), max_retries=0)
            for seed in range(4):
                client.chat.completions.create(model="fast", messages=[{"role": "user", "content": "a"}], seed=seed)
        yield made


@pytest.fixture(params=["without a server", "with a server"])
def run(request: pytest.FixtureRequest, project: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A command: what it prints, or with `fails` what it complains of."""

    def run(command: str, *, fails: bool = False) -> str:
        result = CliRunner().invoke(app, shlex.split(command))
        if fails:
            assert isinstance(result.exception, TokenFoundryError), result.output
            assert result.output == ""
            return str(result.exception)
        assert result.exception is None, result.output
        return result.stdout

    if request.param == "without a server":
        yield run
        return
    with TokenFactory.from_config(project) as factory, served(factory.app()) as url:
        monkeypatch.setenv("TOKENFOUNDRY_URL", url)
        monkeypatch.setenv("TOKENFOUNDRY_ADMIN_KEY", factory.create_key(scopes=["admin"]))
        yield run


def budget(run: Run, name: str) -> Any:
    return next(each for each in json.loads(run("budgets list --json"))["budgets"] if each["name"] == name)


def test_everything_a_budget_may_say_is_an_option(run: Run) -> None:
    options = (
        "--unit money --hard 500 --soft 400 --match project=motor --match project=life --each key --window monthly "
        "--anchor-day 15 --tz Asia/Tokyo --alert 50 --alert 90 --burst 20 --burst-refill 5/h --burst-per-window 40 "
        "--at-cap throttle --throttle-from 450 --track --at-time 06:00"
    )
    made = json.loads(run(f"budgets set full {options} --json"))
    assert made == {
        "name": "full",
        "unit": "money",
        "match": {"project": ["motor", "life"]},
        "each": ["key"],
        "window": {
            "kind": "monthly",
            "anchor_day": 15,
            "anchor_month": None,
            "iso_weekday": None,
            "at_time": "06:00",
            "starts": None,
            "length": None,
            "tz": "Asia/Tokyo",
        },
        "hard": "500",
        "soft": "400",
        "alert_at": [50, 90],
        "burst": {"size": "20", "refill": {"amount": "5", "every": "1h"}, "max_per_window": "40"},
        "at_cap": "throttle",
        "throttle_from": "450",
        "mode": "track",
        "prepaid": False,
    }
    for window, field, value in [
        ("--window weekly --iso-weekday 7", "iso_weekday", 7),
        ("--window shift --shift-start 06:00 --shift-start 18:00", "starts", ["06:00", "18:00"]),
        ("--window rolling --length 1h", "length", "1h"),
        ("--window yearly --anchor-month 4", "anchor_month", 4),
    ]:
        assert json.loads(run(f"budgets set full --hard 1 {window} --json"))["window"][field] == value
    assert json.loads(run("budgets set full --prepaid --json"))["window"]["kind"] == "lifetime"
    assert run("budgets set full --soft 5") == "budget full is set\n"
    assert run("budgets remove full") == "budget full is removed\n"
    assert "no budget is called 'full'" in run("budgets remove full", fails=True)


def test_the_list_shows_use_raises_freezes_and_bursts(run: Run) -> None:
    assert "80.0 %" in run("budgets list")
    run("budgets raise claims --amount 3 --until 4h --reason 'launch day'")
    run("budgets freeze claims --reason 'runaway agent'")
    run("budgets set launch --unit requests --hard 2 --burst 3 --match project=claims")
    listed = run("budgets list")
    for shown in ("frozen", "raised by 3", "█████░░░░░", "50.0 %", "over by 2", "burst", "file"):
        assert shown in listed
    [account] = budget(run, "claims")["accounts"]
    assert (account["used"], account["cap"], account["raised"], account["frozen"]) == (4, 8, 3, True)


def test_what_is_done_is_written_with_who_and_why(run: Run, request: pytest.FixtureRequest) -> None:
    by_key = "" if "without" in request.node.name else " ("
    done = json.loads(run("budgets raise claims --amount 3 --until never --reason demo --json"))
    assert (done["amount"], done["until"], done["reason"]) == ("3", None, "demo")
    assert done["actor"].startswith(os_user() + by_key)
    assert json.loads(run("budgets freeze claims --actor anna --json"))["actor"].startswith("anna" + by_key)
    assert budget(run, "claims")["changes"][1]["kind"] == "freeze"
    assert run("budgets unfreeze claims").startswith("budget claims is unfrozen (entry ")
    assert run("budgets reset claims").startswith("budget claims is reset (entry ")
    assert budget(run, "claims")["accounts"][0]["used"] == 0


def test_events_are_listed_from_a_number_on(run: Run) -> None:
    page = json.loads(run("budgets events --json"))
    assert [(event["budget"], event["level"]) for event in page["events"]] == [("claims", "80%")]
    assert "4 requests" in run("budgets events")
    assert json.loads(run(f"budgets events --after {page['last']} --json"))["events"] == []


def test_quotas_show_bars_and_the_banner(run: Run) -> None:
    [page] = json.loads(run("quotas --json"))
    tokens = page["buckets"][0]
    assert (page["workspace"], tokens["limit"], tokens["used"] > 0) == ("acme", 1000, True)
    shown = run("quotas --workspace acme")
    for text in ("Quotas of acme", "Tracking only", "1,000", f"{tokens['used_percent']} %", "reserved", "unlimited"):
        assert text in shown
    assert "the workspace 'other' has no quota" in run("quotas --workspace other", fails=True)


def test_a_package_is_bought_once_and_listed(run: Run) -> None:
    command = (
        "packages add prepaid --amount 1000000 --price 10 --currency USD --expires 2099-01-01 --for project=claims"
    )
    assert run(f"{command} --id topup-1") == (
        "package topup-1 of prepaid: 1000000 of 1000000 tokens left, until 2099-01-02T00:00:00+00:00\n"
    )
    again = json.loads(run(f"{command} --id topup-1 --json"))
    listed = json.loads(run("packages list --json"))
    assert listed == [again]
    assert again["actor"].startswith(os_user())
    assert "bought another package" in run(f"{command} --id topup-1 --priority 5", fails=True)
    shown = run("packages list")
    for text in ("topup-1", "claims", "active", "1000000 tokens", "10 USD", "10 / million"):
        assert text in shown
    assert "belongs to one project" in run("packages add prepaid --amount 5", fails=True)
    assert "--for project: needs axis=value" in run("packages add prepaid --amount 5 --for project", fails=True)


def test_an_entry_is_corrected_by_its_number(run: Run) -> None:
    done = json.loads(run("ledger adjust 0 --requests -1 --money=-0.00001 --reason 'counted twice' --id c1 --json"))
    assert (done["of"], done["requests"], done["money"]) == (0, "-1", "-0.00001")
    assert budget(run, "claims")["accounts"][0]["used"] == 3
    said = run("ledger adjust 0 --requests -1 --money=-0.00001 --reason 'counted twice' --id c1")
    assert said == f"entry 0 is corrected by entry {done['seq']}\n"
    assert budget(run, "claims")["accounts"][0]["used"] == 3
    shown = json.loads(run("ledger show 0 --json"))
    assert (shown["kind"], shown["axes"]["project"], shown["record"]["outcome"]) == ("settled", "claims", "answered")
    request_id = shown["record"]["request_id"]
    assert json.loads(run(f"ledger show {request_id} --json")) == json.loads(run(f"ledger show {request_id}/0 --json"))
    assert f" {shown['cost']} EUR " in run(f"ledger show {request_id}")
    assert json.loads(run(f"ledger adjust {request_id} --requests 1 --reason undone --json"))["of"] == 0
    assert "money: entry 0 would have used -" in run("ledger adjust 0 --money=-1 --reason x", fails=True)
    assert "there is no entry 99" in run("ledger adjust 99 --tokens 1 --reason x", fails=True)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("budgets set b --hard 1 --match project", "--match project: needs axis=value"),
        ("budgets set b", "hard: is required"),
        ("budgets set b --prepaid --window monthly", "window.kind: of a prepaid budget is lifetime"),
        ("budgets set b --hard 1 --soft 2", "soft: is above hard"),
        ("budgets set b --hard 1 --burst 5 --burst-refill often", "burst.refill: should be an amount per time"),
        ("budgets set claims --hard 1", "is set in the configuration file"),
        ("budgets set quota:x:tokens --hard 1", "begins as those of budgets"),
        ("budgets raise claims --amount lots", "amount: should be a decimal"),
        ("budgets raise claims --amount 1 --for key=a --for key=b", "--for key=b: the account has one key"),
        ("budgets freeze nothing", "no budget is called 'nothing'"),
    ],
)
def test_a_wrong_command_is_one_sentence(run: Run, command: str, said: str) -> None:
    assert said in run(command, fails=True)


def test_every_command_has_help_with_an_example() -> None:
    commands = [
        f"budgets {each}" for each in ("set", "remove", "list", "raise", "reset", "freeze", "unfreeze", "events")
    ]
    for command in (*commands, "quotas", "packages add", "packages list", "ledger adjust", "ledger show"):
        shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*command.split(), "--help"])
        assert shown.exit_code == 0
        assert f"Example: tokenfoundry {command}" in " ".join(shown.stdout.split())
        assert "--json" in shown.stdout


def test_a_narrow_terminal_cuts_no_number(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("packages add prepaid --amount 1234567890123 --for project=claims")
    run("budgets set large --unit tokens --hard 1234567890123")
    monkeypatch.setattr(out, "width", 40)
    for command in ("packages list", "budgets list"):
        assert "1234567890123" in run(command)
    [row] = json.loads(run("report --by project --json"))["rows"]
    shown = run("report --by project")
    for cell in (
        "saved EUR",
        str(row["input_tokens"]),
        decimal_text(row["cost_nano"]),
        decimal_text(row["saved_nano"]),
    ):
        assert f" {cell} " in shown


def test_paid_units_are_not_removed_by_accident(run: Run) -> None:
    run("budgets set paid --prepaid --unit tokens --match project=paid")
    run("packages add paid --amount 1000 --price 1")
    assert "'paid' still holds 1000 tokens that were paid" in run("budgets remove paid", fails=True)
    assert budget(run, "paid")["prepaid"]
    assert run("budgets remove paid --force") == "budget paid is removed\n"
