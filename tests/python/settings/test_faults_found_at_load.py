"""What could only fail call by call is refused when the configuration is read, with its path and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tokenfoundry.assembly import dry_router
from tokenfoundry.cli import app
from tokenfoundry.errors import ConfigError
from tokenfoundry.settings import Settings

PRICE = {"input": "1", "output": "1", "currency": "EUR", "image": "1", "audio_second": "1", "characters": "1"}
NODE = {"format": "openai_compatible", "base_url": "http://127.0.0.1:9/v1"}


def loaded(
    *, provider: dict[str, Any] | None = None, target: dict[str, Any] | None = None, **sections: Any
) -> Settings:
    """As a factory does, up to where it would open its books."""
    made = Settings.from_dict(
        {
            "providers": {"p": provider or NODE},
            "targets": {"t": {"provider": "p", "model": "gpt-4o", "price": PRICE, **(target or {})}},
            **sections,
        }
    )
    dry_router(made)
    return made


def refused(**sections: Any) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        loaded(**sections)
    return raised.value


@pytest.mark.parametrize(
    ("provider", "endpoints", "wrong", "able"),
    [
        ({"format": "deepseek", "keys": ["env:K"]}, ["chat", "embeddings"], "embeddings", "chat"),
        ({"format": "anthropic", "keys": ["env:K"]}, ["images", "chat"], "images", "responses"),
        ({"format": "vllm"}, ["speech"], "speech", "transcriptions"),
        ({"format": "cohere", "keys": ["env:K"]}, ["moderations", "translations"], "moderations, translations", "chat"),
    ],
)
def test_an_endpoint_that_the_format_cannot_serve_is_refused(
    provider: dict[str, Any], endpoints: list[str], wrong: str, able: str
) -> None:
    error = refused(provider=provider, target={"endpoints": endpoints})
    assert error.path == "targets.t.endpoints"
    said, can = str(error).split("; it can serve ")
    assert said.endswith(f"does not serve {wrong}")
    assert able in can.split(", ")


def test_what_is_said_as_chat_is_no_fault() -> None:
    loaded(
        provider={"format": "anthropic", "keys": ["env:K"]}, target={"endpoints": ["chat", "responses", "completions"]}
    )
    loaded(provider={"format": "deepseek", "keys": ["env:K"]})  # Nothing is stated: it serves what it can.


@pytest.mark.parametrize("name", ["openai", "anthropic", "groq", "deepseek", "xai", "together", "openrouter", "nebius"])
def test_the_service_itself_needs_a_key_and_a_server_of_ones_own_does_not(name: str) -> None:
    error = refused(provider={"format": name})
    assert (error.path, f"env:{name.upper()}_API_KEY" in str(error)) == ("providers.p.keys", True)
    loaded(provider={"format": name, "base_url": "http://127.0.0.1:9/v1"})


@pytest.mark.parametrize(
    ("privacy", "path", "said"),
    [
        ({"patterns": [{"name": "A", "regex": "a+"}, {"name": "B", "regex": "("}]}, "patterns[1].regex", "parenthesis"),
        ({"patterns": [{"name": "B", "regex": "b*"}]}, "patterns[0].regex", "at least one character"),
        ({"patterns": [{"name": "B", "regex": "b+", "validator": "no"}]}, "patterns[0].validator", "unknown validator"),
        ({"patterns": [{"name": "B", "regex": "b+", "context": [""]}]}, "patterns[0].context", "one to three words"),
        ({"patterns": [{"name": "B_1", "regex": "b+"}]}, "patterns[0]", "must not end in a number"),
        ({"deny": {"BADGE": [""]}}, "deny.BADGE", "empty"),
        ({"entities": ["PERSON", "EMAIL_ADRESS"]}, "entities[1]", "did you mean EMAIL_ADDRESS?"),
        ({"policy": {"EMAIL_ADRESS": "mask"}}, "policy.EMAIL_ADRESS", "did you mean EMAIL_ADDRESS?"),
        ({"policy": {"PERSON": "mask"}, "entities": ["IBAN_CODE"]}, "policy.PERSON", "is not looked for"),
    ],
)
def test_a_fault_of_privacy_is_told_with_its_path(privacy: dict[str, Any], path: str, said: str) -> None:
    error = refused(privacy=privacy)
    assert (error.path, said in str(error)) == (f"privacy.{path}", True), str(error)


def test_entities_of_ones_own_are_no_fault() -> None:
    loaded(
        privacy={
            "entities": ["IBAN_CODE"],
            "patterns": [{"name": "BADGE", "regex": "B-[0-9]+"}],
            "deny": {"PROJECT": ["Blue Fern"]},
            "policy": {"BADGE": "mask", "PROJECT": "block", "default": "redact"},
        }
    )


@pytest.mark.parametrize("value", [{"entities": ["PERSON"]}, 7, [], [1], "perhaps"])
def test_when_sensitive_says_what_it_takes_at_its_own_path(value: Any) -> None:
    rules = [{"when": {"sensitive": value}, "use": ["t"]}, {"use": ["t"]}]
    error = refused(routing={"default": rules}, aliases={"a": {"policy": "default"}})
    assert error.path == "routing.default[0].when.sensitive"
    assert "true, false or a list of entities" in str(error)
    assert "\n" not in str(error)


def test_a_price_of_several_kinds_is_told_at_its_own_path() -> None:
    error = refused(target={"price": {"image": {"hd": "dear"}}})
    assert error.path == "targets.t.price.image.hd" or error.path == "targets.t.price.image"
    assert "[" not in error.path


@pytest.mark.parametrize("name", ["[", "tuple[x]", "a[b]", "[key]"])
def test_a_name_that_looks_like_a_kind_of_value_is_told_as_it_stands(name: str) -> None:
    assert name in refused(fx={name: []}).path


# -- config check ------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("NOBODY_SET_THIS", raising=False)
    path = tmp_path / "factory.yaml"
    keys = ["env:NOBODY_SET_THIS", "file:/nowhere/key"]
    target = {"provider": "p", "model": "gpt-4o", "price": PRICE}
    made = {"providers": {"p": {**NODE, "keys": keys}}, "targets": {"t": target}}
    path.write_text(yaml.safe_dump(made), encoding="utf-8")
    return path


def test_keys_that_are_not_there_are_warnings_of_a_check(file: Path) -> None:
    done = CliRunner().invoke(app, ["config", "check", str(file)])
    assert done.exit_code == 0
    lines = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert [line.split(": ")[1] for line in lines] == ["providers.p.keys[0]", "providers.p.keys[1]"]
    told = json.loads(CliRunner().invoke(app, ["config", "check", str(file), "--json"]).stdout)
    assert (len(told["warnings"]), told["targets"]) == (2, ["t"])


def test_keys_that_are_not_there_are_problems_of_a_strict_check(file: Path) -> None:
    done = CliRunner().invoke(app, ["config", "check", str(file), "--strict"])
    assert done.exit_code == 1
    assert isinstance(done.exception, ConfigError)
    assert "NOBODY_SET_THIS is not set" in str(done.exception)
    assert "/nowhere/key cannot be read" in str(done.exception)
