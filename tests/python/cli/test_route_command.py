"""`tokenfoundry route explain`: shows where a call would go, and why, without sending it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from support.routes import target
from tokenfoundry.cli import app

HARD = "Dimostra che esistono infiniti numeri primi e spiega perché ogni passaggio vale."


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "tokenfoundry.yaml"
    sections = {
        "currency": "EUR",
        "data_dir": str(tmp_path / "data"),
        "providers": {"node": {"format": "openai", "base_url": "http://127.0.0.1:9/v1"}},
        "targets": {
            "small": target(),
            "large": target(region="it", price={"input": "5", "output": "5"}),
            "node": target(region="it", trust="on_prem"),
        },
        "aliases": {"auto": {"policy": "p"}},
        "routing": {
            "p": [
                {"when": {"sensitive": True}, "use": ["node"]},
                {"when": {"complexity": ">= 0.5"}, "use": ["large", "small"]},
                {"use": ["small"]},
            ]
        },
    }
    path.write_text(yaml.safe_dump(sections))
    return path


def run(configuration: Path, *arguments: str, given: str = "", expected: int = 0) -> Any:
    stated = ["route", "explain", "--config", str(configuration), *arguments]
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, stated, input=given)
    assert result.exit_code == expected, result.output
    return result


def test_the_json_says_where_it_goes_and_why(configuration: Path) -> None:
    told = json.loads(run(configuration, "--alias", "auto", "--json", given=HARD).stdout)
    assert told["order"] == ["large", "small"]
    assert told["route"] == "policy p: complexity >= 0.5"
    assert [rule["used"] for rule in told["rules"]] == [False, True, False]
    assert told["language"] == "it"
    assert told["contributions"]["judgement"] > 0
    kept = {each["target"]: (each["kept"], each["why"]) for each in told["targets"]}
    assert kept == {"large": (True, ""), "small": (True, ""), "node": (False, "not in the rule")}
    costs = {each["target"]: each["worst_case_nano"] for each in told["targets"]}
    assert costs["large"] == 5 * costs["small"] > 0


def test_no_text_of_the_prompt_is_in_the_explanation(configuration: Path) -> None:
    shown = run(configuration, "--alias", "auto", "--json", given="Scrivi a mario.rossi@example.it").stdout
    assert "mario" not in shown
    assert json.loads(shown)["facts"]["findings"] == {"EMAIL_ADDRESS": 1}
    assert json.loads(shown)["order"] == ["node"]


def test_a_file_with_the_body_of_a_request_is_read(configuration: Path, tmp_path: Path) -> None:
    body = {
        "model": "auto",
        "max_tokens": 7,
        "messages": [{"role": "user", "content": "Ciao"}],
        "tools": [{"type": "x"}],
    }
    path = tmp_path / "prompt.json"
    path.write_text(json.dumps(body))
    told = json.loads(run(configuration, "--file", str(path), "--json").stdout)
    assert (told["facts"]["needs"], told["facts"]["max_output_tokens"]) == (["tools"], 7)
    assert "small lacks tools" in told["refused"]
    assert (told["order"], told["refused_by_residency"]) == ([], False)


def test_people_get_tables(configuration: Path) -> None:
    shown = run(configuration, "--alias", "auto", "--region", "eu", given=HARD).stdout
    for part in ("Complexity", "language it", "policy p: complexity >= 0.5", "the key: eu", "in this order"):
        assert part in shown
    assert "is in us, and the key allows only eu" in shown


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (["--alias", "aut"], "Ciao", "no model is called 'aut'; there are: auto, large, node, small"),
        ([], "Ciao", "--alias"),
        (["--alias", "auto", "--dialect", "klingon"], "Ciao", "dialect 'klingon': should be one of"),
        (["--alias", "auto"], '{"messages": 5}', "messages: needs at least one message"),
        (["--alias", "auto", "--file", "nowhere.json"], "", "cannot use nowhere.json"),
    ],
)
def test_what_cannot_be_explained_is_said(configuration: Path, arguments: list[str], given: str, said: str) -> None:
    result = run(configuration, *arguments, given=given, expected=1)
    assert said in str(result.exception)


def test_nothing_is_written(configuration: Path) -> None:
    run(configuration, "--alias", "auto", given="Ciao")
    assert not (configuration.parent / "data").exists()
