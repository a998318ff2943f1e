"""`vault`: through a running server, and without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from support.factories import config
from support.serving import served
from support.upstream import Upstream, echo
from tokenfoundry.cli import app
from tokenfoundry.cli.access import announced_server
from tokenfoundry.errors import TokenFoundryError
from tokenfoundry.factory import TokenFactory
from tokenfoundry.keys import id_of


class Installation:
    def __init__(self, path: Path, upstream: Upstream) -> None:
        self.file = path / "tokenfoundry.yaml"
        self.data_dir = path / "data"
        self.values = config(upstream.base_url, self.data_dir)
        self.upstream = upstream
        self.configure()

    def configure(self, **vault: Any) -> None:
        self.file.write_text(yaml.safe_dump({**self.values, "vault": vault}), encoding="utf-8")

    def talk(self, url: str, key: str, text: str, conversation: str) -> None:
        body = {"model": "fast", "messages": [{"role": "user", "content": text}]}
        headers = {"authorization": f"Bearer {key}", "x-tf-conversation": conversation}
        reply = httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, trust_env=False)
        assert reply.status_code == 200

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["vault", *arguments, "--config", str(self.file)])

    def json(self, *arguments: str) -> Any:
        ran = self.run(*arguments, "--json")
        assert ran.exit_code == 0, ran.output
        return json.loads(ran.stdout)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with Upstream(echo) as upstream:
        yield Installation(tmp_path, upstream)


def test_conversations_are_shown_and_erased_through_the_server(installation: Installation) -> None:
    with TokenFactory.from_config(installation.file) as factory, served(factory.app()) as url:
        key = factory.create_key(project="claims")
        for conversation in ("one", "two"):
            installation.talk(url, key, "Sono mario@example.it", conversation)
        with announced_server(installation.data_dir, url=url, key=factory.keys.lend(scopes=("admin",))):
            assert installation.json("show")["conversations"] == 2
            assert installation.json("erase", "--conversation", "one", "--reason", "art. 17") == {"erased": 1}
            assert "conversations erased: 1" in installation.run("erase", "--project", "claims").stdout
            assert "conversations" in installation.run("show").stdout
            refused = installation.run("erase")
            assert isinstance(refused.exception, TokenFoundryError)
            assert "say which" in str(refused.exception)
        assert factory.ledger.verify().ok


def test_without_a_server_they_are_those_of_the_data_directory(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TokenFactory.from_config(installation.file) as factory, served(factory.app()) as url:
        key = factory.create_key(project="claims")
        installation.talk(url, key, "Sono mario@example.it", "one")
        installation.talk(url, key, "Sono anna@example.it", "two")
    assert installation.json("erase", "--key", str(id_of(key)), "--conversation", "two") == {"erased": 1}
    monkeypatch.setenv("VAULT_KEY", "a stated key")
    installation.configure(key="env:VAULT_KEY")
    assert installation.json("reseal") == {"resealed": 1}
    (installation.data_dir / "vault.key").unlink()
    with TokenFactory.from_config(installation.file) as factory, served(factory.app()) as url:
        installation.talk(url, key, "E luca@example.it, mario@example.it", "one")
    sent = installation.upstream.received[-1].body["messages"][0]["content"]
    assert sent == "E [EMAIL_ADDRESS_2], [EMAIL_ADDRESS_1]"
    assert installation.json("erase", "--all") == {"erased": 1}
