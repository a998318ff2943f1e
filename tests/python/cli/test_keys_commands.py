"""`tokenfoundry keys` as a user types it, without a server and with one."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openai
import pytest
import yaml
from typer.testing import CliRunner

from support.factories import config
from tokenfoundry import keys as keys_package
from tokenfoundry.cli import app
from tokenfoundry.cli.output import out
from tokenfoundry.errors import TokenFoundryError

Keys = Callable[..., str]


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keys:
    """`tokenfoundry keys ...` in a folder of its own: what it prints, or with `fails` what it complains of."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, fails: bool = False, columns: int = 200) -> str:
        monkeypatch.setattr(out, "width", columns)
        result = CliRunner().invoke(app, ["keys", *arguments])
        if fails:
            assert isinstance(result.exception, TokenFoundryError), result.output
            assert result.output == ""
            return str(result.exception)
        assert result.exception is None
        return result.stdout

    return run


def test_everything_a_key_may_be_given_is_an_option(keys: Keys) -> None:
    options = (
        "--project claims --consumer care --env production --name bot --model fast --model gpt-4o* --endpoint chat "
        "--intent refunds --region eu --allow-ip 10.0.0.0/8 --allow-ip 2001:db8::/32 --expires 2099-01-31 "
        "--rpm 60 --tpm 90000 --concurrent 4 --budget money=500/monthly --budget requests=9/daily --tz Asia/Tokyo"
    )
    made = json.loads(keys("create", *options.split(), "--json"))
    assert {
        "project": "claims",
        "consumer": "care",
        "env": "production",
        "name": "bot",
        "models": ["fast", "gpt-4o*"],
        "endpoints": ["chat"],
        "intents": ["refunds"],
        "regions": ["eu"],
        "allowed_ips": ["10.0.0.0/8", "2001:db8::/32"],
        "rpm": 60,
        "tpm": 90_000,
        "concurrent": 4,
        "budgets": [
            {"unit": "money", "hard": "500", "window": {"kind": "monthly", "tz": "Asia/Tokyo"}},
            {"unit": "requests", "hard": "9", "window": {"kind": "daily", "tz": "Asia/Tokyo"}},
        ],
        "scopes": ["inference"],
        "state": "active",
    }.items() <= made.items()
    assert datetime.fromtimestamp(made["expires_at_ms"] / 1000, UTC).isoformat() == "2099-01-31T15:00:00+00:00"
    narrow = keys("list", columns=40)
    for shown in (made["id"], "active", " 2099-01-31 15:00Z "):
        assert shown in narrow
    listed = keys("list")
    for shown in (
        made["id"],
        "default/claims",
        "active",
        "models fast, gpt-4o*",
        "endpoints chat",
        "intents refunds",
        "regions eu",
        "from 10.0.0.0/8, 2001:db8::/32",
        "60 requests/min",
        "90000 tokens/min",
        "4 at once",
        "500 money monthly",
        "9 requests daily",
        "2099-01-31 15:00Z",
    ):
        assert shown in listed
    assert made["key"] not in listed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--expires", "soon"], "--expires soon: should be a last day (2027-01-31) or an instant with its offset"),
        (["--expires", "2020-01-01"], "--expires 2020-01-01: is over already"),
        (["--expires", "2099-01-31", "--tz", "Mars/Base"], "--tz Mars/Base: should be a time zone"),
        (["--budget", "500"], "--budget 500: needs UNIT=CAP/WINDOW, e.g. money=500/monthly"),
        (["--budget", "money=500/hourly"], "budgets[0].window.kind"),
        (["--budget", "money=1/daily", "--budget", "money=2/daily"], "budgets[1]: the key has another daily budget"),
        (["--allow-ip", "10.0.0.1/8"], "allowed_ips[0]: '10.0.0.1/8' should be an address range"),
        (["--endpoint", "pictures"], "endpoints[0]: should be batches, chat, completions"),
        (["--model", "g*t"], "models[0]: 'g*t' has a * that is not at its end"),
    ],
    ids=lambda each: each if isinstance(each, str) else " ".join(each),
)
def test_a_wrong_option_is_one_clear_sentence_and_no_key(keys: Keys, arguments: list[str], message: str) -> None:
    assert message in keys("create", *arguments, fails=True)
    assert json.loads(keys("list", "--json")) == []


def test_a_state_is_set_and_shown(keys: Keys) -> None:
    key_id = json.loads(keys("create", "--json"))["id"]
    assert keys("set-state", key_id, "disabled") == f"key {key_id} is disabled\n"
    assert "disabled" in keys("list")
    assert json.loads(keys("set-state", key_id, "active", "--json"))["state"] == "active"
    assert "state" in keys("set-state", key_id, "sleepy", fails=True)
    assert "no key has the id 'nobody'" in keys("set-state", "nobody", "active", fails=True)


def test_a_rotation_shows_a_new_text_once(keys: Keys) -> None:
    made = json.loads(keys("create", "--json"))
    text = keys("rotate", made["id"]).strip()
    assert text.startswith(f"tf_{made['id']}_")
    assert text != made["key"]
    assert "old text 20" in keys("list")
    rotated = json.loads(keys("rotate", made["id"], "--overlap", "0", "--json"))
    assert rotated["old_secrets"] == []
    assert "old text" not in keys("list")
    assert "overlap: should be a duration" in keys("rotate", made["id"], "--overlap", "soon", fails=True)


def test_a_running_server_rotates_and_believes_no_claimed_address(keys: Keys, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tokenfoundry", "serve", "--port", "0"]
    (tmp_path / "tokenfoundry.yaml").write_text(yaml.safe_dump(config("http://127.0.0.1:9/v1", tmp_path / "data")))
    server = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        url = re.search(r"http://[\d.:]+", server.stderr.readline())
        assert url
        far = keys("create", "--allow-ip", "192.0.2.0/24").strip()
        near = json.loads(keys("create", "--allow-ip", "127.0.0.1", "--json"))
        new = keys("rotate", near["id"], "--overlap", "1h").strip()
        claims = {"x-forwarded-for": "192.0.2.7"}
        for text in (near["key"], new):
            with openai.OpenAI(api_key=text, base_url=f"{url[0]}/v1", max_retries=0) as client:
                assert client.models.list().data
        with openai.OpenAI(api_key=far, base_url=f"{url[0]}/v1", default_headers=claims, max_retries=0) as client:
            with pytest.raises(openai.PermissionDeniedError) as refused:
                client.models.list()
            assert refused.value.code == "ip_not_allowed"
    finally:
        server.send_signal(signal.SIGINT)
        server.stderr.close()
        server.wait(timeout=20)


def test_the_commands_of_the_guide_work(keys: Keys) -> None:
    text = (Path(keys_package.__file__).parent / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^tokenfoundry keys (.*)$", text.replace("\\\n", " "), flags=re.MULTILINE)
    key_id = ""
    for command in shown:
        said = keys(*shlex.split(command.replace("Ab12Cd34", key_id), comments=True))
        key_id = key_id or said.split("_")[1]
    assert [command.split()[0] for command in shown] == ["create", "list", "rotate", "set-state"]


def test_a_key_works_until_the_end_of_its_last_day(keys: Keys) -> None:
    def expiry(text: str) -> str:
        made = json.loads(keys("create", "--expires", text, "--tz", "Europe/Rome", "--json"))
        return datetime.fromtimestamp(made["expires_at_ms"] / 1000, UTC).isoformat()

    assert expiry("2099-11-21") == "2099-11-21T23:00:00+00:00"
    assert expiry("2099-11-21T18:00:00+01:00") == "2099-11-21T17:00:00+00:00"
