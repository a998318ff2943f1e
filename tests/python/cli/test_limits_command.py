"""`tokenfoundry limits`: what is defined, and what is left in the running server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from support.factories import config
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.cli import app
from tokenfoundry.cli.output import out
from tokenfoundry.factory import TokenFactory

LIMIT = {"name": "each-project", "each": ["project"], "rpm": 60, "concurrent": 8}


def limits(*arguments: str) -> str:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["limits", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_without_a_server_the_definitions_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "tokenfoundry.yaml"
    path.write_text(yaml.safe_dump({"data_dir": str(tmp_path / "data"), "rate_limits": [LIMIT]}))
    (listed,) = json.loads(limits("--config", str(path), "--json"))
    assert (listed["name"], listed["requests"], listed["tokens"], listed["concurrent"]) == ("each-project", 60, None, 8)
    assert listed["cells"] == []


def test_with_a_server_what_is_left_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Upstream() as upstream:
        made = config(upstream.base_url, tmp_path / "data", rate_limits=[LIMIT])
        with TokenFactory.from_config(made) as factory, served(factory.app()) as url:
            monkeypatch.setenv("TOKENFOUNDRY_URL", url)
            monkeypatch.setenv("TOKENFOUNDRY_ADMIN_KEY", factory.create_key(scopes=["admin"]))
            client = factory.openai_client(key=factory.create_key(project="claims"), max_retries=0)
            for seed in range(20):
                client.chat.completions.create(model="fast", messages=[{"role": "user", "content": "a"}], seed=seed)
            (listed,) = json.loads(limits("--json"))
            shown = limits()
    (cell,) = listed["cells"]
    assert cell["each"] == {"project": "claims"}
    left = {level["what"]: level["left"] for level in cell["levels"]}
    assert 40 <= left["requests"] < 60
    assert left["concurrent"] == 8
    assert "each-project" in shown
    assert "claims" in shown
    assert "of 60" in shown


def test_a_narrow_terminal_cuts_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tokenfoundry.yaml"
    large = {"name": "large", "rpm": 123_456_789_012, "tpm": 123_456_789_013}
    path.write_text(yaml.safe_dump({"data_dir": str(tmp_path / "data"), "rate_limits": [large]}))
    monkeypatch.setattr(out, "width", 30)
    shown = limits("--config", str(path))
    for cell in ("of 123456789012", "of 123456789013", "calls left"):
        assert f" {cell} " in shown
