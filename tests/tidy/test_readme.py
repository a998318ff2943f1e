"""What the README shows is true: its configuration loads, its code runs, its commands and links exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from textwrap import dedent

import pytest
from typer.testing import CliRunner

from support.upstream import Upstream, echo
from tokenfoundry.cli import app
from tokenfoundry.gateway.redaction import build_redactors
from tokenfoundry.ledger import Ledger
from tokenfoundry.privacy import Redactor
from tokenfoundry.providers.evidence import evidence_of
from tokenfoundry.providers.formats.registry import FORMATS
from tokenfoundry.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_code_runs_with_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration, *_ = blocks("yaml")
    service, over_own_routes, engines, _batches, _ = blocks("python")  # A batch takes its time: tests/python/batches.
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    monkeypatch.chdir(tmp_path)
    assert Settings.from_yaml(configuration).aliases["auto"].policy == "default"
    with Upstream(echo) as upstream:
        pointed = configuration.replace("https://api.openai.com/v1", upstream.base_url)
        (tmp_path / "tokenfoundry.yaml").write_text(pointed, encoding="utf-8")
        names: dict[str, object] = {}
        exec(service, names)
        names["key"] = names["factory"].create_key()  # type: ignore[attr-defined]
        exec(over_own_routes, names)
        names["factory"].close()  # type: ignore[attr-defined]
    assert capsys.readouterr().out.startswith("Scrivi a mario.rossi@example.it 0.00000")
    exec(engines, names)


def test_the_data_set_that_is_shown_comes_out_as_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    *_, data_set = blocks("python")
    exec(data_set, {})
    assert f"# {capsys.readouterr().out}" in data_set


def test_the_providers_that_are_shown_can_be_configured_and_every_format_says_how_it_was_checked() -> None:
    (shown,) = blocks("yml")
    assert {provider.format for provider in Settings.from_yaml(shown).providers.values()} == {
        "groq",
        "bedrock",
        "azure",
        "vertex",
    }
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| ([\w ]+) \|$", TEXT, flags=re.MULTILINE))
    assert {name: rows.get(name) for name in FORMATS} == {name: evidence_of(name).tested for name in FORMATS}


def test_the_policies_that_are_shown_can_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSEUDONYM_KEY", "a key that nobody guesses")
    (shown,) = blocks("YAML")
    redactors = build_redactors(Settings.from_yaml(dedent(shown)).privacy)
    assert redactors.of("", "claims", "").policy.rule("IBAN_CODE").keep_last == 2
    assert redactors.of("acme", "claims", "8xK2mQpZ").policy.action("IBAN_CODE") == "allow"
    assert redactors.general.policy.action("PERSON") == "surrogate"
    hashed = Redactor(policy={"default": "hash"}, key=b"at least sixteen bytes").redact("mario@example.it").text
    assert f"`{hashed}`" in TEXT


def test_the_commands_about_budgets_quotas_and_packages_work_in_a_fresh_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a newcomer pastes them: the two pieces of the configuration, then every command in order."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tokenfoundry.yaml").write_text("".join(blocks("yaml")), encoding="utf-8")
    shown = re.findall(r"^tokenfoundry ((?:budgets|ledger|quotas|packages|demo|config) .*)$", TEXT, flags=re.MULTILINE)
    for command in shown:
        done = CliRunner().invoke(app, shlex.split(command, comments=True))
        assert done.exit_code == 0, f"{command}: {done.output} {done.exception}"
    groups = {" ".join(command.split()[:2]) for command in shown if not command.startswith("quotas")}
    assert groups >= {
        "budgets raise",
        "budgets freeze",
        "budgets events",
        "ledger show",
        "ledger adjust",
        "packages add",
    }
    with Ledger.open("demo/books") as demo, Ledger.open("tokenfoundry-data/books") as books:
        assert demo.verify().ok
        assert demo.entries()[-1].amounts.money_nano == -1000
        assert books.verify().ok
        assert len(books.grants()) == 1


def test_every_command_and_link_is_there() -> None:
    for script in set(re.findall(r"\bscripts/[a-z-]+|\.ci/run", TEXT)):
        assert (ROOT / script).is_file(), script
    for link in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (ROOT / link).exists(), link
    for path in re.findall(r"`((?:cpp|python|tests|benchmarks)/[\w./]+)`", TEXT):
        assert (ROOT / path).exists(), path
    names = {path.stem.removeprefix("bench_") for path in (ROOT / "benchmarks" / "python").glob("bench_*.py")}
    assert all(f"`{name}`" in TEXT for name in names)
