"""What the README and the guides beside the code show is true: configurations load, code runs, links exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from textwrap import dedent, indent

import pytest
import tokenizers
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
PACKAGE = "python/tokenfoundry"
BUDGETS = f"{PACKAGE}/BUDGETS.md"
TOKENS = "cpp/tokenfoundry/tokens/README.md"
FRAMES, PRIVACY, PROVIDERS = (f"{PACKAGE}/{name}/README.md" for name in ("frames", "privacy", "providers"))


def text_of(guide: str) -> str:
    return (ROOT / guide).read_text(encoding="utf-8")


README = text_of("README.md")
GUIDES = ["README.md", *dict.fromkeys(re.findall(rf"\]\(({PACKAGE}/[\w/]+\.md)\)", README)), TOKENS]


def blocks(language: str, guide: str = "README.md") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text_of(guide), flags=re.DOTALL)


def test_the_code_runs_with_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration, *_ = blocks("yaml")
    service, over_own_routes, engines, _ = blocks("python")
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
    trained = tokenizers.ByteLevelBPETokenizer()
    trained.train_from_iterator(["Quanto costa?"], vocab_size=300)
    trained.save(str(tmp_path / "tokenizer.json"))
    assert capsys.readouterr().out.startswith("Scrivi a mario.rossi@example.it 0.00000")
    exec(engines, names)


@pytest.mark.parametrize("guide", ["README.md", FRAMES])
def test_the_data_set_that_is_shown_comes_out_as_it_says(guide: str, capsys: pytest.CaptureFixture[str]) -> None:
    *_, data_set = blocks("python", guide)
    exec(data_set, {})
    assert f"# {capsys.readouterr().out}" in data_set


def test_the_tokens_that_are_shown_are_those_that_come_out(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = blocks("python", TOKENS)
    exec(code, {})
    assert indent(capsys.readouterr().out, "    ") in text_of(TOKENS)
    assert f"]({TOKENS})" in README


def test_the_providers_that_are_shown_can_be_configured_and_every_format_says_how_it_was_checked() -> None:
    (shown,) = blocks("yml", PROVIDERS)
    assert {provider.format for provider in Settings.from_yaml(shown).providers.values()} == {
        "groq",
        "bedrock",
        "azure",
        "vertex",
    }
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| ([\w ]+) \|$", text_of(PROVIDERS), flags=re.MULTILINE))
    assert {name: rows.get(name) for name in FORMATS} == {name: evidence_of(name).tested for name in FORMATS}


def test_the_policies_that_are_shown_can_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSEUDONYM_KEY", "a key that nobody guesses")
    (shown,) = blocks("YAML", PRIVACY)
    redactors = build_redactors(Settings.from_yaml(dedent(shown)).privacy)
    assert redactors.of("", "claims", "").policy.rule("IBAN_CODE").keep_last == 2
    assert redactors.of("acme", "claims", "8xK2mQpZ").policy.action("IBAN_CODE") == "allow"
    assert redactors.general.policy.action("PERSON") == "surrogate"
    hashed = Redactor(policy={"default": "hash"}, key=b"at least sixteen bytes").redact("mario@example.it").text
    assert f"`{hashed}`" in text_of(PRIVACY)


def test_the_commands_about_budgets_quotas_and_packages_work_in_a_fresh_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a newcomer pastes them: the configuration, those budgets in place of its own, then every command in order."""
    monkeypatch.chdir(tmp_path)
    (configuration,), (budgets,) = blocks("yaml"), blocks("yaml", BUDGETS)
    (tmp_path / "tokenfoundry.yaml").write_text(configuration.partition("budgets:")[0] + budgets, encoding="utf-8")
    commands = r"^tokenfoundry ((?:budgets|ledger|quotas|packages|demo|config) .*)$"
    shown = re.findall(commands, text_of(BUDGETS), flags=re.MULTILINE)
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


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_and_link_is_there(guide: str) -> None:
    text, folder = text_of(guide), (ROOT / guide).parent
    for script in set(re.findall(r"\bscripts/[a-z-]+|\.ci/run", text)):
        assert (ROOT / script).is_file(), script
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert (folder / link).exists(), link
    for path in re.findall(r"`((?:cpp|python|tests|benchmarks)/[\w./]+)`", text):
        assert (ROOT / path).exists(), path


def test_every_guide_and_benchmark_is_named() -> None:
    beside_the_code = {str(path.relative_to(ROOT)) for path in (ROOT / PACKAGE).rglob("README.md")}
    assert beside_the_code <= set(GUIDES)
    names = {path.stem.removeprefix("bench_") for path in (ROOT / "benchmarks" / "python").glob("bench_*.py")}
    assert all(f"`{name}`" in README for name in names)
