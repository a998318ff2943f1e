"""`prices`, `routes`, `cache` and `reload`: through a running server, and without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from support.factories import config
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.cli import app
from tokenfoundry.cli.access import announced_server
from tokenfoundry.errors import Conflict, TokenFoundryError
from tokenfoundry.factory import TokenFactory


class Server:
    def __init__(self, path: Path, values: dict[str, Any]) -> None:
        self.path = path
        self.values = values

    def write(self, **sections: Any) -> None:
        self.path.write_text(yaml.safe_dump({**self.values, **sections}), encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--config", str(self.path)])

    def json(self, *arguments: str) -> Any:
        ran = self.run(*arguments, "--json")
        assert ran.exit_code == 0, ran.output
        return json.loads(ran.stdout)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Upstream() as upstream:
        made = Server(tmp_path / "tokenfoundry.yaml", config(upstream.base_url, tmp_path / "data"))
        made.write()
        with TokenFactory.from_config(made.path) as factory, served(factory.app()) as url:
            key = factory.keys.lend(scopes=("admin",))
            with announced_server(tmp_path / "data", url=url, key=key):
                yield made


def test_a_price_is_stated_listed_and_given_back(server: Server) -> None:
    stated = ("--input", "7", "--output", "8", "--currency", "EUR", "--reason", "contract", "--actor", "anna")
    assert "small" in server.run("prices", "set", "small", *stated).stdout
    listed = {price["target"]: price for price in server.json("prices", "list")}
    assert (listed["small"]["input"], listed["small"]["source"]) == ("7", "override")
    assert "override" in server.run("prices", "list").stdout
    assert server.json("prices", "set", "small", "--configured", "--actor", "anna")["price"] is None
    assert {price["target"]: price["input"] for price in server.json("prices", "list")}["small"] == "1"
    assert isinstance(server.run("prices", "set", "small").exception, TokenFoundryError)


def test_routes_and_cache_are_shown(server: Server) -> None:
    assert server.json("routes")["aliases"]["fast"] == {"use": {"targets": ["small"]}}
    assert "small" in server.run("routes").stdout
    assert server.json("cache", "show")["entries"] == 0
    assert "ttl_ms" in server.run("cache", "show").stdout
    assert "every answer that was kept" in server.run("cache", "clear").stdout
    assert server.json("cache", "clear", "--project", "claims") == {"invalidated": {"project": "claims"}}


def test_reload_is_asked_of_the_server(server: Server) -> None:
    server.write(aliases={"renamed": ["large"]}, routing={})
    assert "read again" in server.run("reload").stdout
    assert list(server.json("routes")["aliases"]) == ["renamed"]


def test_a_file_that_is_empty_changes_nothing(server: Server) -> None:
    server.path.write_text("", encoding="utf-8")
    with pytest.raises(TokenFoundryError, match="names no targets"):
        raise server.run("reload", "--data-dir", str(server.path.parent / "data")).exception or AssertionError
    server.write()
    assert {target["name"] for target in server.json("routes")["targets"]} == {"small", "large", "node"}


@pytest.fixture
def alone(tmp_path: Path) -> Server:
    """A configuration whose data directory no server holds."""
    made = Server(tmp_path / "tokenfoundry.yaml", config("http://127.0.0.1:9/v1", tmp_path / "data"))
    made.write()
    return made


def test_without_a_server_there_is_nothing_to_reload(alone: Server) -> None:
    assert isinstance(alone.run("reload").exception, Conflict)


def test_without_a_server_the_data_directory_itself_is_asked_and_that_is_said(alone: Server) -> None:
    for command in (("routes",), ("prices", "list"), ("cache", "show"), ("cache", "clear")):
        ran = alone.run(*command)
        assert ran.exit_code == 0, ran.output
        assert "no server runs on" in ran.stderr
    assert alone.json("routes")["aliases"]["fast"] == {"use": {"targets": ["small"]}}
    assert alone.json("cache", "show")["entries"] == 0


def test_a_price_stated_without_a_server_holds_in_the_next_one(alone: Server) -> None:
    stated = ("--input", "7", "--output", "8", "--currency", "EUR", "--reason", "contract", "--actor", "anna")
    assert alone.run("prices", "set", "small", *stated).exit_code == 0
    (listed,) = [price for price in alone.json("prices", "list") if price["target"] == "small"]
    assert (listed["input"], listed["source"]) == ("7", "override")
    with TokenFactory.from_config(alone.path) as factory:
        assert factory.engine.prices.worst_case_nano("small", input_tokens=1, max_output_tokens=0, at=2**41) == 7000
    assert isinstance(alone.run("prices", "set", "nobody", *stated).exception, TokenFoundryError)


def test_what_is_cleared_without_a_server_is_not_given_by_the_next_one(tmp_path: Path) -> None:
    with Upstream() as upstream:
        alone = Server(tmp_path / "tokenfoundry.yaml", config(upstream.base_url, tmp_path / "data"))
        alone.write()
        kept = []
        for _ in range(3):
            with TokenFactory.from_config(alone.path) as factory:
                key = factory.create_key(project="claims")
                reply = factory.openai_client(key=key).chat.completions.create(
                    model="fast", messages=[{"role": "user", "content": "ciao"}]
                )
                kept.append(reply.tokenfoundry["cache"])
            if len(kept) == 2:
                assert alone.json("cache", "show")["entries"] == 1
                assert alone.run("cache", "clear", "--project", "claims").exit_code == 0
        assert kept == ["miss", "hit", "miss"]


def test_a_key_gets_a_part_of_the_admin_api(server: Server) -> None:
    made = server.json("keys", "create", "--scope", "admin:reports", "--scope", "inference")
    assert made["scopes"] == ["admin:reports", "inference"]
