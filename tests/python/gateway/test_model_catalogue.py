"""The catalogue says of each model where it goes, what it costs and from when on, and who may use it."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from support.factories import config
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.cli import app
from tokenfoundry.factory import TokenFactory

PRICES = """
prices:
  - model: file-1
    price:
      input: "3"
      output: "6"
      tiers: [{above: 200000, input: "5", output: "9"}]
      batch: {input: "1", output: "2"}
    until: 2099-01-01
  - {model: file-1, from: 2099-01-01, price: {input: "4", output: "8"}}
  - {model: file-1, hours: {from: "22:00", until: "06:00"}, price: {input: "2", output: "4"}}
"""


def sections(upstream: Upstream, path: Path) -> dict[str, Any]:
    (path / "prices.yaml").write_text(PRICES, encoding="utf-8")
    made = config(upstream.base_url, path / "data", price_files=[str(path / "prices.yaml")])
    small = {name: each for name, each in made["targets"]["small"].items() if name != "price"}
    made["targets"]["filed"] = {**small, "model": "file-1", "context_tokens": 9000, "region": "de"}
    made["aliases"]["filed-first"] = ["filed", "small"]
    return made


@pytest.fixture
def gateway(upstream: Upstream, tmp_path: Path) -> Iterator[TokenFactory]:
    with TokenFactory.from_config(sections(upstream, tmp_path)) as made:
        yield made


def get(gateway: TokenFactory, key: str, path: str) -> tuple[int, Any]:
    with served(gateway.app()) as url:
        request = urllib.request.Request(url + path, headers={"authorization": f"Bearer {key}"})
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def test_a_key_sees_its_models_with_their_dated_rates_tiers_region_and_context(gateway: TokenFactory) -> None:
    key = gateway.create_key(models=["filed-first", "fast"])
    status, page = get(gateway, key, "/v1/models/catalogue")
    assert status == 200
    assert [row["id"] for row in page["data"]] == ["fast", "filed-first"]
    filed, small = page["data"][1]["targets"]
    assert (filed["region"], filed["context_tokens"], filed["model"]) == ("de", 9000, "file-1")
    now, later = filed["prices"]
    assert (now["in_force"], now["input"], now["output"]) == (True, "3", "6")
    assert now["tiers"] == [{"above": 200_000, "input": "5", "output": "9"}]
    assert now["service_tiers"] == {"batch": {"input": "1", "output": "2"}}
    assert [(each["from"], each["until"], each["input"]) for each in now["hours"]] == [("22:00", "06:00", "2")]
    assert (later["from"], later["input"]) == ("2099-01-01", "4")
    assert small["source"] == "configuration"
    assert "keys" not in page["data"][0]


def test_nobody_sees_the_catalogue_without_a_key(gateway: TokenFactory) -> None:
    assert get(gateway, "nonsense", "/v1/models/catalogue")[0] == 401


def test_the_command_lists_who_may_use_each_model(upstream: Upstream, tmp_path: Path) -> None:
    stated = sections(upstream, tmp_path)
    with TokenFactory.from_config(stated) as made:
        made.create_key(project="claims", models=["fast"])
        made.create_key(project="care")
    path = tmp_path / "tokenfoundry.yaml"
    path.write_text(json.dumps(stated), encoding="utf-8")
    result = CliRunner().invoke(app, ["models", "--json", "--config", str(path)])
    assert result.exit_code == 0, result.output
    rows = {row["id"]: row for row in json.loads(result.stdout)["data"]}
    assert sorted(key["project"] for key in rows["fast"]["keys"]) == ["care", "claims"]
    assert [key["project"] for key in rows["auto"]["keys"]] == ["care"]
    shown = CliRunner().invoke(app, ["models", "filed-first", "--config", str(path)], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    assert "above 200000: 5 / 9" in shown.output
    missing = CliRunner().invoke(app, ["models", "nothing", "--config", str(path)])
    assert missing.exit_code != 0
