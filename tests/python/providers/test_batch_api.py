"""What a provider's files and batches are asked: addresses, heads and bodies.

Shapes: openai-python 3.54, openai/resources/files.py and batches.py; "Azure OpenAI batch" on Microsoft Learn.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tokenfoundry.errors import ConfigError
from tokenfoundry.gateway.bodies.forms import read_form
from tokenfoundry.providers.batch_api import batch_api_of, has_batches, line_url
from tokenfoundry.settings import ProviderSettings, Settings


def provider(tmp_path: Path, **fields: Any) -> ProviderSettings:
    (tmp_path / "key").write_text("secret\n")
    return ProviderSettings(**{"keys": (f"file:{tmp_path / 'key'}",), **fields})


def test_openai_is_asked_below_its_address_with_its_account(tmp_path: Path) -> None:
    stated = provider(tmp_path, format="openai", options={"organization": "org-1", "project": "proj-1"})
    api = batch_api_of(stated, "secret")
    asked = [api.batch("batch_1"), api.cancel("batch_1"), api.content("file-1"), api.delete("file-1"), api.newest()]
    assert [(each.method, each.url.removeprefix("https://api.openai.com/v1")) for each in asked] == [
        ("GET", "/batches/batch_1"),
        ("POST", "/batches/batch_1/cancel"),
        ("GET", "/files/file-1/content"),
        ("DELETE", "/files/file-1"),
        ("GET", "/batches?limit=100"),
    ]
    for each in asked:
        assert each.headers["authorization"] == "Bearer secret"
        assert (each.headers["openai-organization"], each.headers["openai-project"]) == ("org-1", "proj-1")
        assert "secret" not in repr(each)
    assert "secret" not in repr(api)
    made = api.create("file-1", line_url(stated, "chat"))
    assert json.loads(made.body) == {
        "input_file_id": "file-1",
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
    }


@pytest.mark.parametrize(
    ("options", "url", "line", "header"),
    [
        ({}, "https://demo.example.it/openai/v1/batches/b", "/v1/chat/completions", "api-key"),
        (
            {"api_version": "2024-10-21"},
            "https://demo.example.it/openai/batches/b?api-version=2024-10-21",
            "/chat/completions",
            "api-key",
        ),
        ({"auth": "entra"}, "https://demo.example.it/openai/v1/batches/b", "/v1/chat/completions", "authorization"),
    ],
)
def test_azure_is_asked_at_its_resource(
    tmp_path: Path, options: dict[str, str], url: str, line: str, header: str
) -> None:
    stated = provider(tmp_path, format="azure", base_url="https://demo.example.it/openai/v1", options=options)
    asked = batch_api_of(stated, "secret").batch("b")
    assert asked.url == url
    assert asked.headers[header].endswith("secret")
    assert line_url(stated, "chat") == line


def test_a_name_of_the_providers_cannot_lead_elsewhere(tmp_path: Path) -> None:
    api = batch_api_of(provider(tmp_path, format="openai"), "secret")
    assert api.batch("../files/x?y").url.endswith("/v1/batches/..%2Ffiles%2Fx%3Fy")


async def test_an_upload_is_a_form_as_long_as_it_says(tmp_path: Path) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b'{"a": 1}\n'
        yield b"{}\n"

    asked = batch_api_of(provider(tmp_path, format="openai"), "secret").upload("x.jsonl", 12, content)
    assert asked.pieces is not None
    body = b"".join([piece async for piece in asked.pieces()])
    assert int(asked.headers["content-length"]) == len(body)
    form = read_form(asked.headers["content-type"], body)
    assert (form["purpose"], form["file"]["data"]) == ("batch", b'{"a": 1}\n{}\n')


@pytest.mark.parametrize(
    ("fields", "has"),
    [
        ({"format": "openai"}, True),
        ({"format": "azure", "base_url": "https://demo.example.it"}, True),
        ({"format": "openai", "batches": "off"}, False),
        ({"format": "openai", "batches": False}, False),
        ({"format": "vllm"}, False),
        ({"format": "vllm", "batches": True}, True),
        ({"format": "anthropic"}, False),
    ],
)
def test_who_has_batches(tmp_path: Path, fields: dict[str, Any], has: bool) -> None:
    assert has_batches(provider(tmp_path, **fields)) is has


def test_a_provider_with_another_api_cannot_be_said_to_have_openais() -> None:
    stated = {"format": "anthropic", "keys": ["env:KEY"], "batches": "on"}
    with pytest.raises(ConfigError, match=r"providers\.claude\.batches.*anthropic has not OpenAI's batches"):
        Settings.from_dict({"providers": {"claude": stated}})
